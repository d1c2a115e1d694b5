"""`openbell verify`: replays the log from its first command and compares everything that was made from it.

It reads files and one moment of each database schema, so an exchange that is at work goes on beside it: each
part is compared at the position that it had reached when the reading began.

Where the log's beginning is gone (dropped for room, or removed from the archive that it is from) it begins at
the oldest snapshot, says so, and compares the later snapshots, all balances, and what the ledger wrote since,
candles and ticks that began since. Where the log is dropped while it is read, it begins anew at the snapshot
that is the oldest then.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from openbell.cli.lock import FolderInUse, FolderLock
from openbell.cli.progress import Progress
from openbell.cli.rerun import Rerun, oldest_segment
from openbell.cli.verify_parts import Part, parts_of
from openbell.core import snapshot
from openbell.core.exchange import Exchange
from openbell.log.errors import LogError, LogGone
from openbell.market.ticks.checkpoint import StoreError
from openbell.ops.postgres import Postgres, PostgresError
from openbell.ops.scheduling import step_aside
from openbell.ops.settings import Settings

HEAD_BYTES_MAX = 1 << 20  # of a snapshot: enough to tell its position
ATTEMPTS_MAX = 5  # each begins later in the log; a replay that is slower than the orders never ends

Report = Callable[[int, int], None]


def verify(settings: Settings, as_json: bool) -> int:
    """Compare and print what was found; 0 if nothing differs, 1 if something does, 2 if it cannot be told."""
    from openbell.ops.blobs import ArchiveError

    progress = Progress(sys.stderr if as_json else sys.stdout)
    try:
        found = asyncio.run(_verify(settings, progress))
    except (OSError, LogError, PostgresError, psycopg.OperationalError, StoreError, ArchiveError) as error:
        progress.say(f"openbell: cannot verify: {error}")
        return 2
    if as_json:
        print(json.dumps(found))
    else:
        for line in told(found):
            progress.say(line)
    return 1 if found["differences"] else 0


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """What was found, in lines."""
    from openbell.market.feeds.check import told as told_of_feeds

    differences = found["differences"]
    for difference in differences:
        yield f"differs: {difference}"
    if found["from"] > 1:
        yield (
            f"the log's beginning is gone: replayed from the snapshot at {found['from']:,}; of the ledger"
            " all balances are compared, and what it wrote since; of candles and ticks what began since"
        )
    for what, position in found["behind"].items():
        yield f"not compared: {what}, which are at {position:,}, before that snapshot"
    yield (
        f"compared: the ledger up to {found['ledgerPosition']:,}, candles to"
        f" {found['candlesPosition']:,}, ticks to {found['ticksPosition']:,},"
        f" {found['snapshots']} snapshots"
    )
    yield from told_of_feeds(found["feeds"])
    count = "1 difference" if len(differences) == 1 else f"{len(differences)} differences"
    verdict = count if differences else "nothing differs"
    yield f"{found['commands']:,} commands replayed, state {found['stateHash']}: {verdict}"


async def _verify(settings: Settings, progress: Progress) -> dict[str, Any]:
    if not settings.journal_dir.is_dir():
        raise FileNotFoundError(f"there is no log in {settings.data_dir}; name its folder with --data-dir")

    def work() -> dict[str, Any]:
        step_aside()  # this thread: who answers orders comes first
        return compare(settings, progress.at)

    async with _database(settings):
        async with progress.step("replay"):
            return await asyncio.to_thread(work)


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
    """Replay the log of `settings` and name what differs; `report` is told (position, last position).

    Raises:
        FileNotFoundError, LogError: there is no log, or it is damaged.
        LogGone: again and again it was dropped faster than it could be read.
        psycopg.OperationalError: PostgreSQL cannot be reached.
        StoreError, ArchiveError, OSError: the ticks cannot be read.
    """
    earlier: list[str] = []  # what a replay that ended early had found
    for attempt in range(1, ATTEMPTS_MAX + 1):
        oldest = oldest_segment(settings.journal_dir)
        try:
            found = _attempt(settings, report, earlier)
        except LogGone:
            if attempt == ATTEMPTS_MAX or oldest_segment(settings.journal_dir) == oldest:
                raise
            continue
        feeds, different = _feeds(settings)
        found["differences"] = list(dict.fromkeys(earlier + found["differences"] + different))
        return found | {"feeds": feeds}
    raise AssertionError("the last attempt returns or raises")


def _feeds(settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Up to which of its ticks the candles of each feed are, and what differs in them."""
    from openbell.market.feeds.check import FeedCheck

    check = FeedCheck(settings.feeds_dir, settings.database, settings.archive_url)
    try:
        check.run()
    finally:
        check.close()
    return check.positions, check.differences


def _attempt(settings: Settings, report: Report, earlier: list[str]) -> dict[str, Any]:
    """Compare once; where the log was dropped meanwhile, what was found until then is added to `earlier`."""
    with contextlib.ExitStack() as stack:
        rerun = Rerun(settings.journal_dir, settings.snapshot_dir)
        stack.callback(rerun.close)
        parts = parts_of(settings, rerun, stack)
        differences: list[str] = []
        try:
            return _compare(settings, rerun, parts, report, differences)
        except LogGone:
            earlier += differences
            for part in parts.values():
                earlier += part.differences
            raise


def _compare(
    settings: Settings, rerun: Rerun, every: Mapping[str, Part], report: Report, differences: list[str]
) -> dict[str, Any]:
    # The ledger's part names that itself; others follow more slowly, and have nothing that is replayed.
    behind = {
        what: part.position
        for what, part in every.items()
        if what != "ledger" and 0 < part.position < rerun.begun
    }
    parts = {what: part for what, part in every.items() if what not in behind}
    snapshots = {
        position: path for path in settings.snapshot_dir.glob("*") if (position := position_of(path))
    }
    stops = {*snapshots, *(part.position for part in parts.values())}
    # Not for ever on: an exchange at work adds to its log all the while.
    end = max(rerun.reader.recorded(), *stops, 0)
    for part in parts.values():
        if part.position == rerun.exchange.position:
            part.finish()
    for units in rerun.units(stops, end):
        position = rerun.exchange.position
        for part in parts.values():
            if position <= part.position:
                part.feed(units)
            if position == part.position:
                part.finish()
        if position in snapshots:
            differences += _compare_snapshot(snapshots[position], rerun.exchange)
        report(position, end)
    for what, part in parts.items():
        differences += part.differences
        if part.position > rerun.exchange.position:
            verb = "is" if what == "ledger" else "are"
            differences.append(
                f"the {what} {verb} at {part.position}, the log ends at {rerun.exchange.position}"
            )
    return {
        "commands": rerun.exchange.position - (0 if rerun.begun == 1 else rerun.begun),
        "from": rerun.begun,
        "stateHash": snapshot.state_hash(rerun.exchange),
        "snapshots": len(snapshots),
        **{
            f"{what}Position": parts[what].position if what in parts else 0
            for what in ("ledger", "candles", "ticks")
        },
        "behind": behind,
        "differences": differences,
    }


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
