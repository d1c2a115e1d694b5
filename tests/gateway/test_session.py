"""Signing in: one tap, a cookie for the browser, a token for programs, nothing for other sites."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest

from bench.venue import Reply, Session
from openbell.identity.account_id import decode_account
from tests.gateway.exchange import LocalExchange


@pytest.fixture
def browser(exchange: LocalExchange) -> dict[str, Any]:
    """A browser that has signed in: its cookies and its anti-forgery token."""
    opened = exchange.open_demo()
    cookie = f"openbell_session={opened['token']}; openbell_csrf={opened['csrfToken']}"
    return opened | {"cookie": cookie}


def ask(exchange: LocalExchange, method: str, path: str, headers: dict[str, str]) -> Reply:
    return exchange.session().request(method, path, headers=headers)


def test_a_demo_account_has_its_money(exchange: LocalExchange, demo: Session) -> None:
    me = demo.get("/v1/me")
    assert (me["kind"], me["status"], me["rateLimit"]) == ("DEMO", "OPEN", 200)
    assert demo.get("/v1/portfolio")["buyingPower"] == "100000.00"


def test_every_demo_account_is_another(exchange: LocalExchange) -> None:
    accounts = {exchange.open_demo()["accountId"] for _ in range(3)}
    assert len(accounts) == 3


def test_the_cookies_are_kept_from_other_sites_and_scripts(exchange: LocalExchange) -> None:
    reply = exchange.session().request("POST", "/v1/auth/demo", headers={"X-Request-Id": "r-1"})
    assert reply.headers["x-request-id"] == "r-1"
    # http.client's reply keeps the last of several headers: ask for both by name.
    cookies: SimpleCookie = SimpleCookie(reply.headers["set-cookie"])
    (name, cookie), *_ = cookies.items()
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert bool(cookie["httponly"]) == (name == "openbell_session")


def test_the_cookie_reads_without_more(exchange: LocalExchange, browser: dict[str, Any]) -> None:
    reply = ask(exchange, "GET", "/v1/me", {"Cookie": browser["cookie"]})
    assert (reply.status, reply.json["accountId"]) == (200, browser["accountId"])
    assert reply.json["csrfToken"] == browser["csrfToken"]


@pytest.mark.parametrize("token", [None, "", "x", "é"])
def test_the_cookie_alone_changes_nothing(
    exchange: LocalExchange, browser: dict[str, Any], token: str | None
) -> None:
    headers = {"Cookie": browser["cookie"]} | ({} if token is None else {"X-CSRF-Token": token})
    reply = ask(exchange, "DELETE", "/v1/orders", headers)
    assert (reply.status, reply.json["code"]) == (403, "CSRF_FAILED")


def test_the_cookie_with_its_token_may_change(exchange: LocalExchange, browser: dict[str, Any]) -> None:
    headers = {"Cookie": browser["cookie"], "X-CSRF-Token": browser["csrfToken"]}
    assert ask(exchange, "DELETE", "/v1/orders", headers).status == 200


def test_another_sessions_token_does_not_do(exchange: LocalExchange, browser: dict[str, Any]) -> None:
    other = exchange.open_demo()["csrfToken"]
    headers = {"Cookie": browser["cookie"], "X-CSRF-Token": other}
    assert ask(exchange, "DELETE", "/v1/orders", headers).status == 403


def test_signing_out_ends_the_cookies(exchange: LocalExchange, browser: dict[str, Any]) -> None:
    headers = {"Cookie": browser["cookie"], "X-CSRF-Token": browser["csrfToken"]}
    reply = ask(exchange, "POST", "/v1/auth/logout", headers)
    assert (reply.status, reply.body) == (204, b"")
    assert "Max-Age=0" in reply.headers["set-cookie"]


@pytest.mark.parametrize(
    "header",
    [None, "Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c", "Token eyJ", "Bearer " + "x" * 5000],
)
def test_without_a_good_token_there_is_no_account(exchange: LocalExchange, header: str | None) -> None:
    for path in ("/v1/me", "/v1/orders", "/v1/portfolio", "/v1/my-assets"):
        reply = ask(exchange, "GET", path, {"Authorization": header} if header else {})
        assert (reply.status, reply.json["code"]) == (401, "UNAUTHENTICATED")
        assert reply.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token_is_refused(exchange: LocalExchange, demo: Session) -> None:
    account = decode_account(demo.get("/v1/me")["accountId"])
    expired = exchange.session(exchange.signer().issue(account, "DEMO", 0))
    assert expired.request("GET", "/v1/me").status == 401


def test_a_token_of_an_account_that_does_not_exist_is_refused(exchange: LocalExchange) -> None:
    nobody = exchange.session(exchange.signer().issue(4_000, "DEMO", 60))
    assert nobody.request("GET", "/v1/portfolio").status == 401
    body = {"symbol": "AAPL", "side": "BUY", "type": "MARKET", "quantity": "1"}
    assert nobody.request("POST", "/v1/orders", body).status == 401


def test_one_address_opens_twenty_a_minute_on_all_gateways(exchange: LocalExchange) -> None:
    sessions = [Session(port, source="127.9.9.9") for port in exchange.ports[:2]]
    replies = [sessions[number % 2].request("POST", "/v1/auth/demo") for number in range(21)]
    for session in sessions:
        session.close()
    assert [reply.status for reply in replies] == [201] * 20 + [429]
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 60
    assert replies[-1].json["retryable"] is True


def test_another_sites_page_cannot_sign_in(exchange: LocalExchange) -> None:
    reply = ask(exchange, "POST", "/v1/auth/demo", {"Sec-Fetch-Site": "cross-site"})
    assert reply.status == 403
