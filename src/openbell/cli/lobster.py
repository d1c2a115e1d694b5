"""LOBSTER files: recorded order flow of one NASDAQ stock, and the book after each message.

A message file has the columns: seconds after midnight, type (1 new limit order, 2 partial cancel, 3 delete,
4 execution of a visible order, 5 execution of a hidden order, 6 cross, 7 halt), order id, size, price x
10,000, direction of the resting order (1 buy, -1 sell). The companion file has, in the same rows, ask price,
ask size, bid price, bid size for one or more levels, best first (lobsterdata.com, "Data Structure").
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openbell.core.codes import BUY, SELL

NEW = 1
REDUCE = 2
DELETE = 3
EXECUTE = 4
EXECUTE_HIDDEN = 5

NS = 1_000_000_000
NO_PRICE = 9_999_999_999  # LOBSTER's "no such level"; a bid side without one says the negative


class LobsterError(ValueError):
    """A line that is not of a LOBSTER file; the message names file and line."""


class Message(NamedTuple):
    """One line: nanoseconds after midnight, type, order id, shares, price in 1/10,000 USD, side."""

    time_ns: int
    type: int
    order: int
    size: int
    price: int
    side: int


class Best(NamedTuple):
    """The best prices in 1/10,000 USD and their sizes in shares; price 0 where a side is empty."""

    ask: int
    ask_size: int
    bid: int
    bid_size: int


def read_messages(path: Path) -> list[Message]:
    """All messages of the file at `path`, which may be gzipped.

    Raises:
        LobsterError: a line that is no message.
        OSError: the file cannot be read.
    """
    found = []
    for number, line in _lines(path):
        try:
            time, kind, order, size, price, direction = line.split(",")[:6]
            side = {"1": BUY, "-1": SELL}[direction.strip()]
            found.append(Message(_ns(time), int(kind), int(order), int(size), int(price), side))
        except (ValueError, KeyError) as error:
            raise LobsterError(f"{path}, line {number}: {line[:80]!r} is no LOBSTER message") from error
    return found


def read_best(path: Path) -> list[Best]:
    """The best prices after each message, from a companion file with one or more levels.

    Raises:
        LobsterError: a line without the first four columns.
        OSError: the file cannot be read.
    """
    found = []
    for number, line in _lines(path):
        try:
            ask, ask_size, bid, bid_size = (int(text) for text in line.split(",", 4)[:4])
        except ValueError as error:
            raise LobsterError(f"{path}, line {number}: {line[:80]!r} has no best prices") from error
        if ask == NO_PRICE:
            ask = ask_size = 0
        if bid == -NO_PRICE:
            bid = bid_size = 0
        found.append(Best(ask, ask_size, bid, bid_size))
    return found


def opening_orders(messages: list[Message]) -> list[Message]:
    """Orders that rested before the file begins, as far as the file tells, oldest first.

    These are the orders that it reduces, deletes or executes without having introduced them, with ids below
    its first new order's: NASDAQ numbers orders in the order of their arrival. Each one's size is the sum of
    what the file takes from it.
    """
    introduced: set[int] = set()
    first = next((message.order for message in messages if message.type == NEW), 0)
    found: dict[int, Message] = {}
    for message in messages:
        if message.type == NEW:
            introduced.add(message.order)
        elif message.type in (REDUCE, DELETE, EXECUTE) and message.order not in introduced:
            if message.order >= first:
                continue
            known = found.get(message.order)
            size = message.size + (known.size if known else 0)
            found[message.order] = message._replace(time_ns=messages[0].time_ns, type=NEW, size=size)
    return [found[order] for order in sorted(found)]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line.decode("ascii", "replace")


def _ns(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * NS + int((part + "000000000")[:9])
