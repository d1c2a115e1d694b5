"""Axe finds nothing on any screen, in both themes and widths; the keyboard reaches everything."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web import screens
from tests.web.browser import DESKTOP, PHONE, Theme, visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TARGET_PX = 44

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What moves without an end, a spinner for one, is not waited for; nor is what a folded panel hides:
# the browser stops its transitions half-way there, and never tells that they are over.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const rest = async animation => {
    while (animation.playState === 'running' && animation.effect.target.checkVisibility()) await frame();
  };
  await frame();
  await frame();
  await Promise.all(document.getAnimations()
    .filter(animation => animation.effect.getTiming().iterations !== Infinity)
    .map(rest));
}"""
SMALL_TARGETS = """minimum => [...document.querySelectorAll(
    'a[href], button, label:has(input), [role=slider]')]
  .filter(node => node.checkVisibility({visibilityProperty: true}) && !node.closest('p'))
  .filter(node => {
    // What only a screen reader meets lies in a box of one pixel.
    for (let box = node; box; box = box.parentElement) if (box.offsetWidth <= 1) return false;
    return true;
  })
  .map(node => [node, node.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.width < minimum - 0.5 || box.height < minimum - 0.5))
  .map(([node, box]) => `${node.textContent || node.ariaLabel}: ${box.width} x ${box.height}`)"""


def settle(page: Page) -> None:
    """Wait until nothing moves: a colour in the middle of a transition is nobody's choice."""
    page.evaluate(SETTLED)


def violations(page: Page) -> list[str]:
    """What axe finds on the page, a line each."""
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


class Seen(NamedTuple):
    """What one walk through all screens found wrong, by screen; empty is good."""

    axe: dict[Theme, dict[str, list[str]]]
    small_targets: dict[str, list[str]]


@pytest.fixture(scope="module")
def seen(browser: Browser, exchange: str) -> Callable[[int], Seen]:
    """Walks a page of the given width through all screens, once, in both themes at each."""
    axe = AXE.read_text()

    @functools.cache
    def look(width: int) -> Seen:
        found = Seen({"light": {}, "dark": {}}, {})
        with visitor(browser, exchange, width) as page:
            page.add_init_script(axe)
            for screen in screens.walk(page):
                for theme in get_args(Theme):
                    page.emulate_media(color_scheme=theme)
                    settle(page)
                    found.axe[theme].update({screen: wrong} if (wrong := violations(page)) else {})
                small = page.evaluate(SMALL_TARGETS, TARGET_PX)
                found.small_targets.update({screen: small} if small else {})
        return found

    return look


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing_on_any_screen(seen: Callable[[int], Seen], width: int, theme: Theme) -> None:
    assert seen(width).axe[theme] == {}


def test_every_target_is_large_enough_for_a_finger(seen: Callable[[int], Seen]) -> None:
    assert seen(PHONE).small_targets == {}


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page) -> None:
    screens.start_demo(page)
    page.reload()
    expect(page.get_by_role("heading", name="Top stocks")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_new_page_begins_at_its_heading_and_has_its_own_title(page: Page) -> None:
    screens.start_demo(page)
    screens.go(page, "Orders")
    expect(page.get_by_role("heading", level=1, name="Orders")).to_be_focused()
    expect(page).to_have_title("Orders · OpenBell")
    screens.go(page, "Search")
    expect(page.get_by_role("heading", level=1, name="Search")).to_be_focused()


def test_the_chart_can_be_read_by_keyboard(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    screens.choose(page, "1Y")
    expect(page.get_by_text("past year")).to_be_visible()
    cursor = page.get_by_role("slider")
    cursor.focus()
    page.keyboard.press("Home")
    expect(cursor).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("ArrowRight")
    expect(cursor).to_have_attribute("aria-valuenow", "1")
    expect(cursor).to_have_attribute("aria-valuetext", re.compile(r"^\w+ \d+, \d{4}: \$[\d,.]+, .*%$"))


def test_shares_can_be_bought_without_a_pointer(page: Page) -> None:
    screens.start_demo(page)
    screens.open_stock(page)
    page.get_by_role("button", name="Buy", exact=True).focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Shares")
    expect(field).to_be_enabled()
    field.focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Buy 2 AAPL")).to_be_focused()
    page.get_by_role("button", name="Buy 2 AAPL").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bought 2 AAPL")).to_be_focused()


def enter_before_it_is_found(page: Page, text: str) -> list[Route]:
    """Search for `text` and press Enter; the answers, of later searches too, are held back."""
    screens.start_demo(page)
    screens.go(page, "Search")
    held: list[Route] = []
    page.route("**/v1/assets?search=*", lambda route: held.append(route))
    with page.expect_request(f"**/v1/assets?search={text}*"):
        page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")
    return held


def test_the_search_opens_its_best_match_by_enter_even_before_it_is_found(page: Page) -> None:
    held = enter_before_it_is_found(page, "nvda")
    expect(page).to_have_url(re.compile("/search"))
    for route in held:
        route.continue_()
    expect(page).to_have_url(re.compile("/stocks/NVDA$"))


def test_a_search_typed_on_after_enter_stays(page: Page) -> None:
    held = enter_before_it_is_found(page, "nvda")
    with page.expect_request("**/v1/assets?search=apple*"):
        page.get_by_role("searchbox").fill("apple")
    for route in held:
        route.continue_()
    results = page.get_by_role("list", name="Companies found")
    expect(results.get_by_role("link", name=screens.NAME)).to_be_visible()
    expect(page).to_have_url(re.compile("/search"))
