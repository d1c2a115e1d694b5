"""The book's part of the table of checks for stops: as any order's, and the stop price or trail."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.checks import Checks

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        E_OK,
        E_PRICE_COLLAR,
        E_TICK_SIZE,
        MARKET,
        PROTECTIONS_OFF,
        SELL,
        STOP_LIMIT,
    )
    from openbell.core.prices import collar_price
    from openbell.core.types import i64


class StopChecks:
    """Answers with a code; `limit` and `observed` of a refusal are those of the book's checks."""

    def __init__(self, memory: Any, checks: Checks) -> None:
        self.instruments = memory["instruments"]
        self.checks = checks

    def check(
        self, n: i64, side: i64, kind: i64, price: i64, asked: i64, quantity: i64, percent: bool, anew: bool
    ) -> i64:
        """`asked` is the stop price or trail; a limit is collared around its own stop price."""
        code: i64 = self.checks.check(n, side, MARKET, price, quantity)
        if code != E_OK:
            return code
        tick: i64 = self.instruments[n].tick_size
        if not percent and asked % tick != 0:
            self.checks.limit = tick
            self.checks.observed = asked
            return E_TICK_SIZE
        if kind != STOP_LIMIT or not anew:
            return E_OK
        if self.instruments[n].flags & PROTECTIONS_OFF:
            return E_OK
        edge: i64 = collar_price(side, asked, self.instruments[n].limit_collar, tick)
        if (side == BUY and price > edge) or (side == SELL and price < edge):
            self.checks.limit = edge
            self.checks.observed = price
            return E_PRICE_COLLAR
        return E_OK
