"""Sessions: orders go with the connection that they came from, where that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from openbell.core.exchange import Exchange
from openbell.core.state import SESSIONS_AN_ACCOUNT
from tests.core import commands
from tests.core.commands import SECOND
from tests.core.story import HOUSE, Market, Said

DAY_NS = 86_400 * SECOND


@pytest.fixture
def market() -> Market:
    return Market()


def begin(market: Market, number: int = 1, span: int = 5 * SECOND, account: int = HOUSE) -> Said:
    return market.do(commands.session(account, number, codes.SESSION_OPEN, span))


def keep(market: Market, number: int = 1, span: int = 0, account: int = HOUSE) -> Said:
    return market.do(commands.session(account, number, codes.SESSION_KEEP, span))


def bid(market: Market, session: int = 1, at: int = 98_00, **more: int) -> int:
    return market.buy(HOUSE, 1, at=at, header={"actor": session}, **more).order


def working(market: Market) -> int:
    return int(market.exchange.memory["accounts"][HOUSE].open_orders)


def tick(market: Market, after: int) -> list[str]:
    return market.do(commands.plain(codes.C_TICK), after).told


def test_a_session_lapses_at_its_time_and_not_before(market: Market) -> None:
    begin(market)
    bid(market)
    assert tick(market, 5 * SECOND - 1001) == []
    assert tick(market, 1) != []
    assert working(market) == 0


def test_a_session_that_is_kept_goes_on(market: Market) -> None:
    begin(market)
    bid(market)
    for _ in range(3):
        tick(market, 4 * SECOND)
        keep(market)
    assert working(market) == 1


def test_a_session_can_be_kept_for_a_shorter_time(market: Market) -> None:
    begin(market, span=DAY_NS)
    keep(market, span=SECOND)
    assert tick(market, SECOND) == [f"session 1 of account {HOUSE} lapsed, 0 cancelled"]


def test_a_command_meets_the_book_without_what_lapsed_before_it(market: Market) -> None:
    begin(market, span=SECOND)
    bid(market)
    sold = market.do(commands.order(HOUSE, 0, codes.SELL, 98 * commands.USD, commands.SHARE), SECOND)
    assert "#1 cancelled: SESSION, 1 left" in sold.told
    assert sold.status == "OPEN"


def test_an_ended_session_leaves_its_orders(market: Market) -> None:
    begin(market)
    bid(market)
    market.do(commands.session(HOUSE, 1, codes.SESSION_END))
    assert tick(market, 10 * SECOND) == []
    assert working(market) == 1


def test_a_lost_session_takes_its_own_orders_only(market: Market) -> None:
    begin(market)
    begin(market, 2)
    bid(market)
    bid(market, 2, at=97_00)
    bid(market, 0, at=96_00)
    said = market.do(commands.session(HOUSE, 1, codes.SESSION_LOST))
    assert (said.code, said.answer.count) == ("OK", 1)
    assert working(market) == 2


def test_other_accounts_have_sessions_of_the_same_number(market: Market) -> None:
    alice = market.trader(cash=1000)
    begin(market)
    begin(market, account=alice)
    market.buy(alice, 1, at=98_00, header={"actor": 1})
    market.do(commands.session(HOUSE, 1, codes.SESSION_LOST))
    assert market.cash(alice) == "1000.00, 98.00 reserved"


def test_cancels_of_a_session_pass_a_kill_switch_and_a_lock(market: Market) -> None:
    alice = market.trader(cash=1000)
    begin(market, account=alice)
    market.buy(alice, 1, at=98_00, header={"actor": 1})
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=alice))
    market.do(commands.session(alice, 1, codes.SESSION_LOST))
    assert market.cash(alice) == "1000.00, 0.00 reserved"


def test_many_orders_go_in_slices() -> None:
    market = Market(slice=2)
    begin(market)
    for step in range(7):
        bid(market, at=98_00 - step)
    said = market.do(commands.session(HOUSE, 1, codes.SESSION_LOST))
    assert (said.answer.count, working(market)) == (7, 0)


def test_at_one_time_orders_expire_before_sessions_lapse(market: Market) -> None:
    begin(market, span=SECOND)
    due = market.ts + SECOND
    bid(market, at=97_00)
    bid(market, tif=codes.GTD, expire_ts=due)
    told = tick(market, SECOND)
    lines = [line for line in told if line.startswith("#")]
    assert lines == ["#2 expired, 1 left", "#1 cancelled: SESSION, 1 left"]


def test_sessions_lapse_by_time_then_account_then_number(market: Market) -> None:
    alice = market.trader(cash=1000)
    said = []
    for account, number, span in ((alice, 1, 3), (HOUSE, 2, 3), (HOUSE, 1, 3), (alice, 2, 2)):
        command = commands.session(account, number, codes.SESSION_OPEN, span * SECOND)
        market.do(command, 0)
        said.append(f"session {number} of account {account} lapsed, 0 cancelled")
    assert tick(market, DAY_NS) == [said[3], said[2], said[1], said[0]]


@pytest.mark.parametrize(
    ("account", "number", "op", "span", "code"),
    [
        (HOUSE, 1, 0, 1, "UNSUPPORTED"),
        (HOUSE, 1, 5, 1, "UNSUPPORTED"),
        (HOUSE, 0, codes.SESSION_OPEN, 1, "NOT_ALLOWED"),
        (3, 1, codes.SESSION_OPEN, 1, "NOT_ALLOWED"),
        (0, 1, codes.SESSION_OPEN, 1, "NOT_ALLOWED"),
        (HOUSE, 1, codes.SESSION_OPEN, 0, "BAD_AMOUNT"),
        (HOUSE, 1, codes.SESSION_OPEN, -1, "BAD_AMOUNT"),
        (HOUSE, 1, codes.SESSION_OPEN, DAY_NS + 1, "BAD_AMOUNT"),
        (HOUSE, 2, codes.SESSION_OPEN, 1, "NOT_ALLOWED"),
        (HOUSE, 2, codes.SESSION_KEEP, -1, "BAD_AMOUNT"),
        (HOUSE, 2, codes.SESSION_KEEP, DAY_NS + 1, "BAD_AMOUNT"),
        (HOUSE, 2, codes.SESSION_END, 1, "BAD_AMOUNT"),
        (HOUSE, 1, codes.SESSION_KEEP, 0, "UNKNOWN_SESSION"),
        (HOUSE, 1, codes.SESSION_END, 0, "UNKNOWN_SESSION"),
        (HOUSE, 1, codes.SESSION_LOST, 0, "UNKNOWN_SESSION"),
    ],
)
def test_what_makes_no_sense_is_refused(
    market: Market, account: int, number: int, op: int, span: int, code: str
) -> None:
    begin(market, 2)
    assert market.do(commands.session(account, number, op, span)).code == code


def test_an_order_names_a_session_that_is_kept_or_is_refused(market: Market) -> None:
    begin(market)
    begin(market, 2, account=market.trader(cash=1000))
    bid(market)
    for number in (2, 3):
        said = market.buy(HOUSE, 1, at=98_00, header={"actor": number})
        assert (said.code, said.answer.observed) == ("UNKNOWN_SESSION", number)
    tick(market, 5 * SECOND)
    assert market.buy(HOUSE, 1, at=98_00, header={"actor": 1}).code == "UNKNOWN_SESSION"
    assert working(market) == 0


def test_the_answer_tells_how_long_a_session_is_kept(market: Market) -> None:
    said = [begin(market), keep(market), keep(market, span=SECOND), keep(market)]
    assert [one.answer.observed for one in said] == [5 * SECOND, 5 * SECOND, SECOND, SECOND]
    assert [one.answer.limit - one.answer.ts for one in said] == [5 * SECOND, 5 * SECOND, SECOND, SECOND]


def test_a_repeated_order_of_another_session_is_another_order(market: Market) -> None:
    begin(market)
    begin(market, 2)
    codes_ = [
        market.buy(HOUSE, 1, at=98_00, header={"actor": number, "key_low": 7}).code for number in (1, 1, 2, 0)
    ]
    assert codes_ == ["OK", "OK", "KEY_REUSED", "KEY_REUSED"]
    assert working(market) == 1


def test_an_account_keeps_so_many_sessions_at_most(market: Market) -> None:
    for number in range(1, SESSIONS_AN_ACCOUNT + 1):
        assert begin(market, number).code == "OK"
    said = begin(market, SESSIONS_AN_ACCOUNT + 1)
    assert (said.code, said.answer.limit) == ("TIMERS_FULL", SESSIONS_AN_ACCOUNT)
    market.do(commands.session(HOUSE, 1, codes.SESSION_END))
    assert begin(market, SESSIONS_AN_ACCOUNT + 1).code == "OK"


def test_the_exchange_keeps_so_many_sessions_at_most() -> None:
    market = Market(accounts=SESSIONS_AN_ACCOUNT + 1)
    alice = market.trader(cash=1000)
    for number in range(1, SESSIONS_AN_ACCOUNT + 1):
        begin(market, number)
    assert begin(market, 1, account=alice).code == "OK"
    said = begin(market, 2, account=alice)
    assert (said.code, said.answer.limit) == ("TIMERS_FULL", SESSIONS_AN_ACCOUNT + 1)


def test_a_snapshot_keeps_sessions_and_their_time(market: Market, tmp_path: Path) -> None:
    begin(market, 1)
    begin(market, 2, span=9 * SECOND)
    begin(market, 3)
    market.do(commands.session(HOUSE, 3, codes.SESSION_END))
    bid(market)
    path = tmp_path / "snapshot"
    snapshot.save(market.exchange, path, {})
    loaded, _ = snapshot.load(path)
    assert isinstance(loaded, Exchange)
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)
    seq, ts = loaded.position + 1, market.ts + 5 * SECOND
    record = commands.sequenced(commands.plain(codes.C_TICK), seq, ts)
    loaded.run(record, 0, len(record))
    tick(market, 5 * SECOND)
    assert loaded.memory["session_counts"][HOUSE].count == 1
    assert loaded.timers.count == market.exchange.timers.count == 1
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)


def test_the_hash_covers_sessions(market: Market) -> None:
    begin(market)
    before = snapshot.state_hash(market.exchange)
    for name in ("due", "span"):
        row = market.exchange.memory["sessions"][0]
        setattr(row, name, getattr(row, name) ^ 1)
        assert snapshot.state_hash(market.exchange) != before
        setattr(row, name, getattr(row, name) ^ 1)
