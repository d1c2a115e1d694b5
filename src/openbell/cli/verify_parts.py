"""What `openbell verify` compares with the replay: each part is something that was made from the log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from openbell.cli.rerun import Rerun, Unit
from openbell.core import records, view
from openbell.core.exchange import Exchange
from openbell.core.records import Genesis, Header
from openbell.ledger.begun import Begun
from openbell.ledger.compare import Comparison, Found
from openbell.market.board import Board
from openbell.market.calendar import calendar_of
from openbell.market.check import BEGINNING, CandleCheck, Since
from openbell.ops.settings import Settings


class Part(Protocol):
    """Something made from the log, as of the moment when it was opened."""

    @property
    def position(self) -> int:
        """How far it had come; 0 where there is nothing of it."""

    @property
    def differences(self) -> Sequence[str]:
        """What was found."""

    def feed(self, units: Sequence[Unit]) -> None:
        """Compare with the next units of the replay, up to the position and no further."""

    def finish(self) -> None:
        """Compare what can be only when all were fed."""


class LedgerPart:
    """The ledger's tables."""

    def __init__(self, settings: Settings, rerun: Rerun) -> None:
        exchange = self._exchange = rerun.exchange
        begun = None
        if rerun.begun > 1:
            begun = Begun.of(rerun.begun, accounts(exchange), view.instruments(exchange))
        self._ledger = Comparison(settings.database, rerun.genesis, exchange.time, begun)
        self.position, self.differences = self._ledger.position, self._ledger.differences
        if 0 < self.position < rerun.begun:
            self.differences.append(
                f"the ledger is at {self.position}, and the log begins after {rerun.begun}"
            )
        self._going_on = True
        self.close = self._ledger.close

    def feed(self, units: Sequence[Unit]) -> None:
        if self._going_on:
            try:
                self._ledger.feed(units)
            except Found:
                self._going_on = False

    def finish(self) -> None:
        if self._going_on:
            with contextlib.suppress(Found):
                self._ledger.finish(accounts(self._exchange), view.totals(self._exchange))


def parts_of(settings: Settings, rerun: Rerun, stack: contextlib.ExitStack) -> dict[str, Part]:
    """Ledger, candles and ticks as they are now, opened for as long as `stack` is."""
    from openbell.market.ticks.check import TickCheck

    ledger = LedgerPart(settings, rerun)
    stack.callback(ledger.close)
    exchange, since, market = rerun.exchange, BEGINNING, None
    if rerun.begun > 1:
        trades = records.make_id(exchange.shard, 0) | view.totals(exchange)["trades"]
        since = Since(rerun.begun, exchange.time, trades)
        market = board(exchange, rerun.genesis)

    def called(number: int) -> str:
        """By the name that the replay has come to: a stored row may name an instrument that there is not."""
        found = view.instrument(exchange, number)
        return f"instrument {number}" if found is None else f"instrument {number} ({found['symbol']})"

    candles = CandleCheck(settings.database, rerun.genesis, calendar_of(rerun.genesis), since, called)
    stack.callback(candles.close)
    archive = settings.archive_url or settings.archive_dir
    ticks = TickCheck(settings.ticks_dir, archive, rerun.genesis, market)
    return {"ledger": ledger, "candles": candles, "ticks": ticks}


def board(exchange: Exchange, genesis: bytes) -> Board:
    """The market of an exchange as it is now, with all books whole."""
    made, seq = Board(), exchange.position
    levels = Genesis.from_buffer_copy(genesis, Header.SIZE).levels
    for row in view.instruments(exchange):
        made.add(row, seq)
        made.set_depth(row["instrument"], view.depth(exchange, row["instrument"], levels), seq)
    made.seq = seq
    return made


def accounts(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Every account that was ever opened."""
    number = 1
    while (found := view.account(exchange, number)) is not None:
        yield found
        number += 1
