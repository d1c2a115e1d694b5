"""The reference settlement: what the books did, in cash and shares of the owners."""

from __future__ import annotations

from openbell.core import codes
from openbell.core.records import FEE_ACCOUNT
from tests.core.oracle.requests import Requests
from tests.core.oracle.state import Deal, Order, Refusal, State
from tests.core.oracle.treasury import Treasury


class Settlement:
    """Applies the books' notes to orders, cash and shares."""

    def __init__(self, state: State, requests: Requests, treasury: Treasury) -> None:
        self.state = state
        self.requests = requests
        self.treasury = treasury

    def fill(
        self,
        order: Order,
        other: Order,
        role: int,
        price: int,
        quantity: int,
        value: int,
        leaves: int,
        trade: int,
    ) -> None:
        account = self.state.accounts[order.account]
        holding = account.holdings[order.instrument]
        if order.side == codes.BUY:
            account.cash -= value
            holding.quantity += quantity
            holding.cost += value
        else:
            cost = holding.cost * quantity // holding.quantity
            account.cash += value
            account.proceeds.append((self.state.settlement, value))
            account.realised += value - cost
            holding.realised += value - cost
            holding.quantity -= quantity
            holding.cost -= cost
        order.filled += quantity
        order.notional += value
        order.taken += value if role == codes.TAKER else 0
        order.auctioned += value if role == codes.AUCTION else 0
        fee = self.charge(order, value)
        self.note_deal(order, other, price, quantity, value, trade, fee)
        order.status = codes.ST_PARTIALLY_FILLED if leaves else codes.ST_FILLED
        if order.budget:
            order.quantity = order.filled + leaves
        self.touch(order)
        self.state.order_event(
            codes.EV_FILL,
            order,
            price=price,
            quantity=quantity,
            leaves=leaves,
            reason=role,
            trade=trade,
            observed=value,
            limit=fee,
            other_leaves=self.state.settlement,
            other_order=other.id,
            other_account=other.account,
        )
        if leaves == 0:
            self.over(order)

    def note_deal(
        self, order: Order, other: Order, price: int, quantity: int, value: int, trade: int, fee: int
    ) -> None:
        """What a bust of the trade has to know."""
        buyer, seller = (order, other) if order.side == codes.BUY else (other, order)
        deal = Deal(
            trade,
            order.instrument,
            buyer.account,
            seller.account,
            price,
            quantity,
            value,
            self.state.settlement,
            [0, 0],
        )
        self.state.deals.setdefault(trade, deal).fees[order.side] += fee

    def charge(self, order: Order, value: int) -> int:
        """What the order's fee grew by; a sale pays no more than this fill brought."""
        if order.schedule is None:
            return 0
        account = self.state.accounts[order.account]
        made = order.notional - order.taken - order.auctioned
        fee = order.schedule.fee(made, order.taken, order.auctioned, order.filled) - order.fee
        if order.side == codes.SELL:
            fee = min(fee, value)
            account.proceeds.append((self.state.settlement, -fee))
        order.fee += fee
        account.cash -= fee
        account.fees += fee
        self.state.accounts[FEE_ACCOUNT].cash += fee
        return fee

    def end(self, order: Order, reason: int, leaves: int) -> None:
        """What was left of an order is cancelled, or expired by time."""
        by_time = reason in (codes.WHY_DAY_END, codes.WHY_EXPIRED)
        order.status = codes.ST_EXPIRED if by_time else codes.ST_CANCELLED
        order.reason = reason
        if order.budget:
            order.quantity = order.filled + leaves
        self.touch(order)
        kind = codes.EV_EXPIRED if by_time else codes.EV_CANCELLED
        self.state.order_event(kind, order, leaves=leaves)
        self.over(order)

    def refused(self, order: Order, refusal: Refusal) -> None:
        """The book refused a new order."""
        del self.state.working[order.id]
        self.reject(order, refusal)

    def reject(self, order: Order, refusal: Refusal) -> None:
        """A new order never had effect; it is kept with the reason."""
        order.status = codes.ST_REJECTED
        order.code, order.limit, order.observed = refusal.code, refusal.limit, refusal.observed
        self.touch(order)
        self.state.order_event(
            codes.EV_REJECTED, order, code=order.code, limit=order.limit, observed=order.observed
        )
        self.requests.end(order)

    def status(self, order: Order, status: int) -> None:
        """An order waits for its phase, or has found it."""
        order.status = status
        self.touch(order)

    def elected(self, order: Order, price: int, stop: int, at: int) -> None:
        """A trade at `at` elected a stop: it works at `price` from now on."""
        order.status = codes.ST_OPEN
        order.price, order.stop_price = price, stop
        self.touch(order)
        self.state.order_event(codes.EV_ELECTED, order, price=at, limit=price, observed=stop)

    def modified(
        self,
        order: Order,
        price: int,
        leaves: int,
        display: int,
        flags: int,
        told: tuple[int, int] = (0, 0),
    ) -> None:
        """`told`: stop price and trail of a stop that waits."""
        order.price = price
        order.display = display
        order.quantity = order.filled + leaves
        if told[0]:
            order.stop_price, order.trail = told
        self.state.answer["flags"] = flags
        if not flags & codes.UNCHANGED:
            self.touch(order)
            self.state.order_event(
                codes.EV_MODIFIED,
                order,
                reason=flags & codes.PRIORITY_KEPT,
                limit=told[0],
                observed=told[1],
            )

    def reduced(self, order: Order, leaves: int, flags: int) -> None:
        """Self-trade prevention lowered what is open of an order."""
        order.quantity = order.filled + leaves
        self.touch(order)
        self.state.order_event(codes.EV_MODIFIED, order, reason=flags)

    def not_modified(self, refusal: Refusal) -> None:
        self.state.answer |= {"code": refusal.code, "limit": refusal.limit, "observed": refusal.observed}

    def over(self, order: Order) -> None:
        """A working order ended; a closing account closes with its last one."""
        del self.state.working[order.id]
        self.requests.end(order)
        self.treasury.finish(order.account)

    def touch(self, order: Order) -> None:
        order.seq = self.state.seq
        order.updated_ts = self.state.time
