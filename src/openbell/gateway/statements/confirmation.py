"""The confirmation of an order's trades in words: as a document for people, and as rows for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.account_body import LIQUIDITY_NAMES, execution_id
from openbell.gateway.decimals import money, quantity
from openbell.gateway.statements.document import Document, Table, day_of, settlement_day, time_text
from openbell.gateway.times import rfc3339
from openbell.identity.account_id import encode_account
from openbell.market.instruments import find

COLUMNS = (
    "orderId", "execId", "tradeId", "time", "symbol", "side", "quantity", "price", "value", "fee", "cash",
    "liquidity", "settlementDate", "busted",
)  # fmt: skip
Row = Mapping[str, Any]


def cash_of(fill: Row) -> int:
    """What a fill changed of the cash, its fee included."""
    value: int = fill["value"] if fill["side"] == codes.SELL else -fill["value"]
    return value - int(fill["fee"])


def csv_rows(order: Row, fills: Sequence[Row], symbol: str) -> Iterator[list[str]]:
    """One row a fill, oldest first."""
    for fill in fills:
        yield [
            encode_id(order["order"]),
            execution_id(fill["trade"], fill["side"]),
            encode_id(fill["trade"]),
            rfc3339(fill["ts"]),
            symbol,
            codes.SIDE_NAMES[fill["side"]],
            quantity(fill["quantity"]),
            money(fill["price"]),
            money(fill["value"]),
            money(fill["fee"]),
            money(cash_of(fill)),
            LIQUIDITY_NAMES[fill["liquidity"]],
            settlement_day(day_of(fill["ts"])).isoformat(),
            "true" if fill["busted"] else "false",
        ]


def document(order: Row, fills: Sequence[Row], symbol: str) -> Document:
    """The confirmation for people; `fills` has at least one."""
    listing = find(symbol)
    units = sum(fill["quantity"] for fill in fills)
    notional = sum(fill["value"] for fill in fills)
    days = sorted({settlement_day(day_of(fill["ts"])).isoformat() for fill in fills})
    name = encode_id(order["order"])
    side, kind = codes.SIDE_NAMES[order["side"]], codes.TYPE_NAMES[order["order_type"]]
    columns = [
        ("Time (UTC)", 34, False),
        ("Execution", 30, False),
        ("Quantity", 22, True),
        ("Price", 22, True),
        ("Value", 26, True),
        ("Fee", 16, True),
        ("Settles", 22, False),
        ("", 22, False),
    ]
    rows = [
        [
            time_text(fill["ts"]),
            execution_id(fill["trade"], fill["side"]),
            quantity(fill["quantity"]),
            money(fill["price"]),
            money(fill["value"]),
            money(fill["fee"]),
            settlement_day(day_of(fill["ts"])).isoformat(),
            "taken back" if fill["busted"] else LIQUIDITY_NAMES[fill["liquidity"]].lower(),
        ]
        for fill in fills
    ]
    return Document(
        title=f"Trade confirmation of order {name}",
        facts=[
            ("Account", encode_account(order["account"])),
            ("Order", f"{side} {quantity(order['quantity'])} {symbol} {kind}"),
            ("Company", listing.name if listing else symbol),
            ("Status", codes.STATUS_NAMES[order["status"]]),
            ("Quantity traded", quantity(units)),
            ("Average price", decimals.average_price(notional, units) or "-"),
            ("Value", money(notional)),
            ("Fee", money(sum(fill["fee"] for fill in fills))),
            ("Cash", money(sum(cash_of(fill) for fill in fills))),
            ("Settlement", ", ".join(days)),
        ],
        tables=[Table("Executions", columns, rows)],
        made_at=max(fill["ts"] for fill in fills),
    )
