"""Messages, packets and feeds for tests, made by hand from the specifications."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from openbell.market.feeds.intake import Intake
from openbell.market.feeds.keeping import FeedPolicy
from openbell.market.feeds.source import Bad, Chunk, Row
from openbell.market.ticks.query import TickQuery

SECOND = 1_000_000_000
KNOWN = {"AAPL": 0, "BAC": 1, "XYZ": 2}
POLICY = FeedPolicy(10**18, 0)


def number(symbol: str) -> int | None:
    return KNOWN.get(symbol)


def rows_of(chunks: Iterator[Chunk]) -> list[Row]:
    return [row for chunk in chunks for row in chunk.rows]


def split(chunks: Iterator[Chunk]) -> tuple[list[Row], list[Bad]]:
    whole = list(chunks)
    return [row for one in whole for row in one.rows], [bad for one in whole for bad in one.bad]


def intake(folder: Path, name: str = "lab", venue_fed: tuple[str, ...] = ("XYZ",)) -> Intake:
    return Intake(folder, name, ["AAPL", "BAC"], venue_fed, POLICY)


def stored(folder: Path, name: str = "lab") -> list[tuple[object, ...]]:
    """(symbol, kind, flags, time, price, quantity, position, trade) of all ticks in files, in order."""
    query = TickQuery(folder / name)
    found = query.rows(
        "SELECT symbol, kind, flags, time, price, quantity, position, trade FROM ticks ORDER BY position"
    )
    query.close()
    return found


# -- ITCH 5.0 ------------------------------------------------------------------------------------------


def head(kind: bytes, locate: int, ns: int) -> bytes:
    return struct.pack(">cHHHI", kind, locate, 0, ns >> 32, ns & 0xFFFFFFFF)


def directory(locate: int, stock: str, ns: int = 1) -> bytes:
    return head(b"R", locate, ns) + stock.ljust(8).encode() + bytes(20)


def add(
    locate: int, order: int, side: str, count: int, price: int, ns: int = 1, stock: str = "AAPL"
) -> bytes:
    return head(b"A", locate, ns) + struct.pack(
        ">QcI8sI", order, side.encode(), count, stock.ljust(8).encode(), price
    )


def executed(locate: int, order: int, count: int, match: int, ns: int = 1) -> bytes:
    return head(b"E", locate, ns) + struct.pack(">QIQ", order, count, match)


def executed_at(
    locate: int, order: int, count: int, match: int, price: int, printable: str = "Y", ns: int = 1
) -> bytes:
    return head(b"C", locate, ns) + struct.pack(">QIQcI", order, count, match, printable.encode(), price)


def cancelled(locate: int, order: int, count: int, ns: int = 1) -> bytes:
    return head(b"X", locate, ns) + struct.pack(">QI", order, count)


def deleted(locate: int, order: int, ns: int = 1) -> bytes:
    return head(b"D", locate, ns) + struct.pack(">Q", order)


def replaced(locate: int, order: int, new: int, count: int, price: int, ns: int = 1) -> bytes:
    return head(b"U", locate, ns) + struct.pack(">QQII", order, new, count, price)


def hidden(locate: int, count: int, price: int, match: int, ns: int = 1, stock: str = "AAPL") -> bytes:
    return head(b"P", locate, ns) + struct.pack(
        ">QcI8sIQ", 0, b"B", count, stock.ljust(8).encode(), price, match
    )


def cross(locate: int, count: int, price: int, match: int, ns: int = 1, stock: str = "AAPL") -> bytes:
    return head(b"Q", locate, ns) + struct.pack(">Q8sIQc", count, stock.ljust(8).encode(), price, match, b"O")


def broken(locate: int, match: int, ns: int = 1) -> bytes:
    return head(b"B", locate, ns) + struct.pack(">Q", match)


def system(event: bytes = b"O", ns: int = 0) -> bytes:
    return head(b"S", 0, ns) + event


def file_of(*messages: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(one)) + one for one in messages)


# -- packets -------------------------------------------------------------------------------------------


def mold(first: int, *messages: bytes, session: bytes = b"SESSION001") -> bytes:
    return struct.pack(">10sQH", session, first, len(messages)) + file_of(*messages)


def packet(payload: bytes, vlan: bool = False, protocol: int = 17) -> bytes:
    udp = struct.pack(">HHHH", 1, 26400, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 1, protocol, 0, b"\n" * 4, b"\xe9" * 4)
    tag = b"\x81\x00\x00\x05" if vlan else b""
    return b"\x01" * 12 + tag + b"\x08\x00" + ip + udp


def pcap(*packets: bytes, order: str = "<", nanoseconds: bool = False, link: int = 1) -> bytes:
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    made = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)
    for one in packets:
        made += struct.pack(order + "IIII", 0, 0, len(one), len(one)) + one
    return made
