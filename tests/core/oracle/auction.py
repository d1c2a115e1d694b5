"""The reference auction: one price for all, found by trying the ticks one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from openbell.core import codes
from openbell.core.records import CASH_MAX
from tests.core.oracle.state import Instrument, Resting, collar

TRIED_MAX = 200  # ticks; in a wider range only those where size comes or goes, and their neighbours
COLLAR = 1000  # basis points around the reference, beyond which a call is extended, then collared


@dataclass(frozen=True)
class Outcome:
    """What an auction at `price` does."""

    price: int
    bought: int  # what buyers would take at this price
    sold: int  # what sellers would give at this price

    @property
    def volume(self) -> int:
        return min(self.bought, self.sold)

    @property
    def surplus(self) -> int:
        """What is left over: of buyers if positive, of sellers if negative."""
        return self.bought - self.sold


def limits(book: Instrument, side: int) -> list[int]:
    return [resting.price for queue in book.levels[side].values() for resting in queue]


def taking_part(book: Instrument, side: int) -> list[Resting]:
    """Everyone in the auction on one side; a market order's cap counts as its limit."""
    return [*book.markets[side], *(resting for queue in book.levels[side].values() for resting in queue)]


def size(orders: list[Resting]) -> int:
    """What they give together: alternatives of one group no more than what one of them may work for."""
    total, groups = 0, defaultdict[int, list[Resting]](list)
    for one in orders:
        if one.order.group and one.order.role != codes.ROLE_PARENT:
            groups[id(one.order.group)].append(one)
        else:
            total += one.leaves
    for legs in groups.values():
        total += min(sum(one.leaves for one in legs), legs[0].left - legs[0].parent_open)
    return total


def outcome(book: Instrument, price: int) -> Outcome:
    bought = size([one for one in taking_part(book, codes.BUY) if one.price >= price])
    sold = size([one for one in taking_part(book, codes.SELL) if one.price <= price])
    return Outcome(price, min(bought, CASH_MAX), min(sold, CASH_MAX))


def ticks(book: Instrument) -> list[int]:
    """The prices to try: every tick between the lowest and the highest limit."""
    found = limits(book, codes.BUY) + limits(book, codes.SELL)
    if not found:
        return []
    low, high, tick = min(found), max(found), book.tick_size
    if (high - low) // tick < TRIED_MAX:
        return list(range(low, high + 1, tick))
    caps = [one.price for side in (codes.BUY, codes.SELL) for one in book.markets[side]]
    near = {at + step for at in found + caps for step in (-tick, 0, tick)}
    return sorted(price for price in near if low <= price <= high)


def find(book: Instrument, reference: int) -> Outcome | None:
    """What the auction would do; None: nothing."""
    tried = [outcome(book, price) for price in ticks(book)]
    most = max((one.volume for one in tried), default=0)
    if most == 0:  # market orders only
        price = max(reference // book.tick_size, 1) * book.tick_size
        found = outcome(book, price)
        return found if found.volume else None
    tied = [one for one in tried if one.volume == most]
    least = min(abs(one.surplus) for one in tied)
    tied = [one for one in tied if abs(one.surplus) == least]
    if all(one.surplus > 0 for one in tied):
        return tied[-1]
    if all(one.surplus < 0 for one in tied):
        return tied[0]
    on_tick = reference // book.tick_size * book.tick_size
    return outcome(book, max(tied[0].price, min(on_tick, tied[-1].price)))


def edges(book: Instrument, reference: int) -> tuple[int, int]:
    """The lowest and the highest price that an auction may print at."""
    tick = book.tick_size
    return collar(codes.SELL, reference, COLLAR, tick), collar(codes.BUY, reference, COLLAR, tick)


def is_far(book: Instrument, found: Outcome, reference: int) -> bool:
    low, high = edges(book, reference)
    return book.protected and not low <= found.price <= high


def collared(book: Instrument, found: Outcome, reference: int) -> Outcome:
    """What the auction does if it must not go beyond its edges."""
    low, high = edges(book, reference)
    return outcome(book, max(low, min(found.price, high)))


def displayed_first(queue: list[Resting]) -> list[Resting]:
    return sorted(queue, key=lambda one: one.hidden)


def in_turn(book: Instrument, side: int, price: int) -> Iterator[Resting]:
    """Who trades at `price`: market orders first, then by price, displayed before hidden, then by time."""
    best_first = sorted(book.levels[side].items(), reverse=side == codes.BUY)
    ordered = [one for _, queue in best_first for one in displayed_first(queue)]
    for one in [*book.markets[side], *ordered]:
        if one.price >= price if side == codes.BUY else one.price <= price:
            yield one
