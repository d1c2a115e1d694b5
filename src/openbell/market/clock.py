"""The clock: sends the days and phases that the calendar schedules, by commands with a natural key, so that
each acts once.

It goes by the log's own time, which the node's ticks keep moving: the day that a roll begins is then the
day that the log has reached, whatever this machine's wall clock says.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Container
from typing import Any, Protocol

from openbell.core import codes
from openbell.core.layout import Record
from openbell.core.records import ANY_INSTRUMENT, DayRoll, Phase, pack
from openbell.market.calendar import DAY_ROLL, MINUTE, SECOND, Calendar, Entry
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0  # also between entries: log time may jump forward
LOOK_SOON_S = 0.02  # an entry that is due: the log's time is a moment behind
RETRY_S = 1.0
# What is due is sent again after a start. The exchange keeps a key for 24 hours, so a command of the last 23
# that was sent before is answered and has no second effect.
SENT_AGAIN = 23 * 60 * MINUTE
# What an entry says was so already: a later day had begun, or a clock that knew another end of this phase,
# or another lock, had begun it.
DONE = (codes.E_OK, codes.E_DAY_ORDER, codes.E_KEY_REUSED)
PHASES = {name: phase for phase, name in codes.PHASE_NAMES.items()}


class Node(Protocol):
    """What the clock needs of the node's client."""

    async def send(self, command: bytearray) -> Record: ...  # an Answer
    async def query(self, name: str) -> dict[str, Any]: ...


CommandFor = Callable[[Entry], bytearray | None]


class Clock:
    """Keeps one exchange in its calendar's day and phase.

    Args:
        node: the node's client.
        calendar: the exchange's.
        on_started: called once, when the market is where its calendar has it.
        began: the time of the exchange's first command, ns UTC.
        command_for: the command of a schedule's entry; None for one that needs no command.
        closed: dates on which the market closed early: no phase of theirs begins any more.
    """

    def __init__(
        self,
        node: Node | NodeClient,
        calendar: Calendar,
        on_started: Callable[[], None] = lambda: None,
        began: int = 0,
        command_for: CommandFor | None = None,
        closed: Container[int] = (),
    ) -> None:
        self._node = node
        self._calendar = calendar
        self._on_started: Callable[[], None] | None = on_started
        self._command_for: CommandFor = command_for or (lambda entry: command_of(calendar, entry))
        self._began = began
        self._closed = closed
        self._told = 0  # everything up to this time was sent; 0: nobody knows

    async def run(self) -> None:
        """Keep the market on its schedule until cancelled."""
        while True:
            try:
                pause = await self.look()
            except (NodeUnavailable, OutcomeUnknown) as error:
                log.warning("The clock waits for the node: %s", error)
                pause = RETRY_S
            await asyncio.sleep(pause)

    async def look(self) -> float:
        """Send what the log's time has reached and was not sent.

        Returns:
            Seconds until the next look.

        Raises:
            NodeUnavailable: the node cannot be reached.
            OutcomeUnknown: the link was lost while a command was on its way; looking again is safe.
        """
        time = int((await self._node.query("status"))["data"]["time"])
        for entry in due(self._calendar, self._told, time, self._began):
            if not await self._send(entry):
                return RETRY_S
        self._told = max(self._told, time)
        if self._on_started is not None:
            self._on_started()
            self._on_started = None
        following = self._calendar.next_entry(time).time
        return min(max((following - time) / SECOND, LOOK_SOON_S), LOOK_EVERY_S)

    async def _send(self, entry: Entry) -> bool:
        """Send the entry's command; whether the market is now as the entry says."""
        if entry.phase != DAY_ROLL and entry.date in self._closed:
            return True
        command = self._command_for(entry)
        if command is None:
            return True
        answer = await self._node.send(command)
        if answer.code in DONE:
            log.info("The market is at %s", entry.key)
            return True
        reason = codes.REFUSAL_NAMES.get(answer.code, str(answer.code))
        log.error("The market could not come to %s: %s", entry.key, reason)
        return False


def due(calendar: Calendar, told: int, time: int, began: int = 0) -> list[Entry]:
    """What to send at `time` to an exchange that began at `began` and was told everything up to `told`.

    After a long absence that is the last 23 hours, and of what was before (or before the exchange was) only
    the roll and the phase that still hold: days in which nobody could trade leave nothing behind.
    """
    if told >= time:
        return []
    recent = calendar.entries(max(told, began, time - SENT_AGAIN), time)
    held = [entry for entry in calendar.standing(time) if entry.time > told and entry not in recent]
    return held + recent


def command_of(calendar: Calendar, entry: Entry) -> bytearray | None:
    """The command that brings the market to `entry`; None where the calendar has one phase only, which every
    instrument is listed in."""
    if entry.phase == DAY_ROLL:
        return roll(calendar, entry.date)
    return begin(calendar, entry) if calendar.auctions else None


def roll(calendar: Calendar, date: int) -> bytearray:
    """The command that begins `date` (yyyymmdd). Its request key says what it is, so sending it twice, by
    whomever, begins the day once."""
    low, high = request_key(f"DAY_ROLL/{calendar.name}/{date}")
    body = DayRoll(date=date, market=calendar.market)
    return pack(codes.C_DAY_ROLL, bytes(body), key_low=low, key_high=high)


def begin(calendar: Calendar, entry: Entry) -> bytearray:
    """The command that begins a phase of the whole market and says when it is to end; its key is made as
    that of `roll`."""
    low, high = request_key(f"PHASE/{entry.key}")
    body = Phase(
        phase=PHASES[entry.phase],
        market=calendar.market,
        date=entry.date,
        ends_ts=calendar.next_phase(entry.time).time,
        lock_ns=calendar.lock_ns,
    )
    return pack(codes.C_PHASE, bytes(body), instrument=ANY_INSTRUMENT, key_low=low, key_high=high)


def request_key(text: str) -> tuple[int, int]:
    """The low and high word of the key that stands for `text`."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
