"""Reference groups: OCO, OTO and bracket, as lists of legs that know each other.

All legs of a group ask for the same quantity. Alternatives give no more together than one of them alone; a
child works for what its parent has filled, less what it or its alternative used up.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openbell.core import codes
from tests.core.oracle.state import Instrument, Order, Refusal, Resting
from tests.core.oracle.waiting import Waiting, trail_stop

if TYPE_CHECKING:
    from tests.core.oracle.book import Books, Change

STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
Swept = tuple[int, int] | None  # side and price of a level whose event its sweeper tells


class Groups:
    """The book's part of groups."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.state = books.state
        self.turns: list[Resting] = []  # who waits for a turn, elected stops too
        self.late: list[Resting] = []  # children that had one in this cascade
        self.turned: list[Resting] = []

    # -- entry -------------------------------------------------------------------------------------

    def enter(self, legs: list[Order]) -> None:
        """All legs or none."""
        book = self.state.instruments[legs[0].instrument]
        for number, order in enumerate(legs):
            try:
                self.check(book, order)
            except Refusal as refusal:
                others = Refusal(codes.E_SIBLING_REFUSED, 0, number)
                for one in legs:
                    why = refusal if one is order else others
                    self.books.notes.append(partial(self.books.settlement.refused, one, why))
                return
        for order in legs:
            child = order.role > codes.ROLE_PARENT
            working = 0 if child else order.quantity
            resting = Resting(order, order.price, working, 0, -1, rest=order.quantity - working)
            resting.begun = not child
            self.members(order).append(resting)
            pending = child or order.order_type in STOPS or book.phase == codes.IN_CLOSED
            self.state.order_event(
                codes.EV_ACCEPTED,
                order,
                status=codes.ST_PENDING if pending else codes.ST_OPEN,
                reason=order.role,
                other_order=legs[0].id,
                limit=order.stop_price,
                observed=order.trail,
                code=codes.TRAIL_PERCENT * order.percent,
            )
        for resting in list(self.members(legs[0])):
            if resting in self.members(legs[0]) and resting.begun:
                self.begin(book, resting)

    def check(self, book: Instrument, order: Order) -> None:
        if order.order_type in STOPS:
            waiting = self.waiting(order, Resting(order, order.price, order.quantity, 0, -1), order.mark)
            self.books.stops.check(book, waiting, order.price, waiting.asked, order.quantity, True)
            return
        child, is_limit = order.role > codes.ROLE_PARENT, order.order_type == codes.LIMIT
        if not child and book.phase != codes.IN_CONTINUOUS:
            self.books.phases.take(book, order.tif)
        self.books.check(book, order.side, order.price, order.quantity, is_limit)
        if is_limit and not child:
            self.books.check_room(book, order.side, order.price, None)

    def waiting(self, order: Order, resting: Resting, mark: int) -> Waiting:
        tick = self.state.instruments[order.instrument].tick_size
        stop = order.stop_price
        if order.trail:
            stop = trail_stop(order.side, mark, order.trail, order.percent, tick)
        return Waiting(resting, stop, order.trail, order.percent, mark)

    def begin(self, book: Instrument, resting: Resting) -> None:
        order = resting.order
        if order.order_type in STOPS:
            self.arm(book, resting, order.mark)
        elif book.phase == codes.IN_CONTINUOUS:
            self.turns.append(resting)
        elif self.place(book, resting) and book.phase == codes.IN_CLOSED:
            self.books.phases.tell_status(order, codes.ST_PENDING)

    def arm(self, book: Instrument, resting: Resting, mark: int) -> None:
        waiting = self.waiting(resting.order, resting, mark)
        book.waiting.append(waiting)
        self.books.stops.elect_if_held(book, waiting)

    def place(self, book: Instrument, resting: Resting) -> bool:
        """Where nothing matches a leg only takes its place, if there is one."""
        order = resting.order
        if order.order_type != codes.MARKET and not self.books.has_room(book, order.side, resting.price):
            self.books.end(resting, codes.WHY_BOOK_FULL)
            return False
        self.books.phases.collect(book, resting)
        return True

    # -- who and where -----------------------------------------------------------------------------

    def members(self, order: Order) -> list[Resting]:
        """The legs of the order's group that are in the book."""
        assert order.group
        return order.group.book

    def find(self, order: Order) -> Resting | None:
        return next((one for one in self.members(order) if one.order is order), None)

    def siblings(self, one: Resting) -> list[Resting]:
        """The alternatives to a leg; a parent has none."""
        if one.order.role == codes.ROLE_PARENT:
            return []
        members = self.members(one.order)
        return [x for x in members if x is not one and x.order.role != codes.ROLE_PARENT]

    def children(self, one: Resting) -> list[Resting]:
        return [x for x in self.members(one.order) if x.order.role > codes.ROLE_PARENT]

    def rests(self, one: Resting) -> bool:
        """Whether a leg is in a queue or list of its book."""
        book = self.state.instruments[one.order.instrument]
        side = one.order.side
        queue = [*book.levels[side].get(one.price, ()), *book.markets[side]]
        return any(x is one for x in queue)

    def take_out(self, one: Resting, swept: Swept = None) -> None:
        """Out of wherever it is."""
        book = self.state.instruments[one.order.instrument]
        for turns in (self.turns, self.late):
            if any(x is one for x in turns):
                turns[:] = [x for x in turns if x is not one]
        if waiting := self.books.find_waiting(one.order):
            book.waiting.remove(waiting)
        elif any(x is one for x in book.markets[one.order.side]):
            book.markets[one.order.side].remove(one)
        elif self.rests(one) and swept == (one.order.side, one.price):
            book.levels[one.order.side][one.price].remove(one)
        elif self.rests(one):
            self.books.remove(book, one)

    # -- what a fill or an end means for the others ------------------------------------------------

    def traded(self, one: Resting, quantity: int, swept: Swept = None) -> None:
        """A leg filled so much, or lost it."""
        if one.order.role == codes.ROLE_PARENT:
            self.release(one)
        elif one.left:
            for sibling in self.siblings(one):
                self.lower(sibling, quantity, swept)

    def decremented(self, one: Resting, by: int, swept: Swept) -> None:
        if one.order.role == codes.ROLE_PARENT:
            self.shrink_children(one, by, swept)
        else:
            self.traded(one, by, swept)

    def release(self, parent: Resting) -> None:
        """Children get a turn, each once in a cascade."""
        for child in self.children(parent):
            if not any(x is child for x in self.turns + self.late):
                (self.late if any(x is child for x in self.turned) else self.turns).append(child)

    def lower(self, one: Resting, by: int, swept: Swept) -> None:
        """Less is open of a leg, in its place; nothing is the end of it."""
        left = one.left - by
        if left <= 0:
            self.end(one, swept)
            return
        self.tell_left(one, left)
        works = max(0, min(one.leaves, left - one.parent_open))
        self.show(one, works, swept)
        one.rest = left - works

    def show(self, one: Resting, works: int, swept: Swept) -> None:
        if works == one.leaves:
            return
        book = self.state.instruments[one.order.instrument]
        rests = self.rests(one)
        if works == 0 and (waiting := self.books.find_waiting(one.order)):
            book.waiting.remove(waiting)
            one.begun = False
        told = swept == (one.order.side, one.price)
        if works == 0 and rests and told:
            book.levels[one.order.side][one.price].remove(one)
        elif works == 0 and rests:
            self.books.remove(book, one)
        one.leaves = works
        if rests:
            one.shown = works
            if works and not told:
                self.books.tell(book, one.order.side, one.price)

    def shrink_children(self, parent: Resting, by: int, swept: Swept) -> None:
        """The parent will never fill so much."""
        for child in self.children(parent):
            if not any(x is child for x in self.members(child.order)):
                continue  # it ended with its sibling
            if child.left <= by:
                self.end(child, swept)
            else:
                child.rest -= by
                self.tell_left(child, child.left)

    def tell_left(self, one: Resting, left: int) -> None:
        settle = partial(self.books.settlement.reduced, one.order, left, codes.PRIORITY_KEPT)
        self.books.notes.append(settle)

    def end(self, one: Resting, swept: Swept) -> None:
        self.books.notes.append(partial(self.books.settlement.end, one.order, codes.WHY_SIBLING, one.left))
        self.take_out(one, swept)
        self.gone(one, swept)

    def emptied(self, one: Resting, swept: Swept = None) -> None:
        """Nothing is left that a leg works for; a child may get more."""
        if one.left == 0:
            self.gone(one, swept)

    def gone(self, one: Resting, swept: Swept = None) -> None:
        """A leg left the book."""
        if one.order.role == codes.ROLE_PARENT and one.leaves:
            lost, one.leaves = one.leaves, 0
            self.shrink_children(one, lost, swept)
        siblings = self.siblings(one)
        for turns in (self.turns, self.late):
            turns[:] = [x for x in turns if x is not one]
        self.members(one.order).remove(one)
        for sibling in siblings:
            self.end(sibling, swept)

    # -- turns -------------------------------------------------------------------------------------

    def ready(self, book: Instrument, one: Resting) -> bool:
        """Whether a leg goes to the book as an incoming order now that its turn has come."""
        self.turned.append(one)
        if one.order.role > codes.ROLE_PARENT and not self.grow(book, one):
            return False
        if one.leaves and book.phase != codes.IN_CONTINUOUS:
            self.place(book, one)
            return False
        price = self.books.bands.clip(book, one.order.side, one.price)
        if one.leaves and price != one.price:  # nothing is priced beyond its band
            one.price = price
            self.books.price_at(one)
        return one.leaves > 0

    def grow(self, book: Instrument, one: Resting) -> bool:
        """A child works for what its parent has filled by now."""
        left, works = one.left, one.left - one.parent_open
        waits, rests = self.books.find_waiting(one.order) is not None, self.rests(one)
        if works <= one.leaves and (waits or rests):
            return False
        if rests:
            self.take_out(one)
        one.leaves, one.rest = works, left - works
        if waits or works == 0:
            return False
        first, one.begun = not one.begun, True
        if first and one.order.order_type in STOPS:
            self.arm(book, one, book.reference(self.state.day))
            return False
        if first:
            elected = partial(self.books.settlement.elected, one.order, one.price, 0, book.last)
            self.books.notes.append(elected)
        return True

    def spent(self, one: Resting, before: int, filled: int) -> None:
        """A leg is through with its turn."""
        used, got = before - one.leaves, one.filled - filled
        if one.order.role != codes.ROLE_PARENT:
            if used:
                self.traded(one, used)
            return
        if used > got:
            self.shrink_children(one, used - got, None)
        if got:
            self.release(one)

    def close(self) -> None:
        """A cascade is over."""
        self.turns, self.late, self.turned = self.late, [], []

    # -- modify ------------------------------------------------------------------------------------

    def modify(self, one: Resting, change: Change) -> None:
        """A resting leg gets another price; the others are as large as they were."""
        order, book = one.order, self.state.instruments[one.order.instrument]
        price = change.price or one.price
        try:
            if change.if_filled >= 0 and change.if_filled != one.filled:
                raise Refusal(codes.E_FILLED_SINCE, change.if_filled, one.filled)
            if not self.rests(one):
                raise Refusal(codes.E_UNSUPPORTED)
            same = price == one.price
            if not same:
                is_limit = order.order_type == codes.LIMIT
                self.books.check(book, order.side, price, one.left, is_limit)
                price = self.books.bands.clip(book, order.side, price)
            if price != one.price:
                self.books.check_room(book, order.side, price, one)
        except Refusal as refusal:
            self.books.notes.append(partial(self.books.settlement.not_modified, refusal))
            return
        flags = (codes.PRIORITY_KEPT | codes.UNCHANGED) * same
        self.books.notes.append(partial(self.books.settlement.modified, order, price, one.left, -1, flags))
        if flags:
            return
        self.take_out(one)
        one.price = price
        if book.phase == codes.IN_CONTINUOUS:
            self.turns.append(one)
        else:
            self.books.append(book, one)
