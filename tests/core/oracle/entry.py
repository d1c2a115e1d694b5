"""Reference order entry: shape, then account; what is left the book checks."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX, QUANTITY_SCALE
from tests.core.oracle.book import STOPS, Books, Change
from tests.core.oracle.controls import Checks
from tests.core.oracle.fees import Fees
from tests.core.oracle.requests import Requests
from tests.core.oracle.settle import Settlement
from tests.core.oracle.state import Asked, Order, Refusal, State, collar, value_down, value_up
from tests.core.oracle.waiting import trail_stop

PRICED_TYPES = (codes.LIMIT, codes.STOP_LIMIT)
AT_AUCTION = (codes.OPG, codes.CLS)
RESTING_TIMES = (codes.DAY, codes.GTC, codes.GTD)
EXPIRY_MAX = 366 * 86_400 * 10**9  # nanoseconds
CLIENT_ID_BYTES = 48
TRAIL_PERCENT_MAX = 9_999  # basis points


class Entry:
    """New, modify and cancel of one account's orders."""

    def __init__(self, state: State, requests: Requests, settlement: Settlement, books: Books) -> None:
        self.state = state
        self.requests = requests
        self.settlement = settlement
        self.books = books
        self.checks = Checks(state)
        self.fees = Fees(state)

    # -- new ---------------------------------------------------------------------------------------

    def new(self, number: int, head: Any, body: Any, blob: bytes, asked: Asked) -> Order:
        """Every attempt on a known instrument is a stored order, rejected or not."""
        state = self.state
        if head.instrument >= len(state.instruments):
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(state.instruments), head.instrument)
        if not self.requests.make_room():
            capacity = state.limits.orders + state.limits.ended_orders
            raise Refusal(codes.E_ORDERS_FULL, capacity, capacity)
        order = self.ticket(number, head, body, blob)
        key = head.key_high << 64 | head.key_low
        self.requests.add(head.account, key, asked, order)
        try:
            self.shape(body)
            self.examine(order, body, head.actor)
            self.hold(order)
        except Refusal as refusal:
            order.budget = 0
            self.settlement.reject(order, refusal)
            return order
        self.accept(order, body)
        self.books.enter(order)
        return order

    def accept(self, order: Order, body: Any) -> None:
        """An order passed: it works from now on."""
        if order.order_type not in STOPS:
            order.status = codes.ST_OPEN
        order.post_only = bool(body.flags & codes.POST_ONLY)
        order.expire_ts = body.expire_ts
        order.stp = body.stp
        order.display = body.display
        order.min_quantity = body.min_quantity
        self.state.working[order.id] = order

    def ticket(self, number: int, head: Any, body: Any, blob: bytes) -> Order:
        """An order with what the command says."""
        order = Order(
            id=number,
            account=head.account,
            instrument=head.instrument,
            side=body.side if body.side in (codes.BUY, codes.SELL) else codes.BUY,
            order_type=body.order_type if body.order_type in codes.TYPE_NAMES else codes.LIMIT,
            tif=body.tif if body.tif in codes.TIF_NAMES else codes.DAY,
            price=body.price,
            quantity=body.quantity,
            client_id=blob[:CLIENT_ID_BYTES],
            seq=head.seq,
            created_ts=head.ts,
            updated_ts=head.ts,
            session=head.actor,
        )
        if order.order_type == codes.TRAILING_STOP:
            order.trail, order.percent = body.stop_price, bool(body.flags & codes.TRAIL_PERCENT)
        elif order.order_type in STOPS:
            order.stop_price = body.stop_price
        return order

    def examine(self, order: Order, body: Any, session: int) -> None:
        """The account's checks between an order's shape and what it reserves."""
        if order.order_type == codes.MARKET:
            order.price = self.market_cap(order)
        elif order.order_type in STOPS:
            self.stop_cap(order)
        self.allowed(order, session)
        value = body.notional or value_up(order.price, order.quantity)
        if body.notional:
            self.valued(order, body.notional)
        else:
            self.sized(order, order.price, order.quantity)
            self.large_enough(order, order.price, order.quantity)
        self.checks.repeated(order, body)
        self.checks.screen(order, value)

    def shape(self, body: Any) -> None:
        if body.side not in (codes.BUY, codes.SELL):
            raise Refusal(codes.E_BAD_SIDE)
        if body.order_type not in codes.TYPE_NAMES:
            raise Refusal(codes.E_BAD_TYPE)
        if body.tif not in codes.TIF_NAMES:
            raise Refusal(codes.E_BAD_TIME_IN_FORCE)
        by_value = body.order_type == codes.MARKET and body.notional and body.quantity == 0
        if not by_value and not 1 <= body.quantity <= QUANTITY_MAX:
            raise Refusal(codes.E_BAD_QUANTITY, QUANTITY_MAX, body.quantity)
        if body.order_type in PRICED_TYPES and not 1 <= body.price <= PRICE_MAX:
            raise Refusal(codes.E_BAD_PRICE, PRICE_MAX, body.price)
        if body.order_type not in PRICED_TYPES and body.price:
            raise Refusal(codes.E_BAD_PRICE, 0, body.price)
        known = codes.FROM_APP
        if body.order_type in STOPS:
            meaningless = [body.min_quantity, body.display + 1]
            known |= codes.TRAIL_PERCENT * (body.order_type == codes.TRAILING_STOP)
        else:
            meaningless = [body.stop_price]
            known |= codes.POST_ONLY
        if any(meaningless):
            raise Refusal(codes.E_UNSUPPORTED)
        self.notional(body)
        rests = body.order_type == codes.LIMIT and body.tif in RESTING_TIMES
        self.display(body, rests)
        if body.stp not in codes.STP_NAMES or (body.stp == codes.DECREMENT and body.notional):
            raise Refusal(codes.E_BAD_MODE, codes.DECREMENT, body.stp)
        if body.flags & ~known:
            raise Refusal(codes.E_UNSUPPORTED)
        if body.flags & codes.POST_ONLY and not rests:
            raise Refusal(codes.E_UNSUPPORTED)
        self.expiry(body)
        if body.order_type in STOPS:
            if body.tif in (codes.OPG, codes.CLS):
                raise Refusal(codes.E_UNSUPPORTED)
            percent = bool(body.flags & codes.TRAIL_PERCENT)
            self.stop_shape(body.order_type, percent, body.stop_price)

    def notional(self, body: Any) -> None:
        """A MARKET order may ask for so much money instead of shares."""
        if not body.notional:
            return
        if body.order_type != codes.MARKET or body.tif == codes.FOK or body.tif in AT_AUCTION:
            raise Refusal(codes.E_UNSUPPORTED)
        if not 1 <= body.notional <= NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_NOTIONAL, NOTIONAL_MAX, body.notional)
        if body.quantity:
            raise Refusal(codes.E_BAD_QUANTITY, 0, body.quantity)

    def display(self, body: Any, rests: bool) -> None:
        """How much is shown at a time; a hidden order may ask for a minimum."""
        if body.display != -1 and not rests:
            raise Refusal(codes.E_UNSUPPORTED)
        if not -1 <= body.display <= body.quantity:
            raise Refusal(codes.E_BAD_DISPLAY, body.quantity, body.display)
        if not 0 <= body.min_quantity <= body.quantity:
            raise Refusal(codes.E_BAD_MIN_QUANTITY, body.quantity, body.min_quantity)
        if body.min_quantity and body.display != 0:
            raise Refusal(codes.E_BAD_MIN_QUANTITY, 0, body.min_quantity)

    def expiry(self, body: Any) -> None:
        """GTD orders have an end, after now and within 366 days; others have none."""
        due, now = body.expire_ts, self.state.time
        if body.tif != codes.GTD and due:
            raise Refusal(codes.E_BAD_EXPIRY, 0, due)
        if body.tif != codes.GTD:
            return
        if body.order_type == codes.MARKET:
            raise Refusal(codes.E_UNSUPPORTED)
        if due <= now:
            raise Refusal(codes.E_BAD_EXPIRY, now, due)
        if due > now + EXPIRY_MAX:
            raise Refusal(codes.E_BAD_EXPIRY, now + EXPIRY_MAX, due)

    def stop_shape(self, order_type: int, percent: bool, asked: int) -> None:
        """A stop price, or what a trailing stop has in its place: an amount or basis points."""
        if order_type == codes.TRAILING_STOP:
            most = TRAIL_PERCENT_MAX if percent else PRICE_MAX
            if not 1 <= asked <= most:
                raise Refusal(codes.E_BAD_TRAIL, most, asked)
        elif not 1 <= asked <= PRICE_MAX:
            raise Refusal(codes.E_BAD_STOP_PRICE, PRICE_MAX, asked)

    def stop_cap(self, order: Order) -> None:
        """The limit that a stop is sure to keep: the collar around its stop price."""
        book = self.state.instruments[order.instrument]
        if order.order_type == codes.TRAILING_STOP:
            order.mark = book.reference(self.state.day)
            order.stop_price = trail_stop(order.side, order.mark, order.trail, order.percent, book.tick_size)
        if order.order_type != codes.STOP_LIMIT:
            order.price = collar(order.side, order.stop_price, book.market_collar, book.tick_size)

    def market_cap(self, order: Order) -> int:
        """A market order's limit: the collar around the reference."""
        book = self.state.instruments[order.instrument]
        reference = book.reference(self.state.day)
        return collar(order.side, reference, book.market_collar, book.tick_size)

    def allowed(self, order: Order, session: int) -> None:
        """Whether the account may trade this instrument and have one more open order."""
        state = self.state
        self.open_account(order.account)
        if session and (order.account, session) not in state.sessions:
            raise Refusal(codes.E_UNKNOWN_SESSION, 0, session)
        self.checks.admit(order)
        realm, own = state.instruments[order.instrument].realm, state.accounts[order.account].realm
        if realm != own:
            raise Refusal(codes.E_WRONG_REALM, realm, own)
        open_orders = len(state.open_orders(order.account)) + 1
        most = self.checks.tightest(order, "open_orders_max", state.limits.open_orders_per_account)
        if open_orders > most:
            raise Refusal(codes.E_OPEN_ORDERS, most, open_orders)
        if len(state.working) >= state.limits.orders:
            raise Refusal(codes.E_ORDERS_FULL, state.limits.orders, len(state.working) + 1)

    def open_account(self, number: int) -> None:
        status = self.state.accounts[number].status
        if status == codes.AC_LOCKED:
            raise Refusal(codes.E_ACCOUNT_LOCKED)
        if status != codes.AC_OPEN:
            raise Refusal(codes.E_ACCOUNT_CLOSED)

    def sized(self, order: Order, price: int, quantity: int) -> None:
        """The limits of an order's quantity and value."""
        limits = self.state.limits
        most = self.checks.tightest(order, "quantity_max", limits.order_quantity_max)
        if quantity > most:
            raise Refusal(codes.E_ORDER_QUANTITY, most, quantity)
        value = value_up(price, quantity)
        if value > NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_NOTIONAL, NOTIONAL_MAX, value)
        most = self.checks.tightest(order, "value_max", limits.order_value_max)
        if value > most:
            raise Refusal(codes.E_ORDER_VALUE, most, value)

    def large_enough(self, order: Order, price: int, quantity: int) -> None:
        """The least that the instrument asks for."""
        book = self.state.instruments[order.instrument]
        value = value_down(price, quantity)
        if book.protected and value < book.min_notional and not self.sells_all(order, quantity):
            raise Refusal(codes.E_MIN_NOTIONAL, book.min_notional, value)

    def valued(self, order: Order, budget: int) -> None:
        """The limits of an order for so much money, and what it may trade at the most."""
        limits, book = self.state.limits, self.state.instruments[order.instrument]
        value_max = self.checks.tightest(order, "value_max", limits.order_value_max)
        quantity_max = self.checks.tightest(order, "quantity_max", limits.order_quantity_max)
        if budget > value_max:
            raise Refusal(codes.E_ORDER_VALUE, value_max, budget)
        most = quantity_max
        if order.side == codes.SELL:
            shares = min(-(-budget * QUANTITY_SCALE // order.price), QUANTITY_MAX)
            most = -(-shares // book.lot_size) * book.lot_size
        if most > quantity_max:
            raise Refusal(codes.E_ORDER_QUANTITY, quantity_max, most)
        if book.protected and budget < book.min_notional:
            raise Refusal(codes.E_MIN_NOTIONAL, book.min_notional, budget)
        order.budget, order.most = budget, most

    def sells_all(self, order: Order, quantity: int) -> bool:
        """The sale of a whole position may be as small as the position."""
        holding = self.state.accounts[order.account].holdings.get(order.instrument)
        return order.side == codes.SELL and holding is not None and holding.quantity == quantity

    def hold(self, order: Order) -> None:
        self.fees.stamp(order)
        self.cover(order, order.needs)
        if self.state.open_holding(order.account, order.instrument) is None:
            positions = self.state.limits.positions
            raise Refusal(codes.E_POSITIONS_FULL, positions, positions + 1)

    def cover(self, order: Order, amount: int) -> None:
        """Whether `amount` more can be reserved."""
        if order.side == codes.BUY:
            available = self.state.available_cash(order.account)
            if amount > available:
                raise Refusal(codes.E_INSUFFICIENT_FUNDS, available, amount)
        else:
            available = self.state.available_shares(order.account, order.instrument)
            if amount > available:
                raise Refusal(codes.E_INSUFFICIENT_SHARES, available, amount)

    # -- cancel and modify -------------------------------------------------------------------------

    def own(self, head: Any, number: int) -> Order:
        """A stranger's order is as unknown as one that never was."""
        order = self.state.orders.get(number)
        if order is None or order.account != head.account:
            raise Refusal(codes.E_UNKNOWN_ORDER)
        return order

    def cancel(self, order: Order) -> None:
        """An ended order answers with how it ended."""
        if order.working:
            self.books.cancel(order, codes.WHY_USER)

    def modify(self, order: Order, body: Any) -> None:
        if not order.working:
            raise Refusal(codes.E_ORDER_ENDED)
        price = body.price if body.flags & codes.SET_PRICE else order.price
        stop = body.stop_price if body.flags & codes.SET_STOP_PRICE else None
        total = body.quantity if body.flags & codes.SET_QUANTITY else order.quantity
        display = body.display if body.flags & codes.SET_DISPLAY else order.display
        self.change_shape(order, body, price, total)
        waits = order.order_type == codes.STOP and order.status == codes.ST_PENDING
        if waits and body.flags & codes.SET_PRICE:  # a lone price is the stop price
            stop = body.price
        grows = total > order.quantity
        if stop is not None:
            self.stop_shape(order.order_type, order.percent, stop)
            price = self.changed_cap(order, price, stop)
            grows = grows or stop != (order.trail or order.stop_price)
        leaves = total - order.filled
        grows = grows or price != order.price or display != order.display
        if grows:
            self.open_account(order.account)
        if leaves > 0 and (grows or total != order.quantity):
            if grows:
                self.checks.admit(order)
                self.sized(order, price, leaves)
            self.large_enough(order, price, leaves)
            if grows:
                self.checks.screen(order, value_up(price, leaves) - value_up(order.price, order.leaves))
            more = order.needs_for(price, leaves) - order.needs
            if order.group:
                more = self.group_more(order, price)
            if more > 0:
                self.cover(order, more)
        sets_cap = stop is not None and order.order_type not in PRICED_TYPES
        sets_price = body.flags & codes.SET_PRICE or sets_cap
        change = Change(price if sets_price else None, stop, total, display, body.if_filled)
        self.books.modify(order, change)

    def group_more(self, order: Order, price: int) -> int:
        """How much more a group reserves if one of its legs has another price."""
        if order.side == codes.SELL:
            return 0
        before, now = order.price, self.state.reserved_cash(order.account)
        order.price = price
        more = self.state.reserved_cash(order.account) - now
        order.price = before
        return more

    def changed_cap(self, order: Order, price: int, stop: int) -> int:
        """The limit that a changed stop price, or a changed trail behind the first mark, is sure to keep."""
        if order.order_type == codes.STOP_LIMIT:
            return price
        book = self.state.instruments[order.instrument]
        if order.order_type == codes.TRAILING_STOP:
            stop = trail_stop(order.side, order.mark, stop, order.percent, book.tick_size)
        return collar(order.side, stop, book.market_collar, book.tick_size)

    def change_shape(self, order: Order, body: Any, price: int, total: int) -> None:
        known = codes.SET_PRICE | codes.SET_QUANTITY
        known |= codes.SET_STOP_PRICE if order.order_type in STOPS else codes.SET_DISPLAY
        if body.flags == 0 or body.flags & ~known:
            raise Refusal(codes.E_UNSUPPORTED)
        if body.stop_price and not body.flags & codes.SET_STOP_PRICE:
            raise Refusal(codes.E_UNSUPPORTED)
        both = codes.SET_PRICE | codes.SET_STOP_PRICE
        if body.flags & both == both and order.order_type != codes.STOP_LIMIT:
            raise Refusal(codes.E_UNSUPPORTED)
        shows = body.flags & codes.SET_DISPLAY
        if body.display and not shows:
            raise Refusal(codes.E_UNSUPPORTED)
        if order.order_type == codes.MARKET and body.flags & codes.SET_PRICE:
            raise Refusal(codes.E_UNSUPPORTED)
        if order.group and body.flags & (codes.SET_QUANTITY | codes.SET_DISPLAY):
            raise Refusal(codes.E_UNSUPPORTED)
        if not 1 <= price <= PRICE_MAX:
            raise Refusal(codes.E_BAD_PRICE, PRICE_MAX, price)
        if not 0 <= total <= QUANTITY_MAX:
            raise Refusal(codes.E_BAD_QUANTITY, QUANTITY_MAX, total)
        if shows and (order.order_type == codes.MARKET or order.tif in AT_AUCTION):
            raise Refusal(codes.E_UNSUPPORTED)
        if shows and not -1 <= body.display <= total:
            raise Refusal(codes.E_BAD_DISPLAY, total, body.display)
        if shows and body.display != 0 and order.min_quantity:
            raise Refusal(codes.E_BAD_MIN_QUANTITY, 0, order.min_quantity)
