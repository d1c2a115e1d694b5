"""Orders of a group on the orders screen: what each is there, and what can be done with it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def orders(page: Page) -> Page:
    """The open orders of somebody whose bracket waits."""
    screens.start_demo(page)
    screens.open_stock(page)
    screens.enter_bracket(page, screens.far_below(page))
    screens.go(page, "Orders")
    return page


def row(page: Page, words: str) -> Locator:
    """The order whose terms hold `words`."""
    return page.get_by_role("button", name=re.compile(words)).first


def test_each_order_of_a_bracket_says_what_it_is(orders: Page) -> None:
    expect(row(orders, "Entry")).to_contain_text(re.compile(r"Entry · Limit \$[\d,.]+ · until cancelled"))
    expect(row(orders, "Take profit")).to_contain_text(re.compile(r"Sell 3 AAPL.*Limit \$[\d,.]+"))
    expect(row(orders, "Stop loss")).to_contain_text(re.compile(r"Sell 3 AAPL.*Stop at \$[\d,.]+"))
    expect(row(orders, "Stop loss")).to_contain_text("Waiting")


def test_an_order_of_a_group_offers_only_what_can_be_done(orders: Page) -> None:
    row(orders, "Stop loss").click()
    expect(orders.get_by_role("button", name=re.compile("^Cancel order"))).to_be_visible()
    expect(orders.get_by_role("button", name=re.compile("^Modify"))).to_have_count(0)
    row(orders, "Stop loss").click()
    row(orders, "Entry").click()
    orders.get_by_role("button", name=re.compile("^Modify")).click()
    limit = orders.get_by_role("textbox", name="Limit price")
    expect(orders.get_by_role("textbox", name="Shares in total")).to_have_count(0)
    lower = f"{float(limit.input_value()) - 1:.2f}"
    limit.fill(lower)
    orders.get_by_role("button", name="Save changes").click()
    expect(row(orders, "Entry")).to_contain_text(f"Limit ${float(lower):,.2f}")


def test_a_cancelled_entry_takes_its_children_along_and_says_so(orders: Page) -> None:
    row(orders, "Entry").click()
    orders.get_by_role("button", name=re.compile("^Cancel order")).click()
    expect(row(orders, "Stop loss")).to_have_count(0)
    screens.choose(orders, "Done")
    row(orders, "Stop loss").click()
    ended = orders.get_by_role("group", name=re.compile("Stop loss"))
    expect(ended.get_by_text("The order it belonged with was filled or ended")).to_be_visible()
