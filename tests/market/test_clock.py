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
from openbell.market.clock import LOOK_EVERY_S, LOOK_SOON_S, RETRY_S, Clock, begin, command_of, due, roll
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

    def list(self, symbol: str, flags: int = codes.AUCTIONS) -> int:
        """List an instrument; its number."""
        low, high = records.symbol_words(symbol)
        rules = {"tick_size": 100, "lot_size": 1, "reference_price": 1_000_000, "last_lot": 10**8}
        collars = {"market_collar": 500, "limit_collar": 1000}
        body = records.List(symbol_low=low, symbol_high=high, realm=1, flags=flags, **rules, **collars)
        self.market.do(codes.C_LIST, body)
        return int(self.market.answer.instrument)

    def phase(self, instrument: int) -> tuple[str, int]:
        """An instrument's phase and when it ends."""
        row = view.instrument(self.market.exchange, instrument)
        assert row is not None
        return codes.PHASE_NAMES[row["status"]], row["phase_ends"]

    def count(self, kind: int) -> int:
        """How many events of a kind there were so far."""
        return sum(unit.events[:: records.Event.SIZE].count(kind) for unit in self.market.units)

    async def query(self, name: str) -> dict[str, Any]:
        assert name == "status"
        return {"seq": self.market.position, "data": {"time": self.time}}

    async def send(self, command: bytearray) -> records.Record:
        """Apply the command; then, if the link is to fail, lose the answer."""
        self.sent.append(bytes(command))
        head = records.Header.from_buffer_copy(command)
        layout = records.BODIES[head.type]
        assert layout is not None
        body = layout.from_buffer_copy(command, records.Header.SIZE)
        keys = {"key_low": head.key_low, "key_high": head.key_high}
        self.market.do(head.type, body, instrument=head.instrument, **keys)
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


async def test_the_market_goes_through_every_phase_of_its_day() -> None:
    node = Node()
    node.time = CLASS.day(START).start
    clock = Clock(node, CLASS, began=node.time)
    number = node.list("AAPL")
    seen = []
    for entry in CLASS.entries(node.time, node.time + 20 * MINUTE):
        node.time = entry.time
        await clock.look()
        if entry.phase != DAY_ROLL:
            assert node.phase(number) == (entry.phase, CLASS.next_phase(entry.time).time)
            seen.append(entry.phase)
    assert seen == ["PRE_OPEN", "CONTINUOUS", "AUCTION_CALL", "CONTINUOUS", "CLOSING_AUCTION", "CLOSED"]
    assert node.count(codes.EV_AUCTION) == 3


async def test_a_clock_that_starts_anew_in_a_day_repeats_what_was_and_changes_nothing() -> None:
    node = Node()
    node.time = CLASS.dated(2026_06_01).stamp + 10 * MINUTE
    number = node.list("AAPL")
    await Clock(node, CLASS, began=node.time - 5 * MINUTE).look()
    assert node.phase(number)[0] == "AUCTION_CALL"
    told, position = node.count(codes.EV_PHASE), node.market.position
    await Clock(node, CLASS, began=node.time - 5 * MINUTE).look()
    assert node.phase(number)[0] == "AUCTION_CALL"
    assert node.market.position > position
    assert node.count(codes.EV_PHASE) == told


async def test_phases_missed_while_away_are_gone_through_in_their_order() -> None:
    node = Node()
    node.time = CLASS.dated(2026_06_01).stamp + MINUTE
    number = node.list("AAPL")
    clock = Clock(node, CLASS, began=node.time)
    await clock.look()
    node.time += 15 * MINUTE
    await clock.look()
    assert node.phase(number)[0] == "CONTINUOUS"
    assert node.count(codes.EV_AUCTION) == 2


async def test_a_phase_begun_by_a_clock_of_another_schedule_is_as_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, started = Node(), asyncio.Event()
    node.time = CLASS.dated(2026_06_01).stamp + MINUTE
    await Clock(node, CLASS, began=node.time).look()
    monkeypatch.setattr(type(CLASS), "lock_ns", SECOND)
    await Clock(node, CLASS, started.set, began=node.time).look()
    assert node.market.answer.code == codes.E_KEY_REUSED
    assert started.is_set()


def test_where_the_market_never_closes_no_phase_is_begun() -> None:
    commands = [command_of(CALENDAR, entry) for entry in CALENDAR.entries(START, START + 3 * DAY)]
    assert [None if one is None else one[2] for one in commands] == [codes.C_DAY_ROLL, None] * 3


def phase_of(calendar: Calendar, entry: Entry) -> records.Record:
    return records.Phase.from_buffer_copy(begin(calendar, entry), records.Header.SIZE)


def test_a_phase_says_when_it_ends_over_holidays_and_on_half_days() -> None:
    wednesday, friday = XNYS.schedule(2026_11_25), XNYS.schedule(2026_11_27)
    closed = phase_of(XNYS, wednesday[-1])
    assert closed.phase == codes.IN_CLOSED
    assert closed.date == 2026_11_25
    assert closed.ends_ts == friday[1].time == midnight(2026_11_27) + 11 * HOUR + 30 * MINUTE
    closing = phase_of(XNYS, friday[3])
    assert closing.phase == codes.IN_CLOSING_AUCTION
    assert closing.ends_ts == friday[4].time == midnight(2026_11_27) + 18 * HOUR
    assert closing.lock_ns == 2 * MINUTE


def test_each_phase_has_a_key_of_its_own_also_when_a_day_has_it_twice() -> None:
    heads = [
        records.Header.from_buffer_copy(begin(CLASS, entry))
        for entry in CLASS.entries(START, START + 60 * MINUTE)
        if entry.phase != DAY_ROLL
    ]
    assert len({(head.key_low, head.key_high) for head in heads}) == len(heads) > 12
    assert {head.instrument for head in heads} == {records.ANY_INSTRUMENT}
