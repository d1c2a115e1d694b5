"""ITCH 5.0 and captured packets: trades, best bids and offers, and what is spoilt."""

from __future__ import annotations

import io
import random
import struct

import pytest

from openbell.market.feeds import pcap
from openbell.market.feeds.itch import Itch, framed
from openbell.market.feeds.levels import Levels
from openbell.market.feeds.source import (
    BAD_FRAME,
    BAD_LENGTH,
    BAD_TIME,
    CORRUPT,
    GAP,
    TOO_MUCH,
    TRUNCATED,
    UNKNOWN_MESSAGE,
    UNKNOWN_ORDER,
    UNKNOWN_SYMBOL,
    UNKNOWN_TRADE,
    Bad,
    FeedError,
    Row,
)
from openbell.market.ticks.batch import ASK, BID, BOUGHT, BUST, ELIGIBLE, SOLD, TRADE
from tests.market.feeds import made
from tests.market.feeds.made import SECOND, number

SHARE = 10**8
MIDNIGHT = 1_548_824_400 * SECOND
R = made.directory(7, "AAPL")


def read(*messages: bytes) -> tuple[list[Row], list[Bad]]:
    return parted(made.file_of(*messages))


def parted(data: bytes) -> tuple[list[Row], list[Bad]]:
    items = list(Itch(MIDNIGHT, number).read(framed(io.BytesIO(data), "file")))
    return [one for one in items if not isinstance(one, Bad)], [one for one in items if isinstance(one, Bad)]


def told(rows: list[Row]) -> list[tuple[int, ...]]:
    """(kind, price, shares) of the best bids and offers."""
    return [(row[0], row[4], row[5] // SHARE) for row in rows if row[0] in (BID, ASK)]


def trades(rows: list[Row]) -> list[tuple[int, ...]]:
    """(flags, price, shares, number) of the trades."""
    return [(row[1], row[4], row[5] // SHARE, row[7]) for row in rows if row[0] == TRADE]


def test_orders_make_the_best_bid_and_offer() -> None:
    rows, bad = read(
        R,
        made.add(7, 1, "B", 100, 1_000_000, ns=5),
        made.add(7, 2, "B", 50, 1_000_000),
        made.add(7, 3, "B", 70, 999_900),
        made.add(7, 4, "S", 30, 1_000_100),
        made.cancelled(7, 1, 40),
        made.deleted(7, 1),
        made.replaced(7, 2, 5, 20, 999_800),
        made.deleted(7, 4),
    )
    assert told(rows) == [
        (BID, 1_000_000, 100),
        (BID, 1_000_000, 150),
        (ASK, 1_000_100, 30),
        (BID, 1_000_000, 110),
        (BID, 1_000_000, 50),
        (BID, 999_900, 70),
        (ASK, 0, 0),
    ]
    assert rows[0] == (BID, 0, 0, MIDNIGHT + 5, 1_000_000, 100 * SHARE, 0, 0)
    assert bad == []


def test_executions_hidden_trades_and_crosses_are_trades() -> None:
    late = 40_000 * SECOND  # more than 32 bits of nanoseconds
    rows, bad = read(
        R,
        made.add(7, 1, "B", 100, 1_000_000),
        made.add(7, 2, "S", 100, 1_000_100),
        made.executed(7, 1, 30, 501, ns=late),
        made.executed(7, 2, 100, 502),
        made.executed_at(7, 1, 20, 503, 1_000_050),
        made.executed_at(7, 1, 50, 504, 1_000_050, printable="N"),
        made.hidden(7, 9, 1_000_030, 505),
        made.cross(7, 5_000, 1_000_020, 506),
        made.cross(7, 0, 0, 507),
    )
    assert trades(rows) == [
        (ELIGIBLE | SOLD, 1_000_000, 30, 501),
        (ELIGIBLE | BOUGHT, 1_000_100, 100, 502),
        (ELIGIBLE | SOLD, 1_000_050, 20, 503),
        (ELIGIBLE, 1_000_030, 9, 505),
        (ELIGIBLE, 1_000_020, 5_000, 506),
    ]
    assert next(row for row in rows if row[0] == TRADE)[3] == MIDNIGHT + late
    assert told(rows)[-1] == (BID, 0, 0)
    assert bad == []


def test_a_broken_trade_is_a_bust_of_what_it_was() -> None:
    rows, bad = read(R, made.hidden(7, 9, 1_000_030, 505), made.broken(7, 505), made.broken(7, 505))
    assert rows[-1] == (BUST, 0, 0, MIDNIGHT + 1, 1_000_030, 9 * SHARE, 0, 505)
    assert [one.reason for one in bad] == [UNKNOWN_TRADE]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (made.executed(7, 99, 1, 1), UNKNOWN_ORDER),
        (made.executed(7, 1, 101, 1), TOO_MUCH),
        (b"?" + made.deleted(7, 1)[1:], UNKNOWN_MESSAGE),
        (made.deleted(7, 1)[:-1], BAD_LENGTH),
        (made.add(7, 5, "B", 1, 1, ns=90_001 * SECOND), BAD_TIME),
        (b"", BAD_FRAME),
    ],
)
def test_what_cannot_be_is_named_and_the_rest_is_read(message: bytes, reason: str) -> None:
    rows, bad = read(R, made.add(7, 1, "B", 100, 1_000_000), message, made.add(7, 2, "S", 5, 1_000_100))
    assert [one.reason for one in bad] == [reason]
    assert told(rows)[-1] == (ASK, 1_000_100, 5)


def test_symbols_that_are_not_known_are_told_once_and_passed_by() -> None:
    rows, bad = read(
        made.directory(8, "NOPE"),
        made.add(8, 1, "B", 1, 1, stock="NOPE"),
        made.executed(8, 1, 1, 1),
        R,
        made.add(7, 2, "B", 1, 5),
    )
    assert [one.reason for one in bad] == [UNKNOWN_SYMBOL]
    assert told(rows) == [(BID, 5, 1)]


def test_a_file_that_ends_in_a_message_gives_what_is_before_it() -> None:
    data = made.file_of(R, made.add(7, 1, "B", 100, 1_000_000), made.add(7, 2, "S", 5, 1_000_100))
    for cut in range(1, 38):
        rows, bad = parted(data[:-cut])
        assert told(rows) == [(BID, 1_000_000, 100)]
        assert [one.reason for one in bad] == [TRUNCATED]


@pytest.mark.parametrize("seed", range(5))
def test_best_prices_equal_those_of_a_naive_book(seed: int) -> None:
    dice = random.Random(seed)
    orders: dict[int, tuple[str, int, int]] = {}
    messages, expected = [R], []
    best = {"B": (0, 0), "S": (0, 0)}
    for step in range(1, 400):
        if not orders or dice.random() < 0.5:
            side, price, count = dice.choice("BS"), dice.randint(1, 12), dice.randint(1, 9)
            orders[step] = side, price, count
            messages.append(made.add(7, step, side, count, price, ns=step))
        else:
            order = dice.choice(list(orders))
            side, price, count = orders.pop(order)
            what, some = dice.randrange(4), dice.randint(1, count)
            if what == 0:
                messages.append(made.deleted(7, order, ns=step))
                some = count
            elif what == 1:
                messages.append(made.replaced(7, order, step, some, price + 1, ns=step))
                orders[step] = side, price + 1, some
                some = count
            else:
                made_of = made.executed(7, order, some, step, ns=step)
                messages.append(made.cancelled(7, order, some, ns=step) if what == 2 else made_of)
            if some < count:
                orders[order] = side, price, count - some
        for side, choose in (("B", max), ("S", min)):
            there = [one for one in orders.values() if one[0] == side]
            price = choose((one[1] for one in there), default=0)
            now = price, sum(one[2] for one in there if one[1] == price)
            if now != best[side]:
                best[side] = now
                expected.append((BID if side == "B" else ASK, *now))
    rows, bad = read(*messages)
    assert told(rows) == expected
    assert bad == []


def test_levels_forget_prices_that_are_gone() -> None:
    levels = Levels(highest=False)
    for price in (5, 3, 4):
        levels.add(price, 1)
    levels.take(3, 1)
    levels.add(3, 2)
    levels.take(3, 2)
    assert levels.best() == (4, 1)


# -- packets -------------------------------------------------------------------------------------------

A = [R, *(made.add(7, order, "B", 1, order) for order in range(1, 6))]


def captured(data: bytes) -> tuple[list[bytes], list[Bad]]:
    items = list(pcap.messages(io.BytesIO(data), "file"))
    return [one[1] for one in items if not isinstance(one, Bad)], [
        one for one in items if isinstance(one, Bad)
    ]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_the_messages_of_packets_come_in_order(order: str, nanoseconds: bool) -> None:
    packets = [made.packet(made.mold(1, *A[:2])), made.packet(made.mold(3, *A[2:]), vlan=True)]
    assert captured(made.pcap(*packets, order=order, nanoseconds=nanoseconds)) == (A, [])


def test_what_a_second_line_sends_again_counts_once() -> None:
    packets = [made.mold(1, *A[:3]), made.mold(1, *A[:3]), made.mold(2, *A[1:5]), made.mold(6, A[5])]
    assert captured(made.pcap(*map(made.packet, packets))) == (A, [])


def test_a_gap_is_told_and_what_follows_is_read() -> None:
    found, bad = captured(made.pcap(*map(made.packet, [made.mold(1, A[0]), made.mold(3, *A[2:])])))
    assert found == [A[0], *A[2:]]
    assert [(one.reason, one.where) for one in bad] == [(GAP, "file, packet 2: messages 2 to 2 are missing")]


def test_a_heartbeat_tells_of_a_gap_too_and_the_end_of_a_session_does_not() -> None:
    beat = made.mold(3)
    end = beat[:18] + b"\xff\xff"
    found, bad = captured(made.pcap(*map(made.packet, [made.mold(1, A[0]), beat, end, made.mold(3, A[2])])))
    assert (found, [one.reason for one in bad]) == ([A[0], A[2]], [GAP])


def test_other_packets_are_passed_by() -> None:
    other = [made.packet(b"tcp", protocol=6), b"\x01" * 12 + b"\x08\x06" + bytes(40), b"short"]
    assert captured(made.pcap(*other, made.packet(made.mold(1, *A)))) == (A, [])


@pytest.mark.parametrize(
    "payload", [b"not mold", made.mold(1, *A)[:-1], made.mold(1, *A) + b"x", made.mold(1, b"")]
)
def test_a_packet_that_is_no_moldudp_is_named(payload: bytes) -> None:
    found, bad = captured(made.pcap(made.packet(payload), made.packet(made.mold(1, *A))))
    assert (found, [one.reason for one in bad]) == (A, [BAD_FRAME])


def test_a_capture_that_ends_early_gives_what_it_has() -> None:
    data = made.pcap(made.packet(made.mold(1, *A)), made.packet(made.mold(7, A[1])))
    for cut in (1, 60, 100):
        found, bad = captured(data[:-cut])
        assert (found, [one.reason for one in bad]) == (A, [TRUNCATED])


def test_a_packet_that_was_captured_in_part_is_named() -> None:
    one = made.packet(made.mold(1, *A))
    record = struct.pack("<IIII", 0, 0, len(one) - 9, len(one)) + one[:-9]
    found, bad = captured(made.pcap() + record + made.pcap(one)[24:])
    assert (found, [item.reason for item in bad]) == (A, [TRUNCATED])


def test_a_length_that_cannot_be_ends_the_file() -> None:
    found, bad = captured(
        made.pcap(made.packet(made.mold(1, *A))) + struct.pack("<IIII", 0, 0, 1 << 31, 1 << 31)
    )
    assert (found, [one.reason for one in bad]) == (A, [CORRUPT])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x0a\x0d\x0d\x0a" + bytes(30), "editcap"),
        (b"nothing like it, at all, really", "no pcap file"),
        (made.pcap(link=105), "link type 105"),
    ],
)
def test_a_file_that_is_not_read_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        captured(data)
