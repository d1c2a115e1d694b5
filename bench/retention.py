"""Whether a data folder stays below its cap at 20 times the default rate, and nobody loses what they need.

A whole exchange (node, PostgreSQL, ledger, candles, ticks, archive of the log) runs in a folder with a small
cap. Orders of its own participants are sent through the node's door at a steady rate: of 20 commands 9 new
orders, 9 cancels and 2 that trade. A person trades all the while. The folder is measured four times a second.

The run fails if the folder exceeds its cap, a command is refused, a reader falls out, a person's order or
fill is missing, archive or exchange do not verify, or a kind of removal did not come round twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from venue import Venue

from openbell.core import codes, records
from openbell.node.client import NodeClient
from openbell.ops.room import bytes_in
from openbell.ops.settings import Settings

DEFAULT_RATE = 200
TURN_S = 0.01
LOOK_S = 0.25
RESTING = 1_000
WAITING_MAX = 20_000  # commands without an answer yet: a machine that is busy elsewhere catches up later
SYMBOLS = 40
SHARE = records.QUANTITY_SCALE
FAR = 11  # ticks from where the market began
HELD_MIN = 1_000 * SHARE
# What the market answers, not the folder: who was just filled cannot cancel, who has spent all cannot buy.
MARKET = (
    codes.E_OK,
    codes.E_ORDER_ENDED,
    codes.E_UNKNOWN_ORDER,
    codes.E_INSUFFICIENT_FUNDS,
    codes.E_INSUFFICIENT_SHARES,
)
TURNS_MIN = 2
READERS = ("ledger", "market", "ticks")
CATCH_UP_S = 120.0
PARTS, LETS_GO = "ledger parts", "the ledger lets go of"
# What is removed in pieces: the folder's name and what its pieces' names end with.
PIECES = {
    "log segments": ("journal", ".log"),
    "event files": ("events", ""),
    "snapshots": ("snapshots", ".snapshot"),
    "archived segments": ("archive", ".log.zst"),
    "tick files": ("ticks", ".parquet"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--seconds", type=float, default=720.0, help="how long (720)")
    parser.add_argument("--rate", type=int, default=20 * DEFAULT_RATE, help="commands a second (4000)")
    parser.add_argument("--cap-mib", type=int, default=528, help="the folder's cap (528)")
    parser.add_argument(
        "--turns", nargs="*", default=[*PIECES, PARTS], help="what must go at least twice (everything)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the flow (1)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; `value` is the most that the folder took, in percent of its cap."""
    with tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with environment(args.cap_mib), Venue(folder, arguments=("--no-simulator",)) as venue:
            return measure(args, venue, Settings.load({}, data_dir=str(folder), data_mib_max=args.cap_mib))


@contextmanager
def environment(cap_mib: int) -> Iterator[None]:
    """The settings of an exchange with a small cap and short ages, for the processes begun meanwhile."""
    mine = {
        "OPENBELL_DATA_MIB_MAX": str(cap_mib),
        "OPENBELL_TICKS_MIB_MAX": str(max(2, cap_mib // 128)),
        "OPENBELL_TICKS_FLUSH_S": "1",
        "OPENBELL_GENESIS_ENDED_ORDERS": "32768",  # so that snapshots are small beside the cap
        "OPENBELL_GENESIS_REQUESTS": "65536",
        "OPENBELL_GENESIS_LEVELS": "128",
    }
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def measure(args: argparse.Namespace, venue: Venue, settings: Settings) -> dict[str, Any]:
    """Send, watch, and prove."""
    cap = args.cap_mib << 20
    watch = Watch(settings.data_dir)
    with watch.watching():
        _, person = venue.demo()
        flow = asyncio.run(send(args, settings, int(person[1:])))
        reached = asyncio.run(readers_at(settings, flow.position))
        assert venue.processes(), venue.words()
    refused = f"of {flow.sent} commands were refused: {flow.refused}; at most {mib(watch.at_most)} MiB"
    assert not flow.refused, refused
    proof_of_person(settings, flow)
    archived = openbell("archive", "verify", settings)
    venue.stop()
    verified = openbell("verify", "--json", settings)
    found = json.loads(verified.stdout)
    assert verified.returncode == 0, found["differences"]
    assert archived.returncode == 0, archived.stdout + archived.stderr
    most = max(watch.total)
    gone = {kind: len(watch.seen[kind] - watch.there[kind]) for kind in PIECES}
    said = (settings.log_dir / "worker.log").read_text()
    assert most <= cap, f"the folder took {most >> 20} of {args.cap_mib} MiB: {mib(watch.at_most)}"
    gone[PARTS] = said.count(LETS_GO)
    assert min(gone[kind] for kind in args.turns) >= TURNS_MIN, (
        f"not every kind of removal came round {TURNS_MIN} times: {gone}"
    )
    half = watch.total[len(watch.total) // 2 :]
    return {
        "value": round(100 * most / cap, 1),
        "unit": "% of the cap, the most that the data folder took",
        "cap_mib": args.cap_mib,
        "rate": round(flow.sent / flow.seconds),
        "times_default": round(flow.sent / flow.seconds / DEFAULT_RATE, 1),
        "seconds": round(flow.seconds),
        "commands": flow.sent,
        "most_mib": most >> 20,
        "second_half_mib": [min(half) >> 20, max(half) >> 20],
        "at_most_mib": mib(watch.at_most),
        "gone": gone,
        "written_mib_uncapped": round(watch.written() / (1 << 20)),
        "verify_from": found["from"],
        "readers": reached,
        "proof": f"no command refused, all {len(flow.orders)} orders of a person and their fills in the"
        " ledger, archive and exchange verified, every reader at the end of the log",
    }


# -- the flow ----------------------------------------------------------------------------------------


@dataclass
class Flow:
    """What was sent, and what came of it."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    position: int = 0
    person: int = 0
    bought: int = 0
    orders: list[int] = field(default_factory=list)  # the person's


class Market:
    """The participants' next commands; prices stay around where the market began."""

    def __init__(self, seed: int, accounts: list[dict[str, Any]], instruments: list[dict[str, Any]]) -> None:
        self.random = random.Random(seed)
        self.instruments = instruments
        half = len(accounts) // 2
        self.makers, self.takers = accounts[:half], accounts[half:]
        listed = {one["instrument"]: one for one in instruments}
        # Who sells what: shares enough for the whole run.
        self.sellers = {
            group: [
                (one["account"], listed[held["instrument"]])
                for one in members
                for held in one["positions"]
                if held["instrument"] in listed and held["quantity"] > HELD_MIN
            ]
            for group, members in (("makers", self.makers), ("takers", self.takers))
        }
        self.live: list[tuple[int, int, int]] = []  # order, account, instrument
        self.bought: dict[str, Any] | None = None  # what the person buys, and then sells
        self.number = 0

    def next(self) -> bytearray:
        """One command of the mix."""
        self.number += 1
        place = self.number % 20
        if place in (0, 10):
            return self.trade()
        if place % 2 and len(self.live) > RESTING:
            at = self.random.randrange(len(self.live))
            self.live[at], self.live[-1] = self.live[-1], self.live[at]
            order, account, instrument = self.live.pop()
            body = bytes(records.Cancel(order=order))
            return records.pack(codes.C_CANCEL, body, account=account, instrument=instrument)
        if self.random.random() < 0.5:
            account, one = self.random.choice(self.sellers["makers"])
            return self.order(account, one, codes.SELL, SHARE, codes.DAY, 1)
        account, one = self.random.choice(self.makers)["account"], self.random.choice(self.instruments)
        return self.order(account, one, codes.BUY, SHARE, codes.DAY, -1)

    def trade(self) -> bytearray:
        """A share, bought or sold at once."""
        if self.random.random() < 0.5:
            account, one = self.random.choice(self.sellers["takers"])
            return self.order(account, one, codes.SELL, SHARE, codes.IOC, -FAR)
        account = self.random.choice(self.takers)["account"]
        return self.order(account, self.random.choice(self.instruments), codes.BUY, SHARE, codes.IOC, FAR)

    def of_person(self, account: int) -> bytearray:
        """By turns a share bought and the same one sold: a demo's money is enough for any length."""
        if self.bought is None:
            self.bought = self.random.choice(self.instruments)
            return self.order(account, self.bought, codes.BUY, SHARE, codes.IOC, FAR)
        sold, self.bought = self.bought, None
        return self.order(account, sold, codes.SELL, SHARE, codes.IOC, -FAR)

    def order(
        self, account: int, one: dict[str, Any], side: int, quantity: int, tif: int, away: int
    ) -> bytearray:
        """An order `away` from where the market began: 1 some ticks above, FAR more than any that rests."""
        ticks = away if abs(away) == FAR else away * self.random.randint(1, FAR - 1)
        body = records.NewOrder(
            price=one["reference_price"] + ticks * one["tick_size"], quantity=quantity, display=-1, side=side,
            order_type=codes.LIMIT, tif=tif,
        )  # fmt: skip
        key, number = self.random.getrandbits(64) | 1, one["instrument"]
        made = bytes(body)
        return records.pack(
            codes.C_NEW_ORDER, made, account=account, instrument=number, key_low=key, key_high=1
        )


async def send(args: argparse.Namespace, settings: Settings, person: int) -> Flow:
    """Send the flow at its rate, whatever the answers take."""
    flow = Flow(person=person)
    client = await NodeClient.connect(settings.node_socket, name="bench", role="bench")
    market = await furnished(client, settings, args.seed)
    begun = time.monotonic()
    waiting: set[asyncio.Task[None]] = set()
    while (now := time.monotonic() - begun) < args.seconds:
        for _ in range(min(int(now * args.rate) - flow.sent, WAITING_MAX - len(waiting))):
            mine = flow.sent % args.rate == 0
            command = market.of_person(person) if mine else market.next()
            flow.sent += 1
            task = asyncio.create_task(one(client, market, flow, command, mine))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        await asyncio.sleep(TURN_S)
    await asyncio.gather(*waiting)
    flow.seconds = time.monotonic() - begun
    await client.close()
    return flow


async def one(client: NodeClient, market: Market, flow: Flow, command: bytearray, mine: bool) -> None:
    """Send a command and take in its answer."""
    head = records.Header.from_buffer_copy(command)
    answer = await client.send(command)
    flow.position = max(flow.position, answer.seq)
    if mine:
        flow.orders.append(answer.order)
    if head.type == codes.C_NEW_ORDER and answer.code == codes.E_OK:
        resting = records.NewOrder.from_buffer_copy(command, records.Header.SIZE).tif == codes.DAY
        if resting:
            market.live.append((answer.order, head.account, head.instrument))
    elif answer.code not in MARKET:
        flow.refused[codes.REFUSAL_NAMES[answer.code]] += 1


async def furnished(client: NodeClient, settings: Settings, seed: int) -> Market:
    """The market's participants, and the instruments that most is traded in."""
    listed = json.loads(settings.participants_file.read_text())["participants"]
    numbers = [int(str(one["account"]).lstrip("A")) for one in listed]
    accounts = [(await client.query("account", account=number))["data"] for number in numbers]
    instruments = (await client.query("instruments"))["data"][:SYMBOLS]
    return Market(seed, accounts, instruments)


async def readers_at(settings: Settings, position: int) -> dict[str, int]:
    """Wait until every reader is at `position`; where they are."""
    client = await NodeClient.connect(settings.node_socket, name="bench", role="bench")
    until = time.monotonic() + CATCH_UP_S
    while True:
        readers = (await client.query("status"))["data"]["readers"]
        if all(readers.get(name, 0) >= position for name in READERS):
            break
        assert time.monotonic() < until, f"after {CATCH_UP_S:.0f} s readers are at {readers}, not {position}"
        await asyncio.sleep(0.2)
    await client.close()
    return {name: readers[name] for name in READERS}


# -- the proof ---------------------------------------------------------------------------------------


def proof_of_person(settings: Settings, flow: Flow) -> None:
    """Each order that the person sent is in the ledger, with its fills."""
    with psycopg.connect(settings.database) as connection:
        query = "SELECT order_id, filled FROM ledger.orders WHERE account = %s"
        found = dict(connection.execute(query, (flow.person,)).fetchall())
        query = "SELECT order_id, sum(quantity)::bigint FROM ledger.fills WHERE account = %s GROUP BY 1"
        fills = dict(connection.execute(query, (flow.person,)).fetchall())
        stopped = connection.execute("SELECT stopped FROM ledger.reader").fetchone()
    assert stopped == ("",), stopped
    assert sorted(found) == sorted(flow.orders), "orders of the person are missing in the ledger"
    assert {order: filled for order, filled in found.items() if filled} == fills, "fills are missing"
    flow.bought = len(fills)
    assert len(fills) > len(found) // 2, f"of {len(found)} orders only {len(fills)} traded"


def openbell(*words: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of openbell over the data folder of the settings that end `words`."""
    command = [sys.executable, "-m", "openbell.cli", *words[:-1], "--data-dir", str(words[-1].data_dir)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def mib(sizes: dict[str, int]) -> dict[str, int]:
    """Sizes in MiB."""
    return {name: size >> 20 for name, size in sorted(sizes.items())}


class Watch:
    """Measures a data folder, and notes which pieces come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.total: list[int] = []
        self.at_most: dict[str, int] = {}  # what each folder in it took when all took most
        self.seen: dict[str, set[Path]] = {kind: set() for kind in PIECES}
        self.there: dict[str, set[Path]] = {kind: set() for kind in PIECES}
        self.sizes: dict[Path, int] = {}
        self._end = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again in a thread, until this is left."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _watch(self) -> None:
        while not self._end.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Measure once."""
        self.total.append(bytes_in(self.folder))
        if self.total[-1] == max(self.total):
            self.at_most = {part.name: bytes_in(part) for part in self.folder.iterdir() if part.is_dir()}
        for kind, (name, end) in PIECES.items():
            now = {path for path in (self.folder / name).rglob(f"*{end}") if path.is_file()}
            self.there[kind] = now
            self.seen[kind] |= now
            for path in now - self.sizes.keys():
                self.sizes[path] = 0
            for path in now:
                try:
                    self.sizes[path] = max(self.sizes[path], path.stat().st_size)
                except FileNotFoundError:
                    continue

    def written(self) -> int:
        """Bytes of all pieces that ever were, the database apart: what there would be without a cap."""
        return sum(self.sizes.values())
