"""The admin door of a running exchange: halts, cash, shares and accounts, each once, each signed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bench.venue import Session
from tests.gateway.conftest import SIGNED, Do, Order, admin_key
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import placed

HOUSE = "A00000004"


def account_of(session: Session) -> str:
    found: str = session.get("/v1/me")["accountId"]
    return found


def test_the_token_is_private_and_nothing_else_opens_the_door(
    exchange: LocalExchange, demo: Session, symbol: str
) -> None:
    assert exchange.settings.admin_token_file.stat().st_mode & 0o777 == 0o600
    for session in (exchange.session(), demo, exchange.session("x" * 43)):
        for method, path in (("GET", "/v1/admin/totals"), ("POST", "/v1/admin/suspend")):
            reply = session.request(method, path, SIGNED | {"symbol": symbol})
            assert (reply.status, reply.json["code"]) == (401, "UNAUTHENTICATED")
    assert exchange.session().get(f"/v1/assets/{symbol}")["status"] == "CONTINUOUS"


def test_a_suspended_instrument_takes_no_orders_until_it_is_resumed(
    do: Do, demo: Session, limit: Order, symbol: str
) -> None:
    answer = do("suspend", symbol=symbol).json
    assert (answer["command"], answer["replayed"]) == ("suspend", False)
    assert demo.request("POST", "/v1/orders", limit()).json["code"] == "SUSPENDED"
    again = do("suspend", symbol=symbol)
    assert (again.status, again.json["code"]) == (409, "SUSPENDED")
    assert do("resume", symbol=symbol).status == 200
    placed(demo, limit())


def told_of_an_auction(session: Session, symbol: str) -> dict[str, Any]:
    """A quote with what an auction would trade, which comes within a second."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        quote: dict[str, Any] = session.get(f"/v1/quotes/{symbol}")
        if quote["auction"] and quote["auction"]["pairedQuantity"] != "0":
            return quote
        time.sleep(0.05)
    raise AssertionError(f"no auction was told of: {quote}")


def test_an_instrument_is_halted_and_opened_again_by_an_auction(
    do: Do, staff: Session, demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    answer = do("phase", phase="AUCTION_CALL", symbol=symbol).json
    assert (answer["command"], answer["instruments"], answer["cancelled"]) == ("phase", 1, 0)
    assert staff.get(f"/v1/admin/instruments/{symbol}")["status"] == "AUCTION_CALL"
    refused = demo.request("POST", "/v1/orders", limit(timeInForce="IOC"))
    assert (refused.status, refused.json["code"]) == (422, "MARKET_CLOSED")
    sold, bought = placed(maker, limit(side="SELL")), placed(demo, limit())
    assert [order["status"] for order in (sold, bought)] == ["OPEN", "OPEN"]
    quote = told_of_an_auction(demo, symbol)
    assert (quote["status"], quote["bid"], quote["ask"], quote["bidSize"]) == (
        "AUCTION_CALL",
        None,
        None,
        "0",
    )
    paired = {"indicativePrice": sold["price"], "pairedQuantity": "10", "imbalance": "0"}
    assert quote["auction"] == paired | {
        "imbalanceSide": None,
        "referencePrice": sold["price"],
        "uncrossAt": None,
    }
    assert do("phase", phase="CONTINUOUS", symbol=symbol).json["instruments"] == 1
    assert demo.get(f"/v1/orders/{bought['orderId']}")["status"] == "FILLED"
    assert demo.get(f"/v1/quotes/{symbol}")["auction"] is None


def test_the_whole_market_is_closed_and_opened(
    do: Do, staff: Session, demo: Session, limit: Order, symbol: str
) -> None:
    listed = demo.get("/v1/assets/top?limit=1")["meta"]["total"]
    try:
        assert do("phase", phase="CLOSED").json["instruments"] >= listed
        assert staff.get(f"/v1/admin/instruments/{symbol}")["status"] == "CLOSED"
        waiting = placed(demo, limit())
        assert waiting["status"] == "PENDING"
    finally:
        assert do("phase", phase="CONTINUOUS").status == 200
    assert demo.get(f"/v1/orders/{waiting['orderId']}")["status"] == "OPEN"


def test_the_same_key_takes_effect_once(do: Do, staff: Session, demo: Session) -> None:
    account, key = account_of(demo), admin_key()
    first = do("deposit", key, account=account, amount="12.34")
    second = do("deposit", key, account=account, amount="12.34")
    assert (first.status, second.status) == (200, 200)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json == first.json | {"replayed": True}
    assert first.json["key"] == key
    assert staff.get(f"/v1/admin/accounts/{account}")["cash"] == "100012.34"
    other = do("deposit", key, account=account, amount="56.78")
    assert (other.status, other.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_of_staff_is_none_of_the_accounts_own(do: Do, demo: Session, limit: Order) -> None:
    order = placed(demo, limit(clientOrderId="shared-key"))
    assert do("deposit", "shared-key", account=account_of(demo), amount=1).status == 200
    assert demo.get("/v1/orders:by-client-id/shared-key")["orderId"] == order["orderId"]


def test_cash_and_shares_move_and_the_totals_know(
    do: Do, staff: Session, exchange: LocalExchange, demo: Session, symbol: str
) -> None:
    account, other = account_of(demo), exchange.open_demo()["accountId"]
    before = staff.get("/v1/admin/totals")
    issued = staff.get(f"/v1/admin/instruments/{symbol}")["issued"]
    assert do("issue", account=account, symbol=symbol, quantity="2.5", price="10").status == 200
    assert do("transfer", account=account, to=other, symbol=symbol, quantity=1, cash="100").status == 200
    assert do("withdraw", account=other, amount="0.01").status == 200
    found = staff.get(f"/v1/admin/accounts/{other}")
    assert (found["cash"], found["kind"], found["status"]) == ("100099.99", "DEMO", "OPEN")
    assert [(one["symbol"], one["quantity"], one["cost"]) for one in found["positions"]] == [
        (symbol, "1", "10.00")
    ]
    assert float(staff.get(f"/v1/admin/instruments/{symbol}")["issued"]) - float(issued) == 2.5
    after = staff.get("/v1/admin/totals")
    assert round(float(after["withdrawals"]) - float(before["withdrawals"]), 4) == 0.01
    assert float(after["cash"]) == pytest.approx(float(after["deposits"]) - float(after["withdrawals"]))


def test_what_an_account_does_not_have_is_not_taken(do: Do, demo: Session, symbol: str) -> None:
    account = account_of(demo)
    funds = do("withdraw", account=account, amount="100000.01")
    assert (funds.status, funds.json["code"]) == (422, "INSUFFICIENT_FUNDS")
    assert funds.json["detail"] == "The account has $100,000.00 that is not reserved, not $100,000.01."
    shares = do("transfer", account=account, to=HOUSE, symbol=symbol, quantity=1)
    assert shares.json["code"] == "INSUFFICIENT_SHARES"
    nobody = do("deposit", account="A00009999", amount=1)
    assert (nobody.status, nobody.json["code"]) == (404, "UNKNOWN_ACCOUNT")


def test_a_locked_account_trades_again_when_it_is_unlocked(
    do: Do, staff: Session, demo: Session, limit: Order
) -> None:
    account = account_of(demo)
    placed(demo, limit())
    assert do("lock", account=account).status == 200
    assert demo.request("POST", "/v1/orders", limit()).json["code"] == "ACCOUNT_LOCKED"
    assert staff.get(f"/v1/admin/accounts/{account}")["status"] == "LOCKED"
    assert do("unlock", account=account).status == 200
    placed(demo, limit())
    answer = do("cancel-all", account=account, side="buy").json
    assert answer["cancelled"] == 2
    assert staff.get(f"/v1/admin/accounts/{account}")["openOrders"] == 0


def test_a_closed_account_hands_over_what_it_has(
    do: Do, staff: Session, exchange: LocalExchange, demo: Session
) -> None:
    account, heir = account_of(demo), exchange.open_demo()["accountId"]
    assert do("close", account=account, to=heir).status == 200
    assert staff.get(f"/v1/admin/accounts/{account}")["status"] == "CLOSED"
    assert staff.get(f"/v1/admin/accounts/{heir}")["cash"] == "200000.00"


def test_a_listed_instrument_can_be_issued_and_seen(do: Do, staff: Session) -> None:
    listed = do("list", symbol="ADMN", referencePrice="20", tickSize="0.05")
    assert listed.status == 200
    assert do("issue", account=HOUSE, symbol="ADMN", quantity=100, price=20).status == 200
    found = staff.get("/v1/admin/instruments/admn")
    assert found["instrument"] == listed.json["instrument"]
    assert (found["tickSize"], found["issued"], found["protections"]) == ("0.05", "100", True)
    again = do("list", symbol="ADMN", referencePrice="20")
    assert (again.status, again.json["code"]) == (422, "DUPLICATE_SYMBOL")


def test_a_day_that_has_begun_does_not_begin_again(do: Do, staff: Session) -> None:
    today = staff.get("/v1/admin/totals")["tradingDate"]
    reply = do("day-roll", date=today)
    assert (reply.status, reply.json["code"]) == (422, "DAY_ORDER")


def test_who_and_why_are_asked_for_and_logged(exchange: LocalExchange, staff: Session, demo: Session) -> None:
    fields = {"account": account_of(demo), "amount": "1"}
    unsigned = staff.request("POST", "/v1/admin/deposit", fields)
    assert unsigned.status == 400
    assert [one["pointer"] for one in unsigned.json["errors"]] == ["/who", "/why"]
    signed = {"who": "Grace", "why": "to be found in the log"}
    assert staff.request("POST", "/v1/admin/deposit", fields | signed).status == 200
    said = exchange.log("gateway-1") + exchange.log("gateway-2")
    assert "Admin command done" in said
    assert "to be found in the log" in said


def test_what_there_is_not_is_not_found(staff: Session) -> None:
    for path, code in (
        ("accounts/A00009999", "UNKNOWN_ACCOUNT"),
        ("accounts/x", "NOT_FOUND"),
        ("instruments/NOSUCH", "UNKNOWN_SYMBOL"),
        ("nothing", "NOT_FOUND"),
    ):
        reply = staff.request("GET", f"/v1/admin/{path}")
        assert (reply.status, reply.json["code"]) == (404, code)


def test_the_status_is_the_nodes(staff: Session) -> None:
    first = staff.get("/v1/admin/status")
    assert first["durable"] >= first["seq"] > 0
