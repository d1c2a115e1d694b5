"""The reference phases: what each takes, and what happens when one follows another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openbell.core import codes
from openbell.core.records import ID_INDEX_BITS, ID_POSITION_BITS
from tests.core.oracle import auction
from tests.core.oracle.state import Instrument, Order, Refusal, Resting, value_down

if TYPE_CHECKING:
    from tests.core.oracle.book import Books

CALL_NS = 300 * 10**9  # how long a call lasts that the exchange itself began or extended
COLLECTING = (codes.IN_PRE_OPEN, codes.IN_CLOSING_AUCTION, codes.IN_AUCTION_CALL)
OPENING = (codes.IN_PRE_OPEN, codes.IN_AUCTION_CALL)
NEVER = 1 << 63  # no time of a log
AT_AUCTION = (codes.OPG, codes.CLS)


class Phases:
    """Moves instruments from phase to phase, and takes orders while nothing matches."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.state = books.state

    # -- what an account may ask -------------------------------------------------------------------

    def collects(self, book: Instrument, order: Order) -> bool:
        """Whether an order does not go to the continuous book now."""
        return book.phase != codes.IN_CONTINUOUS or order.tif in AT_AUCTION

    def enter(self, order: Order) -> None:
        """Let a new order wait for an auction, or for a phase that takes it."""
        book = self.state.instruments[order.instrument]
        resting = Resting(order, order.price, order.quantity, 0, order.display)
        is_limit = order.order_type == codes.LIMIT
        waits = order.tif == codes.CLS and book.phase != codes.IN_CLOSING_AUCTION
        try:
            self.take(book, codes.IOC if order.budget else order.tif)
            self.books.check(book, order.side, order.price, order.quantity, is_limit)
            if is_limit and not waits:
                self.books.check_room(book, order.side, order.price, None)
            self.books.check_display(book, resting)
            self.books.check_post_only(book, resting)
        except Refusal as refusal:
            self.books.notes.append(partial(self.books.settlement.refused, order, refusal))
            return
        pending = waits or book.phase == codes.IN_CLOSED
        status = codes.ST_PENDING if pending else codes.ST_OPEN
        self.state.order_event(codes.EV_ACCEPTED, order, status=status)
        if pending:
            self.tell_status(order, codes.ST_PENDING)
        if waits:
            book.closing.append(resting)
        else:
            self.collect(book, resting)

    def take(self, book: Instrument, tif: int) -> None:
        """The table of phases and times in force."""
        phase = book.phase
        if phase == codes.IN_SUSPENDED:
            raise Refusal(codes.E_SUSPENDED)
        if tif in AT_AUCTION and not book.auctions:
            raise Refusal(codes.E_NO_AUCTION)
        closed = Refusal(codes.E_MARKET_CLOSED, book.until, phase)
        if tif in (codes.IOC, codes.FOK):
            raise closed
        if tif == codes.OPG and phase not in (codes.IN_CLOSED, *OPENING):
            raise closed
        collects = (tif == codes.OPG and phase in OPENING) or (
            tif == codes.CLS and phase == codes.IN_CLOSING_AUCTION
        )
        lock = book.until - book.lock_ns
        if collects and book.until and self.state.time >= lock:
            raise Refusal(codes.E_LOCKED_AUCTION, lock, self.state.time)

    def collect(self, book: Instrument, resting: Resting) -> None:
        if resting.order.order_type == codes.MARKET:
            book.markets[resting.order.side].append(resting)
        else:
            self.books.append(book, resting)

    def queue_again(self, book: Instrument, resting: Resting, queue: list[Resting] | None) -> None:
        """A modified order goes behind all others, in its list or at its price."""
        if queue is None:
            self.books.append(book, resting)
        else:
            queue.append(resting)

    def tell_status(self, order: Order, status: int) -> None:
        self.books.notes.append(partial(self.books.settlement.status, order, status))

    # -- from phase to phase -----------------------------------------------------------------------

    def phase(self, book: Instrument, phase: int, ends_ts: int, lock_ns: int, date: int) -> None:
        """The clock says that a phase begins."""
        self.books.bands.look(book)
        self.take_up(book, phase, ends_ts, lock_ns, date)
        self.books.bands.settle(book)
        self.books.stops.take_turns()

    def take_up(self, book: Instrument, phase: int, ends_ts: int, lock_ns: int, date: int) -> None:
        book.scheduled, book.ends_ts, book.lock_ns, book.date = phase, ends_ts, lock_ns, date
        if book.phase == codes.IN_SUSPENDED or (book.due and phase == book.target):
            return  # a suspension ends by RESUME, a call of the exchange's own by its time
        book.due = 0
        self.move(book, phase)
        self.books.bands.settle(book)

    def resume(self, book: Instrument) -> None:
        """A suspension ended: into the phase that is due, by a call where there are auctions."""
        if book.scheduled == codes.IN_CONTINUOUS and book.auctions:
            self.call(book, codes.IN_CONTINUOUS)
            self.move(book, codes.IN_AUCTION_CALL)
        else:
            self.move(book, book.scheduled)
        self.books.bands.settle(book)
        self.books.stops.take_turns()

    def call(self, book: Instrument, target: int) -> None:
        book.due = self.state.time + CALL_NS
        book.target = target

    def next_call(self) -> int:
        """When the next call of the exchange's own ends, or begins after a limit state."""
        dues = [book.due for book in self.state.instruments if book.due]
        dues += [book.band.due for book in self.state.instruments if book.band and book.band.due]
        return min(dues, default=NEVER)

    def fire(self, due: int) -> None:
        """End the calls that end at a time, and begin those that begin."""
        for book in self.state.instruments:
            if book.due == due:
                book.due = 0
                self.move(book, book.target)
            elif book.band and book.band.due == due:
                self.call(book, codes.IN_CONTINUOUS)
                self.move(book, codes.IN_AUCTION_CALL)
            self.books.bands.settle(book)
            self.books.stops.take_turns()

    def move(self, book: Instrument, to: int) -> None:
        before = book.phase
        if before in (codes.IN_CLOSED, codes.IN_SUSPENDED) and to != codes.IN_CLOSED:
            self.open_pending(book)
        found = None
        if before != to and (
            to == codes.IN_CONTINUOUS or (before, to) == (codes.IN_CLOSING_AUCTION, codes.IN_CLOSED)
        ):
            found = auction.find(book, book.reference(self.state.day))
            if found and auction.is_far(book, found, book.reference(self.state.day)):
                if before in COLLECTING and not book.extended:
                    book.extended = True
                    self.call(book, to)
                    self.tell(book, before)
                    return
                found = auction.collared(book, found, book.reference(self.state.day))
            self.uncross(book, found)
        book.phase = to
        book.extended = False
        if to == codes.IN_CLOSING_AUCTION and before != to:
            self.release(book)
        if (before, to) != (codes.IN_SUSPENDED, codes.IN_CONTINUOUS):  # RESUMED says that
            self.tell(book, before)
        if before != to and to != codes.IN_CONTINUOUS:
            self.books.bands.end(book)
        elif before != to and book.tier and found and found.volume:
            self.books.bands.begin(book, found.price)
        elif before != to:
            self.books.bands.restart(book)
        if found and found.volume:
            self.books.stops.move_marks(book, found.price)
            if to == codes.IN_CONTINUOUS:
                self.books.stops.elect_all(book, found.price)

    def open_pending(self, book: Instrument) -> None:
        """The phase takes them now: what waited for it is open."""
        for side in (codes.BUY, codes.SELL):
            for resting in auction.taking_part(book, side):
                if resting.order.status == codes.ST_PENDING:
                    self.tell_status(resting.order, codes.ST_OPEN)

    def release(self, book: Instrument) -> None:
        """CLS orders take their places in the closing auction; one whose price finds no room ends."""
        waiting, book.closing[:] = list(book.closing), []
        for resting in waiting:
            order = resting.order
            is_limit = order.order_type == codes.LIMIT
            if is_limit and not self.books.has_room(book, order.side, resting.price):
                self.books.end(resting, codes.WHY_AUCTION_UNFILLED)
                continue
            self.tell_status(order, codes.ST_OPEN)
            self.collect(book, resting)

    # -- the auction -------------------------------------------------------------------------------

    def uncross(self, book: Instrument, found: auction.Outcome | None) -> None:
        """Trade at one price, then end what the auction leaves over."""
        if book.phase in COLLECTING or (found and found.volume):
            self.tell_auction(book, found, True)
        if found and found.volume:
            self.trade_all(book, found)
        for side in (codes.BUY, codes.SELL):
            for resting in list(book.markets[side]):
                book.markets[side].remove(resting)
                self.books.end(resting, codes.WHY_AUCTION_UNFILLED)
        for side in (codes.BUY, codes.SELL):
            best_first = sorted(book.levels[side].items(), reverse=side == codes.BUY)
            for resting in [one for _, queue in best_first for one in queue]:
                if resting.order.tif in AT_AUCTION:
                    self.books.remove(book, resting)
                    self.books.end(resting, codes.WHY_AUCTION_UNFILLED)
        if found and found.surplus:
            self.end_crossing(book, codes.BUY if found.surplus > 0 else codes.SELL)

    def end_crossing(self, book: Instrument, side: int) -> None:
        """A collar, or market orders that went first, can leave limits that cross: the surplus gives way."""
        while (bids := auction.limits(book, codes.BUY)) and (asks := auction.limits(book, codes.SELL)):
            if max(bids) < min(asks):
                return
            at = max(bids) if side == codes.BUY else min(asks)
            resting = auction.displayed_first(book.levels[side][at])[0]
            self.books.remove(book, resting)
            self.books.end(resting, codes.WHY_AUCTION_UNFILLED)

    def trade_all(self, book: Instrument, found: auction.Outcome) -> None:
        buyers = list(auction.in_turn(book, codes.BUY, found.price))
        sellers = list(auction.in_turn(book, codes.SELL, found.price))
        left = found.volume
        touched: dict[int, Resting] = {}
        while left:
            buyer, seller = buyers[0], sellers[0]
            quantity = min(left, buyer.leaves, seller.leaves)
            left -= quantity
            self.trade(book, buyer, seller, found.price, quantity)
            for queue, one in ((buyers, buyer), (sellers, seller)):
                touched[one.order.side] = one
                if one.leaves == 0:
                    self.leave(book, one)
                queue[:] = [other for other in queue if other.leaves and not self.ended(other)]
        for side in (codes.BUY, codes.SELL):
            self.finish(book, side, touched[side])

    def ended(self, one: Resting) -> bool:
        """Whether a leg has ended because of another."""
        return one.order.group is not None and all(other is not one for other in one.order.group.book)

    def finish(self, book: Instrument, side: int, last: Resting) -> None:
        """After a side's last trade: an emptied slice's next goes behind; its price is told."""
        if last.order.order_type == codes.MARKET or last.hidden:
            return
        queue = book.levels[side].get(last.price, [])
        if last.leaves and not last.shown:
            queue.remove(last)
            queue.append(last)
            last.show()
        if any(one.shown for one in queue):
            self.books.tell(book, side, last.price)

    def leave(self, book: Instrument, resting: Resting) -> None:
        """A filled order leaves; what a price shows is told when it is used up."""
        side = resting.order.side
        if resting.order.order_type == codes.MARKET:
            book.markets[side].remove(resting)
            if resting.order.group:
                self.books.groups.emptied(resting)
            return
        queue = book.levels[side][resting.price]
        queue.remove(resting)
        if resting.order.group:
            self.books.groups.emptied(resting, (side, resting.price))
        if not resting.hidden and all(one.hidden for one in queue):
            self.books.tell(book, side, resting.price)
        if not queue:
            del book.levels[side][resting.price]

    def trade(self, book: Instrument, buyer: Resting, seller: Resting, price: int, quantity: int) -> None:
        """Every trade of an auction is eligible; the buyer is named first."""
        value = value_down(price, quantity)
        for one in (buyer, seller):
            one.leaves -= quantity
            one.filled += quantity
            one.shown -= min(quantity, one.shown)
        self.state.trades += 1
        trade = self.state.trades | self.state.limits.shard << ID_POSITION_BITS + ID_INDEX_BITS
        self.state.event(
            codes.EV_TRADE,
            instrument=book.number,
            order=buyer.order.id,
            account=buyer.order.account,
            side=codes.BUY,
            price=price,
            quantity=quantity,
            filled=buyer.filled,
            leaves=buyer.left,
            notional=value,
            other_order=seller.order.id,
            other_account=seller.order.account,
            other_leaves=seller.left,
            trade=trade,
            status=1,
        )
        for one, other in ((buyer, seller), (seller, buyer)):
            self.books.notes.append(
                partial(
                    self.books.settlement.fill,
                    one.order, other.order, codes.AUCTION, price, quantity, value, one.left, trade,
                )
            )  # fmt: skip
        for one in (buyer, seller):
            if one.order.group:
                self.books.groups.traded(one, quantity, (one.order.side, one.price))
        self.books.print_trade(book, price, quantity, value, eligible=True)

    # -- what is told ------------------------------------------------------------------------------

    def tick(self) -> None:
        """What every auction under way would do now."""
        for book in self.state.instruments:
            if book.phase in COLLECTING:
                reference = book.reference(self.state.day)
                found = auction.find(book, reference)
                if found and book.extended and auction.is_far(book, found, reference):
                    found = auction.collared(book, found, reference)
                self.tell_auction(book, found, False)
            else:
                self.books.bands.look(book)
                self.books.bands.settle(book)

    def tell_auction(self, book: Instrument, found: auction.Outcome | None, now: bool) -> None:
        surplus = found.surplus if found else 0
        self.state.event(
            codes.EV_AUCTION,
            instrument=book.number,
            status=book.phase,
            reason=codes.AUCTION if now else 0,
            side=codes.SELL if surplus < 0 else codes.BUY,
            price=found.price if found else 0,
            quantity=found.volume if found else 0,
            leaves=abs(surplus),
            limit=book.reference(self.state.day),
            observed=0 if now else max(book.until - self.state.time, 0),
        )

    def tell(self, book: Instrument, before: int) -> None:
        self.state.event(
            codes.EV_PHASE,
            instrument=book.number,
            status=book.phase,
            reason=before,
            price=book.reference(self.state.day),
            quantity=book.date,
            limit=book.until,
        )
