"""The app as a thing on a phone: installed, cached, still, and calm."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.web import screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHIFTS = """window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});"""
# The page is parsed, and nothing of the app's own code has run.
THEME_WHEN_PARSED = """document.addEventListener('readystatechange', () => {
  window.themeWhenParsed ??= document.documentElement.dataset.theme;
});"""
# A fraction of what counts as good (0.1): room for one late number of another width.
SHIFT_MAX = 0.01


@pytest.mark.parametrize("path", ["/", "/stocks/AAPL", "/search", "/orders", "/account"])
def test_nothing_moves_while_a_page_loads(page: Page, path: str) -> None:
    screens.start_demo(page)
    page.add_init_script(SHIFTS)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(1_500)
    assert page.evaluate("window.shifted") <= SHIFT_MAX


def test_the_shell_opens_without_a_network_and_no_answer_is_cached(page: Page) -> None:
    screens.start_demo(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    cached = page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async name =>
          (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)))).flat()"""
    )
    assert "/index.html" in cached
    assert not [path for path in cached if path.startswith(("/v1", "/api"))]
    page.context.set_offline(True)
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1, name="Orders")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_the_app_can_be_installed(exchange: str) -> None:
    with urllib.request.urlopen(f"{exchange}/manifest.webmanifest") as answer:
        manifest = json.load(answer)
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("OpenBell", "standalone", "/")
    for icon in manifest["icons"]:
        with urllib.request.urlopen(exchange + icon["src"]) as answer:
            assert answer.headers["content-type"] == "image/png"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}


def test_a_theme_that_was_chosen_is_there_before_the_first_paint(page: Page) -> None:
    screens.start_demo(page)
    screens.go(page, "Account")
    screens.choose(page, "Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.add_init_script(THEME_WHEN_PARSED)
    page.goto("/")
    assert page.evaluate("window.themeWhenParsed") == "dark"


def test_the_colours_of_gain_and_loss_can_be_changed(page: Page) -> None:
    screens.start_demo(page)
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--gain')"
    before = page.evaluate(colour)
    screens.go(page, "Account")
    screens.choose(page, "Blue, orange")
    assert page.evaluate(colour) != before


def test_paused_prices_stand_still(page: Page) -> None:
    screens.start_demo(page)
    page.goto("/stocks/NVDA")
    price = page.locator("main p").filter(has_text="$").first
    expect(price).to_be_visible()
    page.get_by_role("button", name="Pause prices").click()
    shown = price.inner_text()
    page.wait_for_timeout(3_000)
    assert price.inner_text() == shown


def test_back_closes_the_ticket_and_keeps_the_page(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.open_ticket(page)
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name=screens.NAME)).to_be_visible()
