"""The table of what a run came to: every rule, every refusal, event and reason, and which rules met.

A rule is a page of docs/rules. A command shows it when what was said to it could not have been said
without it. Two rules meet in one command; what never met was never tried together.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from openbell.core import codes, records
from tests.core.differences import Said
from tests.core.oracle.state import ANSWER_FIELDS, EVENT_FIELDS
from tests.core.seen import Seen

RULES_FOLDER = Path(__file__).parents[2] / "docs" / "rules"
AT_AUCTION = (codes.OPG, codes.CLS)
SHAPES = (codes.E_BAD_SIDE, codes.E_BAD_TYPE, codes.E_BAD_TIME_IN_FORCE, codes.E_BAD_QUANTITY)
BY_CODE = {
    codes.E_POST_ONLY: "post-only",
    codes.E_ORDER_QUANTITY: "order-limits",
    codes.E_ORDER_VALUE: "order-limits",
    codes.E_OPEN_ORDERS: "order-limits",
    codes.E_KYC: "approval",
    codes.E_MESSAGE_RATE: "message-rate",
    codes.E_DUPLICATE: "duplicate-window",
    codes.E_RESTRICTED: "restricted-list",
    codes.E_EXPOSURE: "exposure",
    codes.E_FIRM_EXPOSURE: "exposure",
    codes.E_KILLED: "kill-switch",
    codes.E_UNSETTLED: "settlement",
    codes.E_MARKET_CLOSED: "phases",
    codes.E_LOCKED_AUCTION: "auction-orders",
    codes.E_BAD_GROUP: "group-all-or-none",
    codes.E_GROUPS_FULL: "group-all-or-none",
}
BY_EVENT = {
    codes.EV_KILLED: "kill-switch",
    codes.EV_BUST: "bust",
    codes.EV_PHASE: "phases",
    codes.EV_ELECTED: "stop-election",
    codes.EV_SESSION: "session",
}
BY_END = {
    codes.WHY_SELF_TRADE: "self-trade",
    codes.WHY_FOK: "fok",
    codes.WHY_EXPIRED: "gtd-expiry",
    codes.WHY_KILL: "kill-switch",
    codes.WHY_BAND: "band-no-trade-outside",
    codes.WHY_SIBLING: "oco-sibling-ends",
}
# Rules of what one command asks for, of what an auction does, and of what happens wherever orders trade.
# Any two must meet, but for two that are asked for at once, and those that are asked for in an auction:
# there a change of phase is what was asked for.
ASKED = {"modify-display", "notional", "stop-at-entry", "stop-modify"}
AT_UNCROSS = {"auction-allocation", "auction-hidden", "auction-orders", "auction-price", "stop-phases"}
TRADING = {
    "election-queue", "fees", "fok", "hidden", "iceberg-refill", "min-quantity", "self-trade",
    "stop-election", "trailing-stop",
}  # fmt: skip
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
CALL_NS = 300 * 10**9  # what a call lasts that the exchange itself extended
SEEN = ("codes", "events", "statuses", "reasons", "flags")
CODE, TS = (ANSWER_FIELDS.index(name) for name in ("code", "ts"))


class Event(NamedTuple("Event", [(name, int) for name in EVENT_FIELDS])):
    """An event by its fields' names."""


class Audit:
    """Counts over one flow, or over several added up."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.rules: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.orders: dict[int, Any] = {}  # the bodies of the orders of this flow, by id
        self.roles: dict[int, int] = {}  # of its legs of groups, by id

    def note(self, record: bytes, said: Said) -> None:
        self.seen.note(said)
        found = self.shown(record, said)
        self.rules.update(found)
        self.pairs.update(combinations(sorted(found), 2))

    def __add__(self, other: Audit) -> Audit:
        both = Audit()
        both.seen = self.seen + other.seen
        both.rules = self.rules + other.rules
        both.pairs = self.pairs + other.pairs
        return both

    def kept(self) -> dict[str, Any]:
        """As JSON can keep it."""
        return {
            "commands": self.seen.commands,
            "seen": {name: sorted(getattr(self.seen, name).items()) for name in SEEN},
            "rules": sorted(self.rules.items()),
            "pairs": sorted((*pair, count) for pair, count in self.pairs.items()),
        }

    @classmethod
    def loaded(cls, kept: dict[str, Any]) -> Audit:
        """What `kept` gave."""
        audit = cls()
        audit.seen.commands = kept["commands"]
        for name in SEEN:
            getattr(audit.seen, name).update(dict(kept["seen"][name]))
        audit.rules.update(dict(kept["rules"]))
        audit.pairs.update({(one, other): count for one, other, count in kept["pairs"]})
        return audit

    def missing(self) -> list[str]:
        """The holes: what a run must have come to, and this one did not."""
        return self.seen.missing() + [f"rule {rule}" for rule in pages() if not self.rules[rule]]

    def never_met(self) -> list[str]:
        """Pairs of rules that a long run must have brought together, and this one did not."""
        return [f"{one} with {other}" for one, other in must_meet() if not self.pairs[one, other]]

    def table(self) -> list[str]:
        """Everything that was counted, a line each; the rarest last."""
        seen = self.seen
        names: list[tuple[str, Counter[Any], dict[int, str]]] = [
            ("refusal", seen.codes, codes.REFUSAL_NAMES),
            ("event", seen.events, codes.EVENT_NAMES),
            ("status", seen.statuses, codes.STATUS_NAMES),
            ("reason", seen.reasons, codes.REASON_NAMES),
            ("rule", self.rules, {}),
            ("met", Counter({" with ".join(pair): self.pairs[pair] for pair in must_meet()}), {}),
        ]
        return [
            f"{kind:8} {words.get(key, key):36} {count:>12,}"
            for kind, counts, words in names
            for key, count in counts.most_common()
        ]

    # -- which rules a command shows -----------------------------------------------------------------

    def shown(self, record: bytes, said: Said) -> set[str]:
        answer, told = said
        code = answer[CODE]
        found = {BY_CODE[code]} if code in BY_CODE else set()
        kind, body = self.read(record)
        if kind == codes.C_NEW_ORDER and code in SHAPES and faults(body) > 1:
            found.add("check-order")
        if not told:
            return found
        events = [Event._make(event) for event in told]
        for event in events:
            found |= self.of_event(event, answer[TS])
        if kind == codes.C_MODIFY and body and events[-1].type != codes.EV_REFUSED:
            found |= of_modify(body, events)
        return found | self.of_all(events) | of_bands(kind, events)

    def read(self, record: bytes) -> tuple[int, Any]:
        """The kind of a command, and its body where it has a whole one; new orders are kept."""
        head = records.Header.from_buffer_copy(record)
        layout = records.BODIES.get(head.type)
        if layout is None or len(record) < records.Header.SIZE + layout.SIZE:
            return head.type, None
        body = layout.from_buffer_copy(record, records.Header.SIZE)
        if head.type == codes.C_NEW_ORDER:
            self.orders[records.make_id(head.shard, head.seq)] = body
        elif head.type == codes.C_NEW_GROUP:
            start = records.Header.SIZE + layout.SIZE
            for index, at in enumerate(range(start, len(record) - 63, records.NewOrder.SIZE)):
                leg = records.NewOrder.from_buffer_copy(record, at)
                self.orders[records.make_id(head.shard, head.seq, index)] = leg
        return head.type, body

    def of_event(self, event: Event, now: int) -> set[str]:
        found = {BY_EVENT[event.type]} if event.type in BY_EVENT else set()
        found |= self.of_leg(event)
        if event.type in (codes.EV_CANCELLED, codes.EV_EXPIRED):
            if event.reason in BY_END:
                found.add(BY_END[event.reason])
            if event.reason == codes.WHY_AUCTION_UNFILLED and event.tif in AT_AUCTION:
                found.add("auction-orders")
        elif event.type == codes.EV_FILL:
            found |= self.of_fill(event)
        elif event.type == codes.EV_ELECTED and event.order_type == codes.TRAILING_STOP:
            found.add("trailing-stop")
        elif event.type == codes.EV_ACCEPTED:
            pending = event.status == codes.ST_PENDING
            if pending and event.order_type not in STOPS and event.tif != codes.CLS:
                found.add("phase-pending")
            if event.order_type == codes.LIMIT and event.price != self.orders[event.order].price:
                found.add("band-limit-priced-at-band")
        elif event.type == codes.EV_AUCTION and event.reason and event.quantity:
            found.add("auction-price")
        elif event.type == codes.EV_PHASE:
            if event.reason == event.status and event.limit == now + CALL_NS:
                found.add("auction-collar")
            if (event.reason, event.status) == (codes.IN_SUSPENDED, codes.IN_AUCTION_CALL):
                found.add("suspension-call")
        elif event.type == codes.EV_INSTRUMENT and event.status == codes.CHANGED:
            found.add("listing-change")
        return found

    def of_leg(self, event: Event) -> set[str]:
        """What an event shows of groups."""
        if event.type == codes.EV_ACCEPTED and event.reason:
            self.roles[event.order] = event.reason
            return {"group-reserves-once", "group-all-or-none"}
        if event.order not in self.roles:
            return set()
        if event.type == codes.EV_ELECTED and not event.observed:
            return {"oto-child-waits"}
        if event.type == codes.EV_MODIFIED and event.reason == codes.PRIORITY_KEPT:
            return {"oco-sibling-lowered"}
        parent = self.roles[event.order] == codes.ROLE_PARENT
        ended = event.type in (codes.EV_CANCELLED, codes.EV_EXPIRED)
        return {"bracket-partial-parent"} if parent and ended and event.filled else set()

    def of_fill(self, event: Event) -> set[str]:
        found = {"fees"} if event.limit else set()
        order = self.orders.get(event.order)
        if order is None:
            return found
        if event.reason == codes.AUCTION:
            if order.order_type == codes.MARKET:
                found.add("auction-allocation")
            if order.display >= 0:
                found.add("auction-hidden")
            if order.tif in AT_AUCTION:
                found.add("auction-orders")
        elif event.reason == codes.MAKER and order.display == 0:
            found.add("min-quantity" if order.min_quantity else "hidden")
        if order.notional:
            found.add("notional")
        if order.tif == codes.FOK:
            found.add("fok")
        return found

    def of_all(self, events: list[Event]) -> set[str]:
        """What several events of one command show together."""
        elected = [event for event in events if event.type == codes.EV_ELECTED]
        found: set[str] = set()
        if len({event.order for event in elected}) > 1:
            found.add("election-queue")
        if elected and any(event.type == codes.EV_PHASE for event in events):
            found.add("stop-phases")
        entered = {event.order for event in events if event.type == codes.EV_ACCEPTED}
        if any(event.order in entered for event in elected):
            found.add("stop-at-entry")
        made = Counter(
            event.order for event in events if event.type == codes.EV_FILL and event.reason == codes.MAKER
        )
        icebergs = (order for order, times in made.items() if times > 1 and order in self.orders)
        if any(self.orders[order].display > 0 for order in icebergs):
            found.add("iceberg-refill")
        return found


def of_bands(kind: int, events: list[Event]) -> set[str]:
    """Bands that moved alone, came back with trading, or called an auction; a whole market called at once."""
    banded = any(event.type == codes.EV_BAND and event.price for event in events)
    phases = [(event.reason, event.status) for event in events if event.type == codes.EV_PHASE]
    found = set()
    if banded and not phases and kind in (codes.C_NEW_ORDER, codes.C_MODIFY, codes.C_TICK):
        found.add("band-reference-moves")
    if banded and (codes.IN_AUCTION_CALL, codes.IN_CONTINUOUS) in phases:
        found.add("band-reopening")
    halted = phases.count((codes.IN_CONTINUOUS, codes.IN_AUCTION_CALL))
    if halted and kind not in (codes.C_PHASE, codes.C_RESUME):
        found.add("band-limit-state-halts")
    if halted > 1 and kind == codes.C_PHASE:
        found.add("breaker-market-halt")
    return found


def of_modify(body: Any, events: list[Event]) -> set[str]:
    found = set()
    for event in events:
        if event.type == codes.EV_MODIFIED and event.order == body.order:
            if event.limit:
                found.add("stop-modify")
            if body.flags & codes.SET_DISPLAY:
                found.add("modify-display")
    return found


def faults(body: Any) -> int:
    """How many faults of its shape a refused order has: the refusal names the first."""
    return sum(
        (
            body.side not in (codes.BUY, codes.SELL),
            body.order_type not in codes.TYPE_NAMES,
            body.tif not in codes.TIF_NAMES,
            not body.notional and not 1 <= body.quantity <= records.QUANTITY_MAX,
            body.order_type == codes.LIMIT and not 1 <= body.price <= records.PRICE_MAX,
        )
    )


# -- what must be there ------------------------------------------------------------------------------


def pages() -> list[str]:
    """The rules there are."""
    return sorted(path.stem for path in RULES_FOLDER.glob("*.md") if path.name != "README.md")


def must_meet() -> list[tuple[str, str]]:
    """Pairs of rules that a long run must have brought together."""
    pairs = combinations(sorted(ASKED | AT_UNCROSS | TRADING), 2)
    return [pair for pair in pairs if not ASKED.issuperset(pair) and not cannot_meet(*pair)]


def cannot_meet(one: str, other: str) -> bool:
    return bool({one, other} & ASKED and {one, other} & AT_UNCROSS)
