"""Request keys: the same request twice has one effect and one answer."""

from __future__ import annotations

import pytest

from openbell.core import codes, records
from tests.core import commands
from tests.core.commands import SECOND
from tests.core.story import HOUSE, Market, Said

DAY_NS = 24 * 3600 * SECOND


@pytest.fixture
def market() -> Market:
    return Market()


def keyed(key: int, quantity: int = 5, account: int = HOUSE) -> bytearray:
    return commands.order(
        account, 0, codes.BUY, 99 * 10**4, quantity * 10**8, blob=b"mine", header={"key_low": key}
    )


def shown(said: Said) -> list[int]:
    """An answer without its count of events and its flags."""
    return [
        getattr(said.answer, name) for name, _ in records.Answer.FIELDS if name not in ("events", "flags")
    ]


def test_a_repeat_gets_the_first_answer_and_has_no_effect(market: Market) -> None:
    first = market.do(keyed(1))
    again = market.do(keyed(1))
    assert shown(again) == shown(first)
    assert (again.told, again.answer.flags) == ([], codes.REPLAYED)


def test_the_first_answer_stays_as_it_was(market: Market) -> None:
    first = market.do(keyed(1))
    market.sell(HOUSE, 5, at=99_00)
    assert shown(market.do(keyed(1))) == shown(first)


def test_the_same_key_with_another_body_is_refused(market: Market) -> None:
    market.do(keyed(1))
    said = market.do(keyed(1, quantity=6))
    assert (said.code, said.told) == ("KEY_REUSED", [])


WORDS = range(records.Header.SIZE // 8, (records.Header.SIZE + records.NewOrder.SIZE) // 8)
PAIRS = [(one, other) for one in WORDS for other in WORDS if one < other]
TOP = 1 << 63


@pytest.mark.parametrize(
    ("up", "down"),
    [
        *((2 * b + 1, 2 * a + 1) for a, b in ((0, 1), (0, 2), (1, 2), (2, 5))),
        (1, 1),
        (TOP, TOP),
        (1 << 61, 1 << 61),
    ],
)
def test_changes_of_two_words_of_a_body_do_not_cancel_out(up: int, down: int) -> None:
    """A 5 cents higher price and a cent less of a stop price, say, are another order."""
    market = Market()
    market.do(keyed(1))
    for one, other in PAIRS:
        made = keyed(1)
        words = memoryview(made).cast("Q")
        words[one] = (words[one] + 100 * up) % (1 << 64)
        words[other] = (words[other] - 100 * down) % (1 << 64)
        words.release()
        if bytes(made) != bytes(keyed(1)):
            assert market.do(made).code in ("KEY_REUSED", "BAD_RECORD")


def test_an_instrument_and_a_body_that_both_differ_do_not_cancel_out(market: Market) -> None:
    for number in range(3):
        market.list(f"MORE{number}")
    header = {"account": HOUSE, "key_low": 1}
    market.do(commands.switch(codes.C_KILL, codes.SCOPE_VENUE, instrument=1, **header))
    said = market.do(commands.switch(codes.C_KILL, codes.SCOPE_ACCOUNT, instrument=3, **header))
    assert said.code == "KEY_REUSED"


def test_another_account_may_use_the_same_key(market: Market) -> None:
    alice = market.trader(cash=1000)
    market.do(keyed(1))
    assert market.do(keyed(1, account=alice)).code == "OK"


def test_a_request_without_a_key_is_new_each_time(market: Market) -> None:
    assert market.do(keyed(0)).order != market.do(keyed(0)).order


@pytest.mark.parametrize(
    "make",
    [
        lambda order: commands.cancel(HOUSE, order, key_low=7),
        lambda order: commands.modify(HOUSE, order, quantity=3 * 10**8, key_low=7),
        lambda order: commands.cancel_all(HOUSE, key_low=7),
        lambda order: commands.deposit(HOUSE, 100, key_low=7),
        lambda order: commands.open_account(key_low=7),
        lambda order: commands.listing("MSFT", {"key_low": 7}),
        lambda order: commands.day_roll(20260101, key_high=7),
    ],
)  # fmt: skip
def test_every_kind_of_command_is_done_once(market: Market, make: object) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    first = market.do(make(order))  # type: ignore[operator]
    again = market.do(make(order))  # type: ignore[operator]
    assert (first.code, shown(again), again.told) == ("OK", shown(first), [])


def test_a_refusal_is_an_answer_too(market: Market) -> None:
    poor = market.trader(cash=1)
    first = market.do(keyed(1, account=poor))
    market.do(commands.transfer(HOUSE, poor, cash=10**8))
    assert shown(market.do(keyed(1, account=poor))) == shown(first)


def test_a_key_is_kept_for_its_time_after_the_order_ended() -> None:
    market = Market(request_ttl_ns=DAY_NS)
    first = market.do(keyed(1))
    market.do(keyed(1), after=3 * DAY_NS)  # the order still works
    market.cancel(HOUSE, first.order)
    assert market.do(keyed(1), after=DAY_NS - 1).answer.flags == codes.REPLAYED
    assert market.do(keyed(1), after=1).order != first.order


def test_an_account_keeps_only_so_many_ended_requests() -> None:
    market = Market(ended_per_account=2)
    orders = [market.do(keyed(key)).order for key in (1, 2, 3)]
    market.do(commands.cancel_all(HOUSE))
    assert market.exchange.memory["accounts"][HOUSE].ended == 2
    assert market.cancel(HOUSE, orders[0]).code == "UNKNOWN_ORDER"
    assert market.do(keyed(2)).answer.flags == codes.REPLAYED


def test_the_longest_ended_go_when_the_table_is_full() -> None:
    market = Market(requests=3, ended_per_account=100)
    for key in (1, 2, 3):
        market.cancel(HOUSE, market.do(keyed(key)).order)
    assert market.do(keyed(4)).code == "OK"
    assert market.do(keyed(3)).answer.flags == codes.REPLAYED
    assert market.do(keyed(1)).answer.flags == 0


def test_no_order_is_taken_when_all_requests_are_working() -> None:
    market = Market(requests=2)
    market.do(keyed(1))
    market.do(keyed(2))
    assert market.do(keyed(3)).code == "ORDERS_FULL"
    assert market.do(commands.deposit(HOUSE, 1, key_low=4)).code == "REQUESTS_FULL"
