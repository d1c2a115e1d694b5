"""Recorded flow, judged: what each message does to the book, and what counts as a hit."""

from __future__ import annotations

import pytest

from openbell.cli.flow import CANCEL, ENTER, REDUCE, TAKE, Core, Judge, Judgement
from openbell.cli.lobster import Best, Message
from openbell.cli.replay import BEGIN_NS, core_alone, genesis
from openbell.core import view
from openbell.core.codes import BUY, SELL
from openbell.core.records import QUANTITY_SCALE

NEW, PART, DELETE, EXECUTE, HIDDEN = 1, 2, 3, 4, 5
LOW, MID, HIGH = 4_990_000, 5_000_000, 5_010_000


@pytest.fixture
def core() -> Core:
    return Core(genesis("AAPL"))


def judge(core: Core, *lines: tuple[int, int, int, int, int], best: tuple[Best, ...] = ()) -> Judgement:
    messages = [Message(1_000 * k, *line) for k, line in enumerate(lines)]
    return Judge(core, "AAPL", BEGIN_NS).run(messages, best)


def sizes(core: Core, side: str) -> list[tuple[int, int]]:
    rows = view.depth(core.exchange, 0, 10)[side]
    return [(row[0], row[1] // QUANTITY_SCALE) for row in rows]


def test_new_orders_rest_on_their_sides(core: Core) -> None:
    judge(core, (NEW, 1, 10, LOW, BUY), (NEW, 2, 20, HIGH, SELL))
    assert (sizes(core, "bids"), sizes(core, "asks")) == ([(LOW, 10)], [(HIGH, 20)])


def test_a_partial_cancel_keeps_the_place_in_the_queue(core: Core) -> None:
    result = judge(
        core,
        (NEW, 1, 10, LOW, BUY),
        (NEW, 2, 10, LOW, BUY),
        (PART, 1, 4, LOW, BUY),
        (EXECUTE, 1, 6, LOW, BUY),
    )
    assert (result.hits, result.misses) == (1, 0)
    assert sizes(core, "bids") == [(LOW, 10)]


def test_a_delete_takes_the_order_out(core: Core) -> None:
    judge(core, (NEW, 1, 10, LOW, BUY), (DELETE, 1, 10, LOW, BUY))
    assert sizes(core, "bids") == []


def test_an_execution_of_the_oldest_order_at_the_best_price_is_a_hit(core: Core) -> None:
    result = judge(core, (NEW, 1, 10, HIGH, SELL), (NEW, 2, 10, HIGH, SELL), (EXECUTE, 1, 10, HIGH, SELL))
    assert (result.hits, result.misses, result.executions) == (1, 0, 1)
    assert [step.kind for step in result.steps] == [ENTER, ENTER, TAKE]


def test_an_execution_of_a_younger_order_is_a_miss_and_spoils_nothing(core: Core) -> None:
    result = judge(
        core,
        (NEW, 1, 10, LOW, BUY),
        (NEW, 2, 10, LOW, BUY),
        (EXECUTE, 2, 10, LOW, BUY),
        (EXECUTE, 1, 10, LOW, BUY),
    )
    assert (result.hits, result.misses) == (1, 1)
    assert sizes(core, "bids") == []


def test_an_execution_behind_the_best_price_is_a_miss(core: Core) -> None:
    result = judge(core, (NEW, 1, 10, LOW, BUY), (NEW, 2, 10, MID, BUY), (EXECUTE, 1, 5, LOW, BUY))
    assert (result.hits, result.misses) == (0, 1)
    assert sizes(core, "bids") == [(MID, 10), (LOW, 5)]
    assert result.steps[-1].kind == REDUCE


def test_an_execution_in_parts_hits_each_time(core: Core) -> None:
    result = judge(
        core,
        (NEW, 1, 10, LOW, BUY),
        (EXECUTE, 1, 3, LOW, BUY),
        (PART, 1, 2, LOW, BUY),
        (EXECUTE, 1, 5, LOW, BUY),
    )
    assert result.hits == 2
    assert sizes(core, "bids") == []


def test_orders_from_before_the_file_are_in_the_book_and_count_apart(core: Core) -> None:
    result = judge(core, (NEW, 100, 10, LOW, BUY), (EXECUTE, 90, 7, MID, BUY), (DELETE, 80, 5, HIGH, SELL))
    assert (result.opening, result.hits, result.misses) == (2, 0, 0)
    assert (result.apart, result.apart_first) == (1, 1)
    assert sizes(core, "bids") == [(LOW, 10)]
    assert sizes(core, "asks") == []


def test_what_concerns_an_unseen_order_is_counted_and_left_out(core: Core) -> None:
    result = judge(core, (NEW, 1, 10, LOW, BUY), (DELETE, 50, 5, LOW, BUY), (EXECUTE, 51, 5, LOW, BUY))
    assert (result.unknown, result.apart) == (1, 1)
    assert sizes(core, "bids") == [(LOW, 10)]


def test_hidden_executions_are_skipped(core: Core) -> None:
    result = judge(core, (NEW, 1, 10, LOW, BUY), (HIDDEN, 0, 10, LOW, BUY))
    assert (result.skipped, result.executions) == (1, 0)


def test_the_best_prices_are_compared_row_by_row(core: Core) -> None:
    best = (Best(0, 0, LOW, 10), Best(HIGH, 19, LOW, 10), Best(HIGH, 20, MID, 1))
    lines = ((NEW, 1, 10, LOW, BUY), (NEW, 2, 20, HIGH, SELL), (NEW, 3, 1, LOW, BUY))
    result = judge(core, *lines, best=best)
    assert (result.rows, result.prices_equal, result.sizes_equal) == (3, 2, 1)


def test_a_hundred_million_dollars_of_shares_are_no_reason_to_refuse(core: Core) -> None:
    result = judge(core, *((NEW, k, 4_900, 20_000_000 + k, SELL) for k in range(1, 100)))
    assert result.refused == 0


def test_the_same_commands_in_batches_end_in_the_same_state(core: Core) -> None:
    lines = [(NEW, k, 10, LOW - 100 * (k % 7), BUY) for k in range(1, 200)]
    lines += [(DELETE, k, 10, LOW - 100 * (k % 7), BUY) for k in range(1, 200, 2)]
    result = judge(core, *lines)
    assert {step.kind for step in result.steps} == {ENTER, CANCEL}
    assert core_alone(core, "AAPL") > 0
