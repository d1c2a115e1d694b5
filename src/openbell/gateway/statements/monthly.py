"""A month's statement in words: as a document for people, and as rows for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.account_body import execution_id
from openbell.gateway.decimals import money, quantity
from openbell.gateway.statements.document import Document, Table, day_of, settlement_day, time_text
from openbell.gateway.times import rfc3339
from openbell.identity.account_id import encode_account
from openbell.ledger import tables
from openbell.ledger.statements import BEGINNING, Balance, Bound, Statement

COLUMNS = (
    "type", "time", "symbol", "quantity", "price", "value", "fee", "cash", "cost", "realised", "orderId",
    "execId", "tradeId", "settlementDate",
)  # fmt: skip
DEPOSITS = (
    tables.KIND_DEPOSIT,
    tables.KIND_WITHDRAWAL,
    tables.KIND_TRANSFER,
    tables.KIND_GRANT,
    tables.KIND_CLOSING,
)
Row = Mapping[str, Any]
Symbol = Callable[[int], str]


def month_text(month: int) -> str:
    """yyyymm as an address names it: "2026-11"."""
    return f"{month // 100:04d}-{month % 100:02d}"


def word(line: Row) -> str:
    """What a line is: BUY, SELL, or the kind of a movement."""
    if line["kind"] == tables.KIND_TRADE:
        return codes.SIDE_NAMES[line["side"]]
    return tables.ENTRY_KINDS[line["kind"]]


def csv_rows(statement: Statement, symbol: Symbol) -> Iterator[list[str]]:
    """One row for the opening cash, each opening holding, each line, the closing cash and holdings."""
    yield from _balance_rows("OPENING", statement.opening, symbol)
    for line in statement.lines:
        cash_only = line["asset"] == tables.CASH
        trade = line["kind"] == tables.KIND_TRADE
        yield [
            word(line),
            rfc3339(line["ts"]),
            "" if cash_only else symbol(line["asset"]),
            "" if cash_only else quantity(line["quantity"]),
            money(line["price"]) if trade else "",
            money(line["value"]) if trade else "",
            money(line["fee"]) if trade else "",
            money(line["cash"]),
            "" if trade or cash_only else money(line["value"]),
            money(line["realised"]) if trade and line["side"] == codes.SELL else "",
            encode_id(line["order_id"]) if trade else "",
            execution_id(line["trade"], line["side"]) if trade else "",
            encode_id(line["trade"]) if line["trade"] else "",
            settlement_day(day_of(line["ts"])).isoformat() if trade else "",
        ]
    yield from _balance_rows("CLOSING", statement.closing, symbol)


def _balance_rows(which: str, balance: Balance, symbol: Symbol) -> Iterator[list[str]]:
    yield [f"{which}_CASH", *[""] * 6, money(balance.cash), *[""] * 6]
    for row in balance.holdings:
        cost = "" if row["cost"] is None else money(row["cost"])
        figures = [quantity(row["amount"]), money(row["price"]), money(row["value"]), "", "", cost]
        yield [f"{which}_HOLDING", "", symbol(row["asset"]), *figures, *[""] * 5]


def document(statement: Statement, symbol: Symbol, opened_ts: int) -> Document:
    """The statement for people."""
    name = encode_account(statement.account)
    month = month_text(statement.month)
    start, end = statement.start, statement.end
    newest = max([start.ts, opened_ts, *(line["ts"] for line in statement.lines)])
    return Document(
        title=f"Statement of {month}, account {name}",
        facts=[
            ("Account", name),
            ("Period", _period(start, end, opened_ts)),
            ("Opening value", money(statement.opening.value)),
            ("Closing value", money(statement.closing.value)),
            *_totals(statement),
        ],
        tables=[
            _holdings("Holdings at the end of the period", statement.closing, symbol),
            _transactions(statement, symbol),
            _holdings("Holdings at the beginning of the period", statement.opening, symbol),
        ],
        made_at=end.ts if end else newest,
    )


def _period(start: Bound, end: Bound | None, opened_ts: int) -> str:
    begun = time_text(max(start.ts, opened_ts) if start != BEGINNING else opened_ts)
    return f"{begun} to {time_text(end.ts)} UTC" if end else f"from {begun} UTC, not ended"


def _totals(statement: Statement) -> list[tuple[str, str]]:
    trade, bought, sold = tables.KIND_TRADE, codes.BUY, codes.SELL
    return [
        ("Opening cash", money(statement.opening.cash)),
        ("Bought", money(-statement.total("value", trade, side=bought))),
        ("Sold", money(statement.total("value", trade, side=sold))),
        ("Fees", money(-statement.total("fee", trade))),
        ("Deposits and withdrawals", money(statement.total("cash", *DEPOSITS))),
        ("Taken back trades", money(statement.total("cash", tables.KIND_BUST))),
        ("Closing cash", money(statement.closing.cash)),
        ("Realised profit", money(statement.total("realised", trade))),
    ]


def _holdings(caption: str, balance: Balance, symbol: Symbol) -> Table:
    columns = [
        ("Symbol", 16, False),
        ("Quantity", 24, True),
        ("Average cost", 24, True),
        ("Cost", 28, True),
        ("Close", 24, True),
        ("Value", 28, True),
    ]
    rows = []
    for row in balance.holdings:
        cost = row["cost"]
        average = "-" if cost is None else decimals.average_price(cost, row["amount"]) or "-"
        figures = [money(row["price"]), money(row["value"])]
        held = quantity(row["amount"])
        rows.append([symbol(row["asset"]), held, average, "-" if cost is None else money(cost), *figures])
    return Table(caption, columns, rows)


def _transactions(statement: Statement, symbol: Symbol) -> Table:
    columns = [
        ("Time (UTC)", 34, False),
        ("Type", 22, False),
        ("Symbol", 16, False),
        ("Quantity", 22, True),
        ("Price", 22, True),
        ("Fee", 16, True),
        ("Cash", 26, True),
        ("Settles", 22, False),
    ]
    rows = []
    for line in statement.lines:
        trade, cash_only = line["kind"] == tables.KIND_TRADE, line["asset"] == tables.CASH
        rows.append(
            [
                time_text(line["ts"]),
                word(line),
                "" if cash_only else symbol(line["asset"]),
                "" if cash_only else quantity(line["quantity"]),
                money(line["price"]) if trade else "",
                money(line["fee"]) if trade else "",
                money(line["cash"]),
                settlement_day(day_of(line["ts"])).isoformat() if trade else "",
            ]
        )
    return Table("Transactions", columns, rows)
