"""What one account has: its working orders, shares and cash, as far as its answers and fills have told."""

from __future__ import annotations

from dataclasses import dataclass

from openbell.simulator.messages import WORKING

EARLY_MAX = 1_000  # fills that came before the answer to their order; older ones are forgotten


@dataclass(slots=True)
class Order:
    """One of the account's orders: price in cents, quantities in whole shares.

    `level` is its place in a maker's ladder; -1 for an order that is in none.
    """

    id: str
    symbol: str
    side: str
    price: int
    quantity: int
    level: int
    filled: int = 0

    @property
    def leaves(self) -> int:
        """Shares that still work."""
        return self.quantity - self.filled


class Blotter:
    """Working orders by id and by place, shares by symbol, cash in cents.

    An order's fills are told as its total so far, by answers and by the stream in either order: the larger
    counts, so that a fill told twice moves shares once.
    """

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.places: dict[tuple[str, str, int], Order] = {}
        self.shares: dict[str, int] = {}
        self.cash = 0
        self._early: dict[str, tuple[int, bool]] = {}

    def at(self, symbol: str, side: str, level: int) -> Order | None:
        """The order at a place of the ladder."""
        return self.places.get((symbol, side, level))

    def best(self, symbol: str, side: str) -> int | None:
        """The best price shown on a side, in cents."""
        prices = [
            order.price for level in range(8) if (order := self.places.get((symbol, side, level))) is not None
        ]
        if not prices:
            return None
        return max(prices) if side == "BUY" else min(prices)

    def add(self, order: Order) -> None:
        """Take in a working order that the exchange acknowledged with nothing filled yet."""
        filled, ended = self._early.pop(order.id, (0, False))
        self.orders[order.id] = order
        if order.level >= 0:
            self.places[order.symbol, order.side, order.level] = order
        if filled or ended:
            self.update(order.id, filled, ended)

    def update(self, order_id: str, filled: int, ended: bool) -> Order | None:
        """Note that `filled` shares of an order are filled so far; the order, if it is known."""
        order = self.orders.get(order_id)
        if order is None:
            if len(self._early) >= EARLY_MAX:
                self._early.clear()
            before, was_ended = self._early.get(order_id, (0, False))
            self._early[order_id] = (max(before, filled), ended or was_ended)
            return None
        if filled > order.filled:
            self.move(order.symbol, order.side, filled - order.filled, order.price)
            order.filled = filled
        if ended or order.leaves <= 0:
            self.drop(order)
        return order

    def move(self, symbol: str, side: str, quantity: int, price: int) -> None:
        """Book a fill of `quantity` shares at `price` cents."""
        sign = 1 if side == "BUY" else -1
        self.shares[symbol] = self.shares.get(symbol, 0) + sign * quantity
        self.cash -= sign * quantity * price

    def drop(self, order: Order) -> None:
        """Forget an order that no longer works."""
        self.orders.pop(order.id, None)
        place = (order.symbol, order.side, order.level)
        if self.places.get(place) is order:
            del self.places[place]

    def reset(self, orders: list[Order], shares: dict[str, int], cash: int) -> None:
        """Replace everything by what the exchange says."""
        self.orders = {order.id: order for order in orders}
        self.places = {(o.symbol, o.side, o.level): o for o in orders if o.level >= 0}
        self.shares = dict(shares)
        self.cash = cash
        self._early.clear()


def is_working(status: str) -> bool:
    """Whether an order of this status can still fill."""
    return status in WORKING
