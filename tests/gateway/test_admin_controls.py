"""Limits, lists, kill switches, fees and busts from the admin door, as accounts meet them."""

from __future__ import annotations

import time

from bench.venue import Session
from tests.gateway.conftest import Do, Order
from tests.gateway.test_admin import HOUSE, account_of
from tests.gateway.test_orders import placed

WAIT_S = 20.0


def refusal(session: Session, body: dict[str, object]) -> str:
    """The code that an order is refused with."""
    code: str = session.request("POST", "/v1/orders", body).json["code"]
    return code


def traded(buyer: Session, seller: Session, do: Do, limit: Order, symbol: str) -> dict[str, str]:
    """One share sold from one account to another at 10.00; the buyer's execution."""
    assert do("issue", account=account_of(seller), symbol=symbol, quantity=1, price=10).status == 200
    placed(seller, limit(side="SELL", quantity="1"))
    order = placed(buyer, limit(quantity="1"))
    assert order["status"] == "FILLED"
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found: list[dict[str, str]] = buyer.get("/v1/portfolio/history")["trades"]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("the ledger did not take the trade in")


def test_limits_bind_and_go_away(do: Do, demo: Session, limit: Order) -> None:
    account = account_of(demo)
    assert do("limit-account", account=account, quantity=5).status == 200
    assert refusal(demo, limit()) == "ORDER_TOO_LARGE"
    assert do("limit-account", account=account, quantity=0, orders=1).status == 200
    placed(demo, limit(quantity="1"))
    assert refusal(demo, limit(quantity="1")) == "TOO_MANY_OPEN_ORDERS"


def test_what_is_set_can_be_read_back(do: Do, staff: Session, demo: Session, symbol: str) -> None:
    account = account_of(demo)
    path = f"/v1/admin/limits/account/{account}"
    unset = staff.get(path)
    assert (unset["orderValueMax"], unset["openOrdersMax"], unset["tier"]) == (None, None, 0)
    assert do("limit-account", account=account, quantity=5, value=1000, rate=7, tier=3).status == 200
    assert do("restrict-account", account=account, symbol=symbol).status == 200
    found = staff.get(path)
    assert (found["orderQuantityMax"], found["orderValueMax"], found["messageRateMax"]) == ("5", "1000.00", 7)
    assert (found["tier"], found["approved"], found["killed"]) == (3, True, False)
    assert found["restricted"] == [symbol]
    assert do("unrestrict-account", account=account, symbol=symbol).status == 200
    assert do("disapprove", account=account).status == 200
    assert do("limit-account", account=account, exposure=500).status == 200
    found = staff.get(path)
    assert (found["restricted"], found["approved"], found["exposureMax"]) == ([], False, "500.00")
    assert do("kill-symbol", symbol=symbol).status == 200
    assert staff.get(f"/v1/admin/limits/symbol/{symbol}")["killed"] is True
    assert do("lift-symbol", symbol=symbol).status == 200
    assert staff.get(f"/v1/admin/limits/symbol/{symbol.lower()}")["killed"] is False
    assert do("limit-firm", firm=1, window=0.25).status == 200
    assert staff.get("/v1/admin/limits/firm/1")["duplicateWindowMs"] == 250
    assert staff.get("/v1/admin/limits/venue")["killed"] is False
    for unknown in ("account/A99999999", "account/me", "firm/700", "firm/-1", "symbol/NONE"):
        assert staff.request("GET", f"/v1/admin/limits/{unknown}").status == 404, unknown
    assert demo.request("GET", path).status in (401, 403)


def test_a_firms_members_are_bound_by_its_limits(do: Do, staff: Session) -> None:
    assert do("limit-firm", firm=1, quantity=5).status == 200
    opened = do("open", kind="USER", firm=1, grant=1000, source=HOUSE)
    assert opened.status == 200
    found = staff.get(f"/v1/admin/accounts/{opened.json['accountId']}")
    assert (found["firm"], found["cash"], found["kind"]) == (1, "1000.00", "USER")
    assert do("open", firm=7).json["code"] == "UNKNOWN_FIRM"


def test_an_instrument_on_a_restricted_list_is_not_traded(
    do: Do, demo: Session, limit: Order, symbol: str
) -> None:
    account = account_of(demo)
    assert do("restrict-account", account=account, symbol=symbol).status == 200
    assert refusal(demo, limit()) == "RESTRICTED"
    assert do("unrestrict-account", account=account, symbol=symbol).status == 200
    placed(demo, limit())


def test_an_account_that_is_not_approved_does_not_trade(do: Do, demo: Session, limit: Order) -> None:
    account = account_of(demo)
    assert do("disapprove", account=account).status == 200
    assert refusal(demo, limit()) == "NOT_APPROVED"
    assert do("approve", account=account).status == 200
    placed(demo, limit())


def test_a_kill_switch_cancels_and_refuses_until_it_is_lifted(
    do: Do, demo: Session, limit: Order, symbol: str
) -> None:
    order = placed(demo, limit())
    killed = do("kill-symbol", symbol=symbol)
    assert (killed.status, killed.json["cancelled"]) == (200, 1)
    found = demo.get(f"/v1/orders/{order['orderId']}")
    assert (found["status"], found["reason"]) == ("CANCELLED", "KILL")
    assert refusal(demo, limit()) == "KILLED"
    assert do("lift-symbol", symbol=symbol).status == 200
    placed(demo, limit())
    again = do("lift-symbol", symbol=symbol)
    assert (again.status, again.json["code"]) == (409, "NOT_ALLOWED")
    assert do("kill-account", account=account_of(demo)).json["cancelled"] == 1
    assert refusal(demo, limit()) == "KILLED"


def test_fees_are_paid_and_shown_and_given_back_with_a_busted_trade(
    do: Do, staff: Session, demo: Session, maker: Session, limit: Order, symbol: str, price: str
) -> None:
    assert do("set-fees", symbol=symbol, taker="1").status == 200
    fill = traded(demo, maker, do, limit, symbol)
    fee = float(price) / 100
    assert abs(float(fill["fee"]) - fee) <= 0.0001
    account = account_of(demo)
    assert staff.get(f"/v1/admin/accounts/{account}")["fees"] == fill["fee"]
    portfolio = demo.get("/v1/portfolio")
    assert float(portfolio["cashBalance"]) == 100_000 - round(float(price) + float(fill["fee"]), 4)
    assert float(portfolio["dayPnL"]) == -float(fill["fee"])
    assert portfolio["feesPaid"] == fill["fee"]
    alone = do("bust", trade=fill["tradeId"], second="Ada")
    assert (alone.status, alone.json["code"]) == (409, "NOT_ALLOWED")
    assert do("bust", trade=fill["tradeId"], second="Grace").status == 200
    portfolio = demo.get("/v1/portfolio")
    assert (portfolio["cashBalance"], portfolio["holdings"], portfolio["dayPnL"]) == ("100000.00", [], "0.00")
    assert staff.get(f"/v1/admin/accounts/{account}")["fees"] == "0.00"


def test_proceeds_are_not_withdrawn_before_they_settle(
    do: Do, staff: Session, demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    traded(maker, demo, do, limit, symbol)
    account = account_of(demo)
    found = staff.get(f"/v1/admin/accounts/{account}")
    assert found["withdrawableCash"] == "100000.00"
    reply = do("withdraw", account=account, amount=found["cash"])
    assert (reply.status, reply.json["code"]) == (422, "UNSETTLED")


def test_a_listings_rules_change(do: Do, staff: Session, symbol: str) -> None:
    assert do("change-listing", symbol=symbol, limitCollar="2.5", minNotional=5).status == 200
    found = staff.get(f"/v1/admin/instruments/{symbol}")
    assert (found["limitCollarPercent"], found["minNotional"]) == ("2.50", "5.00")
