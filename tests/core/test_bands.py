"""Price bands: where they lie, when they move, and what they stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openbell.core import band_layouts, codes, snapshot, view
from tests.core import commands
from tests.core.commands import MILLISECOND, SECOND, SHARE, USD
from tests.core.story import HOUSE, Market, Said, price

MINUTE = 60 * SECOND


def banded(**listing: Any) -> Market:
    return Market({"tier": 1, "limit_collar": 10**8} | listing)


@pytest.fixture
def market() -> Market:
    return banded()


def bands(market: Market) -> str:
    """Lower band, reference and upper band, as a query sees them."""
    found = view.instrument(market.exchange, 0)
    assert found
    return " ".join(price(found[name]) for name in ("band_low", "band_reference", "band_high"))


def state(market: Market) -> int:
    found = view.instrument(market.exchange, 0)
    assert found
    return int(found["limit_state"])


def ends(said: Said) -> list[str]:
    return [line for line in said.told if "cancelled" in line]


# -- where they lie ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "reference", "tick", "expected"),
    [
        (1, 100_0000, 100, "95.00 100.00 105.00"),
        (2, 100_0000, 100, "90.00 100.00 110.00"),
        (1, 3_0100, 100, "2.86 3.01 3.16"),  # 5 % of 3.01, rounded inward
        (1, 3_0000, 100, "2.40 3.00 3.60"),
        (2, 7500, 100, "0.60 0.75 0.90"),
        (1, 7400, 100, "0.59 0.74 0.89"),  # 0.15 is less than 75 %
        (2, 1600, 1, "0.04 0.16 0.28"),  # 75 % is less than 0.15
        (1, 100_0000, 1_0000, "90.00 100.00 110.00"),  # ten ticks are more than 5 %
        (1, 100, 100, "0.01 0.01 0.11"),  # nothing trades below a tick
        (1, 10**12, 10**9, "95000000.00 100000000.00 100000000.00"),
    ],
)
def test_bands_reach_by_tier_and_price(tier: int, reference: int, tick: int, expected: str) -> None:
    assert bands(banded(tier=tier, reference_price=reference, tick_size=tick)) == expected


@pytest.mark.parametrize(
    ("tier", "reference", "doubled"),
    [(1, 100 * USD, "90.00 100.00 110.00"), (2, 100 * USD, ""), (2, 3 * USD, "1.80 3.00 4.20")],
)
def test_the_last_20_minutes_double_the_bands_but_of_dear_second_tier(
    tier: int, reference: int, doubled: str
) -> None:
    market = banded(tier=tier, reference_price=reference)
    before = bands(market)
    market.phase("CONTINUOUS", ends_ts=market.ts + 60 * MINUTE)
    market.tick(40 * MINUTE - SECOND)
    assert bands(market) == before
    market.tick(10 * SECOND)
    assert bands(market) == (doubled or before)


def test_the_class_by_price_is_that_of_the_official_close() -> None:
    market = banded(tier=2, reference_price=3_1000)
    assert bands(market) == "2.79 3.10 3.41"
    market.print(2_90)
    market.tick(31 * SECOND)
    assert bands(market) == "2.61 2.90 3.19"
    market.do(commands.day_roll(20231120))
    assert bands(market) == "2.32 2.90 3.48"


def test_tier_0_and_protections_off_have_no_bands() -> None:
    for listing in ({"tier": 0}, {"tier": 1, "flags": codes.PROTECTIONS_OFF}):
        market = banded(**listing)
        assert bands(market) == "0.00 0.00 0.00"
        market.sell(HOUSE, 1, at=300_00)
        assert "#2 filled 1 @ 300.00, 0 left" in market.buy(market.other, 1, at=300_00).told
        market.do(commands.set_listing(0, tier=0))
        market.tick()


def test_there_is_no_third_tier() -> None:
    market = Market()
    said = market.do(commands.listing("ODD", tier=3))
    assert (said.code, said.answer.limit, said.answer.observed) == ("UNSUPPORTED", 2, 3)
    assert market.do(commands.set_listing(0, tier=3)).code == "UNSUPPORTED"
    market.do(commands.set_listing(0, tier=2))
    assert bands(market) == "90.00 100.00 110.00"
    market.do(commands.set_listing(0, tier=0))
    assert bands(market) == "0.00 0.00 0.00"


# -- when they move ----------------------------------------------------------------------------------


def test_the_mean_is_of_whole_ten_seconds_and_needs_one_percent(market: Market) -> None:
    market.print(101_00)
    market.tick(9 * SECOND)
    assert bands(market) == "95.00 100.00 105.00"
    market.tick(20 * SECOND)
    assert bands(market) == "95.00 100.00 105.00"  # 29 seconds old
    market.tick(10 * SECOND)
    assert bands(market) == "95.95 101.00 106.05"


def test_a_mean_that_moved_less_than_one_percent_waits(market: Market) -> None:
    market.print(100_99)
    market.tick(40 * SECOND)
    assert bands(market) == "95.00 100.00 105.00"
    market.print(101_01)
    market.print(101_01)
    market.tick(10 * SECOND)
    assert bands(market) == "95.96 101.0033 106.05"


def test_a_reference_lasts_thirty_seconds(market: Market) -> None:
    market.tick(40 * SECOND)
    market.print(102_00)
    market.tick(10 * SECOND)
    assert bands(market) == "96.90 102.00 107.10"
    for _ in range(3):
        market.print(106_00)
    market.tick(20 * SECOND)
    assert bands(market) == "96.90 102.00 107.10"
    market.tick(10 * SECOND)
    assert bands(market) == "99.75 105.00 110.25"


def test_what_is_older_than_five_minutes_counts_no_more(market: Market) -> None:
    market.print(104_00)
    market.tick(290 * SECOND)
    market.print(102_00)
    assert bands(market) == "98.80 104.00 109.20"
    market.tick(10 * SECOND)
    assert bands(market) == "98.80 104.00 109.20"  # the mean is 103: less than 1 %
    market.tick(20 * SECOND)
    assert bands(market) == "96.90 102.00 107.10"
    market.tick(10 * MINUTE)
    assert bands(market) == "96.90 102.00 107.10"


def test_trades_below_the_last_lot_do_not_count() -> None:
    market = banded(last_lot=2 * SHARE)
    market.print(104_00)
    market.tick(40 * SECOND)
    assert bands(market) == "95.00 100.00 105.00"
    market.print(104_00, 2)
    market.tick(10 * SECOND)
    assert bands(market) == "98.80 104.00 109.20"


def test_a_sum_takes_so_many_trades_and_no_more(market: Market) -> None:
    market.print(104_00)
    sums = market.exchange.memory["band_sums"]
    found = next(sums[n] for n in range(band_layouts.BAND_RING) if sums[n].count)
    found.count, found.total = band_layouts.BAND_COUNT_MAX, band_layouts.BAND_COUNT_MAX * 104 * USD
    market.print(90_00 + 10_00)
    assert (found.count, found.total) == (4_000_000, 4_000_000 * 104 * USD)


def test_an_order_moves_the_bands_before_it_is_taken(market: Market) -> None:
    market.print(104_00)
    market.ts += 40 * SECOND
    assert market.buy(HOUSE, 1, at=120_00).told[:2] == [
        "band: 98.80 to 109.20 around 104.00",
        "#3 accepted: BUY 1 @ 109.20",
    ]


def test_a_cancel_does_not_move_the_bands(market: Market) -> None:
    order = market.buy(HOUSE, 1, at=90_00).order
    market.print(104_00)
    market.ts += 40 * SECOND
    market.cancel(HOUSE, order)
    assert bands(market) == "95.00 100.00 105.00"


def test_a_modify_finds_its_order_ended_by_the_band_that_it_moved(market: Market) -> None:
    order = market.buy(HOUSE, 50, at=105_00, display=0, min_quantity=50 * SHARE).order  # passed over
    market.print(98_00)
    market.ts += 40 * SECOND
    said = market.modify(HOUSE, order, quantity=40)
    assert (said.code, said.status, said.reason) == ("OK", "CANCELLED", "BAND")
    assert bands(market) == "93.10 98.00 102.90"


def test_a_day_begins_at_its_official_close(market: Market) -> None:
    market.print(104_00)
    market.do(commands.day_roll(20231120))
    assert bands(market) == "98.80 104.00 109.20"
    market.tick(40 * SECOND)
    assert bands(market) == "98.80 104.00 109.20"


# -- what they stop ----------------------------------------------------------------------------------


def test_what_was_priced_at_the_band_reserves_for_that(market: Market) -> None:
    trader = market.trader(1000)
    assert market.buy(trader, 9, at=111_00).answer.price == 105 * USD
    assert market.cash(trader) == "1000.00, 945.00 reserved"


def test_exposure_is_of_the_price_at_the_band(market: Market) -> None:
    trader = market.trader(5000, 20)
    market.do(commands.set_limits(trader, exposure_max=10**9))
    market.sell(trader, 2, at=80_00)
    assert market.exchange.memory["limits"][trader].exposure == 2 * 95 * USD


def test_an_iceberg_and_a_hidden_order_beyond_the_new_band_end(market: Market) -> None:
    market.do(commands.set_listing(0, tier=2))
    market.buy(HOUSE, 9, at=108_00, display=2 * SHARE)
    market.buy(HOUSE, 5, at=108_00, display=0)
    market.buy(HOUSE, 4, at=109_00)
    market.buy(HOUSE, 4, at=105_00)
    assert ends(market.do(commands.set_listing(0, tier=1))) == [
        "#3 cancelled: BAND, 4 left",
        "#1 cancelled: BAND, 9 left",
        "#2 cancelled: BAND, 5 left",
    ]


def test_an_ask_below_the_new_band_ends(market: Market) -> None:
    market.do(commands.set_listing(0, tier=2))
    market.sell(HOUSE, 4, at=92_00)
    market.sell(HOUSE, 4, at=96_00)
    assert ends(market.do(commands.set_listing(0, tier=1))) == ["#1 cancelled: BAND, 4 left"]


def test_an_elected_stop_trades_no_further_than_the_band(market: Market) -> None:
    market.sell(HOUSE, 1, at=104_00)
    market.sell(HOUSE, 5, at=106_00)
    trader = market.trader(10_000)
    market.buy(trader, 5, stop=104_00, tif=codes.IOC)
    assert ends(market.buy(market.other, 1, at=104_00)) == ["#3 cancelled: BAND, 5 left"]


def test_post_only_is_decided_at_the_band(market: Market) -> None:
    market.sell(HOUSE, 5, at=106_00)
    assert market.buy(market.other, 1, at=107_00, flags=codes.POST_ONLY).code == "OK"
    market.sell(HOUSE, 5, at=105_50)
    market.do(commands.set_listing(0, tier=2))
    assert market.buy(market.other, 1, at=107_00, flags=codes.POST_ONLY).code == "POST_ONLY"


def test_a_full_side_has_room_for_what_the_band_prices_at_a_level_it_has() -> None:
    market = Market({"tier": 1, "limit_collar": 10**8}, levels=1)
    market.buy(HOUSE, 1, at=105_00)
    assert market.buy(HOUSE, 1, at=107_00).code == "OK"
    order = market.buy(HOUSE, 1, at=105_00).order
    assert market.modify(HOUSE, order, at=108_00).code == "OK"


def test_money_is_spent_up_to_the_band(market: Market) -> None:
    market.sell(HOUSE, 1, at=104_00)
    market.sell(HOUSE, 5, at=106_00)
    spent = market.buy(market.other, 0, notional=600 * USD, order_type=codes.MARKET)
    assert (spent.reason, spent.answer.filled, spent.answer.price) == ("BAND", SHARE, 105 * USD)


# -- limit states ------------------------------------------------------------------------------------


def test_a_limit_state_calls_after_fifteen_seconds_and_ends_after_five_minutes(market: Market) -> None:
    market.sell(HOUSE, 1, at=95_00)
    assert state(market) == codes.AT_LOWER
    assert market.tick(15 * SECOND - 1).told == []
    assert market.tick(1).told[0] == "phase: AUCTION_CALL after CONTINUOUS"
    assert bands(market) == "0.00 0.00 0.00"
    assert "phase: CONTINUOUS after AUCTION_CALL" in market.tick(5 * MINUTE).told
    assert state(market) == codes.AT_LOWER


def test_the_first_order_after_the_fifteen_seconds_meets_the_call(market: Market) -> None:
    other = market.other
    market.buy(HOUSE, 1, at=105_00)
    market.ts += 15 * SECOND
    assert market.sell(other, 1, at=105_00).told[0] == "phase: AUCTION_CALL after CONTINUOUS"


def test_who_takes_what_stands_at_the_band_ends_the_limit_state(market: Market) -> None:
    market.buy(HOUSE, 1, at=105_00)
    market.sell(market.other, 1, at=105_00)
    assert state(market) == 0
    assert "AUCTION_CALL" not in " ".join(market.tick(20 * SECOND).told)


def test_what_is_hidden_at_the_band_makes_no_limit_state(market: Market) -> None:
    market.buy(HOUSE, 1, at=105_00, display=0)
    assert state(market) == 0


def test_a_limit_state_holds_the_reference(market: Market) -> None:
    market.print(103_00)
    market.tick(28 * SECOND)
    market.buy(HOUSE, 1, at=105_00)
    market.tick(10 * SECOND)
    assert bands(market) == "95.00 100.00 105.00"


def test_a_suspension_ends_bands_and_limit_state(market: Market) -> None:
    market.buy(HOUSE, 1, at=105_00)
    market.do(commands.plain(codes.C_SUSPEND))
    assert (bands(market), state(market)) == ("0.00 0.00 0.00", 0)
    market.tick(20 * SECOND)
    market.do(commands.plain(codes.C_RESUME))
    assert (bands(market), state(market)) == ("95.00 100.00 105.00", codes.AT_UPPER)


def test_limit_state_and_bands_survive_a_snapshot(market: Market, tmp_path: Path) -> None:
    market.print(102_00)
    market.buy(HOUSE, 1, at=105_00)
    snapshot.save(market.exchange, tmp_path / "s", {})
    loaded, _ = snapshot.load(tmp_path / "s")
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)
    seq, ts = market.exchange.position + 1, market.ts
    for gap in (15 * SECOND - MILLISECOND, 2 * MILLISECOND, 5 * MINUTE):
        ts += gap
        record = commands.sequenced(commands.plain(codes.C_TICK), seq, ts)
        for exchange in (loaded, market.exchange):
            exchange.run(record, 0, len(record))
        count = loaded.event_count
        assert loaded.events(0, count) == market.exchange.events(0, market.exchange.event_count)
        assert (count > 0) == (gap != 15 * SECOND - MILLISECOND)
        for exchange in (loaded, market.exchange):
            exchange.clear()
        seq += 1
    assert snapshot.state_hash(loaded) == snapshot.state_hash(market.exchange)


@pytest.mark.parametrize("name", ["bands", "band_sums"])
def test_every_byte_of_the_bands_counts_in_the_state(market: Market, name: str) -> None:
    market.print(102_00)
    before = snapshot.state_hash(market.exchange)
    area = market.exchange.memory.maps[name]
    for at in range(market.exchange.memory[name]._type_.SIZE):
        area[at] ^= 1
        assert snapshot.state_hash(market.exchange) != before
        area[at] ^= 1
