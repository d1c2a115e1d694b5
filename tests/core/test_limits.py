"""Limits of accounts, firms and the venue: the tightest that is set holds, for what is new and what grows."""

from __future__ import annotations

import pytest

from openbell.core import codes, records, snapshot
from tests.core import commands
from tests.core.commands import MILLISECOND, SECOND, SHARE, USD
from tests.core.story import HOUSE, Market, Said


@pytest.fixture
def market() -> Market:
    return Market()


def numbers(said: Said) -> tuple[str, int, int]:
    return said.code, said.answer.limit, said.answer.observed


def member(market: Market, firm: int, cash: int = 1000) -> int:
    """A new account of a firm."""
    opened = market.do(commands.open_account(codes.KIND_DEMO, cash * USD, HOUSE, firm=firm))
    return int(opened.answer.account)


def test_the_tightest_of_account_firm_instrument_and_venue_holds(market: Market) -> None:
    market.do(commands.set_limits(firm=1, order_quantity_max=6 * SHARE))
    alice = member(market, 1)
    assert numbers(market.buy(alice, 7, at=10_00)) == ("ORDER_QUANTITY", 6 * SHARE, 7 * SHARE)
    market.do(commands.set_limits(order_quantity_max=5 * SHARE))
    assert market.buy(alice, 6, at=10_00).answer.limit == 5 * SHARE
    market.do(commands.set_limits(alice, order_quantity_max=4 * SHARE))
    assert market.buy(alice, 5, at=10_00).answer.limit == 4 * SHARE
    market.do(commands.set_listing(0, order_quantity_max=3 * SHARE))
    assert market.buy(alice, 4, at=10_00).answer.limit == 3 * SHARE
    assert market.buy(alice, 3, at=10_00).code == "OK"


def test_a_limit_of_zero_is_none(market: Market) -> None:
    market.do(commands.set_limits(HOUSE, order_value_max=100 * USD))
    assert market.buy(HOUSE, 2, at=99_00).code == "ORDER_VALUE"
    market.do(commands.set_limits(HOUSE, order_value_max=0))
    assert market.buy(HOUSE, 2, at=99_00).code == "OK"


def test_the_venues_own_limit_takes_the_place_of_the_genesis(market: Market) -> None:
    market.do(commands.set_limits(open_orders_max=1))
    market.buy(HOUSE, 1, at=99_00)
    assert numbers(market.buy(HOUSE, 1, at=99_00)) == ("OPEN_ORDERS", 1, 2)
    market.do(commands.set_limits(open_orders_max=0))
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"


def test_a_limit_binds_what_is_new_and_what_grows_and_not_what_shrinks(market: Market) -> None:
    order = market.buy(HOUSE, 9, at=99_00).order
    market.do(commands.set_limits(HOUSE, order_quantity_max=5 * SHARE))
    assert market.modify(HOUSE, order, quantity=10).code == "ORDER_QUANTITY"
    assert market.modify(HOUSE, order, at=98_00).code == "ORDER_QUANTITY"
    assert market.modify(HOUSE, order, quantity=8).code == "OK"


def test_messages_are_counted_by_the_second_and_cancels_pass(market: Market) -> None:
    market.ts += SECOND - market.ts % SECOND
    market.do(commands.set_limits(HOUSE, message_rate=2))
    order = market.buy(HOUSE, 2, at=99_00).order
    assert market.modify(HOUSE, order, at=98_00).code == "OK"
    assert numbers(market.buy(HOUSE, 1, at=99_00)) == ("MESSAGE_RATE", 2, 3)
    assert market.modify(HOUSE, order, at=97_00).code == "MESSAGE_RATE"
    assert market.modify(HOUSE, order, quantity=1).code == "OK"  # it shrinks
    assert market.cancel(HOUSE, order).code == "OK"
    market.ts += SECOND
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"


def test_who_is_not_approved_enters_nothing(market: Market) -> None:
    order = market.buy(HOUSE, 1, at=99_00).order
    market.do(commands.set_limits(HOUSE, kyc=0))
    assert market.buy(HOUSE, 1, at=99_00).code == "KYC"
    assert market.modify(HOUSE, order, quantity=2).code == "KYC"
    assert market.cancel(HOUSE, order).code == "OK"
    market.do(commands.set_limits(HOUSE, kyc=1))
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"


@pytest.mark.parametrize("scope", ["account", "firm", "venue"])
def test_a_restricted_instrument_is_refused_to_the_list_s_scope(market: Market, scope: str) -> None:
    market.do(commands.set_limits(firm=1))
    alice, bob = member(market, 1), market.trader(cash=1000)
    where = {"account": {"account": alice}, "firm": {"firm": 1}, "venue": {}}[scope]
    market.do(commands.set_limits(**where, restricted=1))
    assert market.buy(alice, 1, at=99_00).code == "RESTRICTED"
    assert market.buy(bob, 1, at=99_00).code == ("RESTRICTED" if scope == "venue" else "OK")
    market.do(commands.set_limits(**where, restricted=0))
    assert market.buy(alice, 1, at=99_00).code == "OK"


def test_the_same_order_twice_from_the_app_is_refused_inside_the_window(market: Market) -> None:
    market.do(commands.set_limits(duplicate_ns=500 * MILLISECOND))
    assert market.buy(HOUSE, 1, at=99_00, flags=codes.FROM_APP).code == "OK"
    again = market.buy(HOUSE, 1, at=99_00, flags=codes.FROM_APP)
    assert numbers(again) == ("DUPLICATE", 500 * MILLISECOND, 1000)
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"  # a key's order is meant as it is
    assert market.buy(HOUSE, 2, at=99_00, flags=codes.FROM_APP).code == "OK"
    assert market.buy(HOUSE, 1, at=99_00, flags=codes.FROM_APP).code == "OK"  # not the last one any more
    market.ts += 500 * MILLISECOND
    assert market.buy(HOUSE, 1, at=99_00, flags=codes.FROM_APP).code == "OK"


def test_exposure_counts_open_orders_of_both_sides_and_falls_as_they_end(market: Market) -> None:
    market.buy(HOUSE, 1, at=99_00)
    market.do(commands.set_limits(HOUSE, exposure_max=300 * USD))
    order = market.sell(HOUSE, 1, at=101_00).order
    assert numbers(market.sell(HOUSE, 1, at=101_00)) == ("EXPOSURE", 300 * USD, 301 * USD)
    assert market.modify(HOUSE, order, at=103_00).code == "OK"
    market.cancel(HOUSE, order)
    assert market.sell(HOUSE, 2, at=100_00).code == "OK"


def test_a_firms_accounts_share_its_exposure(market: Market) -> None:
    market.do(commands.set_limits(firm=1, exposure_max=150 * USD))
    alice, bob = member(market, 1), member(market, 1)
    market.buy(alice, 1, at=99_00)
    assert numbers(market.buy(bob, 1, at=99_00)) == ("FIRM_EXPOSURE", 150 * USD, 198 * USD)
    market.do(commands.set_limits(firm=1, exposure_max=0))
    assert market.buy(bob, 1, at=99_00).code == "OK"


def test_the_venues_exposure_limit_is_each_accounts(market: Market) -> None:
    market.buy(HOUSE, 1, at=99_00)
    market.do(commands.set_limits(exposure_max=150 * USD))
    assert market.buy(HOUSE, 1, at=99_00).code == "EXPOSURE"
    assert market.buy(market.trader(cash=1000), 1, at=99_00).code == "OK"


def test_checks_come_in_the_order_of_the_table(market: Market) -> None:
    """Each step takes away the refusal before it: the next one shows."""
    alice = market.trader()
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=alice))
    market.do(commands.set_limits(alice, kyc=0, message_rate=1, exposure_max=1, restricted=1))
    market.do(commands.set_limits(alice, order_quantity_max=1, order_value_max=1, duplicate_ns=SECOND))
    market.do(commands.kill(codes.SCOPE_ACCOUNT, account=alice))
    lifts: list[tuple[str, bytearray]] = [
        ("ACCOUNT_LOCKED", commands.plain(codes.C_UNLOCK_ACCOUNT, account=alice)),
        ("KYC", commands.set_limits(alice, kyc=1)),
        ("KILLED", commands.lift(codes.SCOPE_ACCOUNT, account=alice)),
        ("ORDER_QUANTITY", commands.set_limits(alice, message_rate=0, order_quantity_max=0)),
        ("ORDER_VALUE", commands.set_limits(alice, order_value_max=0)),
        ("RESTRICTED", commands.set_limits(alice, restricted=0)),
        ("DUPLICATE", commands.set_limits(alice, duplicate_ns=0)),
        ("EXPOSURE", commands.set_limits(alice, exposure_max=0)),
        ("INSUFFICIENT_FUNDS", commands.plain(codes.C_TICK)),
    ]
    for code, lift in lifts:
        assert market.buy(alice, 1, at=99_00, flags=codes.FROM_APP).code == code
        market.do(lift)


def test_a_firm_is_made_by_its_first_limits_and_in_order(market: Market) -> None:
    assert market.do(commands.open_account(firm=1)).code == "UNKNOWN_FIRM"
    assert numbers(market.do(commands.set_limits(firm=2))) == ("UNKNOWN_FIRM", 1, 2)
    assert market.do(commands.set_limits(firm=1)).told == ["limits of firm 1"]
    assert market.do(commands.open_account(firm=1)).code == "OK"


def test_without_who_and_why_nothing_is_set(market: Market) -> None:
    for command in (
        commands.set_limits(HOUSE, message_rate=1, blob=b""),
        commands.set_listing(0, blob=b"", min_notional=1),
        commands.switch(codes.C_KILL, codes.SCOPE_VENUE, b""),
    ):
        assert market.do(command).code == "BAD_RECORD"
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"


@pytest.mark.parametrize("account", [0, 1, 2, 3])
def test_limits_are_set_for_customers(market: Market, account: int) -> None:
    body = bytes(records.SetLimits(scope=codes.SCOPE_ACCOUNT, flags=codes.LIMIT_RATE))
    said = market.do(records.pack(codes.C_SET_LIMITS, body, b"x", account=account))
    assert said.code == ("NOT_ALLOWED" if account else "UNKNOWN_ACCOUNT")


def test_the_event_tells_all_limits_as_they_are_now(market: Market) -> None:
    market.do(commands.set_limits(HOUSE, order_quantity_max=7, message_rate=3))
    record = commands.sequenced(
        commands.set_limits(HOUSE, exposure_max=9, kyc=0), market.exchange.position + 1, market.ts
    )
    _, events = market.core.apply(record)
    market.oracle.apply(record)
    event = records.Event.from_buffer_copy(records.Event.STRUCT.pack(*events[0]))
    assert (event.quantity, event.leaves, event.limit, event.status) == (7, 3, 9, 1)


def test_a_tick_changes_only_while_the_book_is_empty(market: Market) -> None:
    order = market.buy(HOUSE, 1, at=99_00).order
    assert numbers(market.do(commands.set_listing(0, tick_size=1000))) == ("OPEN_ORDERS", 0, 1)
    market.cancel(HOUSE, order)
    assert market.do(commands.set_listing(0, tick_size=1000)).told == ["instrument 0: changed"]
    assert market.buy(HOUSE, 1, at=99_01).code == "TICK_SIZE"


def test_a_collar_that_changes_holds_for_the_next_order(market: Market) -> None:
    assert market.buy(HOUSE, 1, at=111_00).code == "PRICE_COLLAR"
    market.do(commands.set_listing(0, limit_collar=2000))
    assert market.buy(HOUSE, 1, at=111_00).code == "OK"


def test_the_hash_covers_limits_and_lists(market: Market) -> None:
    market.do(commands.set_fees(maker=1))
    market.do(commands.set_limits(HOUSE, exposure_max=10**9))
    market.buy(HOUSE, 1, at=99_00)
    market.do(commands.set_limits(HOUSE, restricted=1))
    before = snapshot.state_hash(market.exchange)
    names = ("limits", "firm_limits", "instrument_limits", "restrictions", "charges", "tariffs")
    for row in (market.exchange.memory[name][0] for name in names):
        for field, _ in type(row).FIELDS:
            if field.startswith("reserved") or field in ("next", "schedule"):
                continue
            value = getattr(row, field)
            setattr(row, field, value ^ 1)
            assert snapshot.state_hash(market.exchange) != before, f"{field} of {row} is not covered"
            setattr(row, field, value)
    assert snapshot.state_hash(market.exchange) == before
