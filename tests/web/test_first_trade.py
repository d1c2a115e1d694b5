"""A person who has never seen the app comes to own shares."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MINUTE_S = 60.0


def test_a_newcomer_owns_shares_within_a_minute(page: Page) -> None:
    start = time.monotonic()
    screens.start_demo(page)
    page.get_by_role("link", name=screens.NAME).first.click()
    screens.open_ticket(page)
    screens.buy(page, 10)
    screens.done(page)
    screens.go(page, "Home")
    holdings = page.get_by_role("list", name="My assets")
    expect(holdings.get_by_role("link", name=screens.NAME)).to_contain_text("10 shares")
    assert time.monotonic() - start < MINUTE_S


def test_sold_shares_leave_the_home_screen(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    screens.buy(page, 3)
    screens.done(page)
    screens.open_ticket(page, "Sell")
    screens.fill_in(page, 3)
    screens.review(page, "Sell 3 AAPL")
    page.get_by_role("button", name="Sell 3 AAPL").click()
    expect(page.get_by_role("heading", name="Sold 3 AAPL")).to_be_visible()
    screens.done(page)
    screens.go(page, "Home")
    expect(page.get_by_text("You own no shares yet")).to_be_visible()


def test_a_waiting_order_can_be_modified_and_cancelled_in_place(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    limit = screens.far_below(page)
    screens.open_ticket(page)
    screens.buy(page, 5, limit)
    screens.done(page)
    screens.go(page, "Orders")
    page.get_by_role("button", name=re.compile("^Buy 5 AAPL")).click()
    page.get_by_role("button", name=re.compile("Modify")).click()
    page.get_by_role("textbox", name="Shares in total").fill("4")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name=re.compile("^Buy 4 AAPL"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Cancel order")).click()
    expect(page.get_by_text("No open orders")).to_be_visible()
    screens.choose(page, "Done")
    expect(page.get_by_role("button", name=re.compile("^Buy 4 AAPL.*Cancelled"))).to_be_visible()


def test_a_fill_is_announced_wherever_one_is(page: Page) -> None:
    screens.start_demo(page)
    placed = page.evaluate(
        """async () => {
          const token = document.cookie.match(/openbell_csrf=([^;]+)/)[1];
          const body = {symbol: 'AAPL', side: 'BUY', type: 'MARKET', quantity: '2'};
          const headers = {'content-type': 'application/json', 'x-csrf-token': decodeURIComponent(token)};
          return (await fetch('/v1/orders', {method: 'POST', headers, body: JSON.stringify(body)})).status;
        }"""
    )
    assert placed == 201
    expect(page.get_by_role("status").filter(has_text="Bought 2 AAPL at")).to_be_visible()
    expect(page.get_by_role("list", name="My assets")).to_contain_text("2 shares")
