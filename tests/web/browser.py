"""The machine's Chromium, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

Theme = Literal["light", "dark"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Headless, and silent towards the outside.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = 390, 1280
HEIGHTS = {PHONE: 844, DESKTOP: 900}
TIMEOUT_MS = 15_000


def find_chromium() -> str | None:
    """The path of a Chromium: `OPENBELL_CHROMIUM`, else the first of NAMES; None where there is none."""
    named = os.environ.get("OPENBELL_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A running browser."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def visitor(
    browser: Browser, url: str, width: int = PHONE, theme: Theme = "light", scale: float = 1
) -> Iterator[Page]:
    """A page of somebody new: no cookie, no storage. What the page throws fails the block."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme=theme,
        device_scale_factor=scale,
        has_touch=width == PHONE,
        is_mobile=width == PHONE,
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not errors, f"the page threw: {errors}"
