"""Checking the trades that are kept beside the candles against the log's: a part of `CandleCheck`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from psycopg import Connection, ServerCursor

from openbell.market.candles import Trade

ROWS_AT_ONCE = 5_000
NEWER = f"SELECT {', '.join(Trade._fields)} FROM market.trades WHERE trade > %s ORDER BY trade"


class TradeCheck:
    """The table of trades as of a moment of the database, held against a replay's trades.

    Args:
        connection: in the transaction that sees that moment.
        after: trades of higher numbers are compared.
        whole_from: every trade from this number on has to be there; an older one may be.
        called: what an instrument is called in a sentence, by number.

    Attributes:
        difference: a sentence about the first trade that differs; none further is looked for.
    """

    def __init__(
        self, connection: Connection[Any], after: int, whole_from: int, called: Callable[[int], str]
    ) -> None:
        self.difference: str | None = None
        self._whole_from = whole_from
        self._called = called
        self._cursor: ServerCursor[Any] = ServerCursor(connection, "verify_trades")
        self._cursor.execute(NEWER.encode(), (after,))
        self._waiting: list[Sequence[Any]] = []
        self._stored: Trade | None = None
        self._advance()

    def feed(self, trades: Iterable[Trade]) -> None:
        """Compare with the next trades of the replay that were not taken back, in the order of the log."""
        for true in trades:
            if self.difference:
                return
            if self._stored is not None and self._stored.trade < true.trade:
                self._too_many(self._stored)
            elif self._stored == true:
                self._advance()
            elif self._stored is not None and self._stored.trade == true.trade:
                self._differ(self._stored, true)
            elif true.trade >= self._whole_from:
                self.difference = f"{self._named(true)} is missing, the log gives it"

    def finish(self) -> None:
        """Compare what is left; every trade up to the position was fed."""
        if self._stored is not None and not self.difference:
            self._too_many(self._stored)

    def close(self) -> None:
        """Give the cursor back."""
        self._cursor.close()

    def _advance(self) -> None:
        if not self._waiting:
            self._waiting = self._cursor.fetchmany(ROWS_AT_ONCE)[::-1]
        self._stored = Trade._make(self._waiting.pop()) if self._waiting else None

    def _too_many(self, stored: Trade) -> None:
        self.difference = f"{self._named(stored)} is kept, the log does not give it or takes it back"

    def _differ(self, stored: Trade, true: Trade) -> None:
        column = next(name for name in Trade._fields if getattr(stored, name) != getattr(true, name))
        there, given = getattr(stored, column), getattr(true, column)
        self.difference = f"{self._named(true)} has {column} {there}, the log gives {given}"

    def _named(self, trade: Trade) -> str:
        return (
            f"the trade {trade.trade} of {self._called(trade.instrument)} at {trade.ts}"
            f" (price {trade.price}, quantity {trade.quantity})"
        )
