from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes
from openbell.core.codes import BUY
from openbell.market.calendar import DAY, MINUTE, Always
from openbell.market.candles import Batch
from tests.market.events import SHARE, Unit, event, level, trade, unit

CALENDAR = Always()
# A trade of an instrument at a time, at a price, of a quantity, eligible or not.
TRADE = st.tuples(
    st.integers(0, 2), st.integers(0, 3 * DAY), st.integers(1, 50), st.integers(1, 5), st.booleans()
)


def batch_of(*units: Unit) -> Batch:
    batch = Batch(CALENDAR)
    batch.add_all(units)
    return batch


def test_trades_of_a_minute_make_its_candle() -> None:
    batch = batch_of(
        unit(1, trade(0, 1000, SHARE), trade(0, 1200, SHARE), ts=MINUTE),
        unit(2, trade(0, 900, SHARE), ts=MINUTE + 1),
        unit(3, trade(0, 1100, 2 * SHARE), ts=2 * MINUTE - 1),
    )
    assert batch.minutes[0, MINUTE].values() == (1000, 1200, 900, 1100, 5 * SHARE, 5300, 4)
    assert list(batch.days) == [(0, 0)]
    assert batch.position == 3


def test_a_trade_too_small_counts_as_volume_and_moves_no_price() -> None:
    batch = batch_of(unit(1, trade(0, 1000, SHARE // 2, eligible=False), ts=1))
    assert batch.minutes[0, 0].values() == (None, None, None, None, SHARE // 2, 500, 1)
    batch.add(unit(2, trade(0, 1010, SHARE), ts=2))
    batch.add(unit(3, trade(0, 5000, 1, eligible=False), ts=3))
    assert batch.minutes[0, 0].values()[:4] == (1010, 1010, 1010, 1010)


def test_other_events_leave_no_candle_but_move_the_position() -> None:
    batch = batch_of(unit(7, level(0, BUY, 100, SHARE), event(codes.EV_FILL, price=5, quantity=5)))
    assert (batch.minutes, batch.days, batch.position) == ({}, {}, 7)


@given(st.lists(TRADE, max_size=60))
def test_candles_equal_a_slow_aggregation(made: list[tuple[int, int, int, int, bool]]) -> None:
    made.sort(key=lambda one: one[1])
    batch = batch_of(
        *(unit(n, trade(i, p, q * SHARE, e), ts=ts) for n, (i, ts, p, q, e) in enumerate(made, 1))
    )
    for tallies, length in ((batch.minutes, MINUTE), (batch.days, DAY)):
        keys = {(i, ts // length * length) for i, ts, *_ in made}
        assert set(tallies) == keys
        for instrument, start in keys:
            inside = [one for one in made if one[0] == instrument and start <= one[1] < start + length]
            prices = [p for _, _, p, _, eligible in inside if eligible]
            assert tallies[instrument, start].values() == (
                prices[0] if prices else None,
                max(prices, default=None),
                min(prices, default=None),
                prices[-1] if prices else None,
                sum(q for _, _, _, q, _ in inside) * SHARE,
                sum(p * q for _, _, p, q, _ in inside),
                len(inside),
            )
