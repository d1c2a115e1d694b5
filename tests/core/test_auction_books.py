"""Auctions of random books: core and oracle agree on price, trades and what is left over."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.commands import SECOND, SHARE, START, USD
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.auction import Outcome, collared, in_turn, limits
from tests.core.oracle.exchange import Oracle
from tests.core.oracle.state import Instrument, Resting
from tests.core.scale import much
from tests.core.views import assert_views_same

HOUSE = 4
SESSIONS = range(much(compiled=300, interpreted=80))
CALL = 300 * SECOND


class Session:
    """One instrument on its way through a day with auctions, from a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.spread = self.draw.choice((2, 4, 12, 40))  # ticks around the middle
        self.middle = self.draw.choice((2 * USD, 100 * USD))
        self.count = 0
        self.levels = self.draw.choice((3, 64))
        self.markets = self.draw.choice((0.0, 0.2, 0.4, 1.0))  # how many are market orders

    def opening(self) -> Iterator[bytearray]:
        flags = codes.AUCTIONS | codes.PROTECTIONS_OFF * (self.draw.random() < 0.1)
        collar = self.draw.choice((300, 500, 10**8))
        yield commands.listing(
            "AAPL", reference_price=self.middle, flags=flags, limit_collar=10**8, market_collar=collar
        )
        yield commands.open_account(codes.KIND_HOUSE)
        yield commands.deposit(HOUSE, 10**9 * USD)
        yield commands.issue(HOUSE, 0, 10**6 * SHARE)

    def orders(self, most: int) -> Iterator[bytearray]:
        drift = self.draw.choice((0, 0, -2, 2, -25, 25)) * self.draw.randint(0, self.spread) // 4
        for _ in range(self.draw.randint(1, most)):
            self.count += 1
            if self.count > 3 and self.draw.random() < 0.12:
                yield self.change()
                continue
            side = self.draw.randint(0, 1)
            order_type = codes.MARKET if self.draw.random() < self.markets else codes.LIMIT
            tif = self.draw.choice((codes.DAY, codes.GTC, codes.GTC, codes.OPG, codes.CLS))
            ticks = drift + self.draw.randint(-self.spread, self.spread)
            price = max(self.middle + 100 * ticks, 100) if order_type == codes.LIMIT else 0
            quantity = self.draw.randint(1, 9) * self.draw.choice((1, 1, 10)) * SHARE
            shown = (
                self.shown(quantity)
                if order_type == codes.LIMIT and tif not in (codes.OPG, codes.CLS)
                else {}
            )
            yield commands.order(HOUSE, 0, side, price, quantity, order_type, tif, **shown)

    def shown(self, quantity: int) -> dict[str, int]:
        """How much of an order is displayed: mostly all of it."""
        kind = self.draw.random()
        if kind < 0.25:
            return {"display": self.draw.randint(1, quantity // SHARE) * SHARE}
        if kind < 0.5:
            return {"display": 0, "min_quantity": self.draw.choice((0, 0, quantity // 2))}
        return {}

    def change(self) -> bytearray:
        """A cancel or a modify of a command before it, if that was an order."""
        order = self.position - self.draw.randint(0, 8) << 8
        if self.draw.random() < 0.4:
            return commands.cancel(HOUSE, order)
        price = self.middle + 100 * self.draw.randint(-self.spread, self.spread)
        which = self.draw.randint(1, 3)
        total = self.draw.randint(1, 30) * SHARE
        display = self.draw.choice((-1, 0, SHARE, 2 * SHARE)) if self.draw.random() < 0.2 else None
        price, total = price if which & 1 else None, total if which & 2 else None
        return commands.modify(HOUSE, order, price, total, display=display)

    def steps(self) -> Iterator[tuple[bytearray, int]]:
        """Commands, each with the nanoseconds since the one before."""
        self.position = 2
        yield from ((made, 0) for made in self.opening())
        for phase in self.day():
            gap = CALL if self.draw.random() < 0.1 else 1000
            yield commands.phase(phase, 0, date=1), gap
            yield from ((made, 1000) for made in self.orders(5 if phase == codes.IN_CONTINUOUS else 16))
            yield commands.plain(codes.C_TICK), self.draw.choice((SECOND, CALL - 1, CALL))
            if self.draw.random() < 0.1:
                yield commands.plain(codes.C_SUSPEND, instrument=0), 0
                yield commands.plain(codes.C_RESUME, instrument=0), 0
                yield from ((made, 1000) for made in self.orders(6))
        yield commands.plain(codes.C_TICK), CALL

    def day(self) -> list[int]:
        opening = [codes.IN_CLOSED] * self.draw.randint(0, 1) + [codes.IN_PRE_OPEN]
        closing = [codes.IN_CONTINUOUS, codes.IN_CLOSING_AUCTION, codes.IN_CLOSED, codes.IN_CONTINUOUS]
        return opening + closing[: self.draw.randint(1, 4)]


# Who takes part in an auction beside plain orders.
WAYS: dict[str, Callable[[Resting], bool]] = {
    "hidden": lambda one: one.hidden,
    "iceberg": lambda one: one.waiting > 0,
    "minimum": lambda one: one.order.min_quantity > 0,
}


class Watch:
    """Counts in which ways auctions ended, as the oracle sees them."""

    def __init__(self, oracle: Oracle) -> None:
        self.seen: set[str] = set()
        phases = oracle.books.phases
        self.uncross, self.crossing = phases.uncross, phases.end_crossing
        phases.uncross = self.note  # type: ignore[method-assign]
        phases.end_crossing = self.note_crossing  # type: ignore[method-assign]

    def note(self, book: Instrument, found: Outcome | None) -> None:
        if found and found.volume:
            sign = (found.surplus > 0) - (found.surplus < 0)
            self.seen.add(("no surplus", "surplus of buyers", "surplus of sellers")[sign])
            self.seen.add("market orders" if any(book.markets) else "limits only")
            if not any(book.levels):
                self.seen.add("market orders only")
            self.seen |= {name for name in WAYS if any(map(WAYS[name], self.sides(book, found)))}
            if book.protected and collared(book, found, book.reference(1)).price == found.price:
                self.seen.add("extended" if book.extended else "at once")
        else:
            self.seen.add("nothing to trade")
        self.uncross(book, found)

    def sides(self, book: Instrument, found: Outcome) -> Iterator[Resting]:
        """Everyone who can trade."""
        for side in (codes.BUY, codes.SELL):
            yield from in_turn(book, side, found.price)

    def note_crossing(self, book: Instrument, side: int) -> None:
        bids, asks = limits(book, codes.BUY), limits(book, codes.SELL)
        if bids and asks and max(bids) >= min(asks):
            self.seen.add(f"crossing {codes.SIDE_NAMES[side]} ended")
        self.crossing(book, side)


@cache
def run(seed: int) -> frozenset[str]:
    """Drive core and oracle through one session; returns how its auctions ended."""
    session = Session(seed)
    genesis = commands.genesis(levels=session.levels, slice=3, request_ttl_ns=10**15)
    core, oracle = Core(genesis), Oracle(genesis)
    watch = Watch(oracle)
    invariants = Invariants(core.exchange)
    ts = START
    for made, gap in session.steps():
        ts += gap
        record = commands.sequenced(made, session.position, ts)
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        invariants.check(said[1])
        session.position += 1
    assert_views_same(core.exchange, oracle)
    return frozenset(watch.seen)


@pytest.mark.parametrize("seed", SESSIONS)
def test_core_and_oracle_uncross_alike(seed: int) -> None:
    run(seed)


def test_the_sessions_reach_every_way_that_an_auction_ends() -> None:
    seen = frozenset().union(*(run(seed) for seed in SESSIONS))
    assert sorted(seen) == [
        "at once", "crossing BUY ended", "crossing SELL ended", "extended", "hidden", "iceberg",
        "limits only", "market orders", "market orders only", "minimum", "no surplus", "nothing to trade",
        "surplus of buyers", "surplus of sellers",
    ]  # fmt: skip
