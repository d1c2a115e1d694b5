"""What an exchange said in a run, counted: the coverage of a flow is measured in refusals and events."""

from __future__ import annotations

from collections import Counter

from openbell.core import codes
from tests.core.differences import Said
from tests.core.oracle.state import ANSWER_FIELDS, EVENT_FIELDS

BEFORE_THE_LOG = 80  # refusals from here on are the sequencer's
CODES = [code for code in codes.REFUSAL_NAMES if code < BEFORE_THE_LOG]
EVENTS = list(codes.EVENT_NAMES)
STATUSES = [
    codes.ST_PENDING, codes.ST_OPEN, codes.ST_PARTIALLY_FILLED, codes.ST_FILLED, codes.ST_CANCELLED,
    codes.ST_EXPIRED, codes.ST_REJECTED,
]  # fmt: skip
REASONS = [
    codes.WHY_USER, codes.WHY_IOC, codes.WHY_FOK, codes.WHY_NO_LIQUIDITY, codes.WHY_COLLAR,
    codes.WHY_DAY_END, codes.WHY_ACCOUNT_CLOSED, codes.WHY_EXPIRED, codes.WHY_KILL,
    codes.WHY_AUCTION_UNFILLED, codes.WHY_BAND, codes.WHY_SELF_TRADE, codes.WHY_BOOK_FULL, codes.WHY_SESSION,
    codes.WHY_SIBLING,
]  # fmt: skip
FLAGS = [codes.REPLAYED, codes.PRIORITY_KEPT, codes.UNCHANGED]
ENDS = (codes.EV_CANCELLED, codes.EV_EXPIRED)

CODE, STATUS, REASON, ANSWER_FLAGS = (
    ANSWER_FIELDS.index(name) for name in ("code", "status", "reason", "flags")
)
EVENT_REASON = EVENT_FIELDS.index("reason")


class Seen:
    """Counts of refusals, events, statuses, reasons of ends, and flags of answers."""

    def __init__(self) -> None:
        self.commands = 0
        self.codes: Counter[int] = Counter()
        self.events: Counter[int] = Counter()
        self.statuses: Counter[int] = Counter()
        self.reasons: Counter[int] = Counter()
        self.flags: Counter[int] = Counter()

    def note(self, said: Said) -> None:
        answer, events = said
        self.commands += 1
        self.codes[answer[CODE]] += 1
        self.statuses[answer[STATUS]] += 1
        self.flags.update(flag for flag in FLAGS if answer[ANSWER_FLAGS] & flag)
        for event in events:
            self.events[event[0]] += 1
            if event[0] in ENDS:
                self.reasons[event[EVENT_REASON]] += 1

    def __add__(self, other: Seen) -> Seen:
        both = Seen()
        both.commands = self.commands + other.commands
        for name in ("codes", "events", "statuses", "reasons", "flags"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both

    def missing(self) -> list[str]:
        """What the core can say and did not."""
        return [
            *(f"refusal {codes.REFUSAL_NAMES[code]}" for code in CODES if not self.codes[code]),
            *(f"event {codes.EVENT_NAMES[event]}" for event in EVENTS if not self.events[event]),
            *(f"status {codes.STATUS_NAMES[status]}" for status in STATUSES if not self.statuses[status]),
            *(f"reason {codes.REASON_NAMES[reason]}" for reason in REASONS if not self.reasons[reason]),
            *(f"flag {flag}" for flag in FLAGS if not self.flags[flag]),
        ]
