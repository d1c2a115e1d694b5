"""The state as one file, and as one hash.

A snapshot is a JSON line (format, rules, position, array layouts, genesis, what the caller adds), the
used part of every array, and the SHA-256 of all that. Loading maps arrays by name and fields by name.
The state hash covers live records in canonical order: never slots, links, padding or hash tables.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openbell.core.band_layouts import BAND_RING
from openbell.core.codes import STOP
from openbell.core.exchange import CoreError, Exchange
from openbell.core.group_layouts import B_GROUPED, F_LEG
from openbell.core.layout import TYPES
from openbell.core.rulebook import F_FEES
from openbell.core.state import F_SHADED, F_TERMS, NIL
from openbell.core.stop_layouts import B_WAITS

FORMAT = 1
MAGIC = b"OBSNAP01"
CHUNK = 1 << 20


class SnapshotError(Exception):
    """The file is no snapshot that this build can load; the message says why."""


def used(ex: Exchange) -> list[tuple[str, int]]:
    """Array names with the number of records in use; `rungs` are packed (see `rung_ranges`)."""
    scalars = ex.memory["scalars"][0]
    controlled = scalars.controlled != 0
    return [
        ("scalars", 1),
        ("instruments", scalars.instruments),
        ("schedules", scalars.instruments),
        ("bands", scalars.instruments),
        ("band_sums", scalars.instruments * BAND_RING),
        ("levels", scalars.level_used),
        ("shades", scalars.level_used),
        ("book_orders", scalars.book_used),
        ("extras", scalars.book_used),
        ("stop_sides", 2 * scalars.instruments),
        ("stop_knots", scalars.stop_used),
        ("mark_knots", scalars.stop_used),
        ("trail_knots", scalars.stop_used),
        ("book_legs", scalars.book_used),
        ("turns", scalars.book_used),
        ("leg_counts", scalars.instruments),
        ("ticket_legs", scalars.ticket_used),
        ("assets", scalars.instruments),
        ("accounts", scalars.accounts),
        ("holdings", scalars.holding_used),
        ("tickets", scalars.ticket_used),
        ("terms", scalars.ticket_used),
        ("sessions", scalars.session_used),
        ("charges", scalars.ticket_used if controlled else 0),
        ("limits", scalars.accounts if controlled else 0),
        ("firm_limits", scalars.firms + 1 if controlled else 0),
        ("instrument_limits", scalars.instruments),
        ("restrictions", scalars.restriction_used),
        ("tariffs", scalars.fee_used),
        ("deals", min(scalars.trades + 1, len(ex.memory["deals"]))),
        ("stop_terms", scalars.ticket_used),
        ("requests", scalars.request_used),
        ("kept", scalars.request_used),
    ]


def rung_ranges(ex: Exchange) -> Iterator[tuple[int, int]]:
    """First index and count of the rungs in use, ladder by ladder."""
    depth = ex.books.ladder.depth
    for n in range(ex.memory["scalars"][0].instruments):
        instrument = ex.memory["instruments"][n]
        yield 2 * n * depth, instrument.bids
        yield (2 * n + 1) * depth, instrument.asks


def pieces(ex: Exchange) -> Iterator[bytes]:
    """The snapshot's data: every used array in order, then the packed rungs, in bounded pieces."""
    for name, count in used(ex):
        size = ex.memory[name]._type_.SIZE
        area = ex.memory.maps[name]
        for at in range(0, count * size, CHUNK):
            yield area[at : min(at + CHUNK, count * size)]
    for first, count in rung_ranges(ex):
        if count:
            yield ex.memory.bytes_of("rungs", first, count)


def save(ex: Exchange, path_or_fd: str | os.PathLike[str] | int, meta: dict[str, Any]) -> None:
    """Write a snapshot; the caller syncs and names the file.

    Raises:
        CoreError: messages are still under way between the machines.
        OSError: the file cannot be written.
    """
    if ex.post.sent != ex.post.taken or ex.mail.sent != ex.mail.taken:
        raise CoreError("a snapshot needs all messages delivered; call flush() first")
    head = {
        "format": FORMAT,
        "position": ex.position,
        "time": ex.time,
        "genesis": ex.genesis.hex(),
        "channels": [ex.post.sent, ex.mail.sent],
        "arrays": [
            {"name": name, "count": count, "fields": ex.memory[name]._type_.FIELDS}
            for name, count in used(ex)
        ],
        "rungs": ex.memory["rungs"]._type_.FIELDS,
        "meta": meta,
    }
    text = json.dumps(head).encode()
    digest = hashlib.sha256()
    close = not isinstance(path_or_fd, int)
    with open(path_or_fd, "wb", closefd=close) as file:
        for piece in (MAGIC, len(text).to_bytes(8, "little"), text):
            digest.update(piece)
            file.write(piece)
        for piece in pieces(ex):
            digest.update(piece)
            file.write(piece)
        file.write(digest.digest())


def read_head(data: bytes | memoryview) -> tuple[dict[str, Any], int]:
    """A snapshot's head and the offset of its data."""
    if bytes(data[:8]) != MAGIC:
        raise SnapshotError(f"starts with {bytes(data[:8])!r}, not {MAGIC!r}: no snapshot")
    length = int.from_bytes(data[8:16], "little")
    if length > len(data) - 16:
        raise SnapshotError(f"head of {length} bytes in a file of {len(data)}: cut off")
    head: dict[str, Any] = json.loads(bytes(data[16 : 16 + length]))
    if head["format"] != FORMAT:
        raise SnapshotError(f"format {head['format']}; this build knows {FORMAT}")
    return head, 16 + length


def load(path: str | os.PathLike[str]) -> tuple[Exchange, dict[str, Any]]:
    """The exchange of a snapshot, and what its writer added.

    Raises:
        SnapshotError: cut off, changed since it was written, or of an unknown format.
        CoreError: of rules that this build does not know.
    """
    data = memoryview(Path(path).read_bytes())
    if len(data) < 48 or hashlib.sha256(data[:-32]).digest() != bytes(data[-32:]):
        raise SnapshotError(f"{path}: its hash does not match its content")
    head, at = read_head(data)
    ex = Exchange(bytes.fromhex(head["genesis"]))
    for array in head["arrays"]:
        at = fill(ex, array["name"], 0, array["count"], array["fields"], data, at)
    for first, count in rung_ranges(ex):
        at = fill(ex, "rungs", first, count, head["rungs"], data, at)
    fields = {array["name"]: dict(array["fields"]) for array in head["arrays"]}
    if "shaded" not in fields["levels"]:
        ex.books.ladder.relink()  # a free level named the next one elsewhere
    ex.restore(*head["channels"])
    return ex, head["meta"]


def fill(ex: Exchange, name: str, first: int, count: int, fields: Any, data: memoryview, at: int) -> int:
    """Put `count` records of the snapshot into an array; returns the offset behind them."""
    target = ex.memory[name]
    layout = target._type_
    if [list(field) for field in layout.FIELDS] == [list(field) for field in fields]:
        size = count * layout.SIZE
        start = first * layout.SIZE
        ex.memory.maps[name][start : start + size] = data[at : at + size]
        return at + size
    return fill_by_name(target, first, count, fields, data, at)


def fill_by_name(target: Any, first: int, count: int, fields: Any, data: memoryview, at: int) -> int:
    """As `fill`, for a layout that has changed since: fields that both know keep their values."""
    known = dict(target._type_.FIELDS)
    for index in range(first, first + count):
        for field, kind in fields:
            size = TYPES[kind][3]
            if field in known:
                value = int.from_bytes(data[at : at + size], "little", signed=kind[0] == "i")
                setattr(target[index], field, value)
            at += size
    return at


# What of each record the state hash covers: everything but slots, links and reserved bytes.
COVERED = {
    "schedules": ((0, 48),),
    "accounts": ((0, 48), (56, 60), (68, 76), (80, 128)),
    "book_orders": ((0, 32), (44, 48), (52, 64)),
    "holdings": ((0, 60),),
    "tickets": ((0, 56), (72, 192)),
    "terms": ((0, 32),),
    "extras": ((0, 24),),
    "sessions": ((0, 24),),
    "ticket_legs": ((4, 6), (8, 32)),
    "stop_terms": ((0, 32),),
    "requests": ((0, 28), (48, 64)),
    "charges": ((0, 32),),
    "tariffs": ((0, 52),),
    "limits": ((0, 104),),
    "firm_limits": ((0, 104),),
    "instrument_limits": ((0, 104),),
}


def state_hash(ex: Exchange) -> str:
    """SHA-256, in hex, of everything the state means at its position."""
    digest = hashlib.sha256()
    scalars = ex.memory["scalars"][0]
    for name in ("position", "time", "date", "day", "instruments", "accounts", "trades"):
        digest.update(getattr(scalars, name).to_bytes(8, "little", signed=True))
    for name in ("deposits", "withdrawals", "working", "tickets", "requests", "holdings", "arrivals"):
        digest.update(getattr(scalars, name).to_bytes(8, "little", signed=True))
    for name in (
        "firms",
        "watch",
        "controlled",
        "restrictions",
        "tariffs",
        "settlement",
        "settled_day",
        "sessions",
    ):
        digest.update(getattr(scalars, name).to_bytes(8, "little", signed=True))
    digest.update(ex.memory.bytes_of("instruments", 0, scalars.instruments))
    digest.update(ex.memory.bytes_of("assets", 0, scalars.instruments))
    hash_books(ex, digest)
    hash_stops(ex, digest)
    if scalars.groups:
        hash_groups(ex, digest)
    hash_accounts(ex, digest)
    hash_ended(ex, digest)
    hash_controls(ex, digest)
    return digest.hexdigest()


def cover(ex: Exchange, digest: Any, name: str, index: int) -> None:
    """Feed what counts of one record to the hash."""
    area = ex.memory.maps[name]
    base = index * ex.memory[name]._type_.SIZE
    for start, stop in COVERED[name]:
        digest.update(area[base + start : base + stop])


def hash_books(ex: Exchange, digest: Any) -> None:
    """Every level, worst price first, and its queue, oldest first; then what waits outside the ladders."""
    rungs = ex.memory["rungs"]
    for first, count in rung_ranges(ex):
        for rung in range(first, first + count):
            hash_level(ex, digest, rungs[rung].level)
    for n in range(ex.memory["scalars"][0].instruments):
        cover(ex, digest, "schedules", n)
        if ex.memory["instruments"][n].tier:
            digest.update(ex.memory.bytes_of("bands", n, 1))
            digest.update(ex.memory.bytes_of("band_sums", n * BAND_RING, BAND_RING))
        schedule = ex.memory["schedules"][n]
        for level in (schedule.buys, schedule.sells, schedule.closes):
            if level == NIL:
                digest.update(b"-\n")
            else:
                hash_level(ex, digest, level)


def hash_level(ex: Exchange, digest: Any, number: int) -> None:
    """A level and its queues, oldest first: what is displayed, then what is hidden."""
    level, orders = ex.memory["levels"][number], ex.memory["book_orders"]
    digest.update(b"%d %d %d\n" % (level.price, level.quantity, level.orders))
    for head in (level.head, ex.memory["shades"][number].head if level.shaded else NIL):
        slot = head
        while slot != NIL:
            cover(ex, digest, "book_orders", slot)
            if orders[slot].flags & F_SHADED:
                cover(ex, digest, "extras", slot)
            slot = orders[slot].next


def hash_stops(ex: Exchange, digest: Any) -> None:
    """Every stop that waits, by id: its order, stop price, mark and age."""
    orders = ex.memory["book_orders"]
    waiting = [slot for slot in range(ex.memory["scalars"][0].stop_used) if orders[slot].id]
    for slot in sorted(waiting, key=lambda slot: orders[slot].id):
        if orders[slot].flags & B_WAITS:
            cover(ex, digest, "book_orders", slot)
            digest.update(b"%d %d %d\n" % ex.floor.lookup(orders[slot].id))


def hash_groups(ex: Exchange, digest: Any) -> None:
    """Every leg in the book, by id, and who waits for a turn from one message to the next."""
    scalars, orders, legs = ex.memory["scalars"][0], ex.memory["book_orders"], ex.memory["book_legs"]
    digest.update(b"%d %d\n" % (scalars.groups, scalars.rounds))
    found = [slot for slot in range(scalars.book_used) if orders[slot].id]
    for slot in sorted(found, key=lambda slot: orders[slot].id):
        if orders[slot].flags & B_GROUPED:
            cover(ex, digest, "book_orders", slot)
            leg, rest = legs[slot], ex.memory["extras"][slot].rest
            digest.update(b"%d %d %d %d\n" % (leg.role, leg.queued, leg.begun, leg.asked))
            digest.update(b"%d %d %d\n" % (leg.round, rest, orders[leg.next].id))
    slot = scalars.turn_head
    while slot != NIL:
        digest.update(b"%d\n" % orders[slot].id)
        slot = ex.memory["turns"][slot].after


def hash_accounts(ex: Exchange, digest: Any) -> None:
    """Every account, its holdings, and its working orders by entry."""
    for number in range(ex.memory["scalars"][0].accounts):
        cover(ex, digest, "accounts", number)
        h = ex.memory["accounts"][number].holdings
        while h != NIL and number:
            cover(ex, digest, "holdings", h)
            h = ex.memory["holdings"][h].next
        t = ex.memory["accounts"][number].work_head
        while t != NIL and number:
            hash_request(ex, digest, ex.memory["tickets"][t].request)
            t = ex.memory["tickets"][t].next


def hash_ended(ex: Exchange, digest: Any) -> None:
    """Every ended request by the time it ended."""
    r = ex.memory["scalars"][0].ended_head
    while r != NIL:
        hash_request(ex, digest, r)
        r = ex.memory["requests"][r].ended_next


def hash_controls(ex: Exchange, digest: Any) -> None:
    """Every row of limits that is not empty, and the restricted lists."""
    for name, count in used(ex):
        if name.endswith("limits"):
            for index in range(count):
                if any(ex.memory.bytes_of(name, index, 1)):
                    digest.update(b"%s %d\n" % (name.encode(), index))
                    cover(ex, digest, name, index)
    digest.update(ex.memory.bytes_of("deals", 0, dict(used(ex))["deals"]))
    tariffs = ex.memory["tariffs"]
    current = (s for s in range(ex.memory["scalars"][0].fee_used) if tariffs[s].current)
    for index in sorted(current, key=lambda s: int(tariffs[s].key)):
        cover(ex, digest, "tariffs", index)
    sessions = ex.memory["sessions"]
    kept = (s for s in range(ex.memory["scalars"][0].session_used) if sessions[s].key)
    for index in sorted(kept, key=lambda s: int(sessions[s].key)):
        cover(ex, digest, "sessions", index)
    rows = ex.memory["restrictions"]
    keys = sorted(rows[slot].key for slot in range(ex.memory["scalars"][0].restriction_used))
    digest.update(repr([key for key in keys if key]).encode())


def hash_request(ex: Exchange, digest: Any, r: int) -> None:
    """A request, its first answer, and its order."""
    cover(ex, digest, "requests", r)
    digest.update(ex.memory.bytes_of("kept", r, 1))
    if ex.memory["requests"][r].ticket != NIL:
        ticket = ex.memory["requests"][r].ticket
        cover(ex, digest, "tickets", ticket)
        if ex.memory["tickets"][ticket].flags & F_TERMS:
            cover(ex, digest, "terms", ticket)
        if ex.memory["tickets"][ticket].order_type >= STOP:
            cover(ex, digest, "stop_terms", ticket)
        if ex.memory["tickets"][ticket].flags & F_LEG:
            cover(ex, digest, "ticket_legs", ticket)
        hash_charge(ex, digest, ticket)


def hash_charge(ex: Exchange, digest: Any, t: int) -> None:
    """What an order carries beside its ticket: exposure, fees, and the rates that it pays."""
    charge, flags = ex.memory["charges"][t], ex.memory["tickets"][t].flags
    if charge.exposure or flags & F_FEES:
        cover(ex, digest, "charges", t)
    if flags & F_FEES and charge.schedule != NIL:
        cover(ex, digest, "tariffs", charge.schedule)
