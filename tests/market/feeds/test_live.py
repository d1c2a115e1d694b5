"""The live file: what a feed says now, as another process reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openbell.market.calendar import DAY
from openbell.market.feeds import live
from openbell.market.feeds.live import FILE, FedQuote, Live, LiveReader
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, Ticks
from tests.market.ticks.made import SECOND, START, ask, batch, bid, random_ticks, rows_of, small, trade

SYMBOLS = ["GOLD", "OIL", "ZINC"]


def naive(ticks: Ticks) -> dict[int, dict[str, int]]:
    """Quotes one tick at a time."""
    made: dict[int, dict[str, int]] = {}
    for seq, (kind, flags, number, time, price, quantity, *_) in enumerate(rows_of(ticks), 1):
        one = made.setdefault(number, dict.fromkeys(live.FIELDS, 0))
        one |= {"seq": seq, "time": time}
        if time // DAY > one["day"]:
            one |= {"day": time // DAY, "close": one["last"]}
            one |= dict.fromkeys(("open", "high", "low", "volume", "trades"), 0)
        if kind in (BID, ASK):
            name = "bid" if kind == BID else "ask"
            one |= {name: price, f"{name}_size": quantity}
        if kind == TRADE:
            one |= {"volume": one["volume"] + quantity, "trades": one["trades"] + 1}
        if kind == TRADE and flags & ELIGIBLE:
            one |= {"last": price, "last_size": quantity, "last_time": time}
            one |= {"open": one["open"] or price, "high": max(one["high"], price)}
            one["low"] = min(one["low"] or price, price)
    return made


def said(quotes: list[FedQuote]) -> dict[int, dict[str, int]]:
    return {one.number: {name: getattr(one, name) for name in live.FIELDS} for one in quotes}


@pytest.mark.parametrize("size", [1, 7, 400, 3_000])
def test_quotes_equal_those_of_one_tick_at_a_time_over_days(size: int, tmp_path: Path) -> None:
    ticks = random_ticks(3, 3_000, 3, step=DAY // 800)
    assert len(np.unique(ticks.time // DAY)) > 3
    writer = Live(tmp_path, SYMBOLS)
    reader, seen = LiveReader(tmp_path / FILE), {}
    for at in range(0, len(ticks), size):
        writer.apply(ticks.take(slice(at, at + size)))
        seen |= said(list(reader.quotes()))
    assert seen == naive(ticks)
    assert [one.symbol for one in LiveReader(tmp_path / FILE).quotes()] == SYMBOLS


def test_only_what_changed_is_told_again(tmp_path: Path) -> None:
    writer = Live(tmp_path, SYMBOLS)
    reader = LiveReader(tmp_path / FILE)
    assert list(reader.quotes()) == reader.trades() == []
    writer.apply(batch(trade(0, 100), bid(1, 90)))
    assert [one.symbol for one in reader.quotes()] == ["GOLD", "OIL"]
    assert [(one.number, one.price, one.seq) for one in reader.trades()] == [(0, 100, 1)]
    writer.apply(batch(ask(1, 95, time=START + 1), small(1, 7, time=START + 1)))
    assert [(one.symbol, one.bid, one.ask, one.last) for one in reader.quotes()] == [("OIL", 90, 95, 0)]
    assert [(one.number, one.flags) for one in reader.trades()] == [(1, 0)]
    assert list(reader.quotes()) == reader.trades() == []


def test_what_is_older_than_the_quote_is_no_news_though_its_day_counts_it(tmp_path: Path) -> None:
    writer = Live(tmp_path, SYMBOLS)
    writer.apply(batch(bid(0, 99, time=START), trade(0, 100, 5, time=START + 10)))
    writer.apply(batch(trade(0, 120, 7, time=START + 5), bid(0, 98, time=START + 6)))
    writer.apply(batch(trade(0, 500, 9, time=START - DAY)))
    quote = next(LiveReader(tmp_path / FILE).quotes())
    assert (quote.last, quote.bid, quote.time) == (100, 99, START + 10)
    assert (quote.volume, quote.trades, quote.high, quote.open) == (12, 2, 120, 100)


def test_a_feed_that_starts_again_goes_on_from_its_quotes(tmp_path: Path) -> None:
    Live(tmp_path, SYMBOLS).apply(batch(trade(0, 100), trade(1, 50)))
    writer = Live(tmp_path, ["GOLD"])  # OIL's number was in no file yet: it may be another's now
    writer.name(1, "TIN")
    reader = LiveReader(tmp_path / FILE)
    assert [(one.symbol, one.last) for one in reader.quotes()] == [("GOLD", 100)]
    writer.apply(batch(trade(1, 30, time=START + SECOND)))
    assert [(one.symbol, one.last, one.seq) for one in reader.quotes()] == [("TIN", 30, 3)]


def test_who_died_while_it_wrote_leaves_nothing_that_cannot_be_read(tmp_path: Path) -> None:
    writer = Live(tmp_path, SYMBOLS)
    writer.apply(batch(trade(0, 100), trade(1, 50)))
    writer._quotes["version"][0] += 1
    writer._head["claimed"] += 5
    reader = LiveReader(tmp_path / FILE)
    assert [one.symbol for one in reader.quotes()] == ["OIL"]
    Live(tmp_path, SYMBOLS).apply(batch(trade(2, 70, time=START + 1)))
    assert [one.symbol for one in reader.quotes()] == SYMBOLS  # what could not be read comes again
    assert [one.price for one in reader.trades()] == [100, 50, 70]


def test_a_tape_that_was_written_over_gives_its_newest_trades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Live(tmp_path, SYMBOLS)
    reader = LiveReader(tmp_path / FILE)
    ticks = random_ticks(1, 1_000, 3)
    trades = ticks.take(ticks.kind == TRADE)
    many = live.TAPE_ROWS // len(trades) + 2
    for turn in range(many):
        writer.apply(replace(trades, time=trades.time + turn * DAY))
    found = reader.trades()
    assert len(found) == live.TAPE_ROWS
    assert [one.seq for one in found] == list(
        range(many * len(trades) - live.TAPE_ROWS + 1, many * len(trades) + 1)
    )


def test_a_file_of_another_version_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"OBLIVE00" + bytes(live.SIZE - 8))
    with pytest.raises(OSError, match="no file of live prices"):
        LiveReader(tmp_path / FILE)
    Live(tmp_path, SYMBOLS)
    assert list(LiveReader(tmp_path / FILE).quotes()) == []
    assert (tmp_path / FILE).stat().st_blocks * 512 < 1 << 20, "what nobody wrote takes no room"


WRITER = """
import sys, numpy as np
from pathlib import Path
from openbell.market.feeds.live import Live
from tests.market.ticks.made import batch, bid, ask, trade, START
writer = Live(Path(sys.argv[1]), ["GOLD"])
for n in range(1, 8_001):
    writer.apply(batch(bid(0, n, n, START + n), ask(0, n, n, START + n), trade(0, n, n, START + n)))
"""


def test_a_reader_beside_the_writer_sees_whole_quotes_and_every_trade(tmp_path: Path) -> None:
    Live(tmp_path, ["GOLD"])
    reader = LiveReader(tmp_path / FILE)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], env=environment)
    quotes, prices = [], []
    while process.poll() is None or len(prices) < 8_000:
        assert process.poll() in (None, 0)
        quotes += list(reader.quotes())
        prices += [one.price for one in reader.trades()]
    quotes += list(reader.quotes())
    assert prices == list(range(1, 8_001))
    assert len(quotes) > 10 and quotes[-1].last == 8_000
    assert all(one.bid == one.bid_size == one.ask == one.last == one.last_time - START for one in quotes)
