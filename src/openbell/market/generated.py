"""Simulated history before the exchange's first start: a pure function of seed, start and listing.

The last generated close of a listing, by the day and by the minute, is its reference price, so that
trading begins where the chart ends. Days come first (five years of them); the minutes of a day are a path
drawn between that day's open and close inside its high and low, so minutes fold into their day exactly.

The draws are bytes of SHAKE-256, and only exact or correctly rounded floating-point operations (+ - * /
and square root, sums in order) lie between them and the ticks: every machine generates the same history.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openbell.core.records import PRICE_SCALE, QUANTITY_SCALE
from openbell.market.calendar import MINUTE, Calendar, Day
from openbell.market.instruments import BY_SYMBOL, TICK_SIZE
from openbell.market.rows import CLOSE, HIGH, LOW, OPEN, START, VOLUME, WIDTH, Rows, none

Floats = npt.NDArray[np.float64]

DAYS = 5 * 365 + 1
DAYS_CACHED = 64
MINUTES_CACHED = 128

MARKET_DEVIATION = 0.0070  # of a day's return
SECTOR_DEVIATION = 0.004
DRIFT = 0.00025  # a day
TAIL_PERMILLE = 25  # days that move `TAIL` times as far as the rest
TAIL = 2.5
CLUSTER_DAYS = 15  # calm and wild spells last about as long
# Shares traded a day as a part of all shares: what this exchange's own participants trade, about a tenth
# of the real companies' turnover, so that volume bars go on at the same height when trading begins.
TURNOVER = 0.0004


class Profile(NamedTuple):
    """How a sector moves: its answer to the market, and the deviation of a company's own daily return."""

    beta: float
    own: float


PROFILES = {
    "Information Technology": Profile(1.3, 0.0105),
    "Communication Services": Profile(1.1, 0.0095),
    "Consumer Discretionary": Profile(1.15, 0.0095),
    "Financials": Profile(1.05, 0.0075),
    "Industrials": Profile(1.0, 0.0075),
    "Materials": Profile(1.0, 0.0085),
    "Energy": Profile(0.95, 0.0095),
    "Health Care": Profile(0.75, 0.0085),
    "Real Estate": Profile(0.8, 0.0070),
    "Consumer Staples": Profile(0.55, 0.0060),
    "Utilities": Profile(0.5, 0.0060),
}
ORDINARY = Profile(1.0, 0.0085)
ORDINARY_SHARES = 250_000_000


class Generator:
    """The generated history of one exchange that started at `start` (ns UTC) with `seed`."""

    def __init__(self, seed: int, calendar: Calendar, start: int) -> None:
        self.seed = seed
        self.end = start - start % MINUTE  # the minute of the first start is already the market's own
        self._calendar = calendar
        self._first_day = calendar.day(start)
        self._days_of = lru_cache(DAYS_CACHED)(self._make_days)
        self._minutes_of = lru_cache(MINUTES_CACHED)(self._make_minutes)
        self._factor_of = lru_cache(None)(self._make_factor)
        self._starts = self._make_starts()

    @property
    def first(self) -> int:
        """The stamp of the first generated day."""
        return int(self._starts[0])

    def days(self, symbol: str, reference_price: int, tick_size: int = TICK_SIZE) -> Rows:
        """The whole days before the day of the first start, oldest first; not to be written to."""
        return self._days_of(symbol, reference_price, tick_size)

    def minutes(self, symbol: str, reference_price: int, tick_size: int, day: Day) -> Rows:
        """The generated minutes of `day`: all of them, those before the first start on its own day, or
        none on later days and before `first`; not to be written to."""
        if day.stamp < self.first or day.opens >= self.end:
            return none()
        return self._minutes_of(symbol, reference_price, tick_size, day)

    def _make_starts(self) -> npt.NDArray[np.int64]:
        starts, day = [], self._first_day
        for _ in range(DAYS):
            day = self._calendar.previous(day)
            starts.append(day.stamp)
        return np.array(starts[::-1], dtype=np.int64)

    def _normals(self, count: int, *key: object) -> Floats:
        """`count` draws, near enough to normal: each the centred sum of twelve uniform 16-bit numbers."""
        return _sum(self._bytes(count * 24, *key).reshape(count, 12))

    def _bytes(self, size: int, *key: object) -> npt.NDArray[np.uint16]:
        text = "/".join(str(part) for part in (self.seed, *key))
        return np.frombuffer(shake_256(text.encode()).digest(size), dtype="<u2")

    def _make_factor(self, name: str) -> Floats:
        """Daily shocks that many companies share, calm and wild in spells."""
        shocks = self._normals(DAYS + CLUSTER_DAYS, "factor", name)
        so_far = np.cumsum(np.abs(self._normals(DAYS + CLUSTER_DAYS, "spell", name)))
        spell = (so_far[CLUSTER_DAYS:] - so_far[:-CLUSTER_DAYS]) / (CLUSTER_DAYS * 0.8)
        tails = self._bytes(DAYS * 2, "tail", name) < TAIL_PERMILLE * 65_536 // 1000
        made: Floats = shocks[CLUSTER_DAYS:] * spell * spell * np.where(tails, TAIL, 1.0)
        return made

    def _make_days(self, symbol: str, reference_price: int, tick_size: int) -> Rows:
        listing = BY_SYMBOL.get(symbol)
        sector = listing.sector if listing else ""
        profile = PROFILES.get(sector, ORDINARY)
        own = self._make_factor(symbol) * profile.own
        shared = self._factor_of("market") * (MARKET_DEVIATION * profile.beta)
        returns = DRIFT + shared + self._factor_of(f"sector {sector}") * SECTOR_DEVIATION + own
        returns = np.clip(returns, -0.25, 0.25)
        last = reference_price // tick_size
        growth = np.cumprod(1.0 + returns)
        closes = _ticks(last * (growth / growth[-1]))
        deviation = closes * (profile.own + MARKET_DEVIATION * profile.beta)

        rows = np.empty((DAYS, WIDTH), dtype=np.int64)
        rows[:, START] = self._starts
        rows[:, CLOSE] = closes
        before = np.concatenate((closes[:1], closes[:-1]))
        rows[:, OPEN] = _ticks(before + self._normals(DAYS, symbol, "open") * deviation * 0.03)
        top = np.maximum(rows[:, OPEN], closes)
        bottom = np.minimum(rows[:, OPEN], closes)
        rows[:, HIGH] = _ticks(top + np.abs(self._normals(DAYS, symbol, "high")) * deviation * 0.45) + 1
        rows[:, LOW] = np.maximum(
            _ticks(bottom - np.abs(self._normals(DAYS, symbol, "low")) * deviation * 0.45) - 1, 1
        )
        rows[:, OPEN : CLOSE + 1] *= tick_size
        rows[:, VOLUME] = self._volumes(symbol, reference_price, returns / profile.own)
        return _sealed(rows)

    def _volumes(self, symbol: str, reference_price: int, moves: Floats) -> npt.NDArray[np.int64]:
        """Whole shares a day, more on days of large moves; at least one share."""
        listing = BY_SYMBOL.get(symbol)
        shares = listing.market_cap * PRICE_SCALE // reference_price if listing else ORDINARY_SHARES
        noise = np.abs(self._normals(DAYS, symbol, "volume"))
        volume = shares * TURNOVER * (0.55 + 0.25 * noise + 0.2 * np.abs(moves))
        return np.maximum(np.rint(volume).astype(np.int64), 1) * QUANTITY_SCALE

    def _make_minutes(self, symbol: str, reference_price: int, tick_size: int, day: Day) -> Rows:
        count = (min(day.closes, self.end) - day.opens) // MINUTE
        whole = self._day_row(symbol, reference_price, tick_size, day, count)
        opened, high, low, close = (int(price) // tick_size for price in whole[OPEN : CLOSE + 1])
        weights = _busyness(day, count)
        path = self._path(symbol, day, weights, opened, close)
        path = _into(path, max(opened, close), high)
        path = -_into(-path, -min(opened, close), -low)

        rows = np.empty((count, WIDTH), dtype=np.int64)
        rows[:, START] = day.opens + MINUTE * np.arange(count)
        rows[:, CLOSE] = np.clip(_ticks(path), low, high)
        rows[-1, CLOSE] = close
        rows[0, OPEN] = opened
        rows[1:, OPEN] = rows[:-1, CLOSE]
        # Wicks reach a little past the body: about a minute's share of the day's range.
        wicks = np.abs(self._normals(2 * count, symbol, "wick", day.date)).reshape(2, count)
        reach = (high - low) / np.sqrt(1440.0) * 0.4
        rows[:, HIGH] = np.maximum(rows[:, OPEN], rows[:, CLOSE]) + np.rint(wicks[0] * reach).astype(np.int64)
        rows[:, LOW] = np.minimum(rows[:, OPEN], rows[:, CLOSE]) - np.rint(wicks[1] * reach).astype(np.int64)
        rows[:, HIGH] = np.minimum(rows[:, HIGH], high)
        rows[:, LOW] = np.maximum(rows[:, LOW], low)
        rows[np.argmax(rows[:, HIGH]), HIGH] = high
        rows[np.argmin(rows[:, LOW]), LOW] = low
        rows[:, OPEN : CLOSE + 1] *= tick_size
        rows[:, VOLUME] = self._split(symbol, day, weights, int(whole[VOLUME]) // QUANTITY_SCALE)
        return _sealed(rows)

    def _day_row(self, symbol: str, reference_price: int, tick_size: int, day: Day, count: int) -> Any:
        """The day that its minutes must fold into. On the day of the first start the path leaves the
        reference price, the day before's close, and is back at it when trading begins."""
        days = self._days_of(symbol, reference_price, tick_size)
        if day.date != self._first_day.date:
            return days[np.searchsorted(days[:, START], day.stamp)]
        row = days[-1].copy()
        part = count * MINUTE / (day.closes - day.opens)
        reach = np.rint((days[-1, HIGH] - days[-1, LOW]) / tick_size * np.sqrt(part) * 0.5).astype(np.int64)
        last = reference_price // tick_size
        prices = np.array([last, last + max(reach, 1), max(last - max(reach, 1), 1), last])
        row[OPEN : CLOSE + 1] = prices * tick_size
        row[VOLUME] = max(int(row[VOLUME] // QUANTITY_SCALE * part), 1) * QUANTITY_SCALE
        return row

    def _path(self, symbol: str, day: Day, weights: Floats, opened: int, close: int) -> Floats:
        """Minute closes in ticks: a random walk, busier where the day is, bent to end at `close`."""
        walk = np.cumsum(self._normals(len(weights), symbol, "path", day.date) * np.sqrt(weights))
        passed = np.cumsum(weights)
        passed = passed / passed[-1]
        spread = max(abs(close - opened), opened * 0.006) / np.sqrt(float(len(weights)))
        path: Floats = opened + (close - opened) * passed + (walk - walk[-1] * passed) * spread
        return path

    def _split(self, symbol: str, day: Day, weights: Floats, shares: int) -> npt.NDArray[np.int64]:
        """A day's shares over its minutes, without loss."""
        noise = np.abs(self._normals(len(weights), symbol, "minute volume", day.date)) + 0.25
        passed = np.cumsum(weights * noise)
        marks = np.rint(passed / passed[-1] * shares).astype(np.int64)
        made: npt.NDArray[np.int64] = np.diff(marks, prepend=0) * QUANTITY_SCALE
        return made


def _sum(uniform: npt.NDArray[np.uint16]) -> Floats:
    total = uniform.sum(axis=1, dtype=np.int64)
    made: Floats = (total - 12 * 32_767.5) / 65_536.0
    return made


def _ticks(prices: Floats) -> npt.NDArray[np.int64]:
    return np.maximum(np.rint(prices).astype(np.int64), 1)


def _busyness(day: Day, count: int) -> Floats:
    """How busy each minute of a day is: most at its begin and end, a third of that in the middle."""
    place = (2.0 * np.arange(count) + 1.0) * (MINUTE / (day.closes - day.opens)) - 1.0
    return 0.6 + 1.2 * place * place


def _into(path: Floats, body: int, high: int) -> Floats:
    """The path with what lies above `body` stretched so that its highest point is `high`."""
    excess = path - body
    top = excess.max()
    if top <= 0:
        return path
    return np.where(excess > 0, body + excess * ((high - body) / top), path)


def _sealed(rows: Rows) -> Rows:
    rows.setflags(write=False)
    return rows
