"""Phases: what each takes and refuses, and what happens when one follows another."""

from __future__ import annotations

from typing import Any

import pytest

from openbell.core import codes, snapshot, view
from tests.core import commands
from tests.core.commands import SECOND, START
from tests.core.story import HOUSE, Market

CALL = 300 * SECOND
ALL_PHASES = ("CLOSED", "PRE_OPEN", "AUCTION_CALL", "CONTINUOUS", "CLOSING_AUCTION", "SUSPENDED")
LIMIT, MARKET, STOP = {"at": 100_00}, {"order_type": codes.MARKET}, {"stop": 105_00}
NO = "MARKET_CLOSED"
TABLE = (  # trading-rules: Phases, a row per kind of order and a column per phase
    ("LIMIT DAY", LIMIT, codes.DAY, "PENDING OPEN OPEN OPEN OPEN SUSPENDED"),
    ("LIMIT GTC", LIMIT, codes.GTC, "PENDING OPEN OPEN OPEN OPEN SUSPENDED"),
    ("MARKET DAY", MARKET, codes.DAY, "PENDING OPEN OPEN CANCELLED OPEN SUSPENDED"),
    ("LIMIT IOC", LIMIT, codes.IOC, f"{NO} {NO} {NO} CANCELLED {NO} SUSPENDED"),
    ("LIMIT FOK", LIMIT, codes.FOK, f"{NO} {NO} {NO} CANCELLED {NO} SUSPENDED"),
    ("LIMIT OPG", LIMIT, codes.OPG, "PENDING OPEN OPEN MARKET_CLOSED MARKET_CLOSED SUSPENDED"),
    ("MARKET OPG", MARKET, codes.OPG, "PENDING OPEN OPEN MARKET_CLOSED MARKET_CLOSED SUSPENDED"),
    ("LIMIT CLS", LIMIT, codes.CLS, "PENDING PENDING PENDING PENDING OPEN SUSPENDED"),
    ("MARKET CLS", MARKET, codes.CLS, "PENDING PENDING PENDING PENDING OPEN SUSPENDED"),
    ("STOP DAY", STOP, codes.DAY, "PENDING PENDING PENDING PENDING PENDING SUSPENDED"),
    ("STOP IOC", STOP, codes.IOC, "PENDING PENDING PENDING PENDING PENDING SUSPENDED"),
)  # fmt: skip


@pytest.fixture
def market() -> Market:
    return Market(listing={"flags": codes.AUCTIONS})


def enter_phase(market: Market, name: str) -> None:
    if name == "SUSPENDED":
        market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    else:
        market.phase(name)


@pytest.mark.parametrize("phase", ALL_PHASES)
@pytest.mark.parametrize(("what", "fields", "tif", "row"), TABLE, ids=[row[0] for row in TABLE])
def test_each_phase_takes_what_the_table_says(
    market: Market, phase: str, what: str, fields: dict[str, Any], tif: int, row: str
) -> None:
    enter_phase(market, phase)
    said = market.buy(HOUSE, 1, tif=tif, **fields)
    expected = row.split()[ALL_PHASES.index(phase)]
    assert expected in (said.status, said.code), f"{what} in {phase}"


def test_an_order_pends_while_closed_and_opens_with_the_next_phase(market: Market) -> None:
    market.phase("CLOSED")
    said = market.buy(HOUSE, 1, at=99_00)
    assert said.told[0] == "#1 accepted: BUY 1 @ 99.00, pending"
    assert market.status(said.order) == "PENDING"
    assert market.phase("PRE_OPEN").told == ["phase: PRE_OPEN after CLOSED"]
    assert market.status(said.order) == "OPEN"


def test_what_rested_before_the_close_stays_open(market: Market) -> None:
    order = market.buy(HOUSE, 1, at=99_00).order
    market.phase("CLOSED")
    assert market.status(order) == "OPEN"


def test_a_pending_order_is_cancelled_as_any_other(market: Market) -> None:
    market.phase("CLOSED")
    order = market.buy(HOUSE, 1, at=99_00).order
    assert market.cancel(HOUSE, order).told[-1] == "#1 cancelled: USER, 1 left"


def test_a_pending_market_order_reserves_its_cap(market: Market) -> None:
    alice = market.trader(cash=1000)
    market.phase("CLOSED")
    market.buy(alice, 2, order_type=codes.MARKET)
    assert market.cash(alice) == "1000.00, 210.00 reserved"


def test_a_day_order_that_waits_expires_with_the_day(market: Market) -> None:
    market.phase("CLOSED")
    market.buy(HOUSE, 1, order_type=codes.MARKET)
    market.buy(HOUSE, 1, order_type=codes.MARKET, tif=codes.GTC)
    told = market.do(commands.day_roll(20260102)).told
    assert [line for line in told if "expired" in line] == ["#1 expired, 1 left"]


def test_nothing_matches_while_orders_gather(market: Market) -> None:
    market.phase("PRE_OPEN")
    market.sell(HOUSE, 5, at=99_00)
    said = market.buy(HOUSE, 5, at=101_00)
    assert said.told == ["#2 accepted: BUY 5 @ 101.00", "level: BUY 101.00 has 5 in 1"]


def test_outside_continuous_trading_the_reference_is_the_last_trade_or_the_close(market: Market) -> None:
    market.sell(HOUSE, 1, at=101_00)
    market.buy(market.trader(cash=500), 1, at=101_00)
    market.sell(HOUSE, 1, at=98_00)
    market.phase("PRE_OPEN")
    found = view.instrument(market.exchange, 0)
    assert found and found["reference"] == 1_010_000
    market.do(commands.day_roll(20260102))
    market.do(commands.day_roll(20260103))
    found = view.instrument(market.exchange, 0)
    assert found and found["reference"] == 1_010_000


def test_a_modified_order_gathers_behind_the_others_and_does_not_match(market: Market) -> None:
    market.phase("PRE_OPEN")
    order = market.sell(HOUSE, 5, at=101_00).order
    market.buy(HOUSE, 5, at=100_00)
    assert market.modify(HOUSE, order, at=99_00).told == [
        "level: SELL 101.00 has 0 in 0",
        "level: SELL 99.00 has 5 in 1",
        "#1 modified: 5 @ 99.00, goes behind",
    ]


def test_a_waiting_market_order_may_change_its_size_alone(market: Market) -> None:
    market.phase("PRE_OPEN")
    order = market.buy(HOUSE, 5, order_type=codes.MARKET).order
    assert market.modify(HOUSE, order, at=99_00).code == "UNSUPPORTED"
    assert market.modify(HOUSE, order, quantity=3).told == ["#1 modified: 3 @ 105.00, place kept"]
    assert market.modify(HOUSE, order, quantity=9).told == ["#1 modified: 9 @ 105.00, goes behind"]


# -- which instruments a phase is of ---------------------------------------------------------------


def test_a_phase_of_a_market_is_of_all_its_instruments() -> None:
    market = Market(listing={"market": 7})
    market.list("MSFT", market=7)
    market.list("OTHER", market=8)
    said = market.phase("CLOSED", instrument=0xFFFFFFFF, market=7)
    assert (said.answer.count, len(said.told)) == (2, 2)
    assert [one["status"] for one in view.instruments(market.exchange)] == [
        codes.IN_CLOSED, codes.IN_CLOSED, codes.IN_CONTINUOUS,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"instrument": 0, "market": 1}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": 9}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": 0, "ends_ts": -1}, "BAD_AMOUNT"),
        ({"instrument": 0, "lock_ns": -1}, "BAD_AMOUNT"),
    ],
)
def test_an_impossible_phase_command_is_refused(market: Market, fields: dict[str, int], code: str) -> None:
    assert market.do(commands.phase(codes.IN_CLOSED, **fields)).code == code


@pytest.mark.parametrize("phase", [0, codes.IN_SUSPENDED, 7, 255])
def test_only_the_clocks_phases_can_be_begun(market: Market, phase: int) -> None:
    said = market.do(commands.phase(phase, 0))
    assert (said.code, said.answer.observed) == ("UNSUPPORTED", phase)


def test_a_refusal_says_when_the_phase_ends(market: Market) -> None:
    market.phase("CLOSED", ends_ts=START + SECOND)
    said = market.buy(HOUSE, 1, at=99_00, tif=codes.IOC)
    assert (said.code, said.answer.limit, said.answer.observed) == (
        "MARKET_CLOSED", START + SECOND, codes.IN_CLOSED,
    )  # fmt: skip


# -- orders for one auction ------------------------------------------------------------------------


@pytest.mark.parametrize("tif", [codes.OPG, codes.CLS])
def test_without_auctions_there_are_no_orders_for_them(tif: int) -> None:
    market = Market()
    market.phase("PRE_OPEN")
    assert market.buy(HOUSE, 1, at=99_00, tif=tif).code == "NO_AUCTION"


@pytest.mark.parametrize(
    ("phase", "tif"), [("PRE_OPEN", codes.OPG), ("CLOSING_AUCTION", codes.CLS), ("AUCTION_CALL", codes.OPG)]
)
def test_the_lock_refuses_orders_for_the_auction_and_takes_cancels(
    market: Market, phase: str, tif: int
) -> None:
    ends_ts = market.ts + 10 * SECOND
    market.phase(phase, ends_ts=ends_ts, lock_ns=2 * SECOND)
    order = market.buy(HOUSE, 1, at=99_00, tif=tif).order
    market.tick(after=8 * SECOND)
    said = market.buy(HOUSE, 1, at=99_00, tif=tif)
    assert (said.code, said.answer.limit) == ("LOCKED_AUCTION", ends_ts - 2 * SECOND)
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"
    assert market.cancel(HOUSE, order).code == "OK"


def test_a_close_order_takes_its_place_when_the_closing_auction_begins(market: Market) -> None:
    order = market.buy(HOUSE, 3, at=99_00, tif=codes.CLS).order
    market.buy(HOUSE, 2, at=99_00)
    assert market.phase("CLOSING_AUCTION").told == [
        "level: BUY 99.00 has 5 in 2",
        "phase: CLOSING_AUCTION after CONTINUOUS",
    ]
    assert market.status(order) == "OPEN"
    assert market.phase("CLOSED").told[-1] == "#1 cancelled: AUCTION_UNFILLED, 3 left"


def test_a_close_order_whose_price_finds_no_room_ends() -> None:
    market = Market(listing={"flags": codes.AUCTIONS}, levels=1)
    market.buy(HOUSE, 3, at=99_00, tif=codes.CLS)
    market.buy(HOUSE, 2, at=98_00)
    assert market.phase("CLOSING_AUCTION").told[-1] == "#1 cancelled: AUCTION_UNFILLED, 3 left"


# -- suspensions -----------------------------------------------------------------------------------


def test_a_suspension_ends_in_a_call_where_there_are_auctions(market: Market) -> None:
    market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    assert market.do(commands.plain(codes.C_RESUME, instrument=0)).told == [
        "instrument 0: resumed",
        "phase: AUCTION_CALL after SUSPENDED",
    ]
    market.sell(HOUSE, 5, at=99_00)
    market.buy(HOUSE, 5, at=99_00)
    assert market.tick(after=CALL - 2000 - 1).told == ["auction: 5 @ 99.00"]
    assert market.tick(after=1).told == [
        "auction: 5 @ 99.00",
        "trade: #2 takes 5 of #1 @ 99.00",
        "level: BUY 99.00 has 0 in 0",
        "level: SELL 99.00 has 0 in 0",
        "phase: CONTINUOUS after AUCTION_CALL",
        "#2 filled 5 @ 99.00, 0 left",
        "#1 filled 5 @ 99.00, 0 left",
    ]


def test_without_auctions_a_suspension_ends_at_once() -> None:
    market = Market()
    market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    assert market.do(commands.plain(codes.C_RESUME, instrument=0)).told == ["instrument 0: resumed"]


def test_a_phase_that_comes_while_suspended_begins_with_the_resumption(market: Market) -> None:
    market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    assert market.phase("CLOSED").told == []
    assert market.do(commands.plain(codes.C_RESUME, instrument=0)).told[-1] == "phase: CLOSED after SUSPENDED"


def test_the_clock_does_not_cut_a_call_short_that_it_did_not_begin(market: Market) -> None:
    market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    market.do(commands.plain(codes.C_RESUME, instrument=0))
    assert market.phase("CONTINUOUS").told == []
    assert market.phase("CLOSING_AUCTION").told == ["phase: CLOSING_AUCTION after AUCTION_CALL"]
    assert market.tick(after=CALL).told == ["auction: 0 @ 0.00"]


def test_a_suspension_ends_a_call_under_way(market: Market) -> None:
    for kind in (codes.C_SUSPEND, codes.C_RESUME, codes.C_SUSPEND):
        market.do(commands.plain(kind, instrument=0))
    assert market.tick(after=2 * CALL).told == []
    found = view.instrument(market.exchange, 0)
    assert found and found["status"] == codes.IN_SUSPENDED


def test_calls_that_end_at_once_end_in_the_order_of_their_instruments(market: Market) -> None:
    other = market.list("MSFT", flags=codes.AUCTIONS)
    for n in (other, 0):
        market.do(commands.plain(codes.C_SUSPEND, instrument=n), after=0)
        market.do(commands.plain(codes.C_RESUME, instrument=n), after=0)
    market.do(commands.plain(codes.C_CLOCK_JUMP), after=CALL)
    numbers = [one["status"] for one in view.instruments(market.exchange)]
    assert numbers == [codes.IN_CONTINUOUS, codes.IN_CONTINUOUS]


def test_a_loaded_snapshot_still_knows_when_a_call_ends(market: Market, tmp_path: Any) -> None:
    market.do(commands.plain(codes.C_SUSPEND, instrument=0))
    market.do(commands.plain(codes.C_RESUME, instrument=0))
    market.buy(HOUSE, 5, order_type=codes.MARKET)
    snapshot.save(market.exchange, tmp_path / "s", {})
    loaded, _ = snapshot.load(tmp_path / "s")
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)
    tick = commands.sequenced(commands.plain(codes.C_TICK), loaded.position + 1, market.ts + CALL)
    loaded.run(tick, 0, len(tick))
    found = view.instrument(loaded, 0)
    assert found and found["status"] == codes.IN_CONTINUOUS
