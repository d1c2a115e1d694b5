"""The reference table of request keys: the same request twice has one effect and one answer."""

from __future__ import annotations

from tests.core.oracle.state import Order, Request, State

Body = tuple[int, int, bytes]


class Requests:
    """Every order has a request, with a key or without; every other command only with a key."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.by_order: dict[int, Request] = {}

    def find(self, account: int, key: int) -> Request | None:
        return self.state.keyed.get((account, key)) if key else None

    def make_room(self, count: int = 1) -> bool:
        """Room for so many more requests and orders; the longest ended go for it."""
        limits = self.state.limits
        while (
            self.state.request_count > limits.requests - count
            or len(self.state.orders) > limits.orders + limits.ended_orders - count
        ):
            if not self.state.ended:
                return False
            self.forget(next(iter(self.state.ended)))
        return True

    def add(self, account: int, key: int, body: Body, order: Order | None) -> Request:
        request = Request(account, key, body, order)
        self.state.request_count += 1
        if key:
            self.state.keyed[account, key] = request
        if order:
            self.by_order[order.id] = request
            self.state.orders[order.id] = order
        return request

    def end(self, order: Order) -> None:
        self.end_request(self.by_order[order.id])

    def end_request(self, request: Request) -> None:
        """Its time to live starts."""
        request.ended_ts = self.state.time
        self.state.ended[request] = self.state.ended_by[request.account][request] = None

    def trim(self, account: int) -> None:
        """An account that asks for something keeps at most so many ended requests."""
        own = self.state.ended_by[account]
        while len(own) > self.state.limits.ended_per_account:
            self.forget(next(iter(own)))

    def expire(self) -> None:
        """Forget what ended a time to live ago."""
        until = self.state.time - self.state.limits.request_ttl_ns
        while self.state.ended and (first := next(iter(self.state.ended))).ended_ts <= until:
            self.forget(first)

    def forget(self, request: Request) -> None:
        del self.state.ended[request], self.state.ended_by[request.account][request]
        self.state.request_count -= 1
        if request.key:
            del self.state.keyed[request.account, request.key]
        if request.order:
            del self.state.orders[request.order.id]
            del self.by_order[request.order.id]
