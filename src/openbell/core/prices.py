"""Reference price and collars of an instrument (trading-rules: Matching)."""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import BUY, IN_CONTINUOUS, PROTECTIONS_OFF, SELL
    from openbell.core.ladder import Ladder
    from openbell.core.records import PRICE_MAX
    from openbell.core.types import BASIS, i64


def collar_width(price: i64, basis_points: i64, tick: i64) -> i64:
    """How far a collar reaches from `price`: the percentage, at least 10 ticks."""
    width: i64 = price // BASIS * basis_points + price % BASIS * basis_points // BASIS
    if width < 10 * tick:
        width = 10 * tick
    return width


def collar_price(side: i64, price: i64, basis_points: i64, tick: i64) -> i64:
    """The last price inside the collar for an order of `side`, on the tick, rounded inward."""
    width: i64 = collar_width(price, basis_points, tick)
    edge: i64
    if side == BUY:
        edge = price + width
        if edge > PRICE_MAX:
            edge = PRICE_MAX
        return edge - edge % tick
    edge = price - width
    if edge < tick:
        return tick
    return edge + (tick - edge % tick) % tick


def trail_stop(side: i64, mark: i64, trail: i64, percent: bool, tick: i64) -> i64:
    """Where a stop stands that trails its mark: on the tick, rounded away from the market."""
    width: i64 = trail
    if percent:
        width = mark // BASIS * trail + (mark % BASIS * trail + BASIS - 1) // BASIS
    edge: i64
    if side == BUY:
        edge = mark + width
        edge += (tick - edge % tick) % tick
        top: i64 = PRICE_MAX - PRICE_MAX % tick
        return top if edge > top else edge
    edge = mark - width
    if edge < tick:
        return tick
    return edge - edge % tick


class Prices:
    """The rules' prices, read from the books and from what was traded."""

    def __init__(self, memory: Any, ladder: Ladder) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.ladder = ladder

    def best_price(self, n: i64, side: i64) -> i64:
        """The best price that a side shows, or 0."""
        level: i64 = self.ladder.best(n, side)
        if level < 0:
            return 0
        rank: i64 = 0
        while self.levels[level].orders == 0:  # hidden orders alone are no quote
            rank += 1
            level = self.ladder.at(n, side, rank)
            if level < 0:
                return 0
        return self.levels[level].price

    def reference(self, n: i64) -> i64:
        """Last eligible trade of the day inside the quote; else mid; else the lone side near the close.

        Only continuous trading has a quote.
        """
        if self.instruments[n].status != IN_CONTINUOUS:
            if self.instruments[n].last_day == self.scalars[0].day:
                return self.instruments[n].last
            return self.instruments[n].close
        bid: i64 = self.best_price(n, BUY)
        ask: i64 = self.best_price(n, SELL)
        price: i64
        if self.instruments[n].last_day == self.scalars[0].day:
            price = self.instruments[n].last
            if bid != 0 and price < bid:
                price = bid
            if ask != 0 and price > ask:
                price = ask
            return price
        if bid != 0 and ask != 0:
            return (bid + ask) // 2
        if bid != 0 or ask != 0:
            return self.near_close(n, bid + ask)
        return self.instruments[n].close

    def near_close(self, n: i64, price: i64) -> i64:
        """`price` clamped to the limit collar around the official close."""
        if self.instruments[n].flags & PROTECTIONS_OFF:
            return price
        close: i64 = self.instruments[n].close
        tick: i64 = self.instruments[n].tick_size
        edge: i64 = collar_price(BUY, close, self.instruments[n].limit_collar, tick)
        if price > edge:
            return edge
        edge = collar_price(SELL, close, self.instruments[n].limit_collar, tick)
        if price < edge:
            return edge
        return price

    def print_trade(self, n: i64, price: i64, quantity: i64, value: i64, now: i64, eligible: bool) -> None:
        """Count a trade in the instrument's day; an eligible one moves `last`, open, high and low."""
        self.instruments[n].day_volume += quantity
        self.instruments[n].day_notional += value
        self.instruments[n].trades += 1
        if not eligible:
            return
        self.instruments[n].last = price
        self.instruments[n].last_size = quantity
        self.instruments[n].last_ts = now
        self.instruments[n].last_day = self.scalars[0].day
        if self.instruments[n].day_open == 0:
            self.instruments[n].day_open = price
            self.instruments[n].day_high = price
            self.instruments[n].day_low = price
        elif price > self.instruments[n].day_high:
            self.instruments[n].day_high = price
        elif price < self.instruments[n].day_low:
            self.instruments[n].day_low = price
