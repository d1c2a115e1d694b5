"""Lines of a file, however long they are and wherever it ends: never more than a little of it in memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from openbell.market.feeds.source import CORRUPT, LONG_LINE, SAMPLE_BYTES, Bad

LINE_MAX = 4_096  # bytes
SKIP = 1 << 20
GZIP = b"\x1f\x8b"


class Line(NamedTuple):
    """A line without its end, and its number, from 1."""

    number: int
    text: str


def opened(path: Path) -> IO[bytes]:
    """The file at `path`, unpacked if it is gzipped.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def lines(file: IO[bytes]) -> Iterator[Line | Bad]:
    """The lines of a file; one that is too long is told and passed over."""
    number = 0
    try:
        while True:
            text = file.readline(LINE_MAX + 1)
            if not text:
                return
            number += 1
            if len(text) > LINE_MAX:
                size = len(text) + _skip(file, text)
                yield Bad(LONG_LINE, f"line {number}, {size:,} bytes", text[:SAMPLE_BYTES])
            elif text.strip():
                yield Line(number, text.decode("latin-1").rstrip("\r\n"))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Bad(CORRUPT, f"after line {number}", str(error).encode())


def _skip(file: IO[bytes], text: bytes) -> int:
    """Pass over the rest of a line; how many bytes that is."""
    size = 0
    while text and not text.endswith(b"\n"):
        text = file.readline(SKIP)
        size += len(text)
    return size
