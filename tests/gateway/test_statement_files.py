"""Statements and confirmations as files: the same bytes for the same content, text that can be read."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest

from openbell.core import codes
from openbell.gateway.statements import confirmation, monthly
from openbell.gateway.statements.csv_file import csv_bytes
from openbell.gateway.statements.document import Document, Table, settlement_day
from openbell.gateway.statements.pdf_file import ROWS_MAX, pdf
from openbell.ledger import tables
from openbell.ledger.statements import BEGINNING, Balance, Bound, Statement, following

USD, SHARE, SECOND = 10_000, 100_000_000, 1_000_000_000
START = 1_700_000_000 * SECOND


def line(seq: int, kind: int, cash: int, **more: Any) -> dict[str, Any]:
    blank = {"asset": -1, "side": 0, "quantity": 0, "price": 0, "value": 0, "fee": 0, "realised": 0}
    place = {"seq": seq, "part": 0, "number": seq, "ts": START + seq * SECOND}
    return blank | place | {"order_id": 0, "trade": 0, "kind": kind, "cash": cash} | more


def holding(units: int, cost: int | None, price: int) -> dict[str, Any]:
    value = units * price // SHARE
    return {"asset": 0, "amount": units, "cost": cost, "price": price, "value": value}


BOUGHT = {
    "asset": 0,
    "side": codes.BUY,
    "quantity": 10 * SHARE,
    "price": 101 * USD,
    "value": 1_010 * USD,
    "order_id": 77 << 8,
    "trade": 5,
}
LINES = [
    line(2, tables.KIND_GRANT, 10_000 * USD, value=10_000 * USD),
    line(3, tables.KIND_TRADE, -1_012 * USD, fee=2 * USD, **BOUGHT),
    line(4, tables.KIND_TRANSFER, 0, asset=0, quantity=SHARE, value=80 * USD),
]
STATEMENT = Statement(
    account=5,
    month=202311,
    start=BEGINNING,
    end=Bound(90, START + 900_000 * SECOND, 20231201),
    opening=Balance(0, []),
    closing=Balance(8_988 * USD, [holding(11 * SHARE, 1_090 * USD, 103 * USD)]),
    lines=LINES,
)


def symbol(number: int) -> str:
    assert number == 0
    return "ACME"


def statement_pdf() -> bytes:
    return pdf(monthly.document(STATEMENT, symbol, START))


def test_the_same_statement_is_the_same_file() -> None:
    assert statement_pdf() == statement_pdf()


def test_a_statement_has_title_language_and_text_that_can_be_read() -> None:
    found = statement_pdf()
    assert found.startswith(b"%PDF-")
    assert b"/Lang (en-US)" in found
    assert b"/Title" in found and b"/DisplayDocTitle true" in found
    for text in (b"ACME", b"A00000005", b"8988.00", b"Transactions", b"1133.00", b"2023-11-15"):
        assert text in found, text


def test_the_csvs_cash_adds_up_from_the_opening_to_the_closing() -> None:
    text = csv_bytes(monthly.COLUMNS, monthly.csv_rows(STATEMENT, symbol)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(rows) + 1
    units = [int(float(row["cash"]) * 100) for row in rows if row["cash"]]
    assert units[0] + sum(units[1:-1]) == units[-1]
    assert [row["type"] for row in rows] == [
        "OPENING_CASH", "GRANT", "BUY", "TRANSFER", "CLOSING_CASH", "CLOSING_HOLDING",
    ]  # fmt: skip
    bought, moved = rows[2], rows[3]
    assert (bought["symbol"], bought["quantity"], bought["settlementDate"]) == ("ACME", "10", "2023-11-15")
    assert (moved["quantity"], moved["cost"], moved["cash"]) == ("1", "80.00", "0.00")


def test_totals_explain_the_closing_cash() -> None:
    facts = dict(monthly.document(STATEMENT, symbol, START).facts)
    assert facts["Bought"] == "-1010.00"
    assert facts["Fees"] == "-2.00"
    assert facts["Deposits and withdrawals"] == "10000.00"
    assert facts["Closing value"] == "10121.00"


def test_a_cost_that_was_not_kept_is_a_dash() -> None:
    closing = Balance(0, [holding(SHARE, None, 103 * USD)])
    unknown = Statement(5, 202311, BEGINNING, None, Balance(0, []), closing, [])
    row = monthly.document(unknown, symbol, START).tables[0].rows[0]
    assert row == ["ACME", "1", "-", "-", "103.00", "103.00"]


def fill(ts: int, busted: bool = False) -> dict[str, Any]:
    return {
        "ts": ts,
        "trade": 9,
        "price": 101 * USD,
        "quantity": 4 * SHARE,
        "value": 404 * USD,
        "fee": USD,
        "liquidity": codes.TAKER,
        "side": codes.SELL,
        "busted": busted,
    }


ORDER = {
    "order": 77 << 8,
    "account": 5,
    "side": codes.SELL,
    "order_type": codes.LIMIT,
    "status": codes.ST_FILLED,
    "quantity": 8 * SHARE,
}


def test_a_confirmation_names_every_execution_and_what_was_taken_back() -> None:
    fills = [fill(START), fill(START + SECOND, busted=True)]
    facts = dict(confirmation.document(ORDER, fills, "ACME").facts)
    assert facts["Quantity traded"] == "8"
    assert facts["Cash"] == "806.00"
    assert facts["Settlement"] == "2023-11-15"
    made = pdf(confirmation.document(ORDER, fills, "ACME"))
    assert made == pdf(confirmation.document(ORDER, fills, "ACME"))
    assert b"taken back" in made
    rows = list(confirmation.csv_rows(ORDER, fills, "ACME"))
    assert [row[-1] for row in rows] == ["false", "true"]
    assert all(len(row) == len(confirmation.COLUMNS) for row in rows)


def test_every_row_of_a_statement_has_every_column() -> None:
    for row in monthly.csv_rows(STATEMENT, symbol):
        assert len(row) == len(monthly.COLUMNS)


@pytest.mark.parametrize(
    ("traded", "settled"),
    [("2023-11-15", "2023-11-16"), ("2023-11-17", "2023-11-20"), ("2023-11-18", "2023-11-20")],
)
def test_a_trade_settles_a_business_day_on(traded: str, settled: str) -> None:
    assert settlement_day(date.fromisoformat(traded)).isoformat() == settled


def test_letters_that_the_font_lacks_are_replaced_and_nothing_breaks() -> None:
    table = Table("Ünïcode – 漢字", [("A", 1, False)], [["漢"], ["(\\)"]])
    assert pdf(Document("Title – 漢", [("Fact", "é漢")], [table], START)).startswith(b"%PDF-")


def test_a_long_table_says_how_much_it_left_out() -> None:
    rows = [[str(number)] for number in range(ROWS_MAX + 5)]
    made = pdf(Document("Long", [], [Table("Lines", [("Number", 1, True)], rows)], START))
    assert b"5 more lines are in the CSV" in made
    assert len(re.findall(rb"/Type /Page\b", made)) > 10


def test_the_month_after_december_is_january() -> None:
    assert [following(month) for month in (202311, 202312)] == [202312, 202401]
