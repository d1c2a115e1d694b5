"""What the app says when an order does not go its way, against a real exchange."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def ticket(page: Page) -> Page:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    return page


def watch_stream(page: Page, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Event:
    """Pass the stream on to the page; once the result is set, AAPL's quotes are changed on their way."""
    changing = Event()

    def pass_on(client: WebSocketRoute) -> None:
        server = client.connect_to_server()

        def receive(text: str | bytes) -> None:
            message = json.loads(text)
            is_quote = message["type"] == "QUOTE" and message["symbol"] == "AAPL"
            client.send(json.dumps(change(message)) if is_quote and changing.is_set() else text)

        server.on_message(receive)

    page.route_web_socket("**/v1/stream", pass_on)
    return changing


def send(page: Page, shares: int) -> None:
    screens.fill_in(page, shares)
    screens.review(page, f"Buy {shares} AAPL")
    page.get_by_role("button", name=f"Buy {shares} AAPL").click()


def test_too_little_money_is_said_beside_the_field(ticket: Page) -> None:
    screens.fill_in(ticket, 100_000)
    ticket.get_by_role("button", name="Review order").click()
    field = ticket.get_by_role("textbox", name="Shares")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(r"You need \$[\d,.]+ and have \$100,000.00"))


def test_shares_that_one_does_not_have_cannot_be_sold(ticket: Page) -> None:
    screens.choose(ticket, "Sell")
    screens.fill_in(ticket, 1)
    ticket.get_by_role("button", name="Review order").click()
    expect(ticket.get_by_text("You have no AAPL shares to sell.")).to_be_visible()


def test_a_limit_outside_the_collar_comes_back_to_its_field(ticket: Page) -> None:
    screens.fill_in(ticket, 1, limit="9000")
    screens.review(ticket, "Buy 1 AAPL")
    ticket.get_by_role("button", name="Buy 1 AAPL").click()
    expect(ticket.get_by_role("textbox", name="Limit price")).to_have_attribute("aria-invalid", "true")


def test_a_lost_answer_is_looked_up_and_the_order_counts_once(ticket: Page) -> None:
    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    ticket.route("**/v1/orders", lose_the_answer)
    send(ticket, 7)
    expect(ticket.get_by_role("heading", name="Bought 7 AAPL")).to_be_visible()
    screens.done(ticket)
    screens.go(ticket, "Home")
    expect(ticket.get_by_role("list", name="My assets")).to_contain_text("7 shares")


def test_an_order_that_never_arrived_is_said_to_be_lost_and_can_be_sent_again(ticket: Page) -> None:
    ticket.route("**/v1/orders", lambda route: route.abort(), times=1)
    send(ticket, 4)
    expect(ticket.get_by_role("heading", name="Checking your order")).to_be_visible()
    expect(ticket.get_by_role("heading", name="Your order did not arrive")).to_be_visible()
    ticket.get_by_role("button", name="Buy 4 AAPL").click()
    expect(ticket.get_by_role("heading", name="Bought 4 AAPL")).to_be_visible()


def test_a_price_that_moved_since_the_review_has_to_be_accepted(page: Page) -> None:
    moved = watch_stream(page, lambda quote: quote | {"ask": f"{float(quote['ask']) * 1.02:.2f}"})
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    screens.fill_in(page, 2)
    screens.review(page, "Buy 2 AAPL")
    moved.set()
    expect(page.get_by_role("alert").filter(has_text="The price moved from")).to_be_visible()
    expect(page.get_by_role("button", name="Buy 2 AAPL")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Accept")).click()
    page.get_by_role("button", name="Buy 2 AAPL").click()
    expect(page.get_by_role("heading", name="Bought 2 AAPL")).to_be_visible()


def test_a_halt_is_said_at_once_and_stops_new_orders(page: Page) -> None:
    halted = watch_stream(page, lambda quote: quote | {"status": "SUSPENDED"})
    screens.start_demo(page)
    screens.open_stock(page)
    halted.set()
    expect(page.get_by_role("alert").filter(has_text="Trading in AAPL is halted")).to_be_visible()
    screens.open_ticket(page)
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()


def test_a_closed_market_says_when_it_opens(page: Page) -> None:
    # On a Friday evening the next day begins first, then on Monday orders collect, and then it opens.
    following = {"phase": "DAY_ROLL", "at": "2026-03-06T21:10:00Z"}
    clock = {"timestamp": "2026-03-06T21:05:00Z", "calendar": "XNYS", "phase": "CLOSED", "isOpen": False}
    closed = clock | {"tradingDate": "2026-03-06", "nextChange": following, "seq": 1}
    closed |= {"nextOpen": "2026-03-09T13:30:00Z"}
    page.route("**/v1/clock", lambda route: route.fulfill(json=closed))
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    expect(page.get_by_text(re.compile(r"The market opens Monday"))).to_be_visible()
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()


def test_an_auction_shows_what_it_would_do(page: Page) -> None:
    auction = {
        "indicativePrice": "311.25",
        "pairedQuantity": "1200",
        "imbalance": "80",
        "imbalanceSide": "BUY",
    }
    auction |= {"referencePrice": "310.00", "uncrossAt": None}
    gathers = {"status": "AUCTION_CALL", "bid": None, "ask": None, "auction": auction}
    begun = watch_stream(page, lambda quote: quote | gathers)
    screens.start_demo(page)
    screens.open_stock(page)
    begun.set()
    expect(page.get_by_text("$311.25")).to_be_visible()
    expect(page.get_by_text("to buy")).to_be_visible()
    screens.open_ticket(page)
    expect(page.get_by_text("The market is closed.")).to_be_visible()
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()


def test_an_exchange_that_cannot_be_reached_is_an_error_with_a_way_on(page: Page) -> None:
    screens.start_demo(page)
    page.route("**/v1/orders?*", lambda route: route.abort())
    screens.go(page, "Orders")
    expect(page.get_by_text("Your orders could not be loaded")).to_be_visible()
    expect(page.get_by_role("link", name="Contact support")).to_be_visible()
    page.unroute("**/v1/orders?*")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("No open orders")).to_be_visible()


def test_an_ended_session_comes_back_to_the_same_page(page: Page) -> None:
    screens.start_demo(page)
    page.context.clear_cookies(name="openbell_session")
    page.goto("/stocks/MSFT?range=1M")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_role("button", name="Try the demo").click()
    expect(page.get_by_role("heading", level=1, name="Microsoft")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/stocks/MSFT\?range=1M$"))


def test_no_order_is_sent_or_kept_while_offline(ticket: Page) -> None:
    screens.fill_in(ticket, 1)
    ticket.context.set_offline(True)
    expect(ticket.get_by_text("Orders are sent only with a live connection")).to_be_visible()
    expect(ticket.get_by_role("button", name="Review order")).to_be_disabled()
    ticket.context.set_offline(False)
    expect(ticket.get_by_role("button", name="Review order")).to_be_enabled()


def test_a_link_to_a_company_leads_there_after_the_first_tap(page: Page) -> None:
    page.goto("/stocks/BRK-B")
    expect(page.get_by_role("button", name="Try the demo")).to_be_visible()
    expect(page.get_by_text("Your session has ended")).to_be_hidden()
    page.get_by_role("button", name="Try the demo").click()
    expect(page.get_by_role("heading", level=1, name=re.compile("Berkshire"))).to_be_visible()
    expect(page.get_by_text("BRK.B · Simulated market")).to_be_visible()
