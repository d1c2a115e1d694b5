"""The places of an event's fields in its unpacked tuple, and the records this folder reads."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from openbell.core import codes, records
from openbell.core.layout import TYPES

# An event as a tuple of ints, in the order of `records.Event.FIELDS`.
EventTuple = tuple[int, ...]

(
    TYPE,
    SIDE,
    ORDER_TYPE,
    TIF,
    STATUS,
    REASON,
    CODE,
    SEQ,
    INDEX,
    INSTRUMENT,
    ORDER,
    ACCOUNT,
    PRICE,
    QUANTITY,
    FILLED,
    LEAVES,
    NOTIONAL,
    OTHER_ORDER,
    OTHER_ACCOUNT,
    OTHER_LEAVES,
    TRADE,
    LIMIT,
    OBSERVED,
) = range(len(records.Event.FIELDS))

EVENT_SIZE = records.Event.SIZE
EVENT = records.Event.STRUCT


def _fields(layout: type[Any], *names: str) -> struct.Struct:
    """A structure that unpacks just these fields of a record, in the record's own order."""
    known = {name for name, _ in layout.FIELDS}
    assert known.issuperset(names), f"{layout.__name__} lacks one of {names}"
    sized = ((name, TYPES[kind]) for name, kind in layout.FIELDS)
    return struct.Struct("<" + "".join(of[1] if name in names else f"{of[3]}x" for name, of in sized))


# What of an event says whose balances it touches: type, instrument, account, fee.
TOUCHED = _fields(records.Event, "type", "instrument", "account", "limit")
_ASKED = ("notional", "expire_ts", "display", "min_quantity", "stp", "flags")
_ASKED_FIELDS = _fields(records.NewOrder, *_ASKED)
_ASKED_PLACES = [
    [name for name, _ in records.NewOrder.FIELDS if name in _ASKED].index(name) for name in _ASKED
]
_ACTOR = _fields(records.Header, "actor")

# The roles of a group's legs in their order, by its kind.
ROLES = {
    codes.OCO: (codes.ROLE_LEG, codes.ROLE_LEG),
    codes.OTO: (codes.ROLE_PARENT, codes.ROLE_CHILD),
    codes.BRACKET: (codes.ROLE_PARENT, codes.ROLE_TAKE_PROFIT, codes.ROLE_STOP_LOSS),
}


def unpack(events: bytes | bytearray | memoryview) -> Iterable[EventTuple]:
    """The events packed in `events`, one tuple each."""
    return records.Event.STRUCT.iter_unpack(events)


def body_at(event: EventTuple, command: bytes) -> tuple[bytes, int]:
    """Where the NEW_ORDER body that entered the order of `event` is: the command's own, or a leg's of its
    NEW_GROUP. Of a group that says more legs than it has there are zeros."""
    at: int = records.Header.SIZE
    if command_type(command) == codes.C_NEW_GROUP:
        leg = event[ORDER] & (1 << records.ID_INDEX_BITS) - 1
        at += records.NewGroup.SIZE + leg * records.NewOrder.SIZE
        if at + records.NewOrder.SIZE > len(command):
            return bytes(records.NewOrder.SIZE), 0
    return command, at


def client_id(event: EventTuple, command: bytes) -> str:
    """The client's own id that the command which entered an order carries ("" without one), safe to store
    as text. A group's is that of its first leg."""
    begin: int = records.Header.SIZE + records.NewOrder.SIZE
    if command_type(command) == codes.C_NEW_GROUP:
        if event[ORDER] & (1 << records.ID_INDEX_BITS) - 1:
            return ""
        legs = command[records.Header.SIZE + 1]
        begin = records.Header.SIZE + records.NewGroup.SIZE + legs * records.NewOrder.SIZE
    length = command[0] | command[1] << 8
    blob = command[begin : length - (command[4] & 7)]
    return as_text(blob)


def as_text(raw: bytes) -> str:
    """What a client wrote, safe to store as text."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def stop_terms(event: EventTuple, command: bytes) -> tuple[int, int, bool]:
    """Stop price, trail, and whether that is in basis points, of a stop that `command` entered; zeros of any
    other order. One that stands nowhere, rejected or a child that waits, has what was asked for."""
    kind = event[ORDER_TYPE]
    if kind not in (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP):
        return 0, 0, False
    if event[STATUS] == codes.ST_PENDING and event[LIMIT]:  # a child that does not work yet has none
        return event[LIMIT], event[OBSERVED], bool(event[CODE])
    body = records.NewOrder.from_buffer_copy(*body_at(event, command))
    if kind != codes.TRAILING_STOP:
        return body.stop_price, 0, False
    return 0, body.stop_price, bool(body.flags & codes.TRAIL_PERCENT)


def group_of(event: EventTuple, command: bytes) -> tuple[int, int]:
    """The first order of the group that `command` entered the order of `event` in, and the order's role
    (`codes.ROLE_*`); zeros of an order of its own."""
    if command_type(command) != codes.C_NEW_GROUP:
        return 0, 0
    leg = event[ORDER] & (1 << records.ID_INDEX_BITS) - 1
    roles = ROLES.get(command[records.Header.SIZE], ())
    return event[ORDER] - leg, roles[leg] if leg < len(roles) else codes.ROLE_NONE


def asked(event: EventTuple, command: bytes) -> tuple[int, int, int, int, int, int, bool, int, int]:
    """What an order asks beyond the plain: money to spend, end, display, minimum, session, mode of self-trade
    prevention, whether it only posts; the first order of its group and its role there, zeros without one."""
    found = _ASKED_FIELDS.unpack_from(*body_at(event, command))
    notional, expire_ts, display, least, stp, flags = [found[place] for place in _ASKED_PLACES]
    (session,) = _ACTOR.unpack_from(command, 0)
    group, role = group_of(event, command)
    posts = bool(flags & codes.POST_ONLY)
    return notional, expire_ts, display, least, session, stp, posts, group, role


def display_set(event: EventTuple, command: bytes) -> int | None:
    """What a MODIFY `command` that changed the order of `event` makes of its display, if it says so."""
    if command_type(command) != codes.C_MODIFY:
        return None
    body = records.Modify.from_buffer_copy(command, records.Header.SIZE)
    return int(body.display) if body.order == event[ORDER] and body.flags & codes.SET_DISPLAY else None


def command_type(command: bytes) -> int:
    """The command's type, one of `codes.C_*`."""
    return command[2]


def realm_of(command: bytes) -> int:
    """The realm that an OPEN_ACCOUNT or LIST command names."""
    body = records.OpenAccount if command_type(command) == codes.C_OPEN_ACCOUNT else records.List
    return int(body.from_buffer_copy(command, records.Header.SIZE).realm)


def symbol_of(command: bytes) -> str:
    """The symbol that a LIST command names, safe to store as text."""
    body = records.List.from_buffer_copy(command, records.Header.SIZE)
    raw = bytes(body)[:16].rstrip(b"\0")
    return raw.decode("ascii", "backslashreplace").replace("\0", "\\x00")
