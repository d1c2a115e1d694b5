"""Runs the cases of docs/portfolio.md: what accounts do, and what their portfolios then show.

Today's figures come from the core through the API's answer; what is past comes through a real ledger, to
which everything that happened is written first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from openbell.core import records, view
from openbell.gateway import curve
from openbell.gateway.account_body import (
    HoldingBody,
    PortfolioBody,
    day_profit,
    holdings_value,
    portfolio_body,
    valued,
)
from openbell.gateway.curve import Point
from openbell.gateway.decimals import money
from openbell.gateway.lot_body import lot_list_body
from openbell.ledger.lots import read_lots
from openbell.ledger.portfolio_reads import PortfolioReads
from openbell.ledger.reads import LedgerReads
from openbell.ledger.store import LedgerStore
from openbell.market.board import Board
from tests.core import commands
from tests.core.driver import Core
from tests.core.oracle.state import AnswerTuple, EventTuple
from tests.core.scenario import Scenario, Words
from tests.core.story import Market, Said
from tests.ledger.stream import Unit

T = TypeVar("T")


class RecordingCore:
    """A core that keeps the units it made."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.exchange = core.exchange
        self.units: list[Unit] = []

    def apply(self, record: bytes) -> tuple[AnswerTuple, list[EventTuple]]:
        answer, events = self.core.apply(record)
        head = records.Header.from_buffer_copy(record)
        packed = b"".join(records.Event.STRUCT.pack(*event) for event in events)
        self.units.append(Unit(head.seq, head.ts, bytes(record), packed))
        return answer, events


class RecordedMarket(Market):
    """A market whose units can be read."""

    def do(self, command: bytes | bytearray, after: int = 1000) -> Said:
        if not isinstance(self.core, RecordingCore):
            self.recording = RecordingCore(self.core)
            self.core = self.recording  # type: ignore[assignment]
        return super().do(command, after)


class PortfolioStory(Scenario):
    """A scenario whose accounts show their portfolios: `A shows`, `A earned`, `A lots`.

    Args:
        make_database: makes an empty ledger's database; called when a line asks for what is past.
    """

    def __init__(self, make_database: Callable[[], str]) -> None:
        super().__init__()
        self.recorded = RecordedMarket()
        self.made = self.recorded
        self.make_database = make_database
        self.database = ""
        self.deeds["shows"] = self.shows
        self.deeds["earned"] = self.earned
        self.deeds["lots"] = self.lots

    # -- what is now -----------------------------------------------------------------------------

    def board(self) -> Board:
        """The market's prices."""
        exchange = self.recorded.exchange
        board = Board()
        for row in view.instruments(exchange):
            board.add(row, exchange.position)
        return board

    def account(self, number: int) -> view.View:
        found = view.account(self.recorded.exchange, number)
        assert found is not None
        return found

    def portfolio(self, account: int) -> PortfolioBody:
        """The portfolio as the API answers it."""
        position = self.recorded.exchange.position
        return portfolio_body(self.account(account), position, self.recorded.ts, self.board())

    def shows(self, account: int, _: Words) -> list[str]:
        """Three lines for the account, and one for each holding."""
        body = self.portfolio(account)
        return [
            f"cash {body.cash_balance}, buying power {body.buying_power}, "
            f"withdrawable {body.withdrawable_cash}, fees {body.fees_paid}",
            f"value {body.total_value} = cash + {body.holdings_value}",
            f"day {body.day_pnl} ({body.day_pnl_percent} %), unrealised {body.unrealised_pnl}, "
            f"realised {body.realised_pnl}, total {body.total_pnl}",
            *(shown(holding) for holding in body.holdings),
        ]

    # -- what is past ----------------------------------------------------------------------------

    def read(self, reading: Callable[[LedgerReads], Awaitable[T]]) -> T:
        """What a reading of the ledger gives, once the ledger has everything."""

        async def run() -> T:
            self.database = self.database or self.make_database()
            store = await LedgerStore.connect(self.database)
            try:
                position = await store.adopt(commands.genesis(), commands.START)
                await store.apply(position, self.recorded.recording.units[position - 1 :])
            finally:
                await store.close()
            reads = LedgerReads(self.database)
            try:
                return await reading(reads)
            finally:
                await reads.close()

        return asyncio.run(run())

    def earned(self, number: int, _: Words) -> list[str]:
        """The curve since the account was opened."""
        account, board = self.account(number), self.board()
        opened, position = account["opened_ts"], self.recorded.exchange.position

        async def reading(ledger: LedgerReads) -> tuple[list[str], list[Point]]:
            reads = PortfolioReads(ledger)
            days = await reads.days(number, opened, position)
            first = Point(opened, await reads.grant(number, opened), 0, 0)
            return [str(day["date"]) for day in days], curve.daily(first, days)

        dates, points = self.read(reading)
        profit, _base = day_profit(account, valued(account, board))
        points = curve.ended(
            points, self.recorded.ts, account["cash"], holdings_value(valued(account, board)), profit
        )
        return [
            f"{name}: value {money(point.total)}, profit {money(point.profit)}"
            for name, point in zip(("opened", *dates, "now"), points, strict=True)
        ]

    def lots(self, number: int, _: Words) -> list[str]:
        """The holding by average cost, and its lots, newest first."""
        found = self.read(lambda ledger: read_lots(ledger, number, 0))
        body = lot_list_body("AAPL", self.board().quote(0).price, found, 100, True)
        return [
            f"{body.symbol} {body.quantity} at {body.average_cost}, cost {body.cost}",
            *(f"{lot.open_quantity} of {lot.quantity} by {lot.source}, cost {lot.cost}" for lot in body.data),
        ]


def shown(holding: HoldingBody) -> str:
    """A holding in words."""
    return (
        f"{holding.symbol} {holding.quantity} ({holding.reserved_quantity} reserved) "
        f"at {holding.average_cost}, cost {holding.cost}, value {holding.market_value}, "
        f"unrealised {holding.unrealised_pnl} ({holding.unrealised_pnl_percent} %), "
        f"realised {holding.realised_pnl}, day {holding.day_change}"
    )
