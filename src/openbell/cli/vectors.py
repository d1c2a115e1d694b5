"""Vector folders: independent matching cases of a published exchange simulator, as CSV files.

A master file lists the cases, each with the names of its files: the orders of the opening book, those that
then come, those that must be left, the stock, the trades. Reading is tolerant of what varies from folder to
folder (letter case, spacing, columns that a header leaves out) and says by name what it cannot read.
docs/replay.md has the columns.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from openbell.core.codes import BUY, SELL

SIDES = {"B": BUY, "BUY": BUY, "BID": BUY, "O": SELL, "OFFER": SELL, "S": SELL, "SELL": SELL}

MASTER_COLUMNS = (
    "testnumber",
    "description",
    "initialstate",
    "aggressingorder",
    "expectedstate",
    "stock",
    "trades",
)
# In the order in which files hold them: a header may end before its rows do.
ORDER_COLUMNS = (
    "side",
    "orderid",
    "type",
    "mes",
    "time",
    "size",
    "price",
    "stopprice",
    "timeinforce",
    "expiretime",
)
STOCK_COLUMNS = ("stockcode", "mrs", "ticksize")
TRADE_COLUMNS = ("tradeid", "price", "quantity")
SAME = (
    ("size", "quantity", "qty"),
    ("mes", "minexecutionsize", "minimumexecutionsize"),
    ("timeinforce", "tif"),
    ("stopprice", "stop"),
    ("expiretime", "expirytime"),
)
NOT_USED = {"mrs": "the smallest hidden order of that venue, which this exchange does not have"}


class VectorError(ValueError):
    """A folder, file or cell that cannot be read; the message names it."""


class Order(NamedTuple):
    """One row of an order file. Texts are as in the file; numbers are None where a cell is empty."""

    side: int
    id: str
    type: str
    mes: Decimal | None
    time: str
    size: Decimal | None
    price: Decimal | None
    stop: Decimal | None
    tif: str
    expire: str
    where: str  # file and line, for messages


class Print(NamedTuple):
    """One expected trade."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True)
class Case:
    """One case: what is in the book, what comes, and what must be left and traded."""

    kind: str  # the names of the master file and the folder, in lower case: what the cases are about
    number: str
    description: str
    opening: Sequence[Order]
    coming: Sequence[Order]
    left: Sequence[Order]
    trades: Sequence[Print]
    tick: Decimal


@dataclass
class Folder:
    """The cases of a folder in the master's order; `faults` are those whose files could not be read."""

    name: str
    cases: list[Case] = field(default_factory=list)
    faults: list[tuple[str, str, str]] = field(default_factory=list)  # number, description, what is wrong
    unread: Counter[str] = field(default_factory=Counter)  # columns that hold something that nobody reads

    @property
    def size(self) -> int:
        """Cases of the master, readable or not."""
        return len(self.cases) + len(self.faults)


def read_folders(path: Path) -> list[Folder]:
    """The folder at `path`, or, if it has no master file, those in it that do.

    Raises:
        VectorError: there is no master file, or it cannot be read.
        OSError: the folder cannot be read.
    """
    if master_of(path):
        return [read_folder(path)]
    found = [one for one in sorted(path.iterdir()) if one.is_dir() and master_of(one)]
    if not found:
        raise VectorError(f"{path} holds no vectors: no file's name ends with Master.csv")
    return [read_folder(one) for one in found]


def master_of(path: Path) -> Path | None:
    """The file of `path` that lists its cases, or None."""
    return next((one for one in sorted(path.iterdir()) if one.name.lower().endswith("master.csv")), None)


def read_folder(path: Path) -> Folder:
    """The cases of one folder.

    Raises:
        VectorError: its master file cannot be read.
    """
    master = master_of(path)
    if master is None:
        raise VectorError(f"{path} holds no vectors: no file's name ends with Master.csv")
    folder = Folder(path.name)
    reader = _Reader(path, f"{master.stem} {path.name}".lower(), folder.unread)
    for _, cells in reader.rows(master.name, MASTER_COLUMNS):
        try:
            folder.cases.append(reader.case(cells))
        except VectorError as error:
            folder.faults.append((cells["testnumber"], cells["description"], str(error)))
    return folder


class _Reader:
    """Reads the files of one folder, whose names it finds in any letter case."""

    def __init__(self, path: Path, kind: str, unread: Counter[str]) -> None:
        self._kind = kind
        self._files = {one.name.lower(): one for one in path.iterdir() if one.is_file()}
        self._unread = unread

    def case(self, cells: dict[str, str]) -> Case:
        """The case that a row of the master names."""
        return Case(
            self._kind,
            cells["testnumber"],
            cells["description"],
            self._orders(cells["initialstate"]),
            self._orders(cells["aggressingorder"]),
            self._orders(cells["expectedstate"]),
            self._trades(cells["trades"]),
            self._tick(cells["stock"]),
        )

    def rows(self, name: str, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
        """Where each row that holds something is, and its cells by column; none if the file is missing."""
        path = self._files.get(name.strip().lower())
        if path is None:
            return []
        try:
            lines = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
        except (UnicodeDecodeError, csv.Error) as error:
            raise VectorError(f"{path.name}: {error}") from None
        found: list[tuple[str, dict[str, str]]] = []
        header: list[str] | None = None
        for number, line in enumerate(lines, 1):
            if not any(cell.strip() for cell in line):
                continue
            if header is None:
                header = _header(path.name, line, columns)
                continue
            found.append((f"{path.name}, line {number}", self._cells(line, header, columns)))
        return found

    def _cells(self, line: Sequence[str], header: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
        cells = dict.fromkeys(columns, "")
        for index, cell in enumerate(line):
            name = header[index] if index < len(header) else f"column {index + 1}"
            if name in cells:
                cells[name] = cells[name] or cell.strip()
            if cell.strip() and (name not in cells or name in NOT_USED):
                self._unread[name] += 1
        return cells

    def _orders(self, name: str) -> list[Order]:
        return [_order(where, cells) for where, cells in self.rows(name, ORDER_COLUMNS)]

    def _trades(self, name: str) -> list[Print]:
        found = []
        for where, cells in self.rows(name, TRADE_COLUMNS):
            price, size = (
                _number(where, "Price", cells["price"]),
                _number(where, "Quantity", cells["quantity"]),
            )
            if price is None or size is None:
                raise VectorError(f"{where}: a trade needs a price and a quantity")
            found.append(Print(price, size))
        return found

    def _tick(self, name: str) -> Decimal:
        for where, cells in self.rows(name, STOCK_COLUMNS):
            tick = _number(where, "TickSize", cells["ticksize"])
            if tick is not None and tick <= 0:
                raise VectorError(f"{where}: TickSize {tick} must be above 0")
            return tick or Decimal(1)
        return Decimal(1)


def _header(file: str, line: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Columns by position: those that the header names, then those that it left out, in their usual order."""
    named = ["".join(filter(str.isalnum, cell)).lower() for cell in line]
    header = [name if name in columns else _alias(name, columns) for name in named]
    if not any(name in columns for name in header):
        raise VectorError(
            f"{file}: its first line {','.join(line)[:80]!r} names none of {', '.join(columns)}"
        )
    if tuple(header) == tuple(columns[: len(header)]):
        header += columns[len(header) :]
    return header


def _alias(name: str, columns: Sequence[str]) -> str:
    """The usual name of a column, if a file calls it otherwise."""
    others = next((group for group in SAME if name in group), ())
    return next((other for other in others if other in columns), name)


def _order(where: str, cells: dict[str, str]) -> Order:
    if cells["side"].upper() not in SIDES:
        raise VectorError(f"{where}: Side {cells['side']!r} is neither B (bid) nor O (offer)")
    if not cells["orderid"]:
        raise VectorError(f"{where}: OrderID is empty")
    return Order(
        SIDES[cells["side"].upper()],
        cells["orderid"],
        cells["type"],
        _number(where, "MES", cells["mes"]),
        cells["time"],
        _number(where, "Size", cells["size"]),
        _number(where, "Price", cells["price"]),
        _number(where, "StopPrice", cells["stopprice"]),
        cells["timeinforce"],
        cells["expiretime"],
        where,
    )


def _number(where: str, column: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0 or abs(number.adjusted()) > 15:
        raise VectorError(f"{where}: {column} {text!r} is no number from 0 up")
    return number
