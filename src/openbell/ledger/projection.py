"""From units of the event stream to rows: what each event means for orders, balances and the books.

Nothing here reads or writes a database: the store loads the balances that a batch touches, this applies
the events to them in order, and the store writes what came out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from openbell.core import codes
from openbell.ledger import events as ev
from openbell.ledger.balances import FEES, Accounts, Balances, CannotApply, Holdings
from openbell.ledger.events import EventTuple

# Places in an order's row.
O_PRICE, O_QUANTITY, O_FILLED, O_LEAVES, O_NOTIONAL, O_SEQ, O_UPDATED = 3, 4, 5, 6, 7, 10, 12
O_STATUS, O_REASON = 16, 17
O_CLIENT_ID, O_STOP, O_TRAIL = 19, 20, 21
O_ASKED, O_DISPLAY = 23, 25  # what the order asked beyond the plain begins here

# Columns of an order that a later event changes, in a change's row after the order's id.
CHANGED = (
    "price", "quantity", "filled", "leaves", "notional", "seq", "updated_ts", "status", "reason",
    "stop_price", "trail", "display",
)  # fmt: skip
KEPT = ("price", "stop_price", "trail", "display")  # those of them that not every event names
C_PRICE, C_STOP, C_TRAIL, C_DISPLAY = 1, 10, 11, 12
KEEP = -2  # a change's price, stop price, trail or display when the event does not name it: as it was

# Events that move nothing: market data, refused commands, what the exchange's own people set.
UNMOVING = frozenset(
    (
        codes.EV_LEVEL,
        codes.EV_REFUSED,
        codes.EV_LIMITS,
        codes.EV_KILLED,
        codes.EV_FEES,
        codes.EV_SESSION,
        codes.EV_PHASE,
        codes.EV_AUCTION,
        codes.EV_BAND,
    )
)
# Events that change balances.
MOVING = frozenset((codes.EV_FILL, codes.EV_CASH, codes.EV_SHARES, codes.EV_ACCOUNT))


class UnitLike(Protocol):
    """What the projection needs of a unit: one command and its events."""

    @property
    def seq(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def command(self) -> bytes: ...
    @property
    def events(self) -> bytes: ...


def touched(units: Iterable[UnitLike]) -> tuple[set[int], set[tuple[int, int]]]:
    """The accounts, and the (account, instrument) holdings, whose balances these units change."""
    accounts: set[int] = set()
    holdings: set[tuple[int, int]] = set()
    for unit in units:
        if MOVING.isdisjoint(unit.events[:: ev.EVENT_SIZE]):  # every event's first byte is its type
            continue
        for kind, instrument, account, fee in ev.TOUCHED.iter_unpack(unit.events):
            if kind == codes.EV_FILL:
                accounts.add(account)
                holdings.add((account, instrument))
                if fee:
                    accounts.add(FEES)
            elif kind in (codes.EV_CASH, codes.EV_ACCOUNT):
                accounts.add(account)
            elif kind == codes.EV_SHARES:
                holdings.add((account, instrument))
    return accounts, holdings


def order_row(event: EventTuple, command: bytes, seq: int, ts: int) -> list[int | str]:
    """The row of `tables.orders` that `event` of `command` (position `seq`, time `ts`) enters."""
    account = event[ev.ACCOUNT]
    if account >> 63:  # no such account can exist; its 64 bits are kept for the audit, as a negative
        account -= 1 << 64
    waits = event[ev.STATUS] == codes.ST_PENDING  # a stop: its numbers are no refusal's
    stop, trail, percent = ev.stop_terms(event, command)
    return [
        event[ev.ORDER],
        account,
        event[ev.INSTRUMENT],
        event[ev.PRICE],
        event[ev.QUANTITY],
        0,
        event[ev.LEAVES] if event[ev.TYPE] == codes.EV_ACCEPTED else 0,
        0,
        0 if waits else event[ev.LIMIT],
        0 if waits else event[ev.OBSERVED],
        seq,
        ts,
        ts,
        event[ev.SIDE],
        event[ev.ORDER_TYPE],
        event[ev.TIF],
        event[ev.STATUS],
        0 if event[ev.TYPE] == codes.EV_ACCEPTED else event[ev.REASON],  # of a leg, its role
        0 if waits else event[ev.CODE],
        ev.client_id(event, command),
        stop,
        trail,
        percent,
        *ev.asked(event, command),
    ]


class Projection:
    """The rows that a batch of units makes, starting from the balances it touches.

    Args:
        accounts, holdings, day: the touched balances that exist and the day, as `Balances` takes them.
    """

    def __init__(self, accounts: Accounts, holdings: Holdings, day: int = 0) -> None:
        self.balances = Balances(accounts, holdings, day)
        self.orders: dict[int, list[int | str]] = {}
        self.changes: dict[int, list[int]] = {}
        self.trades: list[tuple[int, ...]] = []
        self.fills: list[tuple[int, ...]] = []
        self.instruments: dict[int, list[int | str]] = {}
        self.suspensions: dict[int, tuple[int, int]] = {}
        self.days: list[tuple[int, ...]] = []
        self.closes: list[tuple[int, ...]] = []
        self.seq = 0
        self.ts = 0
        self.command = b""
        self.handlers = {
            codes.EV_ACCEPTED: self.order_entered,
            codes.EV_REJECTED: self.order_entered,
            codes.EV_TRADE: self.trade,
            codes.EV_FILL: self.fill,
            codes.EV_CANCELLED: self.order_ended,
            codes.EV_EXPIRED: self.order_ended,
            codes.EV_MODIFIED: self.order_modified,
            codes.EV_ELECTED: self.order_elected,
            codes.EV_ACCOUNT: self.account,
            codes.EV_CASH: self.balances.cash,
            codes.EV_SHARES: self.balances.shares,
            codes.EV_BUST: self.bust,
            codes.EV_INSTRUMENT: self.instrument,
            codes.EV_CLOSE: self.close,
            codes.EV_DAY: self.day,
        }

    def apply(self, unit: UnitLike) -> None:
        """Apply one command's events.

        Raises:
            CannotApply: an event contradicts the balances or orders, or is of an unknown type.
        """
        self.begin(unit)
        handlers, events = self.handlers, unit.events
        if len(events) % ev.EVENT_SIZE:
            raise CannotApply(f"the events of command {unit.seq} are cut off in the middle of one")
        for place, kind in enumerate(events[:: ev.EVENT_SIZE]):  # every event's first byte is its type
            if kind in UNMOVING:
                continue
            handler = handlers.get(kind)
            if handler is None:
                raise CannotApply(f"event {place} of command {unit.seq} has the unknown type {kind}")
            handler(ev.EVENT.unpack_from(events, place * ev.EVENT_SIZE))
        self.balances.end()

    def begin(self, unit: UnitLike) -> None:
        """Further events are this command's."""
        self.seq, self.ts, self.command = unit.seq, unit.ts, unit.command
        self.balances.begin(unit.seq, unit.ts)

    def handle(self, event: EventTuple) -> None:
        """Apply one event of the command that was begun, of a type that moves something."""
        self.handlers[event[ev.TYPE]](event)

    # --- orders -------------------------------------------------------------------------------

    def order_entered(self, event: EventTuple) -> None:
        self.orders[event[ev.ORDER]] = order_row(event, self.command, self.seq, self.ts)

    def order_changed(
        self,
        event: EventTuple,
        quantity: int,
        leaves: int,
        price: int,
        reason: int,
        stop: int = KEEP,
        trail: int = KEEP,
        display: int = KEEP,
    ) -> None:
        row = self.orders.get(event[ev.ORDER])
        if row is None:
            change = self.changes.get(event[ev.ORDER])
            if change is not None:
                price = change[C_PRICE] if price == KEEP else price
                stop = change[C_STOP] if stop == KEEP else stop
                trail = change[C_TRAIL] if trail == KEEP else trail
                display = change[C_DISPLAY] if display == KEEP else display
            self.changes[event[ev.ORDER]] = [
                event[ev.ORDER],
                price,
                quantity,
                event[ev.FILLED],
                leaves,
                event[ev.NOTIONAL],
                self.seq,
                self.ts,
                event[ev.STATUS],
                reason,
                stop,
                trail,
                display,
            ]
            return
        if price != KEEP:
            row[O_PRICE] = price
        if stop != KEEP:
            row[O_STOP] = stop
        if trail != KEEP:
            row[O_TRAIL] = trail
        if display != KEEP:
            row[O_DISPLAY] = display
        row[O_QUANTITY] = quantity
        row[O_FILLED] = event[ev.FILLED]
        row[O_LEAVES] = leaves
        row[O_NOTIONAL] = event[ev.NOTIONAL]
        row[O_SEQ] = self.seq
        row[O_UPDATED] = self.ts
        row[O_STATUS] = event[ev.STATUS]
        row[O_REASON] = reason

    def order_ended(self, event: EventTuple) -> None:
        self.order_changed(event, event[ev.QUANTITY], 0, event[ev.PRICE], event[ev.REASON])

    def order_modified(self, event: EventTuple) -> None:
        # A leg that its sibling's fill made smaller says nothing of its stop.
        waits = event[ev.STATUS] == codes.ST_PENDING and event[ev.LIMIT] != 0
        stop, trail = (event[ev.LIMIT], event[ev.OBSERVED]) if waits else (KEEP, KEEP)
        shown = ev.display_set(event, self.command)
        display = KEEP if shown is None else shown
        leaves, price = event[ev.LEAVES], event[ev.PRICE]
        self.order_changed(event, event[ev.QUANTITY], leaves, price, codes.WHY_NONE, stop, trail, display)

    def order_elected(self, event: EventTuple) -> None:
        limit, stop = event[ev.LIMIT], event[ev.OBSERVED]
        self.order_changed(event, event[ev.QUANTITY], event[ev.LEAVES], limit, codes.WHY_NONE, stop)

    # --- trades -------------------------------------------------------------------------------

    def trade(self, event: EventTuple) -> None:
        self.trades.append(
            (
                event[ev.TRADE],
                self.seq,
                self.ts,
                event[ev.INSTRUMENT],
                event[ev.PRICE],
                event[ev.QUANTITY],
                event[ev.NOTIONAL],
                event[ev.ORDER],
                event[ev.ACCOUNT],
                event[ev.OTHER_ORDER],
                event[ev.OTHER_ACCOUNT],
                event[ev.SIDE],
                event[ev.STATUS],  # 1: eligible, it moves `last`
            )
        )

    def fill(self, event: EventTuple) -> None:
        total = event[ev.FILLED] + event[ev.LEAVES]
        self.order_changed(event, total, event[ev.LEAVES], KEEP, codes.WHY_NONE)
        realised = self.balances.fill(event)
        self.fills.append(
            (
                event[ev.ACCOUNT],
                self.ts,
                event[ev.TRADE],
                event[ev.ORDER],
                self.seq,
                event[ev.INSTRUMENT],
                event[ev.PRICE],
                event[ev.QUANTITY],
                event[ev.OBSERVED],
                event[ev.LIMIT],
                realised,
                event[ev.OTHER_ORDER],
                event[ev.OTHER_ACCOUNT],
                event[ev.SIDE],
                event[ev.REASON],
            )
        )

    def bust(self, event: EventTuple) -> None:
        """A trade is taken back: the movements that follow it are its."""
        self.balances.busted = event[ev.TRADE]

    # --- accounts, instruments, days ----------------------------------------------------------

    def account(self, event: EventTuple) -> None:
        if ev.command_type(self.command) == codes.C_OPEN_ACCOUNT:
            self.balances.open(event, ev.realm_of(self.command))
        else:
            self.balances.set_status(event)

    def instrument(self, event: EventTuple) -> None:
        number, status = event[ev.INSTRUMENT], event[ev.STATUS]
        if status == codes.LISTED:
            realm, symbol = ev.realm_of(self.command), ev.symbol_of(self.command)
            price = event[ev.PRICE]
            self.instruments[number] = [number, price, realm, self.seq, self.ts, status, symbol]
        elif status == codes.CHANGED:
            return  # ticks, collars and limits are the exchange's own to know
        elif number in self.instruments:
            self.instruments[number][5] = status
        else:
            self.suspensions[number] = (number, status)

    def close(self, event: EventTuple) -> None:
        self.balances.begin_day()
        self.closes.append((event[ev.QUANTITY], event[ev.INSTRUMENT], event[ev.PRICE], event[ev.NOTIONAL]))

    def day(self, event: EventTuple) -> None:
        self.balances.begin_day()
        self.days.append((event[ev.QUANTITY], self.seq, self.ts))
