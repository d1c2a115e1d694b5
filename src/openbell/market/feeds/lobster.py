"""LOBSTER: messages of one NASDAQ stock, and the book after each of them (lobsterdata.com, "Data Structure").

A message: seconds after midnight in New York, type, order id, shares, price in 1/10,000 USD, direction of
the resting order (1 buy, -1 sell). Types 4, 5 and 6 (executions, hidden ones, crosses) are trades. The file
beside it, with `orderbook` in its name where this one has `message`, has in the same rows ask, its shares,
bid, its shares, best first; where it is there, changes of these are ticks too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from openbell.market.feeds.lines import Line, lines, opened
from openbell.market.feeds.source import (
    BAD_LINE,
    SAMPLE_BYTES,
    TRUNCATED,
    UNKNOWN_SYMBOL,
    Bad,
    Chunk,
    FeedError,
    Number,
    Row,
    chunked,
    new_york,
    of_day,
    shares,
    whole,
)
from openbell.market.ticks.batch import ASK, BID, BOUGHT, ELIGIBLE, SOLD, TRADE

NAME = re.compile(r"([^_]+)_(\d{4})-(\d\d)-(\d\d)_\d+_\d+_message_\d+\.csv(\.gz)?")
TRADES = (4, 5, 6)
KINDS = range(1, 8)
TAKER = {1: SOLD, -1: BOUGHT}
NO_PRICE = 9_999_999_999  # no such level; a bid that is none has the negative
NONE = (0, 0)


def read(path: Path, number: Number) -> Iterator[Chunk]:
    """The ticks of a file of messages, and of the books beside it, if they are there.

    Raises:
        FeedError: it is not named like a file of messages.
        OSError: it cannot be read.
    """
    return chunked(_items(path, number))


def _items(path: Path, number: Number) -> Iterator[Row | Bad]:
    match = NAME.fullmatch(path.name)
    if match is None:
        raise FeedError(
            f"{path.name!r} is not named like LOBSTER's messages: AAPL_2012-06-21_1_2_message_5.csv"
        )
    symbol, year, month, day, _ = match.groups()
    instrument = number(symbol.upper())
    if instrument is None:
        yield Bad(UNKNOWN_SYMBOL, path.name, symbol.encode())
        return
    midnight = new_york(date(int(year), int(month), int(day)))
    books = path.with_name(path.name.replace("_message_", "_orderbook_"))
    with ExitStack() as stack:
        messages = lines(stack.enter_context(opened(path)))
        rows: Iterator[Line | Bad | None] = itertools.repeat(None)
        if books.exists():
            rows = lines(stack.enter_context(opened(books)))
        best = {BID: NONE, ASK: NONE}
        for message in messages:
            book = next(rows, Bad(TRUNCATED, f"{books.name} ends before its messages", b""))
            if isinstance(book, Bad):
                yield book
                if book.reason == TRUNCATED:
                    rows = itertools.repeat(None)
                book = None
            if isinstance(message, Bad):
                yield message
                continue
            try:
                yield from _message(instrument, midnight, message, book, best)
            except ValueError as error:
                text = message.text.encode()[:SAMPLE_BYTES]
                yield Bad(BAD_LINE, f"{path.name}, line {message.number}: {error}", text)


def _message(
    instrument: int, midnight: int, message: Line, book: Line | None, best: dict[int, tuple[int, int]]
) -> list[Row]:
    """The ticks of a message and of the book after it; `best` is what was told last."""
    columns = message.text.split(",")
    if len(columns) < 6:
        raise ValueError(f"{len(columns)} columns of 6")
    at, kind = of_day(midnight, columns[0], 9), whole(columns[1])
    if kind not in KINDS:
        raise ValueError(f"{kind} is no type of message")
    made: list[Row] = []
    if kind in TRADES:
        flags = ELIGIBLE | (TAKER.get(whole(columns[5]), 0) if kind != 6 else 0)
        made.append((TRADE, flags, instrument, at, whole(columns[4]), shares(whole(columns[3])), 0, 0))
    if book is not None:
        for side, level in zip((ASK, BID), _best(book), strict=True):
            if level != best[side]:
                best[side] = level
                made.append((side, 0, instrument, at, *level, 0, 0))
    return made


def _best(book: Line) -> tuple[tuple[int, int], tuple[int, int]]:
    """Best ask and best bid, price and quantity; (0, 0) where there is none."""
    columns = [whole(text) for text in book.text.split(",", 4)[:4]]
    if len(columns) < 4:
        raise ValueError(f"the book has {len(columns)} columns of 4")
    sides = (columns[:2], columns[2:])
    ask, bid = (NONE if abs(price) == NO_PRICE else (price, shares(size)) for price, size in sides)
    return ask, bid
