"""A reference MARKET order for so much money."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openbell.core import codes
from openbell.core.records import QUANTITY_SCALE
from tests.core.oracle.state import EVENT_FIELDS, Instrument, Order, Refusal, Resting, value_up

if TYPE_CHECKING:
    from tests.core.oracle.book import Books

NOTIONAL = EVENT_FIELDS.index("notional")


def enter_value(books: Books, book: Instrument, order: Order) -> None:
    """A market order for so much money takes at each price the most lots that what is left pays for."""
    taker = Resting(order, order.price, 0, 0, order.display)
    try:
        books.check(book, order.side, order.price, 0, False)
    except Refusal as refusal:
        books.notes.append(partial(books.settlement.refused, order, refusal))
        return
    taker.price = books.bands.clip(book, order.side, order.price)
    books.state.order_event(codes.EV_ACCEPTED, order, notional=order.budget, price=taker.price)
    books.price_at(taker)
    first = len(books.state.events)
    budget, extra, on_top = order.budget, 0, 0
    if order.side == codes.BUY and order.schedule:
        budget, extra = order.schedule.spendable(budget), order.schedule.per_share
    for price in books.crossing(book, taker):
        if price not in book.levels[1 - order.side]:
            continue  # alternatives whose sibling has traded
        spent = sum(event[NOTIONAL] for event in books.state.events[first:] if event[0] == codes.EV_TRADE)
        shares = (budget - spent - on_top) * QUANTITY_SCALE // (price + extra)
        shares = min(shares, order.most - taker.filled)
        before = taker.filled
        if shares < book.lot_size:
            break
        taker.leaves = shares // book.lot_size * book.lot_size
        books.sweep(book, taker, 1 - order.side, price)
        on_top += value_up(extra, taker.filled - before)
        if taker.stopped:
            books.end(taker, codes.WHY_SELF_TRADE)
        if taker.stopped or taker.leaves == 0:
            return
    books.end(taker, books.bands.why_left(book, taker))
