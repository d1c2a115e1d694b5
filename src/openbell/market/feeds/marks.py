"""What lies beside a feed's ticks and says where the old ones are, and how far others are with the new ones.

`archive.id` names this store in an archive of yours, so that another store of a feed of the same name is not
taken for it. `candles` is the number up to which the feed's candles are in the database for good: ticks
behind it are still needed.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from openbell.ops.durable import replace

OWN, TICKS = "archive", "ticks"  # within the feed's folder: where earlier versions put what was old
ID, CANDLES = "archive.id", "candles"
IS_ID = re.compile(r"[0-9a-f]{16}")


def archives_of(folder: Path, url: str | None) -> list[tuple[str, str]]:
    """Where old ticks of the feed in `folder` may be beside it, and in which folder there, in the order in
    which they go there. `url` is the archive of yours, if there is one."""
    found = [(str(folder / OWN), TICKS)]
    if url is not None and (mark := _text(folder / ID)) is not None and IS_ID.fullmatch(mark):
        found.append((url, f"feeds/{folder.name}/{mark}"))
    return found


def make_id(folder: Path) -> None:
    """Name the store in `folder` for archives, durably and once; for who writes the store."""
    mark = _text(folder / ID)
    if mark is None or not IS_ID.fullmatch(mark):
        replace(folder / ID, f"{secrets.token_hex(8)}\n".encode())


def candles_at(folder: Path) -> int:
    """Up to which number the trades of the feed in `folder` are in its candles for good; 0: none are."""
    text = _text(folder / CANDLES)
    return int(text) if text is not None and text.isdecimal() else 0


def note_candles(folder: Path, position: int) -> None:
    """Note how far candles are; for who makes them."""
    if candles_at(folder) != position:
        replace(folder / CANDLES, f"{position}\n".encode())


def _text(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
