"""The clock before the real core: each day begins once, whenever the log's time reaches it."""

from __future__ import annotations

import asyncio
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, records, view
from openbell.market.calendar import (
    DAY,
    DAY_ROLL,
    MINUTE,
    SECOND,
    Always,
    Calendar,
    Entry,
    calendar,
    midnight,
)
from openbell.market.clock import LOOK_EVERY_S, LOOK_SOON_S, RETRY_S, Clock, due, roll
from openbell.node.client import NodeUnavailable, OutcomeUnknown
from tests.ledger.market import Market
from tests.ledger.stream import START

HOUR = 60 * MINUTE
CALENDAR = Always()
FIRST = CALENDAR.day(START)


class Node:
    """An exchange whose log stands at `time`, reached over a link that can fail."""

    def __init__(self) -> None:
        self.market = Market()
        self.time = START
        self.failures: list[Exception] = []
        self.sent: list[bytes] = []

    @property
    def day(self) -> int:
        return int(view.totals(self.market.exchange)["day"])

    async def query(self, name: str) -> dict[str, Any]:
        assert name == "status"
        return {"seq": self.market.position, "data": {"time": self.time}}

    async def send(self, command: bytearray) -> records.Record:
        """Apply the command; then, if the link is to fail, lose the answer."""
        self.sent.append(bytes(command))
        head = records.Header.from_buffer_copy(command)
        body = records.DayRoll.from_buffer_copy(command, records.Header.SIZE)
        self.market.do(head.type, body, key_low=head.key_low, key_high=head.key_high)
        if self.failures:
            raise self.failures.pop()
        return self.market.answer


async def test_the_clock_begins_the_day_that_the_log_is_in() -> None:
    node, started = Node(), asyncio.Event()
    pause = await Clock(node, CALENDAR, started.set).look()
    assert node.day == FIRST.date
    assert pause == LOOK_EVERY_S
    assert started.is_set()


async def test_a_day_that_was_begun_is_not_begun_again() -> None:
    node = Node()
    clock = Clock(node, CALENDAR)
    await clock.look()
    await clock.look()
    assert len(node.sent) == 1


async def test_the_next_day_begins_when_the_log_reaches_it() -> None:
    node = Node()
    clock = Clock(node, CALENDAR)
    await clock.look()
    node.time = FIRST.end - SECOND
    assert await clock.look() == pytest.approx(1.0)
    node.time = FIRST.end - 1
    assert await clock.look() == LOOK_SOON_S
    assert node.day == FIRST.date
    node.time = FIRST.end
    await clock.look()
    assert node.day == CALENDAR.day(FIRST.end).date


async def test_days_missed_while_away_become_one_roll_to_the_day_reached() -> None:
    node = Node()
    await Clock(node, CALENDAR).look()
    node.time = START + 5 * DAY
    await Clock(node, CALENDAR).look()
    assert node.day == CALENDAR.day(START + 5 * DAY).date
    assert len(node.sent) == 2


async def test_a_second_clock_changes_nothing() -> None:
    node = Node()
    for _ in range(2):
        await Clock(node, CALENDAR).look()
    assert node.sent[0] == node.sent[1]
    assert node.market.answer.flags & codes.REPLAYED
    begun = [unit for unit in node.market.units if codes.EV_DAY in unit.events[:: records.Event.SIZE]]
    assert len(begun) == 1


async def test_a_clock_behind_the_market_takes_the_day_as_begun() -> None:
    node, started = Node(), asyncio.Event()
    node.time = START + 5 * DAY
    await Clock(node, CALENDAR).look()
    node.time = START
    await Clock(node, CALENDAR, started.set).look()
    assert started.is_set()
    assert node.day == CALENDAR.day(START + 5 * DAY).date


@pytest.mark.parametrize("failure", [NodeUnavailable("away"), OutcomeUnknown("lost")])
async def test_a_lost_answer_is_asked_for_again_and_the_day_begins_once(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbell.market.clock.RETRY_S", 0.01)
    node, started = Node(), asyncio.Event()
    node.failures.append(failure)
    task = asyncio.create_task(Clock(node, CALENDAR, started.set).run())
    async with asyncio.timeout(5):
        await started.wait()
    task.cancel()
    assert node.day == FIRST.date
    assert len(node.sent) == 2
    assert node.market.answer.flags & codes.REPLAYED


async def test_a_refused_roll_is_tried_again_later() -> None:
    node, started = Node(), asyncio.Event()
    refused = records.Answer(code=codes.E_OVERLOADED)

    async def refuse(command: bytearray) -> records.Record:
        return refused

    node.send = refuse  # type: ignore[method-assign]
    assert await Clock(node, CALENDAR, started.set).look() == RETRY_S
    assert not started.is_set()


def test_a_roll_carries_its_day_and_a_key_made_of_it() -> None:
    first, second = (records.Header.from_buffer_copy(roll(CALENDAR, date)) for date in (20260101, 20260102))
    assert first.type == codes.C_DAY_ROLL
    assert (first.key_low, first.key_high) != (second.key_low, second.key_high)
    assert bytes(roll(CALENDAR, 20260101)) == bytes(roll(CALENDAR, 20260101))


XNYS, CLASS = calendar("XNYS"), calendar("class")
MONDAY_NOON = midnight(2026_11_30) + 17 * HOUR  # in New York


def phases(entries: list[Entry]) -> list[str]:
    return [entry.phase for entry in entries]


def test_a_running_clock_sends_each_entry_when_its_time_comes() -> None:
    day = XNYS.dated(2026_11_30)
    assert due(XNYS, day.opens - 1, day.opens) == [XNYS.next_entry(day.opens - 1)]
    assert due(XNYS, day.opens, day.closes - 2 * MINUTE) == XNYS.entries(day.opens, day.closes - 2 * MINUTE)
    assert due(XNYS, MONDAY_NOON, MONDAY_NOON) == []


def test_after_a_short_absence_all_that_was_missed_is_sent() -> None:
    day = XNYS.dated(2026_11_30)
    assert phases(due(XNYS, day.opens, day.end)) == ["CLOSING_AUCTION", "CLOSED", "DAY_ROLL"]
    assert due(CLASS, MONDAY_NOON, MONDAY_NOON + 10 * HOUR) == CLASS.entries(
        MONDAY_NOON, MONDAY_NOON + 10 * HOUR
    )


def test_after_a_weekend_friday_is_ended_and_mondays_day_begun() -> None:
    friday_noon, sunday = MONDAY_NOON - 3 * DAY, MONDAY_NOON - DAY
    assert [(entry.phase, entry.date) for entry in due(XNYS, friday_noon, sunday)] == [
        ("CLOSED", 2026_11_27),
        ("DAY_ROLL", 2026_11_30),
    ]
    assert phases(due(XNYS, 0, sunday)) == ["CLOSED", "DAY_ROLL"]


def test_a_new_exchange_is_told_what_holds_and_nothing_from_before_it_was() -> None:
    began = CLASS.dated(2026_06_01).stamp + 3 * MINUTE
    assert phases(due(CLASS, 0, began + 1, began)) == ["DAY_ROLL", "CONTINUOUS"]
    assert due(CLASS, 0, began + HOUR, began)[:2] == CLASS.entries(began, began + HOUR)[:2]


def test_a_clock_that_knows_nothing_sends_the_last_day_and_what_still_holds() -> None:
    assert phases(due(XNYS, 0, MONDAY_NOON)) == ["DAY_ROLL", "PRE_OPEN", "CONTINUOUS"]
    assert phases(due(CALENDAR, 0, START)) == ["DAY_ROLL", "CONTINUOUS"]


@given(
    st.sampled_from([CALENDAR, XNYS, CLASS]),
    st.integers(MONDAY_NOON, MONDAY_NOON + 400 * DAY),
    st.integers(0, 20 * DAY),
)
@hypothesis.settings(deadline=None)
def test_whoever_was_told_what_is_due_is_in_the_day_and_phase_of_the_calendar(
    calendar: Calendar, begin: int, span: int
) -> None:
    told = due(calendar, 0, begin) + due(calendar, begin, begin + span)
    assert [entry.time for entry in told] == sorted(entry.time for entry in told)
    state = calendar.state(begin + span)
    assert [entry.date for entry in told if entry.phase == DAY_ROLL][-1] == state.date
    assert [entry.phase for entry in told if entry.phase != DAY_ROLL][-1] == state.phase


async def test_entries_go_out_in_order_through_the_seam_and_wait_for_a_refusal() -> None:
    sent: list[str] = []

    def command_for(entry: Entry) -> bytearray:
        sent.append(entry.key)
        return roll(XNYS, entry.date)

    node, started = Node(), asyncio.Event()
    node.time = MONDAY_NOON
    pause = await Clock(node, XNYS, started.set, command_for=command_for).look()
    assert sent == [entry.key for entry in due(XNYS, 0, MONDAY_NOON)]
    assert len(node.sent) == 3
    assert pause == LOOK_EVERY_S
    assert node.day == 2026_11_30


async def test_a_class_day_begins_every_twenty_minutes() -> None:
    node = Node()
    clock = Clock(node, CLASS)
    node.time = CLASS.day(START).start
    await clock.look()
    first = node.day
    node.time += 20 * MINUTE
    await clock.look()
    assert node.day == CLASS.day(node.time).date > first
