"""The reference book: price, then time, with sorted dictionaries and lists.

It writes the public events at once and leaves notes for the owners' accounts: one per fill, end,
refusal and change, settled after the book is done (`settle.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from openbell.core import codes
from openbell.core.records import ID_INDEX_BITS, ID_POSITION_BITS
from tests.core.oracle.bands import Bands
from tests.core.oracle.groups import Groups
from tests.core.oracle.phases import Phases
from tests.core.oracle.rehearsal import rehearse
from tests.core.oracle.settle import Settlement
from tests.core.oracle.spending import enter_value
from tests.core.oracle.state import (
    Instrument,
    Order,
    Refusal,
    Resting,
    State,
    collar,
    value_down,
)
from tests.core.oracle.stops import Stops
from tests.core.oracle.waiting import Waiting

Note = Callable[[], None]
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)


class Change(NamedTuple):
    """What a MODIFY asks for; None: as it is."""

    price: int | None
    stop: int | None  # the trail, of a trailing stop
    total: int
    display: int
    if_filled: int


SLICES_MAX = 1000


class Books:
    """Matching on all instruments."""

    def __init__(self, state: State, settlement: Settlement) -> None:
        self.state = state
        self.settlement = settlement
        self.notes: list[Note] = []
        self.bands = Bands(self)
        self.phases = Phases(self)
        self.stops = Stops(self)
        self.groups = Groups(self)

    def deliver(self) -> None:
        """Let the accounts take note of what the books did since."""
        notes, self.notes = self.notes, []
        for note in notes:
            note()

    # -- what an account may ask -------------------------------------------------------------------

    def enter(self, order: Order) -> None:
        """Match a new order; rest or end what is left; then those that its trades elected."""
        book = self.state.instruments[order.instrument]
        self.bands.look(book)
        if order.order_type in STOPS:
            self.stops.enter(order)
        else:
            self.enter_now(order)
        self.bands.settle(book)
        self.stops.take_turns()

    def enter_now(self, order: Order) -> None:
        book = self.state.instruments[order.instrument]
        if self.phases.collects(book, order):
            self.phases.enter(order)
            return
        if order.budget:
            enter_value(self, book, order)
            return
        taker = Resting(order, order.price, order.quantity, 0, order.display)
        rests = order.order_type == codes.LIMIT and order.tif in (codes.DAY, codes.GTC, codes.GTD)
        try:
            self.check(book, order.side, order.price, order.quantity, order.order_type == codes.LIMIT)
            taker.price = self.bands.clip(book, order.side, order.price)
            if rests:
                self.check_room(book, order.side, taker.price, None)
            self.check_display(book, taker)
            self.check_post_only(book, taker)
        except Refusal as refusal:
            self.notes.append(partial(self.settlement.refused, order, refusal))
            return
        self.state.order_event(codes.EV_ACCEPTED, order, price=taker.price)
        self.price_at(taker)
        if order.tif == codes.FOK and rehearse(self, book, taker).filled < order.quantity:
            self.end(taker, codes.WHY_FOK)
            return
        self.match(book, taker)
        if taker.leaves == 0:
            return
        if taker.stopped:
            self.end(taker, codes.WHY_SELF_TRADE)
        elif rests:
            self.append(book, taker)
        else:
            self.end(taker, self.bands.why_left(book, taker))

    def price_at(self, taker: Resting) -> None:
        """Tell the owner whose new order is priced at its band."""
        if taker.price != taker.order.price:
            self.notes.append(partial(setattr, taker.order, "price", taker.price))

    def enter_group(self, legs: list[Order]) -> None:
        book = self.state.instruments[legs[0].instrument]
        self.bands.look(book)
        self.bands.settle(book)  # legs come one after the other
        self.groups.enter(legs)
        self.bands.settle(book)
        self.stops.take_turns()

    def cancel(self, order: Order, reason: int) -> None:
        if order.working:  # else a turn that was late has filled it
            self.take(order, reason)
        self.bands.settle(self.state.instruments[order.instrument])
        self.stops.take_turns()

    def take(self, order: Order, reason: int) -> None:
        if order.group:
            if leg := self.groups.find(order):  # else its sibling has ended it in this step
                self.groups.take_out(leg)
                self.end(leg, reason)
            return
        if waiting := self.find_waiting(order):
            self.state.instruments[order.instrument].waiting.remove(waiting)
            self.end(waiting.resting, reason)
            return
        book, resting, queue = self.find(order)
        self.take_out(book, resting, queue)
        self.end(resting, reason)

    def modify(self, order: Order, change: Change) -> None:
        """Give an order another price, stop price, total or display, whole or not at all."""
        book = self.state.instruments[order.instrument]
        self.bands.look(book)
        self.modify_now(order, change)
        self.bands.settle(book)
        self.stops.take_turns()

    def modify_now(self, order: Order, change: Change) -> None:
        if waiting := self.find_waiting(order):
            self.stops.modify(waiting, change)
            return
        leg = self.groups.find(order) if order.group else None
        if order.group and leg is None:
            return
        if leg and not self.groups.rests(leg):
            self.groups.modify(leg, change)
            return
        if not leg and not self.is_in(order):
            return  # a band that moved has just ended it
        if change.stop is not None:
            refusal = Refusal(codes.E_BAD_STOP_PRICE, 0, change.stop)
            self.notes.append(partial(self.settlement.not_modified, refusal))
            return
        if leg:
            self.groups.modify(leg, change)
        else:
            self.modify_resting(order, change.price or order.price, change)

    def modify_resting(self, order: Order, price: int, change: Change) -> None:
        total, display = change.total, change.display
        book, resting, queue = self.find(order)
        leaves = total - resting.filled
        try:
            if change.if_filled >= 0 and change.if_filled != resting.filled:
                raise Refusal(codes.E_FILLED_SINCE, change.if_filled, resting.filled)
            if leaves <= 0:
                self.take_out(book, resting, queue)
                self.end(resting, codes.WHY_USER)
                return
            same = (price, display) == (resting.price, resting.display)
            kept = same and leaves <= resting.leaves
            unchanged = kept and leaves == resting.leaves
            if not unchanged:
                self.check(book, order.side, price, leaves, not kept and order.order_type == codes.LIMIT)
            if not kept:
                price = self.bands.clip(book, order.side, price)
            if price != resting.price and queue is None:
                self.check_room(book, order.side, price, resting)
            if not kept:
                wanted = Resting(order, price, leaves, resting.filled, display)
                self.check_display(book, wanted)
                self.check_post_only(book, wanted)
        except Refusal as refusal:
            self.notes.append(partial(self.settlement.not_modified, refusal))
            return
        flags = codes.PRIORITY_KEPT * kept | codes.UNCHANGED * unchanged
        self.notes.append(partial(self.settlement.modified, order, price, leaves, display, flags))
        if unchanged:
            return
        if kept:
            shown, resting.leaves = resting.shown, leaves
            resting.shown = min(shown, leaves)
            if resting.shown != shown:
                self.tell(book, order.side, price)
            return
        self.take_out(book, resting, queue)
        resting.price, resting.leaves, resting.display = price, leaves, display
        if self.phases.collects(book, order):
            self.phases.queue_again(book, resting, queue)
            return
        self.match(book, resting)
        if resting.stopped:
            self.end(resting, codes.WHY_SELF_TRADE)
        elif resting.leaves:
            self.append(book, resting)

    # -- matching ----------------------------------------------------------------------------------

    def crosses(self, taker: Resting, price: int) -> bool:
        return taker.price >= price if taker.order.side == codes.BUY else taker.price <= price

    def crossing(self, book: Instrument, taker: Resting) -> list[int]:
        """The other side's prices that the taker accepts, best first."""
        other = 1 - taker.order.side
        prices = [price for price in book.levels[other] if self.crosses(taker, price)]
        return sorted(prices, reverse=other == codes.BUY)

    def match(self, book: Instrument, taker: Resting) -> None:
        """Trade against the other side: best price first, then displayed before hidden, then oldest."""
        for price in self.crossing(book, taker):
            if taker.leaves and not taker.stopped and price in book.levels[1 - taker.order.side]:
                self.sweep(book, taker, 1 - taker.order.side, price)

    def next_maker(self, queue: list[Resting], taker: Resting) -> Resting | None:
        """Whom the taker would trade with next at a price; a hidden order may ask for more than it brings."""
        for one in queue:
            if not one.hidden:
                return one
        for one in queue:
            if min(one.order.min_quantity, one.leaves) <= taker.leaves:
                return one
        return None

    def sweep(self, book: Instrument, taker: Resting, other: int, price: int) -> None:
        """Trade against the orders at one price; whoever they belong to decides how."""
        queue = book.levels[other][price]
        changed = False
        while taker.leaves and not taker.stopped and (maker := self.next_maker(queue, taker)):
            before = maker.shown, maker.filled
            if book.protected and self.owner(taker) == self.owner(maker):
                self.prevent(taker, maker)
            else:
                self.trade(book, taker, maker, price)
            if not maker.hidden and before != (maker.shown, maker.filled):
                changed = True
            if maker.leaves == 0:
                queue.remove(maker)
                if maker.order.group and any(one is maker for one in maker.order.group.book):
                    self.groups.emptied(maker, (other, price))
            elif maker.shown == 0 and not maker.hidden:  # the next slice goes behind
                queue.remove(maker)
                queue.append(maker)
                maker.show()
        if changed:
            self.tell(book, other, price)
        if not queue:
            del book.levels[other][price]

    def owner(self, resting: Resting) -> int:
        return self.state.accounts[resting.order.account].owner

    def prevent(self, taker: Resting, maker: Resting) -> None:
        """The two would trade next and are one owner's: the incoming order's mode decides."""
        mode = taker.order.stp
        if mode == codes.DECREMENT:
            smaller = min(taker.leaves, maker.leaves)
            self.lower(maker, smaller, codes.PRIORITY_KEPT)
            if smaller == taker.leaves:
                taker.stopped = True
            else:
                self.lower(taker, smaller, 0)
            return
        if mode in (codes.CANCEL_OLDEST, codes.CANCEL_BOTH):
            self.lower(maker, maker.leaves, 0, ends=True)
        if mode in (codes.CANCEL_NEWEST, codes.CANCEL_BOTH):
            taker.stopped = True

    def lower(self, one: Resting, by: int, flags: int, ends: bool = False) -> None:
        """Take size off an order; nothing left is the end of it."""
        ends, left = by == one.left or ends, one.left - by
        swept = (one.order.side, one.price)
        if ends:
            self.end(one, codes.WHY_SELF_TRADE, swept)
            one.leaves = 0
        else:
            self.notes.append(partial(self.settlement.reduced, one.order, left, flags))
            one.leaves -= by
        one.shown = min(one.shown, one.leaves)
        if one.order.group and flags and not ends:
            self.groups.decremented(one, by, swept)

    def trade(self, book: Instrument, taker: Resting, maker: Resting, price: int) -> None:
        quantity = min(taker.leaves, maker.size)
        value = value_down(price, quantity)
        for side in (taker, maker):
            side.leaves -= quantity
            side.filled += quantity
        maker.shown -= min(quantity, maker.shown)
        self.state.trades += 1
        trade = self.state.trades | self.state.limits.shard << ID_POSITION_BITS + ID_INDEX_BITS
        self.state.event(
            codes.EV_TRADE,
            instrument=book.number,
            order=taker.order.id,
            account=taker.order.account,
            side=taker.order.side,
            price=price,
            quantity=quantity,
            filled=taker.filled,
            leaves=taker.left,
            notional=value,
            other_order=maker.order.id,
            other_account=maker.order.account,
            other_leaves=maker.left,
            trade=trade,
            status=int(quantity >= book.last_lot),
        )
        for one, other, role in ((taker, maker, codes.TAKER), (maker, taker, codes.MAKER)):
            self.notes.append(
                partial(
                    self.settlement.fill,
                    one.order,
                    other.order,
                    role,
                    price,
                    quantity,
                    value,
                    one.left,
                    trade,
                )
            )
        self.print_trade(book, price, quantity, value, quantity >= book.last_lot)
        if quantity >= book.last_lot:
            if book.band:
                book.band.prints.append((self.state.time, price))
            self.stops.move_marks(book, price)
            self.stops.elect_all(book, price)
        if maker.order.group:
            self.groups.traded(maker, quantity, (maker.order.side, price))

    def print_trade(self, book: Instrument, price: int, quantity: int, value: int, eligible: bool) -> None:
        """Volume counts all trades; only an eligible one moves last, open, high and low."""
        book.day_volume += quantity
        book.day_notional += value
        book.trades += 1
        if eligible:
            book.last, book.last_size, book.last_ts = price, quantity, self.state.time
            book.last_day = self.state.day
            book.day_open = book.day_open or price
            book.day_high = max(book.day_high, price)
            book.day_low = min(book.day_low or price, price)

    # -- checks ------------------------------------------------------------------------------------

    def check(self, book: Instrument, side: int, price: int, quantity: int, collared: bool) -> None:
        if book.phase == codes.IN_SUSPENDED:
            raise Refusal(codes.E_SUSPENDED)
        if price % book.tick_size:
            raise Refusal(codes.E_TICK_SIZE, book.tick_size, price)
        if quantity % book.lot_size:
            raise Refusal(codes.E_LOT_SIZE, book.lot_size, quantity)
        if collared and book.protected:
            reference = book.reference(self.state.day)
            edge = collar(side, reference, book.limit_collar, book.tick_size)
            if price > edge if side == codes.BUY else price < edge:
                raise Refusal(codes.E_PRICE_COLLAR, edge, price)

    def check_room(self, book: Instrument, side: int, price: int, leaving: Resting | None) -> None:
        """A side has only so many prices; an order that leaves a price of its own makes room."""
        if self.has_room(book, side, price):
            return
        if leaving and len(book.levels[side][leaving.price]) == 1:
            return
        raise Refusal(codes.E_BOOK_FULL, self.state.limits.levels, self.state.limits.levels + 1)

    def has_room(self, book: Instrument, side: int, price: int) -> bool:
        return len(book.levels[side]) < self.state.limits.levels or price in book.levels[side]

    def check_display(self, book: Instrument, wanted: Resting) -> None:
        """An iceberg shows whole lots, in not too many slices, and there must be room for them."""
        display = wanted.display
        if display <= 0:
            return
        if display % book.lot_size:
            raise Refusal(codes.E_LOT_SIZE, book.lot_size, display)
        least = -(-wanted.leaves // SLICES_MAX)
        if display < least:
            raise Refusal(codes.E_BAD_DISPLAY, least, display)
        resting = (
            one.waiting
            for each in self.state.instruments
            for side in each.levels
            for queue in side.values()
            for one in queue
        )
        slices, most = sum(resting) + -(-wanted.leaves // display), self.state.limits.orders // 2
        if slices > most:
            raise Refusal(codes.E_BOOK_FULL, most, slices)

    def check_post_only(self, book: Instrument, taker: Resting) -> None:
        """A POST_ONLY order never takes; where nothing matches, nothing does."""
        if not taker.order.post_only or book.phase != codes.IN_CONTINUOUS:
            return
        for price in self.crossing(book, taker):
            if self.next_maker(book.levels[1 - taker.order.side][price], taker):
                raise Refusal(codes.E_POST_ONLY, price, taker.price)

    # -- queues ------------------------------------------------------------------------------------

    def find_waiting(self, order: Order) -> Waiting | None:
        waiting = self.state.instruments[order.instrument].waiting
        return next((one for one in waiting if one.resting.order is order), None)

    def is_in(self, order: Order) -> bool:
        """Whether an order is in its book."""
        book = self.state.instruments[order.instrument]
        queues = [*book.markets, book.closing, *book.levels[order.side].values()]
        return any(resting.order is order for queue in queues for resting in queue)

    def find(self, order: Order) -> tuple[Instrument, Resting, list[Resting] | None]:
        """Where an order is: in the list that is given, or at its price."""
        book = self.state.instruments[order.instrument]
        for waiting in (*book.markets, book.closing):
            for resting in waiting:
                if resting.order is order:
                    return book, resting, waiting
        for queue in book.levels[order.side].values():
            for resting in queue:
                if resting.order is order:
                    return book, resting, None
        raise AssertionError(f"order {order.id} works but rests in no book")

    def append(self, book: Instrument, resting: Resting) -> None:
        """Rest an order behind all others of its price."""
        book.levels[resting.order.side].setdefault(resting.price, []).append(resting)
        resting.show()
        if not resting.hidden:
            self.tell(book, resting.order.side, resting.price)

    def take_out(self, book: Instrument, resting: Resting, queue: list[Resting] | None) -> None:
        if queue is None:
            self.remove(book, resting)
        else:
            queue.remove(resting)

    def remove(self, book: Instrument, resting: Resting) -> None:
        side = resting.order.side
        book.levels[side][resting.price].remove(resting)
        if not resting.hidden:
            self.tell(book, side, resting.price)
        if not book.levels[side][resting.price]:
            del book.levels[side][resting.price]

    def end(self, resting: Resting, reason: int, swept: tuple[int, int] | None = None) -> None:
        self.notes.append(partial(self.settlement.end, resting.order, reason, resting.left))
        if resting.order.group:
            self.groups.gone(resting, swept)

    def tell(self, book: Instrument, side: int, price: int) -> None:
        """Publish what a level shows, and of how many orders."""
        queue = book.levels[side][price]
        self.state.event(
            codes.EV_LEVEL,
            instrument=book.number,
            side=side,
            price=price,
            quantity=sum(resting.shown for resting in queue),
            leaves=sum(not resting.hidden for resting in queue),
        )
