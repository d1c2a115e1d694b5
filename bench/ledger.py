"""How fast the ledger catches up with the log, beside a bare COPY of the same rows.

A random market is run through the core first; then its units are written to a fresh embedded PostgreSQL as
the ledger writes them while it catches up. The reference stores the very same rows in tables with the same
indexes and checks, with one COPY a table and nothing else. Both take turns on one server, each round in
schemas of its own; the quickest round of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from openbell.ledger.compare import Comparison
from openbell.ledger.follower import Follower
from openbell.ops.postgres import Postgres
from openbell.ops.settings import Settings

TABLES = ("orders", "trades", "fills", "entries", "moves", "accounts", "holdings", "instruments")
SHARE, USD, SECOND = records.QUANTITY_SCALE, records.CASH_SCALE, 1_000_000_000
START = 1_700_000_000 * SECOND
REFERENCE = 100 * USD
HOUSE = 4
INSTRUMENTS, ACCOUNTS = 50, 60


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much is written."""
    parser.add_argument("--commands", type=int, default=60_000, help="commands of the log (60,000)")
    parser.add_argument("--rounds", type=int, default=3, help="times that both are measured (3)")
    parser.add_argument("--seed", type=int, default=7, help="of the random market (7)")


@dataclass
class Unit:
    """One command and its packed events."""

    seq: int
    ts: int
    command: bytes
    events: bytes


class Log:
    """A random market's commands, applied by the core: the units that the ledger has to write."""

    def __init__(self, commands: int, seed: int) -> None:
        settings = Settings.load({})
        limits = settings.genesis() | {"accounts": 1024, "positions": 65_536, "order_value_max": 10**13}
        body = records.Genesis(rules=records.RULES_VERSION, **limits)
        self.genesis = bytes(records.pack(codes.C_GENESIS, bytes(body), b"{}", seq=1, ts=START))
        self.exchange = Exchange(self.genesis)
        self.units: list[Unit] = []
        self.dice = random.Random(seed)
        self.acked = 0
        self.open_market()
        while len(self.units) < commands:
            self.step()

    def do(self, type_: int, body: records.Record, blob: bytes = b"", **header: int) -> Any:
        """Apply one command; returns its answer."""
        seq = self.exchange.position + 1
        ts = START + seq * SECOND
        command = records.pack(type_, bytes(body), blob, seq=seq, ts=ts, **header)
        self.exchange.run(command, 0, len(command))
        answer = records.Answer.from_buffer_copy(self.exchange.answers(0, 1))
        events = self.exchange.events(0, self.exchange.event_count)
        self.exchange.clear()
        self.units.append(Unit(seq, ts, bytes(command), events))
        return answer

    def open_market(self) -> None:
        """List, open accounts, and give each cash and shares."""
        for number in range(INSTRUMENTS):
            low, high = records.symbol_words(f"SYM{number}")
            listing = records.List(symbol_low=low, symbol_high=high, reference_price=REFERENCE, realm=1)
            listing.tick_size, listing.lot_size, listing.last_lot = 100, SHARE, SHARE
            listing.market_collar, listing.limit_collar = 500, 1_000
            self.do(codes.C_LIST, listing)
        for account in range(HOUSE, HOUSE + ACCOUNTS):
            kind = codes.KIND_HOUSE if account == HOUSE else codes.KIND_PARTICIPANT
            self.do(codes.C_OPEN_ACCOUNT, records.OpenAccount(kind=kind, realm=1))
            self.do(codes.C_DEPOSIT, records.Amount(amount=10**11), account=account)
            for number in range(INSTRUMENTS):
                issue = records.Issue(quantity=10_000 * SHARE, price=REFERENCE)
                self.do(codes.C_ISSUE, issue, account=account, instrument=number)

    def step(self) -> None:
        """A new order; after some of them its cancel."""
        dice = self.dice
        account = HOUSE + dice.randrange(ACCOUNTS)
        order = records.NewOrder(display=-1, order_type=codes.LIMIT, tif=codes.GTC)
        order.side = dice.choice((codes.BUY, codes.SELL))
        order.price = REFERENCE + dice.randint(-20, 20) * 100
        order.quantity = dice.randint(1, 10) * SHARE
        number = dice.randrange(INSTRUMENTS)
        client_id = f"bench-{len(self.units)}".encode()
        answer = self.do(codes.C_NEW_ORDER, order, client_id, account=account, instrument=number)
        if answer.leaves and dice.random() < 0.6:
            self.do(codes.C_CANCEL, records.Cancel(order=answer.order), account=account)

    async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
        """All units after `position`, some hundreds at once, as the node's client hands them out."""
        while position - 1 < len(self.units):
            units = self.units[position - 1 : position + 511]
            position = units[-1].seq
            yield units
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    async def ack(self, position: int) -> None:
        """Nothing to forget: the units stay in memory."""
        self.acked = position


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; see the module's text."""
    log = Log(args.commands, args.seed)
    with tempfile.TemporaryDirectory(prefix="openbell-bench-") as folder:
        return uvloop.run(_run(log, Path(folder), max(1, args.rounds)))  # as the worker runs it


async def _run(log: Log, folder: Path, rounds: int) -> dict[str, Any]:
    settings = Settings.load({}, data_dir=str(folder))
    postgres = Postgres(settings.postgres_dir)
    await postgres.start()
    try:
        ledger_s, bare_s = [], []
        for _ in range(rounds):
            await asyncio.to_thread(drop, settings.database)
            ledger_s.append(await catch_up(log, settings.database))
            proof = prove(log, settings.database)
            rows, copied_s = await asyncio.to_thread(bare_copy, settings.database)
            bare_s.append(copied_s)
        seconds, bare_seconds = min(ledger_s), min(bare_s)
    finally:
        await postgres.stop()
    rate, bare = rows / seconds, rows / bare_seconds
    return {
        "value": round(rate),
        "unit": "rows/s",
        "commands_per_second": round(len(log.units) / seconds),
        "times_default_rate": round(len(log.units) / seconds / settings.rate, 1),
        "events_per_second": round(sum(len(unit.events) for unit in log.units) / 128 / seconds),
        "reference": {"name": "COPY of the same rows into the same tables", "value": round(bare)},
        "ratio": round(rate / bare, 3),
        "seconds": {"ledger": [round(s, 3) for s in ledger_s], "reference": [round(s, 3) for s in bare_s]},
        "proof": f"{rows} rows; {proof}",
    }


async def catch_up(log: Log, database: str) -> float:
    """Seconds in which the ledger writes the whole log, the schema being there."""
    started = asyncio.Event()
    source = _Held(log)
    # No pause before the last, smaller batch: nothing trickles here.
    follower = Follower(source, database, 0.0, on_started=started.set)
    stop = asyncio.Event()
    work = asyncio.create_task(follower.run(stop))
    await asyncio.wait_for(started.wait(), 60)
    begun = time.perf_counter()
    source.go.set()
    while follower.position < log.units[-1].seq:
        assert not follower.stopped, follower.stopped
        await asyncio.sleep(0.002)
    seconds = time.perf_counter() - begun
    stop.set()
    await work
    return seconds


def drop(database: str) -> None:
    """Remove what a round has made, so that the next begins with nothing as well."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger, bare CASCADE")


class _Held:
    """The log as a source that gives nothing before `go` is set."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.genesis = log.genesis
        self.go = asyncio.Event()

    async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
        await self.go.wait()
        async for units in self.log.subscribe(position, name):
            yield units

    async def ack(self, position: int) -> None:
        await self.log.ack(position)


def prove(log: Log, database: str) -> str:
    """Compare every row and balance with the exchange; raises if anything differs."""
    comparison = Comparison(database, log.genesis, START)
    try:
        comparison.feed(log.units)
        exchange = log.exchange
        totals = view.totals(exchange)
        comparison.finish((view.account(exchange, n) for n in range(1, HOUSE + ACCOUNTS)), totals)
    finally:
        comparison.close()
    if comparison.differences:
        raise AssertionError(comparison.differences[0])
    return "every row equals the replay, every balance the exchange's and the sum of its postings"


def bare_copy(database: str) -> tuple[int, float]:
    """Rows, and the seconds in which COPY stores them in empty tables of the same form."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("CREATE SCHEMA bare")
        data: dict[str, bytes] = {}
        rows = 0
        for table in TABLES:
            connection.execute(f"CREATE TABLE bare.{table} (LIKE ledger.{table} INCLUDING ALL)".encode())
            with connection.cursor().copy(f"COPY (SELECT * FROM ledger.{table}) TO STDOUT".encode()) as out:
                data[table] = b"".join(bytes(block) for block in out)
            rows += data[table].count(b"\n")
        begun = time.perf_counter()
        for table, text in data.items():
            with connection.cursor().copy(f"COPY bare.{table} FROM STDIN".encode()) as into:
                into.write(text)
        return rows, time.perf_counter() - begun
