"""The private tail: every entry of an account in order, gaps visible, memory bounded."""

from __future__ import annotations

from typing import Any

import pytest

from openbell.core import codes, records
from openbell.gateway import tail as tail_module
from openbell.gateway.tail import KnownOrders, PrivateTail, client_id_of, events_of, group_kind_of
from openbell.node.client import Unit

START = 100


def event(kind: int, account: int, **fields: int) -> bytes:
    return bytes(records.Event(type=kind, account=account, **fields))


def unit(seq: int, *events: bytes, command: bytes = bytes(records.pack(codes.C_TICK))) -> Unit:
    return Unit(seq, seq * 1_000_000, command, b"".join(events))


def new_order(account: int, client_id: str) -> bytes:
    body = bytes(records.NewOrder(price=1, quantity=1, display=-1))
    return bytes(records.pack(codes.C_NEW_ORDER, body, client_id.encode(), account=account))


def new_group(account: int, kind: int, legs: int, client_id: str) -> bytes:
    blob = bytes(records.NewOrder(price=1, quantity=1, display=-1)) * legs + client_id.encode()
    body = bytes(records.NewGroup(kind=kind, legs=legs))
    return bytes(records.pack(codes.C_NEW_GROUP, body, blob, account=account))


@pytest.fixture
def tail() -> PrivateTail:
    return PrivateTail(START)


def test_each_entry_names_the_one_before(tail: PrivateTail) -> None:
    seqs = [(entry.prev, entry.seq) for n in (101, 105, 109) for entry in tail.record(unit(n, fill(7)))]
    assert seqs == [(START, 101), (101, 105), (105, 109)]


def fill(account: int, **fields: int) -> bytes:
    return event(codes.EV_FILL, account, **fields)


def test_one_command_is_one_entry_for_each_account(tail: PrivateTail) -> None:
    entries = tail.record(unit(101, event(codes.EV_ACCEPTED, 7), fill(8), fill(7)))
    assert {entry.account: len(events_of(entry)) for entry in entries} == {7: 2, 8: 1}


def test_public_events_are_nobodys(tail: PrivateTail) -> None:
    assert tail.record(unit(101, event(codes.EV_TRADE, 7), event(codes.EV_LEVEL, 0))) == []


def test_a_client_resumes_after_what_it_has(tail: PrivateTail) -> None:
    for seq in (101, 105, 109):
        tail.record(unit(seq, fill(7)))
    resumed = tail.since(7, 101)
    assert resumed is not None
    assert [entry.seq for entry in resumed] == [105, 109]


def test_the_newest_entry_of_an_account_is_known(tail: PrivateTail) -> None:
    tail.record(unit(101, fill(7)))
    tail.record(unit(105, fill(7), fill(8)))
    tail.record(unit(109, fill(8)))
    assert [tail.newest(account) for account in (7, 8, 9)] == [105, 109, START]
    assert tail.seen == 109


def test_cash_and_shares_that_move_are_news_of_an_account(
    tail: PrivateTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "MOVED_MAX", 2)
    tail.record(unit(101, event(codes.EV_CASH, 7), event(codes.EV_CASH, 8)))
    tail.record(unit(103, event(codes.EV_SHARES, 9), event(codes.EV_LEVEL, 9)))
    tail.record(unit(104, event(codes.EV_LEVEL, 0)))
    assert [tail.newest(account) for account in (7, 8, 9)] == [101, 101, 103]
    tail.record(unit(105, event(codes.EV_ACCOUNT, 9), event(codes.EV_CASH, 6)))
    assert [tail.newest(account) for account in (5, 6, 8, 9)] == [101, 105, 101, 105]


def test_a_day_roll_is_news_of_every_account(tail: PrivateTail) -> None:
    tail.record(unit(101, fill(7)))
    tail.record(unit(102, event(codes.EV_DAY, 0)))
    assert [tail.newest(account) for account in (7, 8)] == [102, 102]


def test_what_came_before_the_start_cannot_be_resumed(tail: PrivateTail) -> None:
    assert tail.since(7, START - 1) is None
    assert tail.since(7, START) == []


def test_what_was_dropped_cannot_be_resumed(tail: PrivateTail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "ENTRIES_AN_ACCOUNT_MAX", 2)
    for seq in (101, 102, 103):
        tail.record(unit(seq, fill(7)))
    assert tail.since(7, 100) is None
    kept = tail.since(7, 101)
    assert kept is not None
    assert [entry.seq for entry in kept] == [102, 103]


def test_the_least_active_account_is_forgotten_first(
    tail: PrivateTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "ENTRIES_MAX", 3)
    for seq, account in ((101, 7), (102, 8), (103, 7), (104, 7)):
        tail.record(unit(seq, fill(account)))
    assert tail.since(8, 101) is None
    kept = tail.since(7, 102)
    assert kept is not None
    assert [entry.seq for entry in kept] == [103, 104]


def test_an_account_that_was_forgotten_shows_its_gap(
    tail: PrivateTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "ENTRIES_MAX", 1)
    for seq, account in ((101, 7), (102, 8)):
        tail.record(unit(seq, fill(account)))
    assert tail.record(unit(103, fill(7)))[0].prev == 101


@pytest.mark.parametrize("client_id", ["x", "12345678", "a" * 48])
def test_a_clients_id_is_read_from_its_command(client_id: str) -> None:
    assert client_id_of(new_order(7, client_id)) == (7, client_id)


@pytest.mark.parametrize("client_id", ["x", "a" * 48])
def test_a_groups_id_is_behind_its_legs(client_id: str) -> None:
    command = new_group(7, codes.BRACKET, 3, client_id)
    assert (client_id_of(command), group_kind_of(command)) == ((7, client_id), codes.BRACKET)


def test_other_commands_carry_none() -> None:
    assert group_kind_of(new_order(7, "x")) == 0
    assert client_id_of(bytes(records.pack(codes.C_TICK))) == (0, None)


def test_only_the_sender_of_an_order_sees_its_id(tail: PrivateTail) -> None:
    entries = tail.record(unit(101, event(codes.EV_ACCEPTED, 7), fill(8), command=new_order(7, "mine")))
    assert {entry.account: entry.client_id for entry in entries} == {7: "mine", 8: None}


def told(known: KnownOrders, kind: int, client_id: str | None = None, **fields: int) -> Any:
    return known.observe(records.Event(type=kind, **fields), client_id)


def test_a_fill_knows_what_its_order_was() -> None:
    known = KnownOrders()
    told(
        known, codes.EV_ACCEPTED, "mine", order=9, order_type=codes.LIMIT, tif=codes.GTC, price=5, quantity=8
    )
    assert told(known, codes.EV_FILL, order=9, status=codes.ST_PARTIALLY_FILLED)[:5] == (
        "mine",
        codes.LIMIT,
        codes.GTC,
        5,
        8,
    )


def test_a_modify_changes_what_is_known() -> None:
    known = KnownOrders()
    told(known, codes.EV_ACCEPTED, "mine", order=9, price=5, quantity=8)
    told(known, codes.EV_MODIFIED, order=9, price=6, quantity=7)
    assert told(known, codes.EV_FILL, order=9)[3:5] == (6, 7)


def test_a_leg_is_known_by_its_group_and_its_part_there() -> None:
    known, first = KnownOrders(), records.make_id(0, 5)
    for leg in range(3):
        fields = {"order": first + leg, "order_type": codes.LIMIT}
        known.observe(records.Event(type=codes.EV_ACCEPTED, **fields), "mine", codes.BRACKET)
    legs = [told(known, codes.EV_FILL, order=first + leg) for leg in range(3)]
    assert [leg.group for leg in legs] == [first] * 3
    assert [leg.role for leg in legs] == [codes.ROLE_PARENT, codes.ROLE_TAKE_PROFIT, codes.ROLE_STOP_LOSS]
    assert [leg.client_id for leg in legs] == ["mine", None, None]


@pytest.mark.parametrize(("kind", "stop"), [(codes.STOP, 90), (codes.TRAILING_STOP, 0)])
def test_a_stop_that_only_became_smaller_stands_where_it_was_unless_it_trails(kind: int, stop: int) -> None:
    known, waits = KnownOrders(), codes.ST_PENDING
    told(known, codes.EV_ACCEPTED, order=9, order_type=kind, status=waits, limit=90, quantity=8)
    smaller = told(known, codes.EV_MODIFIED, order=9, status=waits, quantity=5)
    assert (smaller.quantity, smaller.stop_price) == (5, stop)


@pytest.mark.parametrize("kind", [codes.EV_CANCELLED, codes.EV_EXPIRED])
def test_an_ended_order_is_forgotten(kind: int) -> None:
    known = KnownOrders()
    told(known, codes.EV_ACCEPTED, "mine", order=9)
    told(known, kind, order=9)
    assert told(known, codes.EV_FILL, order=9) is None
