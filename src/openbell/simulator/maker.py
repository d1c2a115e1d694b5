"""A market maker's next messages for one stock: what must change so that its quotes are what it wants."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from openbell.simulator.blotter import Blotter, Order
from openbell.simulator.quoting import LEVELS, Ladder, Quote
from openbell.simulator.stock import Stock

SIDES = ("BUY", "SELL")
NEW, CHANGE, CANCEL = "NEW", "CHANGE", "CANCEL"
STALE_PART = 0.34  # of the half spread: an order this far from where it should be is moved
RENEW = 0.5  # how often a ladder with nothing to move replaces an order rather than resizes one


@dataclass(frozen=True, slots=True)
class Intent:
    """One message to send. NEW has no order; CHANGE and CANCEL name theirs."""

    kind: str
    symbol: str
    side: str
    level: int
    price: int
    quantity: int
    order: Order | None = None
    type: str = "LIMIT"
    time_in_force: str = "GTC"


def plan(stock: Stock, wanted: Ladder, shown: Blotter, random: Random) -> list[Intent]:
    """The messages that bring the shown quotes to the wanted ones, in the order to send them.

    When the price rises the asks go first, when it falls the bids, so that the maker never meets itself.
    Where nothing needs to move, one level is resized or one deeper order withdrawn.
    """
    tolerance = max(1, round(wanted.asks[0].price * stock.half_spread * STALE_PART))
    bids = _side(stock, "BUY", wanted.bids, shown, tolerance)
    asks = _side(stock, "SELL", wanted.asks, shown, tolerance)
    if not bids and not asks:
        return _breathe(stock, wanted, shown, random)
    best = shown.best(stock.symbol, "BUY")
    rises = best is not None and bool(wanted.bids) and wanted.bids[0].price > best
    return asks + bids if rises else bids + asks


def _side(stock: Stock, side: str, quotes: tuple[Quote, ...], shown: Blotter, tolerance: int) -> list[Intent]:
    found = []
    for level, quote in enumerate(quotes):
        order = shown.at(stock.symbol, side, level)
        if order is None:
            if quote.quantity:
                found.append(Intent(NEW, stock.symbol, side, level, quote.price, quote.quantity))
        elif quote.quantity == 0:
            found.append(Intent(CANCEL, stock.symbol, side, level, order.price, 0, order))
        elif abs(order.price - quote.price) >= tolerance:
            total = order.quantity
            if order.leaves * 2 < quote.quantity:
                total = order.filled + quote.quantity
            found.append(Intent(CHANGE, stock.symbol, side, level, quote.price, total, order))
    return found


def _breathe(stock: Stock, wanted: Ladder, shown: Blotter, random: Random) -> list[Intent]:
    side = random.choice(SIDES)
    quotes = wanted.bids if side == "BUY" else wanted.asks
    level = random.randrange(LEVELS)
    order = shown.at(stock.symbol, side, level)
    if order is None or level >= len(quotes):
        return []
    if level > 0 and random.random() < RENEW:
        return [Intent(CANCEL, stock.symbol, side, level, order.price, 0, order)]
    total = order.filled + quotes[level].quantity
    if total == order.quantity:
        return []
    return [Intent(CHANGE, stock.symbol, side, level, order.price, total, order)]
