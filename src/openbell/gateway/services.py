"""What the routes need of the rest of the exchange, and the node's failures as problems."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openbell.core import codes
from openbell.gateway import refusals
from openbell.gateway.commands import NodeClock
from openbell.gateway.day_flows import DayFlows
from openbell.gateway.limits import RateLimiter
from openbell.gateway.problems import (
    no_price,
    outcome_unknown,
    prices_only,
    rate_limited,
    unauthenticated,
    unavailable,
    unknown_symbol,
)
from openbell.gateway.tail import PrivateTail
from openbell.gateway.tick_files import TickFiles
from openbell.identity.demo import DemoAccounts
from openbell.identity.throttle import Throttle
from openbell.identity.tokens import Session, Signer
from openbell.ledger.reads import LedgerReads, LedgerUnavailable
from openbell.market.board import Board
from openbell.market.calendar import Calendar
from openbell.market.feeds.board import FedBoard
from openbell.market.feeds.history import FedHistory
from openbell.market.history import History
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown
from openbell.ops.settings import Settings

T = TypeVar("T")
Seen = tuple[int, Any]  # (log position, data) of a query

REACH_S = 2.0
POLL_S = 0.002


@dataclass
class Services:
    """Everything a route may use. One of these lives in each gateway process."""

    settings: Settings
    node: NodeClient
    signer: Signer
    throttle: Throttle
    demo: DemoAccounts
    ledger: LedgerReads
    history: History
    calendar: Calendar
    admin_token: str
    limiter: RateLimiter  # trading messages
    readers: RateLimiter  # questions of an account that reach the node or the ledger
    board: Board = field(default_factory=Board)
    clock: NodeClock = field(default_factory=NodeClock)
    day_flows: DayFlows = field(default_factory=DayFlows)
    tail: PrivateTail = field(default_factory=lambda: PrivateTail(0))
    tick_files: TickFiles = field(default_factory=TickFiles)
    heard_ns: int = 0  # when the event stream last told something, CLOCK_MONOTONIC
    fed: FedBoard = field(init=False)
    fed_history: FedHistory = field(init=False)

    def __post_init__(self) -> None:
        self.fed = FedBoard(self.board, self.settings.feeds_dir)
        self.fed_history = FedHistory(self.history)

    async def send(self, command: bytes, link: str | None = None) -> Any:
        """The node's answer (core.records.Answer) to `command`, durable.

        Args:
            link: where to learn the outcome, should it stay unknown.

        Raises:
            Problem: 503 UNAVAILABLE (nothing happened) or OUTCOME_UNKNOWN.
        """
        with _outcome(link):
            return await self.node.send(command)

    async def send_and_read(self, command: bytes, order_id: int, link: str) -> tuple[Any, Seen | None]:
        """As `send`, and what the node has of order `order_id` then, if it can still say."""
        with _outcome(link):
            answer, result = await self.node.send_and_query(command, "order", order=order_id)
        return answer, None if result is None else (result["seq"], result["data"])

    async def query(self, name: str, **arguments: Any) -> tuple[int, Any]:
        """(log position, data) of a query of the node.

        Raises:
            Problem: 503 UNAVAILABLE.
        """
        try:
            result = await self.node.query(name, **arguments)
        except (NodeUnavailable, OutcomeUnknown):
            raise unavailable("The exchange cannot be reached. Try again in a moment.") from None
        return result["seq"], result["data"]

    async def account(self, session: Session) -> tuple[int, dict[str, Any]]:
        """(log position, the session's account).

        Raises:
            Problem: 401 if it does not exist, 503 UNAVAILABLE.
        """
        seq, account = await self.query("account", account=session.account)
        if account is None:
            raise unauthenticated(refusals.refusal(codes.E_UNKNOWN_ACCOUNT).sentence)
        return seq, account

    async def reached(self, seq: int) -> bool:
        """Wait until the event stream has told of position `seq`; whether it did in time."""
        deadline = time.monotonic() + REACH_S
        while self.board.seq < seq:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True

    def fresh(self, stale_ns: int) -> bool:
        """Whether the event stream has told something within `stale_ns`."""
        return self.heard_ns > 0 and time.monotonic_ns() - self.heard_ns < stale_ns

    async def caught_up(self, account: int, seq: int, patience_s: float) -> bool:
        """Wait until the ledger has all that happened to an account up to position `seq`; whether it has.

        Raises:
            Problem: 503 UNAVAILABLE while PostgreSQL is away.
        """
        if await self.reached(seq) and self.tail.seen >= seq:  # not while the stream's past is told again
            seq = min(seq, self.tail.newest(account))
        return await self.ledger_read(self.ledger.wait_for(seq, patience_s))

    async def ledger_read(self, reading: Awaitable[T]) -> T:
        """What a read of the ledger gives.

        Raises:
            Problem: 503 UNAVAILABLE while PostgreSQL is away.
        """
        try:
            return await reading
        except LedgerUnavailable:
            raise unavailable("Older history cannot be read right now. Try again in a moment.") from None

    def instrument(self, symbol: str, pointer: str | None = None) -> int:
        """The number of `symbol`, in any case, which is traded here; `pointer` is the field that names it.

        Raises:
            Problem: 404 UNKNOWN_SYMBOL; 422 PRICES_ONLY where only a feed has it.
        """
        number = self.board.number(symbol.upper())
        if number is not None and self.fed.ticker(number) is None:
            return number
        feed = self.fed.venue_fed.feed(symbol.upper())
        raise unknown_symbol(symbol, pointer) if feed is None else prices_only(symbol.upper(), feed, pointer)

    def priced(self, symbol: str) -> int:
        """The number of `symbol`, in any case, that has prices here, traded or from a feed.

        Raises:
            Problem: 404 UNKNOWN_SYMBOL.
        """
        number = self.board.number(symbol.upper())
        if number is None:
            feed = self.fed.venue_fed.feed(symbol.upper())
            raise unknown_symbol(symbol) if feed is None else no_price(symbol.upper(), feed)
        return number

    def symbol(self, instrument: int) -> str:
        """The symbol of instrument number `instrument`."""
        return self.board.ticker(instrument).symbol

    def read(self, session: Session) -> None:
        """Count a question of the session's account.

        Raises:
            Problem: 429.
        """
        if self.readers.take(session.account):
            raise rate_limited("requests", self.readers.limit, "second", 1)

    def spend(self, session: Session) -> tuple[int, int]:
        """Count a trading message of the session's account: its (limit, what is left).

        Raises:
            Problem: 429.
        """
        limit = session.rate_limit or self.limiter.limit
        wait = self.limiter.take(session.account, limit)
        if wait:
            raise rate_limited("trading messages", limit, "second", 1)
        return limit, self.limiter.left(session.account, limit)


@contextmanager
def _outcome(link: str | None) -> Iterator[None]:
    """The node's failures while a command is sent, as problems."""
    try:
        yield
    except NodeUnavailable:
        raise unavailable("The exchange cannot be reached; nothing was done. Try again.") from None
    except OutcomeUnknown:
        raise outcome_unknown(
            "The exchange was lost before it answered; whether the request took effect is not known yet.",
            link,
        ) from None
