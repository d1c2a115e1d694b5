"""Vector folders: read with tolerance, run through fresh cores, and every difference said."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openbell.cli import vector_words
from openbell.cli.replay_vectors import report, result, run
from openbell.cli.vector_case import run_case
from openbell.cli.vector_words import CANCEL, DAY, NS, REPLACE, Scale, Unsupported
from openbell.cli.vectors import Case, Order, VectorError, read_folder, read_folders
from openbell.core import codes
from openbell.core.codes import BUY, SELL

OURS = Path(__file__).parent / "vectors"
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "vectors"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published vectors are not here")


def replayed(path: Path) -> dict[str, Any]:
    folder = read_folder(path)
    return result(folder, run(folder))


def failed(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Each case that did not pass: why, and its difference."""
    return {one["case"]: (one["outcome"], one["difference"]) for one in replayed(path)["failed"]}


def order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "side": BUY,
        "id": "1",
        "type": "2",
        "mes": None,
        "time": "",
        "size": Decimal(100),
        "price": Decimal(50),
        "stop": None,
        "tif": "",
        "expire": "",
        "where": "x.csv, line 2",
    }
    return Order(**(values | changes))


def case(kind: str = "limitorder", description: str = "", *coming: Order) -> Case:
    return Case(kind, "1", description, [], coming, [], [], Decimal(1))


def test_replacements_move_shrink_and_keep_their_place() -> None:
    found = replayed(OURS / "replaceOrder")
    assert (found["cases"], found["passed"], found["failed"]) == (5, 5, [])


def test_letter_case_spacing_and_short_headers_do_not_matter() -> None:
    assert {"1", "6"}.isdisjoint(failed(OURS / "odd"))


def test_a_book_that_differs_is_shown_beside_the_expected_one() -> None:
    outcome, lines = failed(OURS / "odd")["2"]
    assert outcome == "differs"
    assert [line.split() for line in lines] == [
        ["book", "expected", "ours"],
        ["offer", "7:", "20", "@", "10.25", "offer", "7:", "30", "@", "10.25", "<"],
        ["offer", "8:", "30", "@", "10.5", "offer", "8:", "30", "@", "10.5"],
    ]


def test_trades_that_differ_are_shown_beside_the_expected_ones() -> None:
    outcome, lines = failed(OURS / "odd")["3"]
    assert outcome == "differs"
    assert [line.split() for line in lines] == [
        ["trades", "expected", "ours"],
        ["45", "@", "10.25", "30", "@", "10.25", "<"],
        ["-", "15", "@", "10.5", "<"],
    ]


def test_a_cell_that_cannot_be_read_is_named_and_spoils_its_case_alone() -> None:
    found = failed(OURS / "odd")
    assert found["4"] == (
        "unreadable",
        ["test4_input.csv, line 2: Side 'X' is neither B (bid) nor O (offer)"],
    )
    assert found["10"][0] == "unreadable"
    assert "test10_input.csv: its first line 'hello' names none of side, orderid" in found["10"][1][0]


def test_what_the_exchange_does_not_have_is_named_and_counts_as_not_passed() -> None:
    found = replayed(OURS / "odd")
    assert failed(OURS / "odd")["5"] == (
        "unsupported",
        ["test5_input.csv, line 2: TimeInForce '77' is not known"],
    )
    assert found["passed"] + len(found["failed"]) == found["cases"] == 7


def test_an_auction_case_gathers_and_uncrosses_at_one_price() -> None:
    coming = (
        order(id="1", price=Decimal(52), size=Decimal(100)),
        order(id="2", side=SELL, price=Decimal(50), size=Decimal(60)),
        order(id="3", side=SELL, price=Decimal(51), size=Decimal(60)),
    )
    found = run_case(case("auction", "An opening", *coming), False)
    shown = [line.split() for line in found.why]
    assert [line[2:] for line in shown if line[:2] == ["-", "60"]] == [["@", "51", "<"]]
    assert [line[2:] for line in shown if line[:2] == ["-", "40"]] == [["@", "51", "<"]]


def test_columns_that_nobody_reads_are_named() -> None:
    assert [one["column"] for one in replayed(OURS / "odd")["not_read"]] == ["colour", "mrs"]


def test_a_person_reads_the_counts_the_cases_and_the_columns() -> None:
    shown = report(replayed(OURS / "odd"))
    assert shown.startswith("odd: 2 of 7 passed\n")
    assert "case 5: A time in force that is not known\n  unsupported: test5_input.csv, line 2" in shown
    assert "not read: colour (2 cells): unknown" in shown


def test_the_command_prints_one_object_for_one_folder_and_sums_for_several() -> None:
    command = [sys.executable, "-m", "openbell.cli", "replay", "vectors", "--json"]
    done = subprocess.run([*command, str(OURS)], capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert (found["cases"], found["passed"]) == (12, 7)
    assert [one["folder"] for one in found["folders"]] == ["odd", "replaceOrder"]
    done = subprocess.run(
        [*command, str(OURS / "odd")], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout) == replayed(OURS / "odd")


def test_a_folder_without_a_master_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VectorError, match=r"no file's name ends with Master\.csv"):
        read_folders(tmp_path)
    command = [sys.executable, "-m", "openbell.cli", "replay", "vectors", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 1


def test_a_missing_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "Master.csv").write_text(
        "TestNumber,Description,InitialState,AggressingOrder,ExpectedState,Stock,Trades\n1,Nothing,a,b,c,d,e\n"
    )
    found = replayed(tmp_path)
    assert (found["cases"], found["passed"]) == (1, 1)


@published
def test_the_published_limit_orders_pass_but_for_the_one_with_a_typing_error() -> None:
    found = replayed(PUBLISHED / "limitOrder")
    assert (found["cases"], found["passed"]) == (12, 11)
    assert [(one["case"], one["outcome"]) for one in found["failed"]] == [("7", "unreadable")]


@published
def test_the_published_cancels_pass_where_the_exchange_has_the_orders() -> None:
    found = replayed(PUBLISHED / "cancelOrder")
    assert found["cases"] == 10
    assert {one["case"] for one in found["failed"]} <= {"5", "6", "7", "8", "9", "10"}
    assert {one["outcome"] for one in found["failed"]} <= {"unsupported"}


def test_the_words_of_the_vectors_become_order_fields() -> None:
    scale = Scale(Decimal(10))
    market = vector_words.new_order(order(type="1", tif="3"), scale)
    assert (market.order_type, market.price, market.tif) == (codes.MARKET, 0, codes.IOC)
    stop = vector_words.new_order(order(type="3"), scale)
    assert (stop.order_type, stop.price, stop.stop_price) == (codes.STOP, 0, 500)
    both = vector_words.new_order(order(type="4", stop=Decimal("49.5")), scale)
    assert (both.order_type, both.price, both.stop_price) == (codes.STOP_LIMIT, 500, 495)
    hidden = vector_words.new_order(order(type="5", mes=Decimal(20)), scale)
    assert (hidden.order_type, hidden.display, hidden.min_quantity) == (codes.LIMIT, 0, 20 * 10**8)
    until = vector_words.new_order(order(tif="8", expire="10:30"), scale)
    assert (until.tif, until.expire_ts) == (codes.GTD, (int(DAY.timestamp()) + 37_800) * NS)


def test_prices_keep_all_their_decimals() -> None:
    scale = Scale.of(case("x", "", order(price=Decimal("10.125")), order(price=Decimal(3))))
    assert scale.price(Decimal("10.125"), "x") == 10_125
    assert scale.shown(10_120) == "10.12"


def test_numbers_beyond_the_exchange_are_unsupported_by_name() -> None:
    with pytest.raises(Unsupported, match="price 10000000000000 is above"):
        vector_words.new_order(order(price=Decimal(10**13)), Scale(Decimal(1)))
    with pytest.raises(Unsupported, match=r"0\.123456789 shares"):
        vector_words.new_order(order(size=Decimal("0.123456789")), Scale(Decimal(1)))


@pytest.mark.parametrize(
    ("kind", "description", "row", "known", "asked"),
    [
        ("cancelordermaster", "", {"size": None}, False, CANCEL),
        ("replaceordermaster", "", {}, False, REPLACE),
        ("auction", "Amend a bid", {}, True, REPLACE),
        ("limitorder", "What is left is cancelled", {}, False, None),
        ("limitorder", "", {"size": None}, True, CANCEL),
        ("limitorder", "", {}, True, None),
    ],
)
def test_a_row_of_input_enters_cancels_or_replaces(
    kind: str, description: str, row: dict[str, Any], known: bool, asked: str | None
) -> None:
    assert vector_words.request(case(kind, description), order(**row), known) == asked


def test_a_modify_changes_price_stop_and_size_and_nothing_else() -> None:
    scale = Scale(Decimal(1))
    change = vector_words.replacement(order(), order(price=Decimal(51), size=Decimal(70)), 9, scale)
    assert (change.order, change.price, change.quantity) == (9, 51, 70 * 10**8)
    assert change.flags == codes.SET_PRICE | codes.SET_QUANTITY
    stop = vector_words.replacement(order(type="3"), order(type="3", price=Decimal(55)), 9, scale)
    assert (stop.stop_price, stop.flags) == (55, codes.SET_STOP_PRICE | codes.SET_QUANTITY)
    with pytest.raises(Unsupported, match="does not change MES, TimeInForce"):
        vector_words.replacement(order(), order(mes=Decimal(5), tif="3"), 9, scale)


def test_cases_with_expiry_dates_run_on_their_day() -> None:
    dated = order(side=SELL, tif="8", expire="2015-03-15 10:00:00")
    assert DAY + vector_words.day_of(case("x", "", order(), dated)) == DAY.replace(year=2015, month=3, day=15)
    assert vector_words.moment("2015-03-15 10:00:30", "x") == 1_426_413_630 * NS
    with pytest.raises(Unsupported, match="'noon' is neither"):
        vector_words.moment("noon", "x")
