"""Ticks as LEAN has them for US equities: CSV, in a zip or not (QuantConnect, "LEAN Data Formats / Equity").

`20131008_bac_Trade_Tick.csv`: milliseconds since midnight in New York, price, shares, exchange, condition,
suspicious. `20131008_bac_Quote_Tick.csv`: milliseconds, bid, its shares, ask, its shares, exchange,
condition, suspicious; a side that the line does not tell has price and shares 0. Prices are in 1/10,000 USD.
A trade that is suspicious counts as volume and moves no price; such a quote is left out, as LEAN leaves it
out of its bars.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO, cast

from openbell.market.feeds.lines import Line, lines, opened
from openbell.market.feeds.source import (
    BAD_LINE,
    CORRUPT,
    SAMPLE_BYTES,
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
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE

NAME = re.compile(r"(\d{4})(\d\d)(\d\d)_([^_]+)_(trade|quote)_tick\.csv(\.gz)?", re.IGNORECASE)
NS_DIGITS = 6  # of a millisecond
COLUMNS = {"trade": 6, "quote": 8}


def read(path: Path, number: Number) -> Iterator[Chunk]:
    """The ticks of a file, or of every file in a zip.

    Raises:
        FeedError: its name, or none in the zip, is one of a file of ticks.
        OSError: it cannot be read.
    """
    return chunked(_items(path, number))


def _items(path: Path, number: Number) -> Iterator[Row | Bad]:
    if path.suffix.lower() != ".zip":
        with opened(path) as file:
            yield from _file(path.name, file, number)
        return
    try:
        with zipfile.ZipFile(path) as packed:
            found = [name for name in packed.namelist() if NAME.fullmatch(Path(name).name)]
            if not found:
                raise FeedError(f"{path} has no file of LEAN's ticks, such as 20131008_bac_Trade_Tick.csv")
            for name in found:
                with io.BufferedReader(cast(io.RawIOBase, packed.open(name))) as file:
                    yield from _file(Path(name).name, file, number)
    except zipfile.BadZipFile as error:
        yield Bad(CORRUPT, path.name, str(error).encode())


def _file(name: str, file: IO[bytes], number: Number) -> Iterator[Row | Bad]:
    match = NAME.fullmatch(name)
    if match is None:
        raise FeedError(f"{name!r} is not named like a file of LEAN's ticks: 20131008_bac_Trade_Tick.csv")
    year, month, day, symbol, what, _ = match.groups()
    instrument = number(symbol.upper())
    if instrument is None:
        yield Bad(UNKNOWN_SYMBOL, name, symbol.encode())
        return
    midnight = new_york(date(int(year), int(month), int(day)))
    make = _trade if what.lower() == "trade" else _quote
    for line in lines(file):
        if isinstance(line, Bad):
            yield line
            continue
        try:
            rows = make(instrument, midnight, _columns(line, COLUMNS[what.lower()]))
        except ValueError as error:
            yield Bad(BAD_LINE, f"{name}, line {line.number}: {error}", line.text.encode()[:SAMPLE_BYTES])
        else:
            yield from rows


def _columns(line: Line, count: int) -> list[str]:
    columns = line.text.split(",")
    if len(columns) < count:
        raise ValueError(f"{len(columns)} columns of {count}")
    return columns


def _trade(instrument: int, midnight: int, columns: list[str]) -> list[Row]:
    time, price, size, _, _, suspicious = columns[:6]
    flags = 0 if whole(suspicious) else ELIGIBLE
    at = of_day(midnight, time, NS_DIGITS)
    return [(TRADE, flags, instrument, at, whole(price), shares(whole(size)), 0, 0)]


def _quote(instrument: int, midnight: int, columns: list[str]) -> list[Row]:
    time, bid, bid_size, ask, ask_size, _, _, suspicious = columns[:8]
    at = of_day(midnight, time, NS_DIGITS)
    sides = ((BID, whole(bid), whole(bid_size)), (ASK, whole(ask), whole(ask_size)))
    if whole(suspicious):
        return []
    return [
        (kind, 0, instrument, at, price, shares(size), 0, 0) for kind, price, size in sides if price or size
    ]
