"""Groups of orders: what the rule pages do not show. Every command also goes through the oracle."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from openbell.core import codes, group_layouts, records, snapshot, view
from tests.core import commands
from tests.core.commands import SHARE, USD
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.story import CENT, HOUSE, Market, Said

BUY, SELL = codes.BUY, codes.SELL
STOP, TRAILING = codes.STOP, codes.TRAILING_STOP


def leg(side: int, quantity: int, at: int = 0, stop: int = 0, **more: Any) -> bytes:
    """A leg in shares and cents: LIMIT, or with `stop` a STOP or STOP_LIMIT."""
    if stop:
        more["stop_price"] = stop * CENT
        more.setdefault("order_type", codes.STOP_LIMIT if at else STOP)
    return commands.leg(side, at * CENT, quantity * SHARE, **more)


def oco(market: Market, account: int, *legs: bytes, **more: Any) -> Said:
    return market.do(commands.group(account, 0, codes.OCO, list(legs), **more))


def bracket(market: Market, account: int, *legs: bytes, **more: Any) -> Said:
    kind = codes.BRACKET if len(legs) == 3 else codes.OTO
    return market.do(commands.group(account, 0, kind, list(legs), **more))


def order(market: Market, number: int) -> dict[str, Any]:
    found = view.order(market.exchange, number)
    assert found
    return found


def trades(said: Said) -> list[str]:
    return [line for line in said.told if line.startswith("trade:")]


# -- one and the same step -------------------------------------------------------------------------


def test_a_sibling_is_lowered_before_the_next_order_is_met() -> None:
    """Both legs rest at prices that one incoming order reaches; an order between them is met in its turn."""
    market = Market()
    owner = market.trader(0, 10)
    oco(market, owner, leg(SELL, 10, 101_00), leg(SELL, 10, 103_00))
    market.sell(HOUSE, 5, at=102_00)
    said = market.buy(market.other, 20, at=103_00)
    assert trades(said) == ["trade: #4 takes 10 of #1 @ 101.00", "trade: #4 takes 5 of #3 @ 102.00"]
    assert "#2 cancelled: SIBLING, 10 left" in said.told
    assert market.stock(market.other) == "100015, 0 reserved"


def test_alternatives_at_one_price_fill_once() -> None:
    market = Market()
    owner = market.trader(0, 10)
    oco(market, owner, leg(SELL, 10, 101_00), leg(SELL, 10, 101_00))
    market.sell(HOUSE, 5, at=101_00)
    said = market.buy(market.other, 12, at=101_00, tif=codes.IOC)
    assert trades(said) == ["trade: #4 takes 10 of #1 @ 101.00", "trade: #4 takes 2 of #3 @ 101.00"]


@pytest.mark.parametrize(("quantity", "filled"), [(10, True), (11, False), (15, True), (16, False)])
def test_an_order_that_fills_whole_counts_alternatives_once(quantity: int, filled: bool) -> None:
    market = Market()
    owner = market.trader(0, 10)
    oco(market, owner, leg(SELL, 10, 101_00), leg(SELL, 10, 103_00))
    if quantity > 11:
        market.sell(HOUSE, 5, at=102_00)
    said = market.buy(market.other, quantity, at=103_00, tif=codes.FOK)
    assert said.status == ("FILLED" if filled else "CANCELLED")


def test_two_stops_that_one_trade_elects_fill_once() -> None:
    market = Market()
    owner = market.trader(0, 10)
    oco(market, owner, leg(SELL, 10, stop=99_00), leg(SELL, 10, stop=98_00))
    market.buy(HOUSE, 30, at=97_00)
    said = market.sell(market.other, 1, at=97_00)
    assert trades(said) == ["trade: #4 takes 1 of #3 @ 97.00", "trade: #1 takes 10 of #3 @ 97.00"]
    assert "#2 cancelled: SIBLING, 10 left" in said.told


def test_an_incoming_leg_that_rests_lowers_its_sibling_by_what_it_took() -> None:
    market = Market()
    owner = market.trader(2000)
    market.sell(HOUSE, 4, at=100_00)
    said = oco(market, owner, leg(BUY, 10, 100_00), leg(BUY, 10, 101_50, stop=101_00))
    assert said.answer.filled == 4 * SHARE
    assert "#3 modified: 6 @ 101.50, place kept" in said.told
    assert market.cash(owner) == "1600.00, 609.00 reserved"


# -- children --------------------------------------------------------------------------------------


def test_a_child_that_may_sell_at_once_does_so_after_the_incoming_order_has_rested() -> None:
    market = Market()
    owner = market.trader(2000)
    market.buy(market.other, 3, at=99_00)
    bracket(market, owner, leg(BUY, 5, 100_00), leg(SELL, 5, 98_00))
    said = market.sell(HOUSE, 7, at=100_00)
    assert trades(said) == ["trade: #4 takes 5 of #2 @ 100.00", "trade: #3 takes 3 of #1 @ 99.00"]
    assert order(market, said.order)["leaves"] == 2 * SHARE


def test_a_trailing_child_starts_at_the_reference_of_the_moment_its_parent_fills() -> None:
    market = Market()
    owner = market.trader(2000)
    trail = commands.leg(SELL, 0, 5 * SHARE, TRAILING, stop_price=2 * USD)
    said = bracket(market, owner, leg(BUY, 5, 100_00), leg(SELL, 5, 110_00), trail)
    assert order(market, said.order + 2)["stop_price"] == 98 * USD
    market.print(104_00)
    market.sell(HOUSE, 2, at=100_00)
    assert order(market, said.order + 2)["stop_price"] == 98 * USD
    market.print(104_00)
    assert order(market, said.order + 2)["stop_price"] == 102 * USD


def test_children_that_buy_back_are_paid_for_from_the_start() -> None:
    market = Market()
    owner = market.trader(1000, 5)
    bracket(market, owner, leg(SELL, 5, 100_00), leg(BUY, 5, 90_00), leg(BUY, 5, 110_00, stop=108_00))
    assert market.cash(owner) == "1000.00, 550.00 reserved"
    market.buy(HOUSE, 2, at=100_00)
    assert market.cash(owner) == "1200.00, 550.00 reserved"
    market.sell(HOUSE, 2, at=90_00)
    assert market.cash(owner) == "1020.00, 330.00 reserved"
    assert market.stock(owner) == "5, 3 reserved"


def feeding() -> Market:
    """A child that sells to its own parent, where nothing prevents that: each fill gives it more to sell."""
    market = Market({"flags": codes.PROTECTIONS_OFF})
    bracket(market, market.trader(10**5), leg(BUY, 100, 100_00), leg(SELL, 100, 99_00))
    market.sell(HOUSE, 1, at=100_00)
    return market


def test_a_group_that_feeds_itself_has_one_turn_a_message() -> None:
    """Without a bound one command would fill all of it, lot by lot."""
    market = feeding()
    filled = market.exchange.memory["scalars"][0].trades
    assert filled == 2, "a child had more than one turn"
    market.tick()
    assert market.exchange.memory["scalars"][0].trades == filled, "no message came to the books"
    market.buy(HOUSE, 1, at=90_00)
    assert market.exchange.memory["scalars"][0].trades == filled + 1


def test_a_loaded_exchange_goes_on_where_a_late_child_waits(tmp_path: Path) -> None:
    market = feeding()
    assert market.exchange.memory["scalars"][0].turn_head != 0xFFFFFFFF
    snapshot.save(market.exchange, tmp_path / "s", {})
    loaded, _ = snapshot.load(tmp_path / "s")
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)
    for price in (90_00, 91_00, 92_00):
        made = commands.order(HOUSE, 0, BUY, price * CENT, SHARE)
        record = commands.sequenced(made, loaded.position + 1, loaded.time + 1)
        for exchange in (market.exchange, loaded):
            exchange.run(record, 0, len(record))
        assert loaded.events(0, loaded.event_count) == market.exchange.events(0, market.exchange.event_count)
        assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)
        for exchange in (market.exchange, loaded):
            exchange.clear()


def test_the_hash_covers_what_a_leg_waits_for() -> None:
    market = Market()
    said = bracket(market, HOUSE, leg(BUY, 5, 99_00), leg(SELL, 5, 101_00), leg(SELL, 5, stop=97_00))
    before = snapshot.state_hash(market.exchange)
    slot = 1  # of the second leg: the first orders of an exchange lie in the order of entry
    row = market.exchange.memory["book_legs"][slot]
    for field in ("role", "begun", "asked", "round"):
        setattr(row, field, getattr(row, field) ^ 1)
        assert snapshot.state_hash(market.exchange) != before, f"{field} is not covered"
        setattr(row, field, getattr(row, field) ^ 1)
    market.exchange.memory["extras"][slot].rest += 1
    assert snapshot.state_hash(market.exchange) != before
    market.exchange.memory["extras"][slot].rest -= 1
    ticket = market.exchange.lookup_order(said.order)
    leg_row = market.exchange.memory["ticket_legs"][ticket]
    for field in ("role", "kind", "cash", "shares", "fee"):
        setattr(leg_row, field, getattr(leg_row, field) ^ 1)
        assert snapshot.state_hash(market.exchange) != before, f"{field} of a ticket's leg is not covered"
        setattr(leg_row, field, getattr(leg_row, field) ^ 1)
    assert snapshot.state_hash(market.exchange) == before


# -- money -----------------------------------------------------------------------------------------


def test_legs_that_both_trade_have_both_fees_in_reserve() -> None:
    """The account has exactly what the group may cost, and fills of both legs never overdraw it."""
    market = Market()
    market.do(commands.set_fees(per_order=USD, taker=1000, maker=1000))
    owner = market.trader(1005)
    said = oco(market, owner, leg(BUY, 10, 100_00), leg(BUY, 10, 100_00, stop=100_00))
    assert said.code == "OK"
    assert market.cash(owner) == "1005.00, 1004.00 reserved"
    market.sell(HOUSE, 3, at=100_00)
    market.sell(HOUSE, 7, at=100_00)
    assert market.cash(owner).endswith(" 0.00 reserved")


def test_a_group_that_cannot_be_paid_for_names_the_leg() -> None:
    market = Market()
    owner = market.trader(1000)
    said = oco(market, owner, leg(BUY, 10, 95_00), leg(BUY, 10, 105_00, stop=101_00))
    assert (said.code, said.order & 255) == ("INSUFFICIENT_FUNDS", 1)
    assert (said.answer.limit, said.answer.observed) == (50 * USD, 100 * USD)
    assert market.cash(owner) == "1000.00, 0.00 reserved"


def test_a_dearer_price_of_one_leg_must_be_there_for_the_group_alone() -> None:
    market = Market()
    owner = market.trader(1000)
    said = oco(market, owner, leg(BUY, 10, 95_00), leg(BUY, 10, 99_00, stop=101_00))
    assert market.modify(owner, said.order, at=98_00).code == "OK"
    assert market.cash(owner) == "1000.00, 990.00 reserved"
    assert market.modify(owner, said.order, at=101_00).code == "INSUFFICIENT_FUNDS"


# -- the command -----------------------------------------------------------------------------------


def test_a_repeated_group_gets_its_first_answer() -> None:
    market = Market()
    key = {"header": {"key_low": 9, "key_high": 1}}
    first = oco(market, HOUSE, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00), blob=b"mine", **key)
    again = oco(market, HOUSE, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00), blob=b"mine", **key)
    assert again.order == first.order and again.answer.flags & codes.REPLAYED
    assert oco(market, HOUSE, leg(SELL, 6, 101_00), leg(SELL, 6, stop=98_00), **key).code == "KEY_REUSED"
    assert [order(market, first.order + k)["client_id"] for k in range(2)] == ["mine", ""]
    assert [order(market, first.order + k)["group"] for k in range(2)] == [first.order] * 2


def test_there_is_room_for_so_many_groups() -> None:
    market = Market(orders=32)
    for _ in range(32 // group_layouts.GROUPS_SHARE):
        assert oco(market, HOUSE, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00)).code == "OK"
    said = oco(market, HOUSE, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00))
    assert (said.code, said.answer.limit, said.answer.observed) == ("GROUPS_FULL", 2, 3)
    market.do(commands.cancel_all(HOUSE))
    assert oco(market, HOUSE, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00)).code == "OK"


@pytest.mark.parametrize(
    ("legs", "code"),
    [
        ((leg(SELL, 5, 101_00), leg(BUY, 5, 98_00)), "BAD_SIDE"),
        ((leg(SELL, 5, 101_00), leg(SELL, 5, 102_00, tif=codes.IOC)), "BAD_TIME_IN_FORCE"),
        ((leg(SELL, 5, 101_00), leg(SELL, 5, 102_00, display=SHARE)), "UNSUPPORTED"),
        ((leg(SELL, 5, 101_00, flags=codes.POST_ONLY), leg(SELL, 5, 102_00)), "UNSUPPORTED"),
        ((leg(SELL, 5, 101_00), leg(SELL, 4, 102_00)), "BAD_QUANTITY"),
        ((leg(SELL, 5, order_type=codes.MARKET), leg(SELL, 5, 102_00)), "BAD_TYPE"),
        ((leg(SELL, 5, 101_00), leg(SELL, 5, 102_00), leg(SELL, 5, 103_00)), "BAD_GROUP"),
        ((leg(SELL, 5, 101_00),), "BAD_GROUP"),
    ],
)
def test_what_is_no_oco_is_refused(legs: tuple[bytes, ...], code: str) -> None:
    market = Market()
    assert oco(market, HOUSE, *legs).code == code
    assert view.orders(market.exchange, HOUSE, "working", None, 0, 10) == []


@pytest.mark.parametrize("size", [1, 2, 3])
def test_all_is_cancelled_slice_by_slice(size: int) -> None:
    market = Market(slice=size)
    owner = market.trader(5000, 50)
    for _ in range(3):
        oco(market, owner, leg(SELL, 5, 101_00), leg(SELL, 5, stop=98_00))
        bracket(market, owner, leg(BUY, 5, 99_00), leg(SELL, 5, 103_00), leg(SELL, 5, stop=97_00))
        market.buy(owner, 1, at=98_00)
    market.do(commands.cancel_all(owner))
    assert market.cash(owner) == "5000.00, 0.00 reserved"
    assert market.stock(owner) == "50, 0 reserved"


def test_any_bytes_as_a_group_get_an_answer_and_break_nothing() -> None:
    """Words of a right group replaced, cut and lengthened."""
    draw = random.Random(7)
    right = commands.group(
        5, 0, codes.BRACKET, [leg(BUY, 5, 99_00), leg(SELL, 5, 103_00), leg(SELL, 5, stop=97_00)], b"id"
    )
    core, oracle = Core(commands.genesis()), Oracle(commands.genesis())
    invariants = Invariants(core.exchange)
    made = [commands.listing("AAPL"), commands.open_account(codes.KIND_HOUSE)]
    made += [commands.deposit(4, 10**12), commands.open_account(grant=10**10, source=4)]
    for _ in range(400):
        garbage = bytearray(right)
        for _ in range(draw.randint(1, 6)):
            garbage[draw.randrange(96, len(garbage))] = draw.choice((0, 1, 2, 3, 127, 128, 255))
        size = draw.choice((len(garbage), len(garbage), draw.randrange(96, len(garbage) + 8, 8), 1024))
        garbage = (garbage + bytes(1024))[:size]
        garbage[0:2] = size.to_bytes(2, "little")
        made.append(garbage)
    for seq, command in enumerate(made, 2):
        record = commands.sequenced(command, seq, commands.START)
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        invariants.check(said[1])


def test_a_leg_is_found_by_the_index_of_its_id() -> None:
    market = Market()
    said = bracket(market, HOUSE, leg(BUY, 5, 99_00), leg(SELL, 5, 103_00), leg(SELL, 5, stop=97_00))
    roles = [order(market, said.order + k)["role"] for k in range(3)]
    assert roles == [codes.ROLE_PARENT, codes.ROLE_TAKE_PROFIT, codes.ROLE_STOP_LOSS]
    assert said.order == records.make_id(0, market.exchange.position)
