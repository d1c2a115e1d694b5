"""Reference stops: orders that wait for a price, looked through one by one at each eligible trade."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openbell.core import codes
from tests.core.oracle.rehearsal import rehearse
from tests.core.oracle.state import Instrument, Order, Refusal, Resting, collar
from tests.core.oracle.waiting import Waiting

if TYPE_CHECKING:
    from tests.core.oracle.book import Books, Change


class Stops:
    """What waits for its stop price, and what was elected and has not had its turn."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.state = books.state

    # -- what an account may ask -------------------------------------------------------------------

    def enter(self, order: Order) -> None:
        """Let a new stop wait; one whose condition holds already is elected at once."""
        book = self.state.instruments[order.instrument]
        waiting = Waiting(
            Resting(order, order.price, order.quantity, 0, order.display),
            order.stop_price,
            order.trail,
            order.percent,
            order.mark,
        )
        try:
            self.check(book, waiting, waiting.resting.price, waiting.asked, order.quantity, True)
        except Refusal as refusal:
            self.books.notes.append(partial(self.books.settlement.refused, order, refusal))
            return
        self.state.order_event(
            codes.EV_ACCEPTED,
            order,
            limit=order.stop_price,
            observed=order.trail,
            code=codes.TRAIL_PERCENT * order.percent,
        )
        book.waiting.append(waiting)
        self.elect_if_held(book, waiting)

    def modify(self, waiting: Waiting, change: Change) -> None:
        """Give a waiting stop another limit, stop price or trail, or total, whole or not at all."""
        order = waiting.resting.order
        book = self.state.instruments[order.instrument]
        price = waiting.resting.price if change.price is None else change.price
        asked = waiting.asked if change.stop is None else change.stop
        if order.group:
            change = change._replace(total=waiting.resting.leaves)
        same = (price, asked) == (waiting.resting.price, waiting.asked)
        unchanged = same and change.total == waiting.resting.leaves
        kept = same and change.total <= waiting.resting.leaves
        try:
            if change.if_filled > 0:
                raise Refusal(codes.E_FILLED_SINCE, change.if_filled, 0)
            if order.order_type != codes.STOP_LIMIT and change.price is not None and change.stop is None:
                raise Refusal(codes.E_BAD_PRICE, 0, change.price)
            if change.total <= 0:
                book.waiting.remove(waiting)
                self.books.end(waiting.resting, codes.WHY_USER)
                return
            if not unchanged:
                self.check(book, waiting, price, asked, change.total, not kept)
        except Refusal as refusal:
            self.books.notes.append(partial(self.books.settlement.not_modified, refusal))
            return
        waiting.resting.price, waiting.resting.leaves = price, change.total
        if waiting.trail:
            waiting.trail = asked
            waiting.move(book.tick_size)
        else:
            waiting.stop = asked
        flags = codes.PRIORITY_KEPT * kept | codes.UNCHANGED * unchanged
        told = (waiting.stop, waiting.trail)
        self.books.notes.append(
            partial(
                self.books.settlement.modified, order, price, waiting.resting.left, order.display, flags, told
            )
        )
        if not kept:
            book.waiting.remove(waiting)
            book.waiting.append(waiting)
            self.elect_if_held(book, waiting)

    def check(
        self, book: Instrument, waiting: Waiting, price: int, asked: int, quantity: int, anew: bool
    ) -> None:
        """As the book's, and the stop price or trail; a limit is collared around its own stop price."""
        order = waiting.resting.order
        self.books.check(book, order.side, price, quantity, False)
        if not waiting.percent and asked % book.tick_size:
            raise Refusal(codes.E_TICK_SIZE, book.tick_size, asked)
        if order.order_type == codes.STOP_LIMIT and book.protected and anew:
            edge = collar(order.side, asked, book.limit_collar, book.tick_size)
            if price > edge if order.side == codes.BUY else price < edge:
                raise Refusal(codes.E_PRICE_COLLAR, edge, price)

    # -- election ----------------------------------------------------------------------------------

    def move_marks(self, book: Instrument, price: int) -> None:
        """An eligible trade printed: marks follow it."""
        for waiting in book.waiting:
            if waiting.trail:
                better = min if waiting.resting.order.side == codes.BUY else max
                waiting.mark = better(waiting.mark, price)
                waiting.move(book.tick_size)

    def elect_all(self, book: Instrument, price: int) -> None:
        """Marks have moved: the trade elects what it reaches."""
        held = [waiting for waiting in book.waiting if waiting.holds(price)]  # oldest first
        buys = [waiting for waiting in held if waiting.resting.order.side == codes.BUY]
        sells = [waiting for waiting in held if waiting.resting.order.side == codes.SELL]
        for waiting in sorted(buys, key=lambda waiting: waiting.stop):
            self.elect(book, waiting, price)
        for waiting in sorted(sells, key=lambda waiting: -waiting.stop):
            self.elect(book, waiting, price)

    def elect_if_held(self, book: Instrument, waiting: Waiting) -> None:
        """Against the last eligible trade of the day; none is elected in a closed market."""
        today = book.last_day == self.state.day
        if book.phase == codes.IN_CONTINUOUS and today and waiting.holds(book.last):
            self.elect(book, waiting, book.last)

    def elect(self, book: Instrument, waiting: Waiting, price: int) -> None:
        """Put a stop behind all that were elected before, with the limit it has from now on."""
        resting, order = waiting.resting, waiting.resting.order
        if order.side == codes.SELL and order.order_type != codes.STOP_LIMIT:
            resting.price = collar(order.side, price, book.market_collar, book.tick_size)
        elif order.side == codes.BUY and order.order_type == codes.TRAILING_STOP:
            lower = collar(order.side, waiting.stop, book.market_collar, book.tick_size)
            resting.price = min(resting.price, lower)  # it reserved for where it began
        resting.price = self.books.bands.clip(book, order.side, resting.price)
        book.waiting.remove(waiting)
        groups = self.books.groups  # a child that had more to wait for has one turn
        for turns in (groups.turns, groups.late):
            turns[:] = [one for one in turns if one is not resting]
        groups.turns.append(resting)
        self.books.notes.append(
            partial(self.books.settlement.elected, order, resting.price, waiting.stop, price)
        )

    def take_turns(self) -> None:
        """One order after the other, each finished before the next; accounts learn it in slices."""
        groups = self.books.groups
        if not groups.turns:
            return
        while groups.turns:
            for _ in range(self.state.limits.slice):
                if groups.turns:
                    resting = groups.turns.pop(0)
                    self.run(self.state.instruments[resting.order.instrument], resting)
            self.books.bands.settle(self.state.instruments[resting.order.instrument])
            self.books.deliver()
        groups.close()

    def run(self, book: Instrument, resting: Resting) -> None:
        """An elected order is a limit order under its own time in force."""
        order = resting.order
        if order.group and not self.books.groups.ready(book, resting):
            return
        before, filled = resting.leaves, resting.filled
        if order.tif == codes.FOK and rehearse(self.books, book, resting).filled - filled < resting.leaves:
            self.books.end(resting, codes.WHY_FOK)
            return
        self.books.match(book, resting)
        if order.group:
            self.books.groups.spent(resting, before, filled)
        if resting.leaves == 0:
            if order.group:
                self.books.groups.emptied(resting)
            return
        if resting.stopped:
            self.books.end(resting, codes.WHY_SELF_TRADE)
        elif order.order_type == codes.MARKET or order.tif in (codes.IOC, codes.FOK):
            self.books.end(resting, self.books.bands.why_left(book, resting))
        elif not self.books.has_room(book, order.side, resting.price):
            self.books.end(resting, codes.WHY_BOOK_FULL)
        else:
            self.books.append(book, resting)
