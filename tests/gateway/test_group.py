"""A group: changes are gathered to the latest, made into messages once, and chained by seq and prevSeq."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from openbell.core import codes, records
from openbell.gateway.stream.connection import Connection
from openbell.gateway.stream.group import BOOK, QUOTES, TICKS, TRADES, Group, snapshot
from openbell.gateway.stream.messages import Error, frame
from openbell.market.board import Board
from openbell.node.client import Unit

DOLLAR = 10_000
SHARE = 10**8


class Listener:
    """What a group needs of a connection: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.writes = 0

    def queue(self, topic: tuple[str, int], frames: list[bytes]) -> None:
        self.told += [payload(one) for one in frames]

    def write_queued(self) -> None:
        self.writes += 1


def payload(one: bytes) -> dict[str, Any]:
    """The message in a server's frame."""
    size = one[1]
    start = 2 if size < 126 else 4 if size == 126 else 10
    message: dict[str, Any] = msgspec.json.decode(one[start:])
    return message


@pytest.fixture
def board() -> Board:
    """One instrument, AAPL, closed at 100.00."""
    made = Board()
    names = ("last", "last_size", "last_ts", "day_open", "day_high", "day_low", "band_low", "band_high")
    zeros = dict.fromkeys((*names, "limit_state"), 0)
    zeros |= dict.fromkeys(("day_volume", "day_notional", "trades"), 0)
    rules = {"tick_size": 100, "lot_size": SHARE, "min_notional": 0, "reference_price": 100 * DOLLAR}
    row = {"instrument": 0, "symbol": "AAPL", "status": codes.IN_CONTINUOUS, "close": 100 * DOLLAR}
    made.add(row | rules | zeros, 10)
    return made


def apply(board: Board, seq: int, *events: dict[str, int]) -> None:
    records_ = b"".join(bytes(records.Event(seq=seq, **fields)) for fields in events)
    board.apply(Unit(seq, seq * 1_000_000, bytes(records.pack(codes.C_TICK)), records_))


def level(price: int, quantity: int, side: int = codes.BUY) -> dict[str, int]:
    orders = 1 if quantity else 0
    return {
        "type": codes.EV_LEVEL,
        "side": side,
        "price": price * DOLLAR,
        "quantity": quantity * SHARE,
        "leaves": orders,
    }


def trade(number: int, price: int) -> dict[str, int]:
    return {
        "type": codes.EV_TRADE,
        "status": 1,
        "price": price * DOLLAR,
        "quantity": SHARE,
        "notional": price * DOLLAR,
        "trade": number,
    }


def listening(group: Group, *channels: str) -> Listener:
    listener = Listener()
    for channel in channels:
        group.join((channel, 0), cast(Connection, listener))
    return listener


def flush(board: Board, group: Group) -> None:
    group.gather(board.drain())
    group.flush()


def test_many_changes_are_one_tick_with_the_latest(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, TICKS)
    for seq, price in ((11, 98), (12, 99)):
        apply(board, seq, level(price, 5))
        group.gather(board.drain())
    group.flush()
    assert [(one["bid"], one["seq"]) for one in listener.told] == [("99.00", 12)]


def test_each_message_builds_on_the_one_before(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, QUOTES)
    for seq, price in ((11, 98), (15, 99)):
        apply(board, seq, level(price, 5))
        flush(board, group)
    assert [(one["prevSeq"], one["seq"]) for one in listener.told] == [(10, 11), (11, 15)]


def test_a_change_of_sizes_alone_is_a_quote_and_no_tick(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, TICKS, QUOTES)
    apply(board, 11, level(98, 5))
    flush(board, group)
    apply(board, 12, level(98, 6))
    flush(board, group)
    assert [one["type"] for one in listener.told] == ["TICK", "QUOTE", "QUOTE"]


def test_only_changed_levels_are_in_a_delta(board: Board) -> None:
    apply(board, 11, level(98, 5), level(97, 5), level(102, 1, codes.SELL))
    board.drain()
    group = Group(board, 100)
    listener = listening(group, BOOK)
    apply(board, 12, level(98, 0), level(101, 3, codes.SELL))
    flush(board, group)
    assert listener.told[0]["bids"] == [{"price": "98.00", "quantity": "0", "orders": 0}]
    assert listener.told[0]["asks"] == [{"price": "101.00", "quantity": "3", "orders": 1}]


def test_the_tape_is_told_in_order(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, TRADES)
    apply(board, 11, trade(1, 98), trade(2, 99))
    apply(board, 12, trade(3, 97))
    flush(board, group)
    assert [one["price"] for one in listener.told] == ["98.00", "99.00", "97.00"]
    assert [one["prevSeq"] for one in listener.told] == [10, 11, 11]


def test_a_tape_that_was_cut_shows_its_gap(board: Board) -> None:
    group = Group(board, 1000)
    listener = listening(group, TRADES)
    for seq in range(11, 11 + 150):
        apply(board, seq, trade(seq, 98))
        group.gather(board.drain())
    group.flush()
    assert len(listener.told) == 100
    assert listener.told[0]["prevSeq"] > board.seq - 150


def test_nobody_is_told_what_nobody_asked_for(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, TICKS)
    group.leave((TICKS, 0), cast(Connection, listener))
    apply(board, 11, level(98, 5))
    flush(board, group)
    assert (listener.told, group.empty) == ([], True)


def test_all_messages_of_a_flush_are_one_write(board: Board) -> None:
    group = Group(board, 100)
    listener = listening(group, TICKS, QUOTES, BOOK, TRADES)
    apply(board, 11, level(98, 5), trade(1, 98))
    flush(board, group)
    assert (len(listener.told), listener.writes) == (4, 1)


def test_a_snapshot_and_the_deltas_after_it_make_the_book(board: Board) -> None:
    apply(board, 11, level(98, 5), level(97, 5))
    group = Group(board, 100)
    listener = listening(group, BOOK)
    book = {one["price"]: one["quantity"] for one in payload(snapshot(board, (BOOK, 0)))["bids"]}
    apply(board, 12, level(98, 0), level(96, 2))
    flush(board, group)
    for one in listener.told[0]["bids"]:
        book[one["price"]] = one["quantity"]
    assert {price: size for price, size in book.items() if size != "0"} == {"97.00": "5", "96.00": "2"}


@pytest.mark.parametrize("size", [0, 10, 60, 200, 65_400, 65_600, 200_000])
def test_a_frame_of_any_length_reads_back(size: int) -> None:
    made = frame(Error(ts=1, id=None, code="X", detail="x" * size))
    assert payload(made)["detail"] == "x" * size
