import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.market.ticks.batch import ASK, BID, BUST, ELIGIBLE, TRADE, Ticks, join, of_rows
from openbell.market.ticks.ingest import (
    BAD_PRICE,
    BAD_QUANTITY,
    PRICE_MAX,
    QUANTITY_MAX,
    TIME_BACKWARDS,
    UNKNOWN_INSTRUMENT,
    UNKNOWN_KIND,
    Ingest,
)
from openbell.market.ticks.quotes import Quotes
from openbell.market.ticks.seconds import Candles, Seconds
from tests.market.ticks.made import (
    SECOND,
    SHARE,
    START,
    Row,
    ask,
    batch,
    bid,
    random_ticks,
    rows_of,
    small,
    tallies,
    trade,
)


def told(made: list[Candles]) -> dict[tuple[int, int], tuple[int, ...]]:
    """Candles by instrument and start."""
    return {
        (int(one.instrument[at]), int(one.start[at])): tuple(
            int(getattr(one, name)[at]) for name in ("open", "high", "low", "close", "volume", "trades")
        )
        for one in made
        for at in range(len(one))
    }


def naive(ticks: Ticks) -> dict[tuple[int, int], tuple[int, ...]]:
    return {
        key: (*(one or 0 for one in tally.values()[:4]), tally.volume, tally.trades)
        for key, tally in tallies(ticks).items()
    }


def parts(ticks: Ticks, size: int) -> list[Ticks]:
    return [ticks.take(slice(start, start + size)) for start in range(0, len(ticks), size)]


@pytest.mark.parametrize("step", [1_000, 10_000_000, 3 * SECOND])
@pytest.mark.parametrize("size", [1, 97, 5_000])
def test_candles_equal_those_of_one_trade_at_a_time(step: int, size: int) -> None:
    ticks, seconds = random_ticks(size, 2_000, 12, step), Seconds(12)
    for part in parts(ticks, size):
        seconds.apply(part)
    seconds.close()
    assert told(seconds.take()) == naive(ticks)


def test_a_second_is_closed_by_the_first_tick_of_a_later_one() -> None:
    seconds = Seconds(2)
    seconds.apply(batch(trade(0, 100), bid(1, 5, time=START + SECOND - 1)))
    assert seconds.take() == []
    seconds.apply(batch(bid(1, 6, time=START + 5 * SECOND)))
    assert told(seconds.take()) == {(0, START): (100, 100, 100, 100, SHARE, 1)}


def test_small_trades_alone_make_a_candle_without_prices() -> None:
    seconds = Seconds(1)
    seconds.apply(batch(small(0, 100, 7)))
    seconds.close()
    assert told(seconds.take()) == {(0, START): (0, 0, 0, 0, 7, 1)}


@pytest.mark.parametrize("size", [1, 50, 2_000])
def test_quotes_equal_those_of_one_tick_at_a_time(size: int) -> None:
    ticks, quotes = random_ticks(3, 2_000, 12), Quotes(12)
    for part in parts(ticks, size):
        quotes.apply(part)
    for number in range(12):
        rows = [row for row in rows_of(ticks) if row[2] == number]
        last = {kind: [row for row in rows if row[0] == kind] for kind in (TRADE, BID, ASK)}
        eligible = [row for row in last[TRADE] if row[1] & ELIGIBLE]
        quote = quotes.quote(number)
        assert (quote.bid, quote.bid_size) == last[BID][-1][4:6]
        assert (quote.ask, quote.ask_size) == last[ASK][-1][4:6]
        assert (quote.last, quote.last_size, quote.last_time) == (*eligible[-1][4:6], eligible[-1][3])
        assert (quote.volume, quote.trades) == (sum(row[5] for row in last[TRADE]), len(last[TRADE]))
        assert (quote.time, quote.position) == (rows[-1][3], rows[-1][6])


def test_a_side_that_is_gone_is_zero() -> None:
    quotes = Quotes(1)
    quotes.apply(batch(bid(0, 100), bid(0, 0, 0)))
    assert quotes.quote(0).bid == quotes.quote(0).bid_size == 0


def test_there_is_no_quote_beyond_the_instruments() -> None:
    with pytest.raises(IndexError, match="no instrument 3; there are 3"):
        Quotes(3).quote(3)


def test_more_instruments_leave_what_was_known() -> None:
    ingest = Ingest(1)
    ingest.apply(batch(trade(0, 100)))
    ingest.reserve(3)
    ingest.apply(batch(trade(2, 50), trade(0, 90)))
    ingest.seconds.close()
    assert told(ingest.seconds.take()) == {
        (0, START): (100, 100, 90, 90, 2 * SHARE, 2),
        (2, START): (50, 50, 50, 50, SHARE, 1),
    }
    assert ingest.quotes.quote(2).last == 50


BAD = [
    (UNKNOWN_KIND, (0, *trade(0, 100)[1:])),
    (UNKNOWN_KIND, (BUST + 1, *trade(0, 100)[1:])),
    (UNKNOWN_INSTRUMENT, trade(5, 100)),
    (UNKNOWN_INSTRUMENT, trade(-1, 100)),
    (BAD_PRICE, trade(0, -100)),
    (BAD_PRICE, trade(0, 0)),
    (BAD_PRICE, bid(0, 0)),
    (BAD_PRICE, ask(0, PRICE_MAX + 1)),
    (BAD_QUANTITY, trade(0, 100, 0)),
    (BAD_QUANTITY, ask(0, 100, -SHARE)),
    (BAD_QUANTITY, trade(0, 100, QUANTITY_MAX + 1)),
    (TIME_BACKWARDS, trade(0, 100, time=START - 1)),
]


@pytest.mark.parametrize(("reason", "row"), BAD)
@pytest.mark.parametrize("together", [True, False])
def test_a_row_that_cannot_be_is_named_and_set_aside_and_the_rest_counts(
    reason: str, row: Row, together: bool
) -> None:
    kept: list[Ticks] = []
    aside: list[tuple[str, Row]] = []
    ingest = Ingest(5, kept.append, lambda why, ticks: aside.extend((why, one) for one in rows_of(ticks)))
    good = [bid(0, 100), ask(0, 101), trade(0, 101)]
    for part in [[*good, row, trade(0, 99)]] if together else [good, [row], [trade(0, 99)]]:
        ingest.apply(of_rows(part))
    assert aside == [(reason, row)]
    assert ingest.refused == {reason: 1}
    assert rows_of(join(kept)) == [*good, trade(0, 99)]
    quote = ingest.quotes.quote(0)
    assert (quote.bid, quote.ask, quote.last, quote.trades) == (100, 101, 99, 2)


fields = st.tuples(
    st.integers(0, 6),
    st.integers(0, 255),
    st.integers(-3, 8),
    st.integers(START - 5, START + 3 * SECOND),
    st.integers(-(1 << 62), 1 << 62) | st.integers(0, 1000),
    st.integers(-(1 << 62), 1 << 62) | st.integers(0, 1000),
    st.integers(0, 1 << 50),
    st.integers(0, 1 << 60),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(fields, max_size=20), max_size=5))
def test_every_row_is_either_kept_in_order_or_set_aside_with_a_name(batches: list[list[Row]]) -> None:
    kept: list[Ticks] = []
    aside: list[Ticks] = []
    ingest = Ingest(6, kept.append, lambda why, ticks: aside.append(ticks))
    for rows in batches:
        ingest.apply(of_rows(rows))
    everything = [row for rows in batches for row in rows]
    assert sorted(rows_of(join([*kept, *aside]))) == sorted(everything)
    good = join(kept)
    assert bool((np.diff(good.time) >= 0).all())
    assert sum(ingest.refused.values()) == len(join(aside))
    ingest.seconds.close()
    assert told(ingest.seconds.take()) == naive(good)
