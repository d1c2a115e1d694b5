"""Which symbols a feed may bring, and which of these have prices only.

A symbol that the exchange trades stays tradable, whatever a feed says of it. The others are venue-fed: each
feed names its own in a file, and the gateway refuses orders for them with the feed's name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from pathlib import Path

import msgspec

from openbell.market.feeds.source import SYMBOL, FeedError
from openbell.ops.durable import replace

FILE = "symbols.json"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LOOK_EVERY_S = 1.0


def folder_of(feeds: Path, name: str) -> Path:
    """The folder of the feed called `name` in the folder of all feeds.

    Raises:
        FeedError: it cannot be a name.
    """
    if not NAME.fullmatch(name):
        raise FeedError(f"{name[:40]!r} is no name of a feed: up to 32 of a-z, 0-9 and -")
    return feeds / name


def declare(folder: Path, symbols: Collection[str]) -> set[str]:
    """Add to the venue-fed symbols of the feed in `folder`; all that it has.

    Raises:
        FeedError: a text that cannot be a symbol.
    """
    for symbol in symbols:
        if not SYMBOL.fullmatch(symbol):
            raise FeedError(f"{symbol[:32]!r} is no symbol: up to 16 of A-Z, 0-9 and . - + = # ^ * $")
    folder.mkdir(parents=True, exist_ok=True)
    kept = declared(folder)
    if not kept.issuperset(symbols):
        kept |= set(symbols)
        replace(folder / FILE, msgspec.json.encode(sorted(kept)))
    return kept


def declared(folder: Path) -> set[str]:
    """The venue-fed symbols of the feed in `folder`; none where it has no file of them, or a spoilt one."""
    try:
        return set(msgspec.json.decode((folder / FILE).read_bytes(), type=list[str]))
    except (OSError, msgspec.MsgspecError):
        return set()


class VenueFed:
    """Which feed brings a symbol, by the files in `folder`, looked at once a second at most."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._feeds: dict[str, str] = {}
        self._looked = -LOOK_EVERY_S

    def feeds(self) -> dict[str, str]:
        """The feed of each symbol; of several that name it the first by name."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            folders = sorted((path.parent for path in self._folder.glob(f"*/{FILE}")), reverse=True)
            self._feeds = {one: folder.name for folder in folders for one in declared(folder)}
        return self._feeds

    def feed(self, symbol: str) -> str | None:
        """The name of the feed that `symbol` (upper case) is of; None if it is of none."""
        return self.feeds().get(symbol)
