"""What browser tests ask for: an open market, a Chromium and a fresh visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.midnight import let_the_day_end
from tests.web.browser import chromium, find_chromium, visitor
from tests.web.exchange import free_port, running_exchange

LONGEST_S = 60.0  # hardly a test takes so long
INDEX = Path(__file__).parents[2] / "web" / "dist" / "index.html"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install one, or name one with OPENBELL_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def exchange_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the exchange's data folder `d` is."""
    return tmp_path_factory.mktemp("x")


@pytest.fixture(scope="session")
def feed_port() -> int:
    """Where the exchange takes in prices from elsewhere."""
    return free_port()


@pytest.fixture(scope="session")
def exchange(chromium_path: str, exchange_folder: Path, feed_port: int) -> Iterator[str]:
    """The address of a real exchange, its simulator trading; one for all browser tests."""
    if not INDEX.exists():
        pytest.fail(f"there is no {INDEX}: run make setup, which builds the app")
    with running_exchange(exchange_folder, feed_port) as url:
        yield url


# One browser a module: while Playwright runs, no other event loop can run in this thread.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, exchange: str) -> Iterator[Page]:
    """A phone in the hands of somebody who has never been here, and whose day does not end at once."""
    let_the_day_end(LONGEST_S)
    with visitor(browser, exchange) as fresh:
        yield fresh
