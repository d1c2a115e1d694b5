"""Private order updates: contiguous per account, kept for a while so that a client can resume."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from openbell.core import codes
from openbell.core.records import ID_INDEX_BITS, Event, Header, NewGroup, NewOrder
from openbell.ledger.events import ROLES

EVENT_NAMES = {
    codes.EV_ACCEPTED: "ACCEPTED",
    codes.EV_REJECTED: "REJECTED",
    codes.EV_FILL: "FILL",
    codes.EV_CANCELLED: "CANCELLED",
    codes.EV_EXPIRED: "EXPIRED",
    codes.EV_MODIFIED: "MODIFIED",
    codes.EV_ELECTED: "ELECTED",
}
# What else happens to an account: cash and shares that come and go, other than by a fill, and its status.
MOVING = (codes.EV_CASH, codes.EV_SHARES, codes.EV_ACCOUNT)
ENDING = (codes.EV_REJECTED, codes.EV_CANCELLED, codes.EV_EXPIRED)

SIZE = Event.SIZE
ACCOUNT = struct.Struct("<Q")
ACCOUNT_AT: int = Event.account.offset
# Of a command: length, type, layout, flags (whose low bits are the blob's padding).
HEAD = struct.Struct("<HBBH")
CLIENT_ID_AT = Header.SIZE + NewOrder.SIZE
GROUP_ID_AT = Header.SIZE + NewGroup.SIZE  # behind the legs that begin here
LEG_MASK = (1 << ID_INDEX_BITS) - 1

ENTRIES_AN_ACCOUNT_MAX = 256
ENTRIES_MAX = 100_000
MOVED_MAX = 100_000


class UnitLike(Protocol):
    """One command of the log and the records of all its events."""

    @property
    def seq(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def command(self) -> bytes: ...
    @property
    def events(self) -> bytes: ...


class Entry(NamedTuple):
    """What one command did to one account's orders. `prev` is the position of the account's entry before.
    `client_id` is that of the order that the command brings, if it does, or of a group's first one; `kind` is
    which group it brings, 0: none; `events` are records."""

    account: int
    seq: int
    prev: int
    ts: int
    client_id: str | None
    kind: int
    events: bytes


class PrivateTail:
    """The latest entries of every account, up to a fixed number for each and for all.

    Args:
        start: the log position from which on every unit is recorded.

    Attributes:
        seen: the position of the last unit that was recorded.
    """

    def __init__(self, start: int) -> None:
        self.seen = start
        self._count = 0
        # Accounts in the order of their latest entry: the least active one goes first.
        self._tails: dict[int, deque[Entry]] = {}
        # account -> the position up to which nothing of it is kept any more.
        self._floors: dict[int, int] = {}
        self._floor_of_all = start
        # account -> where something last moved, the least recent first; of all others: not after the floor.
        self._moved: dict[int, int] = {}
        self._moved_floor = start
        self._rolled = start  # where a day last began

    def record(self, unit: UnitLike) -> list[Entry]:
        """Keep what `unit` did to orders; the entries, one for each account."""
        self.seen = unit.seq
        events = unit.events
        parts: dict[int, list[bytes]] = {}
        for offset in range(0, len(events), SIZE):
            if events[offset] in EVENT_NAMES:
                account: int = ACCOUNT.unpack_from(events, offset + ACCOUNT_AT)[0]
                parts.setdefault(account, []).append(bytes(events[offset : offset + SIZE]))
            elif events[offset] in MOVING:
                self._move(ACCOUNT.unpack_from(events, offset + ACCOUNT_AT)[0], unit.seq)
            elif events[offset] == codes.EV_DAY:
                self._rolled = unit.seq
        if not parts:
            return []
        owner, client_id = client_id_of(unit.command)
        kind = group_kind_of(unit.command)
        entries = []
        for account, records in parts.items():
            tail = self._tails.pop(account, None)
            if tail is None:
                tail = deque()
            previous = tail[-1].seq if tail else self.floor(account)
            own, brings = (client_id, kind) if account == owner else (None, 0)
            entry = Entry(account, unit.seq, previous, unit.ts, own, brings, b"".join(records))
            tail.append(entry)
            self._tails[account] = tail
            self._count += 1
            if len(tail) > ENTRIES_AN_ACCOUNT_MAX:
                self._floors[account] = tail.popleft().seq
                self._count -= 1
            entries.append(entry)
        while self._count > ENTRIES_MAX:
            self._drop_least_active()
        return entries

    def floor(self, account: int) -> int:
        """The position after which every entry of `account` is kept."""
        return max(self._floor_of_all, self._floors.get(account, 0))

    def newest(self, account: int) -> int:
        """A position after which, up to `seen`, nothing happened to the account: to its orders, cash, shares,
        or by a day roll. Mostly it is that of the last command that did."""
        tail = self._tails.get(account)
        ordered = tail[-1].seq if tail else self.floor(account)
        return max(ordered, self._moved.get(account, self._moved_floor), self._rolled)

    def since(self, account: int, seq: int) -> list[Entry] | None:
        """The account's entries after position `seq`, None if some of them are no longer kept."""
        if seq < self.floor(account):
            return None
        return [entry for entry in self._tails.get(account, ()) if entry.seq > seq]

    def _move(self, account: int, seq: int) -> None:
        self._moved.pop(account, None)
        self._moved[account] = seq
        if len(self._moved) > MOVED_MAX:
            self._moved_floor = self._moved.pop(next(iter(self._moved)))

    def _drop_least_active(self) -> None:
        account = next(iter(self._tails))
        tail = self._tails.pop(account)
        self._count -= len(tail)
        # One floor for all whose tails are gone: a floor each would grow without bound.
        self._floor_of_all = max(self._floor_of_all, tail[-1].seq)
        self._floors = {one: floor for one, floor in self._floors.items() if one in self._tails}


class Known(NamedTuple):
    """What an order's events do not repeat."""

    client_id: str | None
    order_type: int
    tif: int
    price: int
    quantity: int
    stop_price: int = 0  # of one that waits
    group: int = 0  # the first order of its group
    role: int = 0


class KnownOrders:
    """The working orders of one account that is listened to."""

    def __init__(self) -> None:
        self._orders: dict[int, Known] = {}

    def learn(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in rows of the node's `orders` query."""
        for row in rows:
            self._orders[row["order"]] = Known(
                row["client_id"] or None,
                row["order_type"],
                row["tif"],
                row["price"],
                row["quantity"],
                row["stop_price"],
                row["group"],
                row["role"],
            )

    def observe(self, event: Any, client_id: str | None, group_kind: int = 0) -> Known | None:
        """What is known of the order of `event` (an Event), which is taken in.

        Args:
            client_id: of the order that the event's command brought, or of a group's first one.
            group_kind: which group that command brought, 0: none.
        """
        kind, order = event.type, event.order
        if kind in (codes.EV_ACCEPTED, codes.EV_REJECTED):
            stop = event.limit if event.status == codes.ST_PENDING else 0
            known = Known(client_id, event.order_type, event.tif, event.price, event.quantity, stop)
            if group_kind:
                known = _as_leg(known, order, group_kind)
            if kind == codes.EV_ACCEPTED:
                self._orders[order] = known
            return known
        before = self._orders.get(order)
        if before is not None and kind == codes.EV_MODIFIED:
            # Smaller by its sibling's fill, a leg says nothing of its stop; a trailing one may have moved.
            stands = before.order_type != codes.TRAILING_STOP
            stop = event.limit or (before.stop_price if stands else 0)
            before = before._replace(price=event.price, quantity=event.quantity, stop_price=stop)
            self._orders[order] = before
        if before is not None and kind == codes.EV_ELECTED:
            before = self._orders[order] = before._replace(price=event.limit)
        if kind in ENDING or (kind == codes.EV_FILL and event.status == codes.ST_FILLED):
            self._orders.pop(order, None)
        return before


def _as_leg(known: Known, order: int, kind: int) -> Known:
    """A new order as what it is in its group."""
    leg = order & LEG_MASK
    client_id = None if leg else known.client_id
    return known._replace(client_id=client_id, group=order - leg, role=ROLES[kind][leg])


def events_of(entry: Entry) -> list[Any]:
    """The events of an entry as structures."""
    return [Event.from_buffer_copy(entry.events, offset) for offset in range(0, len(entry.events), SIZE)]


def client_id_of(command: bytes) -> tuple[int, str | None]:
    """(account, client's id) of a NEW_ORDER or NEW_GROUP record, (0, None) of any other."""
    length, kind, _, flags = HEAD.unpack_from(command, 0)
    begin = CLIENT_ID_AT
    if kind == codes.C_NEW_GROUP:
        begin = GROUP_ID_AT + NewGroup.from_buffer_copy(command, Header.SIZE).legs * NewOrder.SIZE
    elif kind != codes.C_NEW_ORDER:
        return 0, None
    account: int = ACCOUNT.unpack_from(command, Header.account.offset)[0]
    text = bytes(command[begin : length - (flags & 7)])
    return account, text.decode("utf-8", "replace") or None


def group_kind_of(command: bytes) -> int:
    """Which group (codes.OCO, OTO, BRACKET) a NEW_GROUP record brings, 0 of any other."""
    if HEAD.unpack_from(command, 0)[1] != codes.C_NEW_GROUP:
        return 0
    return int(NewGroup.from_buffer_copy(command, Header.SIZE).kind)
