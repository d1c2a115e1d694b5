import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openbell.market.rows import WIDTH, fold

ROW = st.tuples(*(st.integers(0, 1000) for _ in range(WIDTH)))


@given(st.lists(ROW, max_size=40), st.lists(st.integers(0, 1000), min_size=1, max_size=10, unique=True))
def test_folding_equals_a_walk_over_the_rows(rows: list[tuple[int, ...]], starts: list[int]) -> None:
    rows.sort(key=lambda row: row[0])
    starts.sort()
    folded = fold(np.array(rows, dtype=np.int64).reshape(-1, WIDTH), starts)
    expected: dict[int, list[int]] = {}
    for start, opened, high, low, close, volume in rows:
        bucket = max((s for s in starts if s <= start), default=None)
        if bucket is None:
            continue
        if bucket not in expected:
            expected[bucket] = [bucket, opened, high, low, close, volume]
            continue
        candle = expected[bucket]
        candle[2:] = [max(candle[2], high), min(candle[3], low), close, candle[5] + volume]
    assert folded.tolist() == list(expected.values())
