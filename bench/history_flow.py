"""The trades of a past that never was, for `openbell bench history`, and their candles in the database.

One stock has trades in most minutes from the exchange's beginning on, and in most seconds of the newest
hours. Other stocks have a trade a minute for ten days at the beginning, in the middle and at the end, so that
the rows of one stock lie among others'.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psycopg
from door import PRICE

from openbell.core import codes, records
from openbell.market import events
from openbell.market.calendar import DAY, HOUR, MINUTE, SECOND, Always
from openbell.market.candles import Batch
from openbell.market.store import CandleStore

SHARE = records.QUANTITY_SCALE
TICK = 100
LOWEST = 1_000 * TICK
QUIET = 0.1  # of the minutes, and of the seconds where there are some
SMALL = 0.1  # of the trades: too small to move a price
OTHERS_DAYS = 10
SECONDS_HOURS = 5  # fewer than the worker keeps by default: it removes none of them meanwhile
UNITS = 25_000  # in a batch
TABLES = ("seconds", "minutes", "quarters", "hours", "days")


class Span(NamedTuple):
    """When the stored past begins and ends, and from when on it has seconds; whole minutes in ns UTC."""

    begins: int
    seconds_from: int
    ends: int

    @property
    def middle(self) -> int:
        """Half way, at a whole minute."""
        half = (self.begins + self.ends) // 2
        return half - half % MINUTE


class Trade(NamedTuple):
    """A trade: time in ns UTC, price in 1/10,000 USD, quantity in 1/1e8 share, whether it moves prices."""

    ts: int
    price: int
    quantity: int
    eligible: bool


class Unit(NamedTuple):
    """One command's trades, as the node hands them out."""

    seq: int
    ts: int
    command: bytes
    events: bytes


def span(began: int, now: int) -> Span:
    """The past of an exchange whose first command was at `began`, up to `now`."""
    begins, ends = began - began % MINUTE, now - now % MINUTE
    return Span(begins, max(begins, ends - SECONDS_HOURS * HOUR), ends)


def trades(past: Span, seed: int) -> list[Trade]:
    """The trades of the stock that is read, oldest first; the first one is in the first minute.

    Quiet are a tenth of the minutes and of the seconds, an hour in fifty, and a day in thirty.
    """
    dice, price = random.Random(seed), PRICE
    made: list[Trade] = []
    for start, length in steps(past):
        after = start - past.begins
        quiet = length == MINUTE and (after // HOUR % 50 == 9 or after // DAY % 30 == 7)
        if made and (quiet or dice.random() < QUIET):
            continue
        ts = start + dice.randrange(length)
        for _ in range(dice.randint(1, 3)):
            price = max(LOWEST, price + dice.randint(-3, 3) * TICK)
            eligible = not made or dice.random() >= SMALL
            made.append(Trade(ts, price, dice.randint(1, 500) * SHARE // 10, eligible))
    return made


def steps(past: Span) -> Iterator[tuple[int, int]]:
    """(start, length) of the past's minutes, and of its seconds from where there are some."""
    for start in range(past.begins, past.seconds_from, MINUTE):
        yield start, MINUTE
    for start in range(past.seconds_from, past.ends, SECOND):
        yield start, SECOND


def others(past: Span, instruments: Sequence[int], seed: int) -> Iterator[tuple[int, bytes]]:
    """(time, events) of a trade of each of `instruments` in the minutes in which they trade."""
    dice, length = random.Random(seed), OTHERS_DAYS * DAY
    firsts = (past.begins, past.middle - length // 2, past.ends - length)
    taken = past.begins
    for first in firsts:
        for start in range(max(first, taken), min(first + length, past.ends), MINUTE):
            price, quantity = PRICE + dice.randint(-50, 50) * TICK, dice.randint(1, 100) * SHARE
            made = (event(one, Trade(start, price, quantity, True)) for one in instruments)
            yield start + dice.randrange(MINUTE), b"".join(made)
            taken = start + MINUTE


def event(instrument: int, trade: Trade) -> bytes:
    """A trade in the layout of the event stream. It has no number: its candles are all that is stored."""
    packed = bytearray(
        events.TRADE.pack(
            0, trade.eligible, instrument, trade.price, trade.quantity,
            trade.price * trade.quantity // SHARE, 0,
        )
    )  # fmt: skip
    packed[0] = codes.EV_TRADE
    return bytes(packed)


def batches(units: Iterator[tuple[int, bytes]], position: int, with_seconds: bool) -> Iterator[Batch]:
    """The candles of (time, events), so many units at once, that leave the position where it is."""
    batch, size = Batch(Always(), with_seconds), 0
    for ts, packed in units:
        batch.add(Unit(position, ts, b"", packed))
        size += 1
        if size == UNITS:
            yield batch
            batch, size = Batch(Always(), with_seconds), 0
    if size:
        yield batch


async def store(
    database: str, genesis: bytes, past: Span, instruments: Sequence[int], made: Sequence[Trade], seed: int
) -> None:
    """Write the candles of the first instrument's trades and of the others', as the worker would have.

    Nobody else may write meanwhile: the worker goes on afterwards from where it was. Trades themselves are
    not stored, as those of long ago can no longer be taken back.
    """
    kept = await CandleStore.connect(database)
    try:
        position = await kept.adopt(genesis)
        own = instruments[0]
        older = ((one.ts, event(own, one)) for one in made if one.ts < past.seconds_from)
        newer = ((one.ts, event(own, one)) for one in made if one.ts >= past.seconds_from)
        around = others(past, instruments[1:], seed)
        for units, with_seconds in ((older, False), (newer, True), (around, False)):
            for batch in batches(units, position, with_seconds):
                batch.trades.clear()
                await kept.apply(position, batch)
        await kept.forget_seconds(past.seconds_from)
    finally:
        await kept.close()
    await settle(database)


async def settle(database: str) -> None:
    """Bring the rows into the order of time, in which the worker writes them, and count them for the planner,
    as the database does by itself after a while."""
    connection = await psycopg.AsyncConnection.connect(database, autocommit=True)
    async with connection:
        for table in TABLES:
            name = f"market.{table}"
            await connection.execute(f"CREATE INDEX by_time ON {name} (start, instrument)".encode())
            await connection.execute(f"CLUSTER {name} USING by_time".encode())
            await connection.execute(b"DROP INDEX market.by_time")
            await connection.execute(f"VACUUM (ANALYZE) {name}".encode())
