"""`openbell verify`: replays the log from its first command and compares everything that was made from it.

Where the log's beginning is gone (dropped for room, or removed from the archive that it is from) it begins at
the oldest snapshot, says so, and compares the later snapshots, all balances, and what the ledger wrote since;
candles need all of the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from openbell.cli.lock import FolderInUse, FolderLock
from openbell.cli.progress import Progress
from openbell.cli.rerun import Rerun, Unit
from openbell.core import snapshot, view
from openbell.core.exchange import Exchange
from openbell.ledger.begun import Begun
from openbell.ledger.compare import Comparison, Found
from openbell.log.errors import LogError
from openbell.market.calendar import calendar_of
from openbell.market.candles import Batch
from openbell.market.check import first_difference, stored
from openbell.ops.postgres import Postgres, PostgresError
from openbell.ops.settings import Settings

HEAD_BYTES_MAX = 1 << 20  # of a snapshot: enough to tell its position

Report = Callable[[int, int], None]


def verify(settings: Settings, as_json: bool) -> int:
    """Compare and print what was found; 0 if nothing differs, 1 if something does, 2 if it cannot be told."""
    progress = Progress(sys.stderr if as_json else sys.stdout)
    try:
        found = asyncio.run(_verify(settings, progress))
    except (FileNotFoundError, LogError, PostgresError, psycopg.OperationalError) as error:
        progress.say(f"openbell: cannot verify: {error}")
        return 2
    differences = found["differences"]
    if as_json:
        print(json.dumps(found))
    else:
        for difference in differences:
            progress.say(f"differs: {difference}")
        verdict = f"{len(differences)} differences" if differences else "nothing differs"
        if found["from"] > 1:
            progress.say(
                f"the log's beginning is gone: replayed from the snapshot at {found['from']:,}; of the ledger"
                " all balances are compared, and what it wrote since; candles are not"
            )
        progress.say(f"{found['commands']:,} commands replayed, state {found['stateHash']}: {verdict}")
    return 1 if differences else 0


async def _verify(settings: Settings, progress: Progress) -> dict[str, Any]:
    if not settings.journal_dir.is_dir():
        raise FileNotFoundError(f"there is no log in {settings.data_dir}; name its folder with --data-dir")
    async with _database(settings):
        async with progress.step("replay"):
            return await asyncio.to_thread(compare, settings, progress.at)


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[None]:
    """The embedded database, started for as long as it is needed if no `openbell up` runs it."""
    if settings.database_url is not None:
        yield
        return
    try:
        lock = FolderLock(settings.data_dir, "openbell verify").__enter__()
    except FolderInUse:
        yield
        return
    server = Postgres(settings.postgres_dir)
    try:
        await server.start()
        yield
    finally:
        await server.stop()
        lock.__exit__()


def compare(settings: Settings, report: Report) -> dict[str, Any]:
    """Replay the log of `settings` and name what differs; `report` is told (position, last position)."""
    rerun = Rerun(settings.journal_dir, settings.snapshot_dir)
    try:
        exchange = rerun.exchange
        begun = (
            Begun.of(rerun.begun, accounts(exchange), view.instruments(exchange)) if rerun.begun > 1 else None
        )
        ledger = Comparison(settings.database, rerun.genesis, exchange.time, begun)
        try:
            return _compare(settings, rerun, ledger, report)
        finally:
            ledger.close()
    finally:
        rerun.close()


def _compare(settings: Settings, rerun: Rerun, ledger: Comparison, report: Report) -> dict[str, Any]:
    whole = rerun.begun == 1
    market = stored(settings.database, rerun.genesis) if whole else None
    calendar, busts = calendar_of(rerun.genesis), market.busts if market else {}
    candles = Batch(calendar, with_seconds=False, without=busts)
    snapshots = {
        position: path for path in settings.snapshot_dir.glob("*") if (position := position_of(path))
    }
    differences: list[str] = []
    going_on = ledger.position > 0 and ledger.position >= rerun.begun
    if 0 < ledger.position < rerun.begun:
        differences.append(f"the ledger is at {ledger.position}, and the log begins after {rerun.begun}")
    if going_on and ledger.position == rerun.exchange.position:
        _finish(ledger, rerun.exchange)
    for units in rerun.units({ledger.position, market.position if market else 0, *snapshots}):
        position = rerun.exchange.position
        if market and position <= market.position:
            candles.add_all(units)
        if going_on and position <= ledger.position:
            going_on = _feed(ledger, units)
        if going_on and position == ledger.position:
            _finish(ledger, rerun.exchange)
        if position in snapshots:
            differences += _compare_snapshot(snapshots[position], rerun.exchange)
        report(position, rerun.reader.recorded())
    differences += ledger.differences
    if market and (candle := first_difference(market, candles)):
        differences.append(candle)
    for what, reached in (("ledger", ledger.position), ("candles", market.position if market else 0)):
        if reached > rerun.exchange.position:
            differences.append(f"the {what} are at {reached}, the log ends at {rerun.exchange.position}")
    return {
        "commands": rerun.exchange.position - (0 if whole else rerun.begun),
        "from": rerun.begun,
        "stateHash": snapshot.state_hash(rerun.exchange),
        "snapshots": len(snapshots),
        "ledgerPosition": ledger.position,
        "candlesPosition": market.position if market else 0,
        "differences": differences,
    }


def _feed(ledger: Comparison, units: list[Unit]) -> bool:
    """Compare the ledger with the next units; whether there is use in going on."""
    try:
        ledger.feed(units)
    except Found:
        return False
    return True


def _finish(ledger: Comparison, exchange: Exchange) -> None:
    with contextlib.suppress(Found):
        ledger.finish(accounts(exchange), view.totals(exchange))


def position_of(path: Path) -> int:
    """The log position of the snapshot in `path`; 0 if it is none, or not whole."""
    try:
        with path.open("rb") as file:
            head, _ = snapshot.read_head(file.read(HEAD_BYTES_MAX))
    except (OSError, snapshot.SnapshotError):
        return 0
    return int(head["position"])


def _compare_snapshot(path: Path, exchange: Exchange) -> list[str]:
    """What differs between a snapshot and the replay at its position."""
    try:
        loaded, _ = snapshot.load(path)
    except FileNotFoundError:  # the node dropped it meanwhile
        return []
    except snapshot.SnapshotError as error:
        return [f"snapshot {path}: {error}"]
    stored_hash, true_hash = snapshot.state_hash(loaded), snapshot.state_hash(exchange)
    if stored_hash == true_hash:
        return []
    return [f"snapshot {path}: its state is {stored_hash}, the replay's at {exchange.position} {true_hash}"]


def accounts(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Every account that was ever opened."""
    number = 1
    while (found := view.account(exchange, number)) is not None:
        yield found
        number += 1
