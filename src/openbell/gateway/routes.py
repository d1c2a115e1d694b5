"""The raw routes: one table, which the door serves and the API's description reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from msgspec import Struct

from openbell.gateway.account_body import PortfolioBody
from openbell.gateway.call import Call, Reply
from openbell.gateway.group_body import OrderGroupBody
from openbell.gateway.group_request import NewGroupBody
from openbell.gateway.market_body import QuoteBody
from openbell.gateway.order_body import ModifiedOrderBody, OrderBody
from openbell.gateway.order_entry import OrderEntry
from openbell.gateway.order_request import ModifyOrderBody, NewOrderBody, PlaceOrderBody
from openbell.gateway.order_sessions import (
    KeepSessionBody,
    OpenSessionBody,
    OrderSessionBody,
    OrderSessions,
)
from openbell.gateway.quick_reads import QuickReads

METHODS = ("GET", "POST", "PATCH", "DELETE")
Handler = Callable[[Call], Awaitable[Reply]]


class RawRoute(NamedTuple):
    """One route. A path may end in one parameter; `handler` is a method of `owner`. What is `public` needs no
    session."""

    method: str
    path: str
    name: str
    handler: Callable[[Any, Call], Awaitable[Reply]]
    takes: type[Struct] | None
    answers: type[Struct]
    status: int
    summary: str
    owner: type = OrderEntry
    tag: str = "Orders"
    public: bool = False


RAW_ROUTES = (
    RawRoute(
        "POST", "/v1/orders", "placeOrder", OrderEntry.place, NewOrderBody, OrderBody, 201,
        "Place an order: answered when it is durable and matched",
    ),
    RawRoute(
        "POST", "/v1/orders/groups", "placeOrderGroup", OrderEntry.place_group, NewGroupBody, OrderGroupBody,
        201, "Place an OCO, an OTO or a bracket: all of its orders, or none",
    ),
    RawRoute(
        "POST", "/v1/transactions/place-order", "placeOrderShort", OrderEntry.place_order, PlaceOrderBody,
        OrderBody, 200, "Place an order; no quantity is 1 share",
    ),
    RawRoute(
        "PATCH", "/v1/orders/{orderId}", "modifyOrder", OrderEntry.modify, ModifyOrderBody,
        ModifiedOrderBody, 200, "Change an order: whole, or the old one stands",
    ),
    RawRoute(
        "DELETE", "/v1/orders/{orderId}", "cancelOrder", OrderEntry.cancel, None, OrderBody, 200,
        "Cancel an order: answers its true end state",
    ),
    RawRoute(
        "DELETE", "/v1/orders:by-client-id/{clientOrderId}", "cancelOrderByClientId",
        OrderEntry.cancel_by_client_id, None, OrderBody, 200, "Cancel an order by its client's id",
    ),
    RawRoute(
        "POST", "/v1/order-sessions", "openOrderSession", OrderSessions.open, OpenSessionBody,
        OrderSessionBody, 201, "Open an order session: its orders go when no heartbeat comes in time",
        OrderSessions,
    ),
    RawRoute(
        "PATCH", "/v1/order-sessions/{sessionId}", "keepOrderSession", OrderSessions.keep, KeepSessionBody,
        OrderSessionBody, 200, "A heartbeat: keep an order session for as long again", OrderSessions,
    ),
    RawRoute(
        "GET", "/v1/portfolio", "getPortfolio", QuickReads.portfolio, None, PortfolioBody, 200,
        "Cash, holdings and profit", QuickReads, "Portfolio",
    ),
    RawRoute(
        "GET", "/v1/quotes/{symbol}", "getQuote", QuickReads.quote, None, QuoteBody, 200,
        "One quote", QuickReads, "Market data", True,
    ),
)  # fmt: skip


class RawTable:
    """The routes bound to one process's handlers."""

    def __init__(self, *handlers: OrderEntry | OrderSessions | QuickReads) -> None:
        owners: dict[type, Any] = {type(one): one for one in handlers}
        self._exact: dict[tuple[str, str], Handler] = {}
        self._below: dict[tuple[str, str], Handler] = {}
        for route in RAW_ROUTES:
            handler: Handler = route.handler.__get__(owners[route.owner])
            prefix, brace, _ = route.path.partition("{")
            (self._below if brace else self._exact)[(route.method, prefix)] = handler

    def methods(self, path: str) -> set[str]:
        """The methods that `path` takes here."""
        return {method for method in METHODS if self.find(method, path) is not None}

    def find(self, method: str, path: str) -> Handler | None:
        """The handler of `method` on `path`, None if it is no raw route."""
        found = self._exact.get((method, path))
        if found is None and method != "POST":
            prefix, slash, name = path.rpartition("/")
            found = self._below.get((method, prefix + slash)) if name else None
        return found
