"""What an account's owner looks back at: the curve, statements, confirmations."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def downloaded(page: Page, link: Locator) -> tuple[str, bytes]:
    """The name and the content of what a link gives."""
    with page.expect_download() as download:
        link.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_the_curve_shows_each_range(page: Page) -> None:
    screens.start_demo(page)
    curve = page.get_by_role("region", name="Portfolio value over time")
    expect(curve.get_by_role("img", name="Portfolio value from $100,000.00 to $100,000.00")).to_be_visible()
    expect(curve.get_by_text("As of")).to_be_visible()
    for option, words in (("1W", "in a week"), ("1Y", "in a year"), ("All", "since the account was opened")):
        screens.choose(page, option)
        expect(curve.get_by_text(words)).to_be_visible()


def test_a_statement_is_downloaded_as_pdf_and_csv(page: Page) -> None:
    screens.start_demo(page)
    screens.go(page, "Account")
    name, content = downloaded(
        page, page.get_by_role("link", name="Statement of").and_(page.get_by_text("PDF"))
    )
    assert name.endswith(".pdf")
    assert content.startswith(b"%PDF-")
    name, content = downloaded(
        page, page.get_by_role("link", name="Statement of").and_(page.get_by_text("CSV"))
    )
    assert name.endswith(".csv")
    assert b"100000.00" in content


def test_an_order_that_traded_has_a_confirmation(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    screens.buy(page, 3)
    screens.done(page)
    screens.go(page, "Orders")
    screens.choose(page, "Done")
    page.get_by_role("button", name="Buy 3 AAPL").click()
    name, content = downloaded(page, page.get_by_role("link", name="Confirmation"))
    assert name.endswith(".pdf")
    assert content.startswith(b"%PDF-")
