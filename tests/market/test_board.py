from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes
from openbell.core.codes import BUY, SELL
from openbell.market.board import Board
from openbell.market.ticker import PRINTS_KEPT, Auction, Band
from tests.market.events import SHARE, event, level, list_command, row, trade, unit


@pytest.fixture
def board() -> Board:
    made = Board()
    made.add(row(0, "AAPL"), seq=10)
    made.add(row(1, "MSFT", reference_price=2_000_000, close=2_000_000), seq=10)
    return made


def test_an_instrument_that_never_traded_shows_its_close_as_the_price(board: Board) -> None:
    quote = board.quote(0)
    assert (quote.price, quote.last, quote.change, quote.bid, quote.ask) == (1_000_000, 0, 0, 0, 0)


def test_the_best_levels_make_the_quote(board: Board) -> None:
    board.apply(unit(11, level(0, BUY, 999_000, 5 * SHARE), level(0, BUY, 998_000, 9 * SHARE)))
    board.apply(unit(12, level(0, SELL, 1_001_000, 2 * SHARE), level(0, SELL, 1_002_000, SHARE)))
    quote = board.quote(0)
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (
        999_000,
        5 * SHARE,
        1_001_000,
        2 * SHARE,
    )
    assert quote.seq == 12


def test_when_the_best_level_goes_the_next_one_is_best(board: Board) -> None:
    board.apply(unit(11, level(0, BUY, 999_000, SHARE), level(0, BUY, 998_000, 9 * SHARE)))
    board.apply(unit(12, level(0, BUY, 999_000, 0, orders=0)))
    assert board.quote(0).bid == 998_000


def test_an_eligible_trade_moves_last_and_the_day(board: Board) -> None:
    board.apply(unit(11, trade(0, 1_010_000, 3 * SHARE), ts=7))
    board.apply(unit(12, trade(0, 990_000, 2 * SHARE), ts=8))
    quote = board.quote(0)
    assert (quote.last, quote.last_size, quote.last_ts, quote.change) == (990_000, 2 * SHARE, 8, -10_000)
    assert (quote.day_open, quote.day_high, quote.day_low) == (1_010_000, 1_010_000, 990_000)
    assert (quote.volume, quote.trades, quote.change_bp) == (5 * SHARE, 2, -100)


def test_an_ineligible_trade_counts_as_volume_only(board: Board) -> None:
    board.apply(unit(11, trade(0, 1_010_000, SHARE)))
    board.apply(unit(12, trade(0, 1_500_000, SHARE // 2, eligible=False)))
    quote = board.quote(0)
    assert (quote.last, quote.day_high, quote.volume) == (1_010_000, 1_010_000, SHARE + SHARE // 2)


def test_a_close_begins_a_new_day_and_keeps_the_last_price(board: Board) -> None:
    board.apply(unit(11, trade(0, 1_010_000, SHARE)))
    board.apply(unit(12, event(codes.EV_CLOSE, instrument=0, price=1_010_000)))
    quote = board.quote(0)
    assert (quote.close, quote.price, quote.change) == (1_010_000, 1_010_000, 0)
    assert (quote.volume, quote.day_open, quote.day_high, quote.trades) == (0, 0, 0, 1)


def test_a_listing_appears_with_its_reference_price(board: Board) -> None:
    listed = event(codes.EV_INSTRUMENT, instrument=2, status=codes.LISTED, price=50_000)
    board.apply(unit(11, listed, command=list_command("NEW", 50_000)))
    assert board.number("NEW") == 2
    assert board.quote(2).price == 50_000


def test_a_phase_is_the_status(board: Board) -> None:
    board.apply(unit(11, event(codes.EV_PHASE, instrument=0, status=codes.IN_PRE_OPEN)))
    assert board.quote(0).status == codes.IN_PRE_OPEN


def test_a_quote_says_where_the_bands_lie_and_who_stands_there(board: Board) -> None:
    assert board.quote(0).band is None
    edges = {"price": 1_000_000, "limit": 1_050_000, "observed": 950_000}
    board.apply(unit(11, event(codes.EV_BAND, instrument=0, status=codes.AT_UPPER, **edges)))
    assert (board.quote(0).band, board.quote(0).seq) == (Band(950_000, 1_050_000, codes.AT_UPPER), 11)
    assert board.drain().quotes >= {0}
    board.apply(unit(12, event(codes.EV_BAND, instrument=0)))
    assert board.quote(0).band is None


def test_a_loaded_board_knows_the_bands_and_nothing_older_moves_them() -> None:
    made = Board()
    made.add(row(0, "AAPL", band_low=95, band_high=105, limit_state=codes.AT_LOWER), seq=10)
    made.apply(unit(10, event(codes.EV_BAND, instrument=0, price=100, limit=110, observed=90)))
    assert made.quote(0).band == Band(95, 105, codes.AT_LOWER)


def auction(**fields: int) -> bytes:
    told = {"price": 1_001_000, "quantity": 5 * SHARE, "leaves": 2 * SHARE, "side": codes.SELL}
    told |= {"limit": 1_000_000, "observed": 4_000}
    return event(codes.EV_AUCTION, instrument=0, status=codes.IN_PRE_OPEN, **(told | fields))


def test_only_continuous_trading_has_a_bid_and_an_ask(board: Board) -> None:
    board.apply(unit(11, level(0, BUY, 1_001_000, SHARE), level(0, codes.SELL, 1_002_000, SHARE)))
    assert (board.quote(0).bid, board.quote(0).ask) == (1_001_000, 1_002_000)
    board.apply(unit(12, event(codes.EV_PHASE, instrument=0, status=codes.IN_PRE_OPEN)))
    board.apply(unit(13, level(0, BUY, 1_003_000, SHARE)))
    assert (board.quote(0).bid, board.quote(0).bid_size, board.quote(0).ask) == (0, 0, 0)
    assert board.depth(0, 1).bids[0].price == 1_003_000
    board.apply(unit(14, event(codes.EV_PHASE, instrument=0, status=codes.IN_CONTINUOUS)))
    assert board.quote(0).bid == 1_003_000


def test_a_quote_says_what_the_auction_under_way_would_do(board: Board) -> None:
    board.apply(unit(11, event(codes.EV_PHASE, instrument=0, status=codes.IN_PRE_OPEN)))
    assert board.quote(0).auction is None
    board.apply(unit(12, auction(), ts=50_000))
    expected = Auction(1_001_000, 5 * SHARE, 2 * SHARE, codes.SELL, 1_000_000, 54_000)
    assert (board.quote(0).auction, board.quote(0).seq) == (expected, 12)
    board.drain()
    board.apply(unit(13, auction(observed=3_000), ts=51_000))
    assert (board.quote(0).seq, board.drain().quotes) == (12, set()), "nothing new was told"
    board.apply(unit(14, auction(price=0, quantity=0, leaves=0, observed=0), ts=52_000))
    assert board.quote(0).auction == Auction(0, 0, 0, codes.SELL, 1_000_000, 0)
    assert board.drain().quotes == {0}


def test_when_an_auction_is_done_it_is_no_more(board: Board) -> None:
    board.apply(unit(11, event(codes.EV_PHASE, instrument=0, status=codes.IN_PRE_OPEN), auction()))
    board.apply(unit(12, auction(reason=codes.AUCTION), event(codes.EV_PHASE, status=codes.IN_CONTINUOUS)))
    assert board.quote(0).auction is None


def test_suspending_and_resuming_changes_the_status(board: Board) -> None:
    board.apply(unit(11, event(codes.EV_INSTRUMENT, instrument=0, status=codes.SUSPENDED)))
    assert board.quote(0).status == codes.IN_SUSPENDED
    board.apply(unit(12, event(codes.EV_INSTRUMENT, instrument=0, status=codes.RESUMED)))
    assert board.quote(0).status == codes.IN_CONTINUOUS


def test_units_that_the_loaded_state_already_holds_change_nothing(board: Board) -> None:
    board.set_depth(0, {"bids": [[999_000, SHARE, 1]], "asks": []}, seq=20)
    board.apply(unit(10, trade(0, 1, SHARE)))
    board.apply(unit(20, level(0, BUY, 999_000, 0, orders=0)))
    assert (board.quote(0).volume, board.quote(0).bid) == (0, 999_000)
    board.apply(unit(21, level(0, BUY, 999_000, 0, orders=0)))
    assert board.quote(0).bid == 0


def test_prints_from_before_the_loaded_state_reach_the_tape_once(board: Board) -> None:
    for _ in range(2):
        board.apply(unit(8, trade(0, 1_000_000, SHARE, trade=1)))
        board.apply(unit(9, trade(0, 1_000_100, SHARE, trade=2), trade(0, 1_000_200, SHARE, trade=3)))
    assert [made.trade for made in board.trades(0)] == [3, 2, 1]
    assert (board.quote(0).volume, board.quote(0).last) == (0, 0)
    assert not board.drain().prints


def test_depth_comes_best_first_and_no_deeper_than_asked(board: Board) -> None:
    board.apply(unit(11, *(level(0, BUY, price, SHARE, 2) for price in (100, 300, 200))))
    board.apply(unit(12, *(level(0, SELL, price, SHARE) for price in (600, 400, 500))))
    depth = board.depth(0, 2)
    assert [x.price for x in depth.bids] == [300, 200]
    assert [x.price for x in depth.asks] == [400, 500]
    assert depth.bids[0].orders == 2
    assert depth.seq == 12
    assert board.depth(0, 0).bids == []


def test_the_tape_keeps_the_newest_trades_newest_first(board: Board) -> None:
    for n in range(PRINTS_KEPT + 5):
        board.apply(unit(11 + n, trade(0, 1_000_000 + n * 100, SHARE, trade=n + 1)))
    prints = board.trades(0)
    assert len(prints) == PRINTS_KEPT
    assert [x.trade for x in prints[:2]] == [PRINTS_KEPT + 5, PRINTS_KEPT + 4]
    assert len(board.trades(0, 3)) == 3


def test_a_drain_tells_each_change_once(board: Board) -> None:
    board.drain()
    board.apply(unit(11, level(0, BUY, 999_000, SHARE), trade(1, 2_000_000, SHARE, trade=5)))
    changes = board.drain()
    assert changes.quotes == {0, 1}
    assert changes.levels == {0: {(BUY, 999_000)}}
    assert [x.trade for x in changes.prints[1]] == [5]
    assert not any(board.drain())


def test_a_change_below_the_top_of_the_book_is_no_change_of_the_quote(board: Board) -> None:
    board.apply(unit(11, level(0, BUY, 999_000, SHARE)))
    board.drain()
    board.apply(unit(12, level(0, BUY, 998_000, SHARE)))
    assert board.drain().quotes == set()


PRICES = st.integers(1, 12)
CHANGES = st.lists(st.tuples(st.sampled_from((BUY, SELL)), PRICES, st.integers(0, 3)), max_size=60)


@given(CHANGES)
def test_any_sequence_of_level_changes_leaves_what_a_dictionary_would_hold(
    changes: Sequence[tuple[int, int, int]],
) -> None:
    board = Board()
    board.add(row(), seq=0)
    kept: dict[int, dict[int, int]] = {BUY: {}, SELL: {}}
    for seq, (side, price, quantity) in enumerate(changes, 1):
        board.apply(unit(seq, level(0, side, price, quantity)))
        kept[side][price] = quantity
    depth = board.depth(0, 100)
    bids = sorted(((p, q) for p, q in kept[BUY].items() if q), reverse=True)
    asks = sorted((p, q) for p, q in kept[SELL].items() if q)
    assert [(x.price, x.quantity) for x in depth.bids] == bids
    assert [(x.price, x.quantity) for x in depth.asks] == asks
    assert board.quote(0).bid == (bids[0][0] if bids else 0)
    assert board.quote(0).ask == (asks[0][0] if asks else 0)
    assert all(board.level(0, BUY, p).quantity == q for p, q in kept[BUY].items())
