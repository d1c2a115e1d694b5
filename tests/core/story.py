"""A small market for tests that read as a story: enter, enter, and see what was told.

Prices are in cents, quantities in shares. Orders are #1, #2, ... in the order they were entered. Every
command also goes through the oracle, and what must hold is checked after each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openbell.core import codes, records, view
from tests.core import commands
from tests.core.commands import SHARE, USD
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.oracle.state import EventTuple
from tests.core.views import assert_views_same

CENT = USD // 100
HOUSE = 4


def decimal(number: int, scale: int, places: int) -> str:
    """A scaled integer in decimal, with at least so many places."""
    sign = "-" if number < 0 else ""
    whole, part = divmod(abs(number), scale)
    digits = str(scale + part)[1:].rstrip("0").ljust(places, "0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def price(number: int) -> str:
    return decimal(number, USD, 2)


def shares(number: int) -> str:
    return decimal(number, SHARE, 0)


@dataclass
class Said:
    """What the exchange said to one command."""

    answer: Any
    told: list[str]
    order: int

    @property
    def code(self) -> str:
        return codes.REFUSAL_NAMES[self.answer.code]

    @property
    def status(self) -> str:
        return codes.STATUS_NAMES[self.answer.status]

    @property
    def reason(self) -> str:
        return codes.REASON_NAMES[self.answer.reason]


class Market:
    """One instrument (number 0, reference 100.00, whole shares) and a house that has plenty."""

    def __init__(self, listing: dict[str, Any] | None = None, **limits: int) -> None:
        genesis = commands.genesis(**limits)
        self.core = Core(genesis)
        self.oracle = Oracle(genesis)
        self.exchange = self.core.exchange
        self.invariants = Invariants(self.exchange)
        self.names: dict[int, str] = {}
        self.second: int | None = None
        self.ts = commands.START
        self.list("AAPL", **(listing or {}))
        self.do(commands.open_account(codes.KIND_HOUSE))
        self.do(commands.deposit(HOUSE, 10**9 * USD))
        self.do(commands.issue(HOUSE, 0, 10**6 * SHARE, 80 * USD))

    # -- commands ------------------------------------------------------------------------------------

    def do(self, command: bytes | bytearray, after: int = 1000) -> Said:
        """Sequence a command `after` nanoseconds, apply it to core and oracle, compare and check."""
        self.ts += after
        record = commands.sequenced(command, self.exchange.position + 1, self.ts)
        head = records.Header.from_buffer_copy(record)
        if head.type == codes.C_NEW_ORDER:
            self.names[records.make_id(head.shard, head.seq)] = f"#{len(self.names) + 1}"
        elif head.type == codes.C_NEW_GROUP:
            for index in range(command[records.Header.SIZE + 1]):
                self.names[records.make_id(head.shard, head.seq, index)] = f"#{len(self.names) + 1}"
        answer, events = self.core.apply(record)
        assert_same(record, (answer, events), self.oracle.apply(record))
        self.invariants.check(events)
        assert_views_same(self.exchange, self.oracle)
        shown = records.Answer.from_buffer_copy(records.Answer.STRUCT.pack(*answer))
        return Said(shown, [self.tell(event) for event in events], shown.order)

    def list(self, symbol: str, **fields: Any) -> int:
        return int(self.do(commands.listing(symbol, **fields)).answer.instrument)

    def trader(self, cash: int = 0, stock: int = 0, instrument: int = 0) -> int:
        """A new account with so many dollars and shares, from the house."""
        opened = self.do(commands.open_account(codes.KIND_DEMO, cash * USD, HOUSE))
        account = int(opened.answer.account)
        if stock:
            self.do(commands.transfer(HOUSE, account, 0, instrument, stock * SHARE))
        return account

    def enter(self, side: int, account: int, quantity: int, at: int, **more: Any) -> Said:
        """A LIMIT DAY order unless `more` says otherwise; `at` and `stop` are in cents."""
        instrument = more.pop("instrument", 0)
        if "stop" in more:
            more["stop_price"] = more.pop("stop") * CENT
            more.setdefault("order_type", codes.STOP_LIMIT if at else codes.STOP)
        return self.do(commands.order(account, instrument, side, at * CENT, quantity * SHARE, **more))

    def buy(self, account: int, quantity: int, at: int = 0, **more: Any) -> Said:
        return self.enter(codes.BUY, account, quantity, at, **more)

    def sell(self, account: int, quantity: int, at: int = 0, **more: Any) -> Said:
        return self.enter(codes.SELL, account, quantity, at, **more)

    def trail(
        self, side: int, account: int, quantity: int, by: int, percent: bool = False, **more: Any
    ) -> Said:
        """A TRAILING_STOP; `by` is in cents or, `percent`, in basis points."""
        asked = by if percent else by * CENT
        more |= {"order_type": codes.TRAILING_STOP, "flags": codes.TRAIL_PERCENT * percent}
        return self.enter(side, account, quantity, 0, stop_price=asked, **more)

    def print(self, at: int, quantity: int = 1) -> Said:
        """A trade at `at`: the house sells, somebody else buys."""
        self.sell(HOUSE, quantity, at=at)
        return self.buy(self.other, quantity, at=at, tif=codes.IOC)

    @property
    def other(self) -> int:
        """Somebody who has plenty too, but is not the house."""
        if self.second is None:
            self.second = self.trader(10**7, 10**5)
        return self.second

    def cancel(self, account: int, order: int) -> Said:
        return self.do(commands.cancel(account, order))

    def modify(
        self,
        account: int,
        order: int,
        quantity: int | None = None,
        at: int | None = None,
        if_filled: int = -1,
        display: int | None = None,
        stop: int | None = None,
    ) -> Said:
        """`quantity` is the new total, filled part included; `if_filled` and `display` are in shares.

        `stop` is in cents.
        """
        new_price = None if at is None else at * CENT
        new_stop = None if stop is None else stop * CENT
        total = None if quantity is None else quantity * SHARE
        guard = if_filled if if_filled < 0 else if_filled * SHARE
        shown = display if display is None or display < 0 else display * SHARE
        return self.do(commands.modify(account, order, new_price, total, guard, shown, new_stop))

    def phase(self, name: str, after: int = 1000, **more: Any) -> Said:
        """The clock begins a phase of instrument 0 (`more`: market, instrument, ends_ts, lock_ns)."""
        number = next(number for number, word in codes.PHASE_NAMES.items() if word == name)
        return self.do(commands.phase(number, **({"instrument": 0} | more)), after)

    def tick(self, after: int = 10**9) -> Said:
        return self.do(commands.plain(codes.C_TICK), after)

    def status(self, order: int) -> str:
        """An order's status now."""
        found = view.order(self.exchange, order)
        assert found
        return codes.STATUS_NAMES[found["status"]]

    def cash(self, account: int) -> str:
        """Cash and reserved cash of an account."""
        row = self.exchange.memory["accounts"][account]
        return f"{price(row.cash)}, {price(row.reserved)} reserved"

    def stock(self, account: int, instrument: int = 0) -> str:
        """Shares and reserved shares of an account."""
        holding = self.oracle.state.accounts[account].holdings[instrument]
        reserved = self.oracle.state.reserved_shares(account, instrument)
        return f"{shares(holding.quantity)}, {shares(reserved)} reserved"

    def shares_of(self, account: int) -> int:
        """How many units of shares an account has."""
        holding = self.oracle.state.accounts[account].holdings.get(0)
        return holding.quantity if holding else 0

    # -- what was told -------------------------------------------------------------------------------

    def name(self, order: int) -> str:
        return self.names.get(order, f"order {order}")

    def tell(self, values: EventTuple) -> str:
        """An event in a few words."""
        event = records.Event.from_buffer_copy(records.Event.STRUCT.pack(*values))
        order, at, size = self.name(event.order), price(event.price), shares(event.quantity)
        side, left = codes.SIDE_NAMES[event.side], shares(event.leaves)
        if event.type == codes.EV_ACCEPTED and event.order_type >= codes.STOP:
            return f"{order} waits: {side} {size} stop {price(event.limit)} @ {at}"
        if event.type == codes.EV_ELECTED and not event.observed:
            return f"{order} begins: {side} {size} @ {price(event.limit)}"
        if event.type == codes.EV_ELECTED:
            return f"{order} elected by {at}: {side} {size} @ {price(event.limit)}"
        if event.type == codes.EV_MODIFIED and event.limit:
            place = "place kept" if event.reason else "goes behind"
            return f"{order} modified: {left} stop {price(event.limit)} @ {at}, {place}"
        if event.type == codes.EV_ACCEPTED:
            waits = ", pending" if event.status == codes.ST_PENDING else ""
            return f"{order} accepted: {side} {size} @ {at}{waits}"
        if event.type == codes.EV_REJECTED:
            return f"{order} rejected: {codes.REFUSAL_NAMES[event.code]}"
        if event.type == codes.EV_TRADE:
            return f"trade: {order} takes {size} of {self.name(event.other_order)} @ {at}"
        if event.type == codes.EV_FILL:
            return f"{order} filled {size} @ {at}, {left} left"
        if event.type == codes.EV_CANCELLED:
            return f"{order} cancelled: {codes.REASON_NAMES[event.reason]}, {left} left"
        if event.type == codes.EV_EXPIRED:
            return f"{order} expired, {left} left"
        if event.type == codes.EV_MODIFIED:
            return f"{order} modified: {left} @ {at}, {'place kept' if event.reason else 'goes behind'}"
        if event.type == codes.EV_LEVEL:
            return f"level: {side} {at} has {size} in {event.leaves}"
        return self.tell_other(event)

    def tell_other(self, event: Any) -> str:
        """An event that is not about an order."""
        kind, account = codes.EVENT_NAMES[event.type], event.account
        if event.type == codes.EV_REFUSED:
            return f"refused: {codes.REFUSAL_NAMES[event.code]}"
        if event.type == codes.EV_CASH:
            return f"account {account}: {price(event.quantity)} cash, now {price(event.notional)}"
        if event.type == codes.EV_SHARES:
            return f"account {account}: {shares(event.quantity)} shares, cost {price(event.notional)}"
        if event.type == codes.EV_ACCOUNT:
            status = {codes.AC_OPEN: "open", codes.AC_LOCKED: "locked", codes.AC_CLOSED: "closed"}
            return f"account {account}: {status[event.status]}"
        if event.type == codes.EV_INSTRUMENT:
            status = {
                codes.LISTED: "listed",
                codes.SUSPENDED: "suspended",
                codes.RESUMED: "resumed",
                codes.CHANGED: "changed",
            }
            return f"instrument {event.instrument}: {status[event.status]}"
        if event.type == codes.EV_PHASE:
            before, now = codes.PHASE_NAMES[event.reason], codes.PHASE_NAMES[event.status]
            return f"phase: {now} after {before}" if now != before else f"phase: {now} goes on"
        if event.type == codes.EV_AUCTION:
            side = codes.SIDE_NAMES[event.side]
            more = f", {shares(event.leaves)} more to {side}" if event.leaves else ""
            return f"auction: {shares(event.quantity)} @ {price(event.price)}{more}"
        if event.type == codes.EV_CLOSE:
            return f"close {event.quantity}: {price(event.price)}, {shares(event.notional)} traded"
        if event.type == codes.EV_LIMITS:
            return f"limits of {self.scope(event)}"
        if event.type == codes.EV_FEES:
            return f"fees of tier {event.status}"
        if event.type == codes.EV_BAND:
            return self.tell_band(event)
        if event.type == codes.EV_BUST:
            return f"trade of {shares(event.quantity)} @ {price(event.price)} busted"
        if event.type == codes.EV_SESSION:
            return f"session {event.observed} of account {account} {self.session(event)}"
        if event.type == codes.EV_KILLED:
            state = f"killed, {event.quantity} cancelled" if event.status else "lifted"
            return f"{self.scope(event)} {state}"
        return f"{kind} {event.quantity}"

    def session(self, event: Any) -> str:
        """What became of a session."""
        if event.order_type == codes.SESSION_OPEN:
            return f"opened for {event.notional / commands.SECOND:g}s"
        if event.order_type == codes.SESSION_KEEP:
            return f"kept for {event.notional / commands.SECOND:g}s"
        if event.order_type == codes.SESSION_END:
            return "ended"
        lost = "lost" if event.order_type == codes.SESSION_LOST else "lapsed"
        return f"{lost}, {event.quantity} cancelled"

    def tell_band(self, event: Any) -> str:
        """Where an instrument may trade from now on."""
        if event.price == 0:
            return "band: none"
        edges = f"{price(event.observed)} to {price(event.limit)} around {price(event.price)}"
        state = {0: "", codes.AT_UPPER: ", limit state above", codes.AT_LOWER: ", limit state below"}
        return f"band: {edges}{', doubled' * event.reason}{state[event.status]}"

    def scope(self, event: Any) -> str:
        """What a command of the exchange's own people was about."""
        return {
            codes.SCOPE_ACCOUNT: f"account {event.account}",
            codes.SCOPE_FIRM: f"firm {event.other_account}",
            codes.SCOPE_INSTRUMENT: f"instrument {event.instrument}",
            codes.SCOPE_VENUE: "the venue",
        }[event.order_type]
