"""Take every screen into web/screenshots, at 390 and 1280 px, light and dark.

`python -m tests.web.screenshots` opens a market of its own; `OPENBELL_URL` names one that runs already.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import get_args

from tests.web import screens
from tests.web.browser import DESKTOP, PHONE, Theme, chromium, find_chromium, visitor
from tests.web.exchange import running_exchange

FOLDER = Path(__file__).parents[2] / "web" / "screenshots"
# What slides or fades has come to rest.
REST_MS = 500


def main() -> int:
    """Take all screens; the exit code."""
    path = find_chromium()
    if path is None:
        print("no Chromium on this machine: install one, or name one with OPENBELL_CHROMIUM", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    count = 0
    with (
        tempfile.TemporaryDirectory() as room,
        running_exchange(Path(room)) as url,
        chromium(path) as browser,
    ):
        for width in (PHONE, DESKTOP):
            for theme in get_args(Theme):
                with visitor(browser, url, width, theme, scale=2 if width == PHONE else 1) as page:
                    for screen in screens.walk(page):
                        page.wait_for_timeout(REST_MS)
                        page.screenshot(path=FOLDER / f"{screen}-{width}-{theme}.png")
                        count += 1
                        if sys.stdout.isatty():
                            print(f"\r{count} screens", end="", flush=True)
    print(f"\r{count} screens in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
