"""Captured packets: the MoldUDP64 messages in a pcap file (libpcap's format; NASDAQ MoldUDP64 1.00).

Ethernet (with VLAN tags), raw IP and Linux's cooked form, IPv4 and UDP. Packets that are something else are
passed by. A packet of MoldUDP64 is a session of ten bytes, a sequence number, a count, and each message
behind its length; what a second line sends again is passed by, what is missing is told.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from openbell.market.feeds.itch import Message
from openbell.market.feeds.source import BAD_FRAME, CORRUPT, GAP, SAMPLE_BYTES, TRUNCATED, Bad, FeedError

MAGICS = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\x4d\x3c\xb2\xa1": "<",  # times in nanoseconds
    b"\xa1\xb2\x3c\x4d": ">",
}
NEXT_GENERATION = b"\x0a\x0d\x0d\x0a"
ETHERNET, RAW, COOKED = 1, 101, 113
LINK_BYTES = {ETHERNET: 14, RAW: 0, COOKED: 16}
PACKET_MAX = 262_144
IPV4, UDP = 0x0800, 17
VLANS = (0x8100, 0x88A8)
MOLD = struct.Struct(">10sQH")
END_OF_SESSION = 0xFFFF


class Packet(NamedTuple):
    """A captured packet: its number from 1, its bytes, and how many it had on the wire."""

    number: int
    data: bytes
    length: int


def messages(file: IO[bytes], name: str) -> Iterator[Message | Bad]:
    """The messages in a captured session, each once and in order.

    Raises:
        FeedError: this is no pcap file, or one of a kind that is not read.
    """
    expected: dict[bytes, int] = {}
    head = file.read(24)
    if head[:4] == NEXT_GENERATION:
        raise FeedError(f"{name} is a pcapng file: convert it with `editcap -F pcap {name} {name}.pcap`")
    if head[:4] not in MAGICS or len(head) < 24:
        raise FeedError(f"{name} is no pcap file")
    order = MAGICS[head[:4]]
    link = struct.unpack(order + "I", head[20:])[0] & 0xFFFF
    if link not in LINK_BYTES:
        raise FeedError(f"{name} has packets of link type {link}; {sorted(LINK_BYTES)} are read")
    for packet in _packets(file, name, order):
        if isinstance(packet, Bad):
            yield packet
            continue
        where = f"{name}, packet {packet.number}"
        payload = _payload(packet.data, link)
        if payload is None:
            continue
        if len(packet.data) < packet.length:
            yield Bad(
                TRUNCATED,
                f"{where}: captured {len(packet.data)} bytes of {packet.length}",
                payload[:SAMPLE_BYTES],
            )
            continue
        yield from _mold(payload, where, expected)


def _packets(file: IO[bytes], name: str, order: str) -> Iterator[Packet | Bad]:
    record = struct.Struct(order + "IIII")
    number = 0
    while head := file.read(record.size):
        number += 1
        where = f"{name}, packet {number}"
        if len(head) < record.size:
            yield Bad(TRUNCATED, where, head)
            return
        _, _, captured, length = record.unpack(head)
        if captured > PACKET_MAX:
            yield Bad(CORRUPT, f"{where}: says {captured:,} bytes; what follows cannot be found", head)
            return
        data = file.read(captured)
        if len(data) < captured:
            yield Bad(TRUNCATED, where, data[:SAMPLE_BYTES])
            return
        yield Packet(number, data, length)


def _payload(data: bytes, link: int) -> bytes | None:
    """What a packet carries over UDP; None if it is something else, or a fragment."""
    at = LINK_BYTES[link]
    if len(data) < at + 20:
        return None
    if link != RAW:
        kind = int.from_bytes(data[at - 2 : at], "big")
        while kind in VLANS and len(data) >= at + 4:
            kind = int.from_bytes(data[at + 2 : at + 4], "big")
            at += 4
        if kind != IPV4:
            return None
    if len(data) < at + 20 or data[at] >> 4 != 4 or data[at + 9] != UDP:
        return None
    if int.from_bytes(data[at + 6 : at + 8], "big") & 0x3FFF:  # more fragments, or not the first
        return None
    at += (data[at] & 15) * 4
    if len(data) < at + 8:
        return None
    length = int.from_bytes(data[at + 4 : at + 6], "big")
    return data[at + 8 : at + max(8, length)]


def _mold(payload: bytes, where: str, expected: dict[bytes, int]) -> Iterator[Message | Bad]:
    """The messages of a packet that were not there yet."""
    if len(payload) < MOLD.size:
        yield Bad(BAD_FRAME, f"{where}: no MoldUDP64", payload[:SAMPLE_BYTES])
        return
    session, first, count = MOLD.unpack_from(payload)
    if count == END_OF_SESSION:
        count = 0
    blocks, at = [], MOLD.size
    for _ in range(count):
        length = int.from_bytes(payload[at : at + 2], "big")
        blocks.append(payload[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(payload) or (blocks and not all(blocks)):
        yield Bad(BAD_FRAME, f"{where}: its messages are not as long as it", payload[:SAMPLE_BYTES])
        return
    awaited = expected.setdefault(session, first)
    if first > awaited:
        yield Bad(GAP, f"{where}: messages {awaited} to {first - 1} are missing", payload[: MOLD.size])
    for number, block in enumerate(blocks, first):
        if number >= awaited:
            yield f"{where}, message {number}", block
    expected[session] = max(awaited, first + count)
