"""Requests as command records for the node: packed in one call each, stamped by the sequencer."""

from __future__ import annotations

import hashlib
import struct
import time

from openbell.core import codes, records
from openbell.core.layout import Record
from openbell.gateway.group_request import GroupRequest
from openbell.gateway.order_request import ModifyRequest, OrderRequest

VALID_FOR_NS = 5_000_000_000


def _packer(body: type[Record]) -> struct.Struct:
    return struct.Struct(records.Header.STRUCT.format + body.STRUCT.format[1:])


_NEW_ORDER = _packer(records.NewOrder)
_NEW_GROUP = _packer(records.NewGroup)
_LEG: struct.Struct = records.NewOrder.STRUCT
_CANCEL = _packer(records.Cancel)
_MODIFY = _packer(records.Modify)
_CANCEL_ALL = _packer(records.CancelAll)
_SESSION = _packer(records.Session)


class NodeClock:
    """The sequencer's time, told from the stamps that arrive: its clock and ours may differ.

    A stamp is never later than the sequencer's clock, so the greatest difference seen is the nearest.
    """

    def __init__(self) -> None:
        self._ahead_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._told = False

    def observe(self, ts: int) -> None:
        """Take `ts`, which the sequencer has just stamped."""
        ahead = ts - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if not self._told or ahead > self._ahead_ns:
            self._ahead_ns, self._told = ahead, True

    def now(self) -> int:
        """The sequencer's time in nanoseconds, at most by a message's way behind it."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self._ahead_ns


def request_key(text: str) -> tuple[int, int]:
    """The 128-bit key of a client's id for a request, as its low and high words; never (0, 0)."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    low, high = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return (low or 1, high)


def new_order(
    order: OrderRequest,
    client_id: str,
    account: int,
    instrument: int,
    now: int,
    flags: int = 0,
) -> bytes:
    """NEW_ORDER of `account`; `client_id` names it and is its request key, `flags` come to the order's."""
    blob = client_id.encode()
    padding = -len(blob) % 8
    return _NEW_ORDER.pack(
        *_header(
            codes.C_NEW_ORDER,
            _NEW_ORDER.size + len(blob) + padding,
            account,
            instrument,
            request_key(client_id),
            now,
            padding,
            order.session,
        ),
        *_terms(order, flags),
    ) + blob.ljust(len(blob) + padding, b"\0")


def new_group(
    group: GroupRequest, client_id: str, account: int, instrument: int, now: int, flags: int = 0
) -> bytes:
    """NEW_GROUP of `account`; `client_id` is its request key, and the first order's own id."""
    legs = b"".join(_LEG.pack(*_terms(order, flags)) for order in group.orders)
    blob = legs + client_id.encode()
    padding = -len(blob) % 8
    header = _header(
        codes.C_NEW_GROUP,
        _NEW_GROUP.size + len(blob) + padding,
        account,
        instrument,
        request_key(client_id),
        now,
        padding,
        group.session,
    )
    return _NEW_GROUP.pack(*header, group.kind, len(group.orders), 0, 0) + blob + bytes(padding)


def cancel(order_id: int, account: int, key: tuple[int, int], now: int) -> bytes:
    """CANCEL of one order."""
    return _CANCEL.pack(*_header(codes.C_CANCEL, _CANCEL.size, account, 0, key, now), order_id, 0)


def modify(order_id: int, change: ModifyRequest, account: int, key: tuple[int, int], now: int) -> bytes:
    """MODIFY of one order."""
    return _MODIFY.pack(
        *_header(codes.C_MODIFY, _MODIFY.size, account, 0, key, now),
        order_id,
        change.price,
        change.quantity,
        change.stop_price,
        change.if_filled,
        change.display,
        change.flags,
    )


def cancel_all(
    account: int, instrument: int | None, side: int | None, key: tuple[int, int], now: int
) -> bytes:
    """CANCEL_ALL of an account, of one instrument, of one side."""
    number = records.ANY_INSTRUMENT if instrument is None else instrument
    return _CANCEL_ALL.pack(
        *_header(codes.C_CANCEL_ALL, _CANCEL_ALL.size, account, number, key, now),
        records.ANY_SIDE if side is None else side,
        codes.WHY_USER,
        0,
        0,
    )


def session(number: int, op: int, span_ns: int, account: int, key: tuple[int, int], now: int) -> bytes:
    """SESSION of an account: what is said of its session `number`, one of codes.SESSION_*."""
    header = _header(codes.C_SESSION, _SESSION.size, account, 0, key, now, actor=number)
    return _SESSION.pack(*header, span_ns, op, 0, 0, 0)


def _terms(order: OrderRequest, flags: int) -> tuple[int, ...]:
    """The body of a NEW_ORDER, or of a leg of a NEW_GROUP."""
    return (
        order.price,
        order.quantity,
        order.trail or order.stop_price,
        order.display,
        order.min_quantity,
        order.notional,
        order.expire_ts,
        order.side,
        order.order_type,
        order.tif,
        order.stp,
        order.flags | flags,
    )


def _header(
    type_: int,
    length: int,
    account: int,
    instrument: int,
    key: tuple[int, int],
    now: int,
    flags: int = 0,
    actor: int = 0,
) -> tuple[int, ...]:
    low, high = key
    layout = records.LAYOUT_VERSION
    until = now + VALID_FOR_NS
    # length type layout flags shard term source seq ts received_ns source_seq key_low key_high account
    # firm actor instrument crc valid_until
    return (
        length,
        type_,
        layout,
        flags,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        low,
        high,
        account,
        0,
        actor,
        instrument,
        0,
        until,
    )
