"""What browser tests ask for: an open market, a Chromium and a fresh visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web.browser import chromium, find_chromium, visitor
from tests.web.exchange import running_exchange

INDEX = Path(__file__).parents[2] / "web" / "dist" / "index.html"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install one, or name one with OPENBELL_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def exchange(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real exchange, its simulator trading; one for all browser tests."""
    if not INDEX.exists():
        pytest.fail(f"there is no {INDEX}: run make setup, which builds the app")
    with running_exchange(tmp_path_factory.mktemp("x")) as url:
        yield url


# One browser a module: while Playwright runs, no other event loop can run in this thread.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, exchange: str) -> Iterator[Page]:
    """A phone in the hands of somebody who has never been here."""
    with visitor(browser, exchange) as fresh:
        yield fresh
