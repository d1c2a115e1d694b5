"""The places of an event's fields in its unpacked tuple, and the records this folder reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openbell.core import codes, records

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
_NEW_ORDER_BLOB = records.Header.SIZE + records.NewOrder.SIZE


def _place(layout: type[Any], name: str) -> int:
    return [field for field, _ in layout.FIELDS].index(name)


_NOTIONAL, _EXPIRE_TS, _DISPLAY, _MIN_QUANTITY, _STP, _FLAGS = (
    _place(records.NewOrder, name)
    for name in ("notional", "expire_ts", "display", "min_quantity", "stp", "flags")
)
_ACTOR = _place(records.Header, "actor")


def unpack(events: bytes | bytearray | memoryview) -> Iterable[EventTuple]:
    """The events packed in `events`, one tuple each."""
    return records.Event.STRUCT.iter_unpack(events)


def client_id(command: bytes) -> str:
    """The client's own id that a NEW_ORDER command carries ("" without one), safe to store as text."""
    length = command[0] | command[1] << 8
    blob = command[_NEW_ORDER_BLOB : length - (command[4] & 7)]
    return blob.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def stop_terms(event: EventTuple, command: bytes) -> tuple[int, int, bool]:
    """Stop price, trail, and whether that is in basis points, of a stop that its NEW_ORDER `command` entered;
    zeros of any other order. One that was rejected never stood anywhere: it has what was asked for."""
    kind = event[ORDER_TYPE]
    if kind not in (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP):
        return 0, 0, False
    if event[STATUS] == codes.ST_PENDING:
        return event[LIMIT], event[OBSERVED], bool(event[CODE])
    body = records.NewOrder.from_buffer_copy(command, records.Header.SIZE)
    if kind != codes.TRAILING_STOP:
        return body.stop_price, 0, False
    return 0, body.stop_price, bool(body.flags & codes.TRAIL_PERCENT)


def asked(command: bytes) -> tuple[int, int, int, int, int, int, bool]:
    """What a NEW_ORDER command asks beyond the plain: money to spend, end, display, minimum, session, mode of
    self-trade prevention, whether it only posts."""
    body = records.NewOrder.STRUCT.unpack_from(command, records.Header.SIZE)
    session = records.Header.STRUCT.unpack_from(command, 0)[_ACTOR]
    return (
        body[_NOTIONAL],
        body[_EXPIRE_TS],
        body[_DISPLAY],
        body[_MIN_QUANTITY],
        session,
        body[_STP],
        bool(body[_FLAGS] & codes.POST_ONLY),
    )


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
