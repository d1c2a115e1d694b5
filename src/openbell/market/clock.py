"""The clock: begins the market's days, by commands with a natural key, so that each begins once.

It goes by the log's own time, which the node's ticks keep moving: the day that a roll begins is then the
day that the log has reached, whatever this machine's wall clock says.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any, Protocol

from openbell.core import codes
from openbell.core.layout import Record
from openbell.core.records import DayRoll, pack
from openbell.market.calendar import SECOND, Calendar
from openbell.node.client import NodeUnavailable, OutcomeUnknown

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0  # also between days: log time may jump forward
LOOK_SOON_S = 0.02  # a day that just ended: the log's time is a moment behind
RETRY_S = 1.0


class Node(Protocol):
    """What the clock needs of the node's client."""

    async def send(self, command: bytearray) -> Record: ...  # an Answer
    async def query(self, name: str) -> dict[str, Any]: ...


class Clock:
    """Begins the days of one exchange.

    Args:
        node: the node's client.
        calendar: the exchange's.
        on_started: called once, when the market is in its calendar's day.
    """

    def __init__(self, node: Node, calendar: Calendar, on_started: Callable[[], None] = lambda: None) -> None:
        self._node = node
        self._calendar = calendar
        self._on_started: Callable[[], None] | None = on_started
        self._begun = 0  # the newest day known to have begun

    async def run(self) -> None:
        """Keep the market in its day until cancelled."""
        while True:
            try:
                pause = await self.look()
            except (NodeUnavailable, OutcomeUnknown) as error:
                log.warning("The clock waits for the node: %s", error)
                pause = RETRY_S
            await asyncio.sleep(pause)

    async def look(self) -> float:
        """Begin the day that the log's time has reached, if it has not begun.

        Returns:
            Seconds until the next look.

        Raises:
            NodeUnavailable: the node cannot be reached.
            OutcomeUnknown: the link was lost while a day was to begin; looking again is safe.
        """
        time = int((await self._node.query("status"))["data"]["time"])
        day = self._calendar.day(time)
        if self._begun < day.date:
            if not await self._roll(day.date):
                return RETRY_S
            self._begun = day.date
        if self._on_started is not None:
            self._on_started()
            self._on_started = None
        return min(max((day.end - time) / SECOND, LOOK_SOON_S), LOOK_EVERY_S)

    async def _roll(self, date: int) -> bool:
        """Send the roll to `date`; whether that day has begun now."""
        answer = await self._node.send(roll(self._calendar, date))
        if answer.code in (codes.E_OK, codes.E_DAY_ORDER):  # the latter: it, or a later one, had begun
            log.info("The market is in the day %d", date)
            return True
        log.error(
            "The day %d could not begin: %s", date, codes.REFUSAL_NAMES.get(answer.code, str(answer.code))
        )
        return False


def roll(calendar: Calendar, date: int) -> bytearray:
    """The command that begins `date` (yyyymmdd). Its request key says what it is, so sending it twice, by
    whomever, begins the day once."""
    digest = hashlib.blake2b(f"DAY_ROLL/{calendar.name}/{date}".encode(), digest_size=16).digest()
    return pack(
        codes.C_DAY_ROLL,
        bytes(DayRoll(date=date, market=calendar.market)),
        key_low=int.from_bytes(digest[:8], "little"),
        key_high=int.from_bytes(digest[8:], "little"),
    )
