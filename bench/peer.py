"""One engine from PyPI on a plain flow, in a process of its own: `peer.py ENGINE FLOW`; says what it found.

A plain flow has new orders that rest or end at once, and cancels: 64-byte records as those of the recorded
flow. Every engine is driven through the door that it has, one call a command from Python. What it traded and
what it left in its books is printed as digests of the same form as the plain Python book's.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import struct
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

CMD = struct.Struct("<qqqqqqiBBBBq")
NEW, BUY, MARKET, GTC = 1, 0, 1, 0
FAR = 10_000_000  # a price that crosses every other

Row = tuple[Any, ...]
Levels = dict[int, tuple[int, int]]  # price -> size, orders


class Litebook:
    """litebook (Rust): one call an order, its fills in answer; ids are its own texts."""

    package = "litebook"

    def __init__(self, symbols: int) -> None:
        import litebook

        self.sides = (litebook.OrderType.Buy, litebook.OrderType.Sell)
        self.books = [litebook.OrderBook(tick_size=1.0) for _ in range(symbols)]
        self.ids: dict[int, tuple[Any, str]] = {}
        self.fills: list[tuple[int, list[Any]]] = []

    def new(self, order: int, symbol: int, side: int, price: int, quantity: int, rests: bool) -> None:
        book = self.books[symbol]
        made = book.create_order(self.sides[side], float(price), float(quantity))
        self.ids[order] = (book, made.id)
        fills = book.add(made)
        if fills:
            self.fills.append((order, fills))
        if not rests:
            book.cancel(made.id)

    def cancel(self, order: int) -> None:
        book, number = self.ids[order]
        book.cancel(number)

    def trades(self) -> list[tuple[int, int, int]]:
        """Taker, maker and quantity of each trade."""
        numbers = {text: number for number, (_, text) in self.ids.items()}
        made = []
        for taker, fills in self.fills:
            for fill in fills:
                (maker,) = {numbers[fill.buy_id], numbers[fill.sell_id]} - {taker}
                made.append((taker, maker, round(fill.quantity)))
        return made

    def levels(self, symbol: int) -> tuple[Levels, Levels]:
        sides = []
        for orders in (self.books[symbol].buy_orders, self.books[symbol].sell_orders):
            sizes: dict[int, list[int]] = defaultdict(list)
            for order in orders:
                sizes[round(order.price_in_ticks)].append(round(order.quantity))
            sides.append({price: (sum(found), len(found)) for price, found in sizes.items()})
        return sides[0], sides[1]


class LimitOrderBook:
    """limit-order-book (C++ behind ctypes): tells no trades, only what its books hold."""

    package = "limit-order-book"

    def __init__(self, symbols: int) -> None:
        from limit_order_book import LimitOrderBook

        self.books = [LimitOrderBook() for _ in range(symbols)]
        self.symbol: dict[int, Any] = {}
        self.prices: list[set[int]] = [set() for _ in range(symbols)]

    def new(self, order: int, symbol: int, side: int, price: int, quantity: int, rests: bool) -> None:
        book = self.books[symbol]
        if rests:
            self.symbol[order] = book
            self.prices[symbol].add(price)
        (book.limit_buy if side == BUY else book.limit_sell)(order, quantity, price)
        if not rests and book.has(order):
            book.cancel(order)

    def cancel(self, order: int) -> None:
        book = self.symbol[order]
        if book.has(order):  # a cancel of what is gone ends the process
            book.cancel(order)

    def trades(self) -> None:
        return None

    def levels(self, symbol: int) -> tuple[Levels, Levels]:
        book = self.books[symbol]
        bid, ask = book.best_buy(), book.best_sell()
        sides: tuple[Levels, Levels] = ({}, {})
        for price in self.prices[symbol]:
            if count := book.count_at(price):
                side = 0 if bid and price <= bid else 1
                assert side == 0 or (ask and price >= ask)
                sides[side][price] = (book.volume(price), count)
        return sides


ENGINES = {engine.package: engine for engine in (Litebook, LimitOrderBook)}


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def shape(books: list[tuple[Levels, Levels]]) -> list[Any]:
    """Books in one form: per side, price, size and orders, lowest price first."""
    return [[sorted([p, *level] for p, level in side.items()) for side in sides] for sides in books]


def drive(engine: Any, rows: list[Row]) -> float:
    """Seconds of the engine over a flow."""
    new, cancel = engine.new, engine.cancel
    started = time.perf_counter()
    for _, order, _, price, quantity, _, symbol, kind, side, order_type, tif, _ in rows:
        if kind == NEW:
            if order_type == MARKET:
                price = FAR if side == BUY else 1
            new(order, symbol, side, price, quantity, order_type != MARKET and tif == GTC)
        else:
            cancel(order)
    return time.perf_counter() - started


def main(name: str, path: str) -> None:
    rows = list(CMD.iter_unpack(Path(path).read_bytes()))
    symbols = 1 + max(row[6] for row in rows)
    engine = ENGINES[name](symbols)
    seconds = drive(engine, rows)
    trades = engine.trades()
    found = {
        "version": importlib.metadata.version(name),
        "seconds": seconds,
        "trades": None if trades is None else digest(trades),
        "books": digest(shape([engine.levels(symbol) for symbol in range(symbols)])),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
