"""Every screen of the app and the way to it, in one walk: for the checks and the screenshots that see all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

# From this width on the ticket stands beside the chart.
BESIDE_CHART_PX = 1024
SYMBOL, NAME = "AAPL", re.compile("Apple")


def start_demo(page: Page) -> None:
    """From the first screen to a demo account's home, in one tap."""
    page.goto("/")
    page.get_by_role("button", name="Try the demo").click()
    expect(page.get_by_role("heading", name="Top stocks")).to_be_visible()


def go(page: Page, tab: str) -> None:
    """To one of the main screens by the navigation."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=tab).click()


def open_stock(page: Page) -> None:
    """To a company's page, its live price shown."""
    page.goto(f"/stocks/{SYMBOL}")
    expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()


def open_ticket(page: Page, side: str = "Buy") -> None:
    """The order ticket: a sheet on a phone, beside the chart on a desktop."""
    width = page.evaluate("innerWidth")
    if width < BESIDE_CHART_PX:
        page.get_by_role("button", name=side, exact=True).click()
    else:
        choose(page, side)
    expect(page.get_by_role("textbox", name="Shares")).to_be_enabled()


def choose(page: Page, option: str) -> None:
    """One of the options that the page shows as words in a row."""
    page.locator("label").filter(has_text=re.compile(rf"^{re.escape(option)}$")).first.click()


def fill_in(page: Page, shares: int, limit: str | None = None) -> None:
    """Shares, and for a limit order its price."""
    if limit is not None:
        choose(page, "Limit")
        page.get_by_role("textbox", name="Limit price").fill(limit)
    page.get_by_role("textbox", name="Shares").fill(str(shares))


def review(page: Page, title: str) -> None:
    """From the filled ticket to its review."""
    page.get_by_role("button", name="Review order").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def buy(page: Page, shares: int, limit: str | None = None) -> None:
    """Send an order from the open ticket; ends on the receipt."""
    fill_in(page, shares, limit)
    review(page, f"Buy {shares} {SYMBOL}")
    page.get_by_role("button", name=f"Buy {shares} {SYMBOL}").click()
    outcome = "Order placed" if limit else f"Bought {shares} {SYMBOL}"
    expect(page.get_by_role("heading", name=outcome)).to_be_visible()


def done(page: Page) -> None:
    """Away from the receipt."""
    page.get_by_role("button", name="Done", exact=True).click()


def far_below(page: Page) -> str:
    """A limit that stays unfilled: 4 % under the price that is shown."""
    text = page.get_by_text(re.compile(r"^\$[\d,]+\.\d\d$")).first.inner_text()
    return f"{float(text.strip('$').replace(',', '')) * 0.96:.2f}"


ENTER = """async ([symbol, limit]) => {
  const cents = factor => (Math.round(limit * factor * 100) / 100).toFixed(2);
  const own = { symbol, quantity: '3', timeInForce: 'GTC' };
  const csrf = document.cookie.match(/openbell_csrf=([^;]+)/)[1];
  const reply = await fetch('/v1/orders/groups', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ type: 'BRACKET', orders: [
      { ...own, side: 'BUY', type: 'LIMIT', price: limit },
      { ...own, side: 'SELL', type: 'LIMIT', price: cents(1.06) },
      { ...own, side: 'SELL', type: 'STOP', stopPrice: cents(0.98) },
    ] }),
  });
  return reply.status;
}"""


def enter_bracket(page: Page, limit: str) -> None:
    """A bracket of 3 shares whose entry waits at `limit`, over the API: the app has no ticket for it."""
    assert page.evaluate(ENTER, [SYMBOL, limit]) == 201


def walk(page: Page) -> Iterator[str]:
    """Visit every screen once; yields each screen's name while it is shown."""
    page.goto("/")
    expect(page.get_by_role("button", name="Try the demo")).to_be_visible()
    yield "welcome"
    start_demo(page)
    expect(page.get_by_text("You own no shares yet")).to_be_visible()
    yield "home-new"
    yield from _trading(page)
    yield from _orders(page)
    yield from _rest(page)


def _trading(page: Page) -> Iterator[str]:
    open_stock(page)
    yield "stock"
    page.get_by_role("button", name="Candles").click()
    choose(page, "1Y")
    expect(page.get_by_text("past year")).to_be_visible()
    yield "stock-candles"
    page.get_by_role("button", name="View as table").click()
    expect(page.get_by_role("region", name=f"{SYMBOL} prices as a table")).to_be_visible()
    yield "stock-table"
    open_stock(page)
    limit = far_below(page)
    open_ticket(page)
    yield "ticket"
    fill_in(page, 1_000_000)
    page.get_by_role("button", name="Review order").click()
    expect(page.get_by_text(re.compile("You need"))).to_be_visible()
    yield "ticket-error"
    fill_in(page, 10)
    review(page, f"Buy 10 {SYMBOL}")
    yield "review"
    page.get_by_role("button", name=f"Buy 10 {SYMBOL}").click()
    expect(page.get_by_role("heading", name=f"Bought 10 {SYMBOL}")).to_be_visible()
    yield "receipt"
    done(page)
    open_ticket(page)
    buy(page, 5, limit)
    yield "receipt-waiting"
    done(page)
    expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
    yield "stock-owned"
    enter_bracket(page, limit)


def _orders(page: Page) -> Iterator[str]:
    go(page, "Orders")
    page.get_by_role("button", name=re.compile(f"^Buy 5 {SYMBOL}")).click()
    expect(page.get_by_role("button", name=re.compile("Modify"))).to_be_visible()
    yield "orders-open"
    page.get_by_role("button", name=re.compile("Modify")).click()
    expect(page.get_by_role("textbox", name="Limit price")).to_be_visible()
    yield "orders-modify"
    page.get_by_role("button", name=re.compile(f"^Sell 3 {SYMBOL}.*Stop loss")).click()
    expect(page.get_by_role("button", name=re.compile("Take profit"))).to_be_visible()
    yield "orders-bracket"
    choose(page, "Done")
    expect(page.get_by_role("button", name=re.compile(f"^Buy 10 {SYMBOL}"))).to_be_visible()
    yield "orders-done"


def _rest(page: Page) -> Iterator[str]:
    go(page, "Home")
    expect(page.get_by_text("10 shares")).to_be_visible()
    yield "home"
    go(page, "Search")
    expect(page.get_by_role("searchbox")).to_be_visible()
    yield "search"
    page.get_by_role("searchbox").fill("microsft")
    expect(page.get_by_role("link", name=re.compile("Microsoft"))).to_be_visible()
    yield "search-found"
    page.get_by_role("searchbox").fill("qqzzxx9")
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    yield "search-none"
    go(page, "Account")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    yield "account"
    page.goto("/stocks/NONE9")
    expect(page.get_by_text("There is no NONE9 here")).to_be_visible()
    yield "stock-unknown"
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    yield "not-found"
    yield from _without_network(page)


def _without_network(page: Page) -> Iterator[str]:
    open_stock(page)
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.").first).to_be_visible()
    yield "stock-offline"
    open_ticket(page)
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()
    yield "ticket-offline"
    page.context.set_offline(False)
