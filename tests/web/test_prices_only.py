"""A symbol whose prices come from elsewhere: price, chart and trades live, nothing to press in vain."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from openbell.cli.feed_sender import Sender
from openbell.market.feeds.source import Chunk, Row
from openbell.market.ticks.batch import ASK, BID, BOUGHT, ELIGIBLE, TRADE
from tests.web import screens
from tests.web.browser import DESKTOP, PHONE, Theme, visitor
from tests.web.test_accessibility import AXE, SMALL_TARGETS, TARGET_PX, settle, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

SYMBOL = "GOLD"
SHARE, SECOND = 10**8, 10**9
HISTORY_S, STEP_S = 4 * 3_600, 30
Trade = Callable[[str], None]


def rows(sender: Sender) -> list[Row]:
    """Four hours of trades up to now, and a bid and an offer."""
    number, now = sender.number(SYMBOL), time.time_ns()
    made: list[Row] = []
    for step in range(HISTORY_S // STEP_S):
        at = now - (HISTORY_S - step * STEP_S) * SECOND
        price = 20_000_000 + (step * 7_919 % 400 - 200) * 100 + step * 500
        made.append((TRADE, ELIGIBLE | BOUGHT, number, at, price, (1 + step % 9) * SHARE, 0, 0))
    made.append((BID, 0, number, now, 20_230_000, 12 * SHARE, 0, 0))
    return [*made, (ASK, 0, number, now, 20_240_000, 7 * SHARE, 0, 0)]


def charted(exchange: str) -> bool:
    """Whether its chart has begun; it is 404 until the first price has come."""
    try:
        with urllib.request.urlopen(f"{exchange}/v1/history/{SYMBOL}?interval=5m", timeout=5) as reply:
            return bool(json.load(reply)["candles"])
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False


@pytest.fixture(scope="module")
def trade(exchange: str, exchange_folder: Path, feed_port: int) -> Iterator[Trade]:
    """Sends a trade of GOLD at a price, in USD; its chart is there already."""
    if os.environ.get("OPENBELL_URL"):
        pytest.skip("the exchange that runs already may take in no feed")
    declare = ["-m", "openbell.cli", "feed", "--symbols", SYMBOL, "--data-dir", str(exchange_folder / "d")]
    subprocess.run([sys.executable, *declare], check=True, timeout=30)
    time.sleep(1)  # who listens looks once a second
    sender = Sender("127.0.0.1", feed_port)
    made = rows(sender)
    sender.send(Chunk(made, []))
    assert (sender.taken, sender.refused) == (len(made), 0)
    deadline = time.monotonic() + 30
    while not charted(exchange):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    def send(price: str) -> None:
        ticks = int(price.replace(".", "")) * 100
        sender.send(
            Chunk([(TRADE, ELIGIBLE, sender.number(SYMBOL), time.time_ns(), ticks, 3 * SHARE, 0, 0)], [])
        )

    yield send
    sender.close()


def open_gold(page: Page, query: str = "") -> None:
    page.goto(f"/stocks/{SYMBOL}{query}")
    expect(page.get_by_role("heading", level=1, name=SYMBOL)).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_its_price_and_chart_are_live_and_it_says_that_it_is_not_traded(
    browser: Browser, exchange: str, trade: Trade, width: int
) -> None:
    with visitor(browser, exchange, width) as page:
        screens.start_demo(page)
        open_gold(page)
        expect(page.get_by_text(f"{SYMBOL} can’t be traded here.")).to_be_visible()
        expect(page.get_by_text("Prices from elsewhere").first).to_be_visible()
        for price in ("2111.11", "2122.22"):
            trade(price)
            expect(page.get_by_text(f"${price[0]},{price[1:]}").first).to_be_visible()
        tape = page.get_by_role("region", name="Recent trades")
        expect(tape.get_by_role("row").nth(1)).to_contain_text("$2,122.22")
        expect(page.get_by_role("slider")).to_have_attribute("aria-valuemax", re.compile(r"^[4-9]\d$"))


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_there_is_nothing_to_press_for_an_order(
    browser: Browser, exchange: str, trade: Trade, width: int
) -> None:
    with visitor(browser, exchange, width) as page:
        screens.start_demo(page)
        open_gold(page, "?ticket=buy")
        for name in ("Buy", "Sell", "Review order"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("textbox")).to_have_count(0)
        for name in ("Candles", "View as table", "Pause prices"):
            page.get_by_role("button", name=name).click()
        expect(page.get_by_role("region", name=f"{SYMBOL} prices as a table")).to_be_visible()


def test_search_says_that_it_has_prices_only(browser: Browser, exchange: str, trade: Trade) -> None:
    with visitor(browser, exchange) as page:
        screens.start_demo(page)
        screens.go(page, "Search")
        page.get_by_role("searchbox").fill("gold")
        found = page.get_by_role("link", name=re.compile(f"^{SYMBOL}"))
        expect(found).to_contain_text("Prices only")
        found.click()
        expect(page.get_by_text(f"{SYMBOL} can’t be traded here.")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing_on_its_page(browser: Browser, exchange: str, trade: Trade, width: int) -> None:
    with visitor(browser, exchange, width) as page:
        page.add_init_script(AXE.read_text())
        screens.start_demo(page)
        open_gold(page)
        expect(page.get_by_text(f"{SYMBOL} can’t be traded here.")).to_be_visible()
        for theme in get_args(Theme):
            page.emulate_media(color_scheme=theme)
            settle(page)
            assert violations(page) == []
        if width == PHONE:
            assert page.evaluate(SMALL_TARGETS, TARGET_PX) == []
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE
