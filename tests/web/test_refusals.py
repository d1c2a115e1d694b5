"""What the app says when an order does not go its way, against a real exchange."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def ticket(page: Page) -> Page:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    return page


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
