"""Drives an exchange one record at a time and reads what it says."""

from __future__ import annotations

import sys

from openbell.core import records
from openbell.core.exchange import Exchange
from tests.core.oracle.state import AnswerTuple, EventTuple

# What compiled code that cannot raise left behind: errors of the build with bounds checks.
unraised: list[str] = []


def catch_unraisable() -> None:
    """Keep errors that compiled `noexcept` code can only report, so that a test can fail for them."""

    def keep(found: sys.UnraisableHookArgs, /) -> None:
        unraised.append(f"{found.exc_value!r} in {found.object!r}: {found.err_msg or 'ignored'}")

    sys.unraisablehook = keep


def assert_none_unraised() -> None:
    found, unraised[:] = unraised[:], []
    assert not found, f"errors inside the core: {found}"


class Core:
    """An exchange of the core that takes records and gives tuples."""

    def __init__(self, genesis: bytes) -> None:
        self.exchange = Exchange(genesis)

    def apply(self, record: bytes) -> tuple[AnswerTuple, list[EventTuple]]:
        """The answer to one sequenced command, and its events, as tuples in the order of the fields."""
        exchange = self.exchange
        end = exchange.run(record, 0, len(record))
        assert_none_unraised()
        assert end == len(record)
        assert exchange.answer_count == 1
        answer: AnswerTuple = records.Answer.STRUCT.unpack(exchange.answers(0, 1))
        events: list[EventTuple] = list(
            records.Event.STRUCT.iter_unpack(exchange.events(0, exchange.event_count))
        )
        exchange.clear()
        return answer, events
