"""What an account puts on the wire, and how leftover orders find their place in a ladder."""

from __future__ import annotations

import json

from openbell.simulator.account import encode, place
from openbell.simulator.blotter import Order
from openbell.simulator.maker import CANCEL, CHANGE, NEW, Intent


def order(price: int, side: str = "BUY", symbol: str = "AAPL") -> Order:
    return Order(f"{price:013d}", symbol, side, price, 10, -1)


def test_a_limit_order_is_sent_with_decimal_strings() -> None:
    method, path, body = encode(Intent(NEW, "BRK.B", "SELL", 0, 50_105, 7))
    assert (method, path) == (b"POST", b"/v1/orders")
    assert json.loads(body) == {
        "symbol": "BRK.B",
        "side": "SELL",
        "type": "LIMIT",
        "price": "501.05",
        "quantity": "7",
        "timeInForce": "GTC",
    }


def test_a_market_order_has_no_price() -> None:
    _, _, body = encode(Intent(NEW, "AAPL", "BUY", -1, 0, 7, None, "MARKET", "IOC"))
    assert "price" not in json.loads(body)


def test_a_change_sends_only_what_changes() -> None:
    resting = order(30_000)
    method, path, body = encode(Intent(CHANGE, "AAPL", "BUY", 0, 30_001, 10, resting))
    assert (method, path, json.loads(body)) == (b"PATCH", b"/v1/orders/0000000030000", {"price": "300.01"})
    _, _, body = encode(Intent(CHANGE, "AAPL", "BUY", 0, 30_000, 12, resting))
    assert json.loads(body) == {"quantity": "12"}


def test_a_cancel_names_its_order() -> None:
    resting = order(30_000)
    assert encode(Intent(CANCEL, "AAPL", "BUY", 0, 30_000, 0, resting)) == (
        b"DELETE",
        b"/v1/orders/0000000030000",
        b"",
    )


def test_leftover_orders_take_levels_by_price() -> None:
    bids = [order(price) for price in (100, 300, 200, 50)]
    asks = [order(price, "SELL") for price in (500, 400)]
    beyond = place(bids + asks)
    assert [(o.price, o.level) for o in bids] == [(100, 2), (300, 0), (200, 1), (50, -1)]
    assert [(o.price, o.level) for o in asks] == [(500, 1), (400, 0)]
    assert [o.price for o in beyond] == [50]
