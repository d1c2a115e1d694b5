"""Market-wide breakers: when the whole market falls far in a day, the clock halts all of it for a while.

The index weighs the companies of the instrument table by market value; 100 % is every one at its official
close. Below 93 and 87 % the market is halted once a day each, for an auction call of the calendar's length,
unless the close is near; below 80 % it closes for the day. Every command has a natural key, so each level
acts once a day however many clocks watch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openbell.core import codes
from openbell.core.records import ANY_INSTRUMENT, Phase, pack
from openbell.market import events
from openbell.market.calendar import CONTINUOUS, Calendar
from openbell.market.clock import DONE, request_key
from openbell.market.events import UnitLike
from openbell.market.instruments import INSTRUMENTS
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown, QueryError

log = logging.getLogger(__name__)

LEVELS = (700, 1_300, 2_000)  # basis points that the index lies below the official close
CLOSES = LEVELS[-1]  # from here on the day is over
RETRY_S = 1.0
CAPS = {listing.symbol: listing.market_cap for listing in INSTRUMENTS}


class Index:
    """What all companies are worth now, against their official closes."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self._caps: dict[int, int] = {}
        self._closes: dict[int, int] = {}
        self._worth: dict[int, int] = {}
        self._base = 0
        self._sum = 0
        for row in rows:
            self.add(row)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in an instrument as the node's query gives it; only the table's companies count."""
        cap, number = CAPS.get(row["symbol"], 0), int(row["instrument"])
        if cap == 0 or number in self._caps:
            return
        self._caps[number], self._closes[number] = cap, row["close"]
        self._worth[number] = cap
        self._base += cap
        self._sum += cap
        self._print(number, row["last"] if row["day_open"] else row["close"])

    def apply(self, unit: UnitLike) -> None:
        """Take in a unit's eligible trades, and the closes of a day that begins."""
        for at in range(0, len(unit.events), events.SIZE):
            kind = unit.events[at]
            if kind == codes.EV_TRADE:
                _, status, number, price, _, _, _ = events.TRADE.unpack_from(unit.events, at)
                if status & events.ELIGIBLE and number in self._caps:
                    self._print(number, price)
            elif kind == codes.EV_CLOSE:
                number, price = events.CLOSE.unpack_from(unit.events, at)
                if number in self._caps:
                    self._closes[number] = price
                    self._print(number, price)

    def _print(self, number: int, price: int) -> None:
        worth = self._caps[number] * price // self._closes[number]
        self._sum += worth - self._worth[number]
        self._worth[number] = worth

    @property
    def fall(self) -> int:
        """Basis points that the index lies below its official close, rounded down; 0 if it is not below."""
        return max(0, self._base - self._sum) * 10_000 // self._base if self._base else 0


class Breaker:
    """Watches the index from the event stream, and sends what it calls for.

    Args:
        client: the node's.
        calendar: the exchange's.
        closed: where dates are put on which the market closed early; the clock begins no phase of those.
    """

    def __init__(self, client: NodeClient, calendar: Calendar, closed: set[int]) -> None:
        self._client = client
        self._calendar = calendar
        self._closed = closed
        self._date = 0
        self._reached = 0  # the deepest level of the day that was acted on
        self._until = 0  # when the halt under way ends

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._follow()
            except (NodeUnavailable, OutcomeUnknown, QueryError) as error:
                log.warning("The breakers wait for the node: %s", error)
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        found = await self._client.query("instruments")
        index = Index(found["data"])
        self._until = halted_until(found["data"])
        async for units in self._client.subscribe(found["seq"]):
            for unit in units:
                index.apply(unit)
            await self.look(index.fall, units[-1].ts)

    async def look(self, fall: int, time: int) -> None:
        """Do what the index calls for at a time of the log.

        Raises:
            NodeUnavailable: the node cannot be reached.
            OutcomeUnknown: the link was lost while a command was on its way; looking again is safe.
        """
        state = self._calendar.state(time)
        if state.date != self._date:
            await self._begin_day(state.date, time)
        if self._until and time >= self._until:
            if state.phase == CONTINUOUS and state.date not in self._closed:
                await self._send(
                    f"{self._reached}/{self._until}", codes.IN_CONTINUOUS, self._phase_ends(time)
                )
            self._until = 0
        level = max((one for one in LEVELS if one <= fall), default=0)
        if level <= self._reached or state.phase != CONTINUOUS:
            return
        if level == CLOSES:
            await self._send(str(level), codes.IN_CLOSED, 0)
            self._closed.add(state.date)
            self._reached = level
            self._until = 0
        elif not self._until and not self._is_late(time):
            ends = time + self._calendar.halt_ns
            if await self._send(str(level), codes.IN_AUCTION_CALL, ends):
                self._until = ends
            self._reached = level

    async def _begin_day(self, date: int, time: int) -> None:
        """Levels act anew; a market that has no phases of its own opens after a day that ended early."""
        before, self._date, self._reached = self._date, date, 0
        if before in self._closed and not self._calendar.auctions:
            await self._send("OPEN", codes.IN_CONTINUOUS, 0)

    def _is_late(self, time: int) -> bool:
        """Whether continuous trading ends so soon that nobody halts it."""
        return self._calendar.auctions and time >= self._phase_ends(time) - self._calendar.late_ns

    def _phase_ends(self, time: int) -> int:
        """When the phase of the calendar ends; 0 where it has one only."""
        return self._calendar.next_phase(time).time if self._calendar.auctions else 0

    async def _send(self, what: str, phase: int, ends_ts: int) -> bool:
        """Begin a phase of the whole market; whether this command did, and none before it."""
        low, high = request_key(f"BREAKER/{self._calendar.name}/{self._date}/{what}")
        body = Phase(phase=phase, market=self._calendar.market, date=self._date, ends_ts=ends_ts)
        command = pack(
            codes.C_PHASE,
            bytes(body),
            b"clock: market-wide breaker",
            instrument=ANY_INSTRUMENT,
            key_low=low,
            key_high=high,
        )
        answer = await self._client.send(command)
        if answer.code not in DONE:
            log.error("The breaker could not act: %s", codes.REFUSAL_NAMES.get(answer.code, answer.code))
            return False
        first = answer.code == codes.E_OK and not answer.flags & codes.REPLAYED
        if first:
            log.warning("Market-wide breaker: %s (%s)", codes.PHASE_NAMES[phase], what)
        return first


def halted_until(rows: Sequence[Mapping[str, Any]]) -> int:
    """When the halt ends that is under way, as a clock finds it that has just started; 0: there is none.

    Calls of a few instruments are their own.
    """
    ends = [row["phase_ends"] for row in rows if row["status"] == codes.IN_AUCTION_CALL]
    return max(ends) if 2 * len(ends) > len(rows) else 0
