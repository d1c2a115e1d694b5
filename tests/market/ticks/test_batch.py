import pytest

from openbell.market.ticks.batch import empty, join, of_wire, to_wire
from openbell.market.ticks.buffer import Buffer
from tests.market.ticks.made import ask, batch, bid, random_ticks, rows_of, trade


def test_rows_go_over_the_wire_and_back() -> None:
    ticks = random_ticks(1, 500, 20)
    assert rows_of(of_wire(to_wire(ticks))) == rows_of(ticks)


def test_half_a_row_is_refused_with_what_is_too_much() -> None:
    with pytest.raises(ValueError, match="1 rows of 48 bytes and 7 bytes more"):
        of_wire(to_wire(batch(trade(0, 100))) + b"1234567")


def test_batches_join_in_order() -> None:
    joined = join([batch(bid(0, 1)), empty(), batch(ask(0, 3), trade(0, 2))])
    assert [row[4] for row in rows_of(joined)] == [1, 3, 2]
    assert len(join([])) == 0


def test_a_buffer_holds_what_was_added_in_order_however_often_it_grows() -> None:
    ticks, buffer = random_ticks(2, 40_000, 5), Buffer()
    for start in range(0, len(ticks), 7_000):
        buffer.add(ticks.take(slice(start, start + 7_000)))
    assert rows_of(buffer.ticks()) == rows_of(ticks)
    buffer.clear()
    buffer.add(batch(trade(1, 5)))
    assert rows_of(buffer.ticks()) == [trade(1, 5)]
