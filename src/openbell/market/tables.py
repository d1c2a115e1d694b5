"""The tables of schema `market`: stored candles and how far their reader is.

Raw units, all bigint: prices and notional 1/10,000 USD, volume 1/1e8 share, times ns UTC. `open`, `high`,
`low` and `close` are null together: only trades too small to move a price were made in that interval.
`trades` has the newest trades that were not taken back, so that a bust can be taken out of the candles;
`busts` names every trade that was, and the command that did.

Beside them what feeds bring: `feeds` says how far each feed's candles are, `fed` numbers its symbols and says
when their first and newest trades were, and `fed_seconds`, `fed_minutes` and the rest are by
that number.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA = "market"
metadata = MetaData(schema=SCHEMA)

# One row: the log position of the last command whose trades are in the candles, and of which exchange.
reader = Table(
    "reader",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="reader_one_row"), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("genesis", Text, nullable=False),
    Column(
        "seconds_from", BigInteger, nullable=False
    ),  # a whole minute; of what was before, seconds may lack
    Column(
        "minutes_from", BigInteger, nullable=False
    ),  # a whole hour; of what was before, minutes and quarters may lack
    Column("trades_from", BigInteger, nullable=False),  # of what was before, `trades` may lack some
)


def _candles(name: str, *more: str) -> Table:
    return Table(
        name,
        metadata,
        Column("instrument", Integer, primary_key=True, autoincrement=False),
        Column("start", BigInteger, primary_key=True, autoincrement=False),
        Column("open", BigInteger),
        Column("high", BigInteger),
        Column("low", BigInteger),
        Column("close", BigInteger),
        *(Column(one, BigInteger, nullable=False) for one in ("volume", *more, "trades")),
    )


seconds = _candles("seconds", "notional")
minutes = _candles("minutes", "notional")
quarters = _candles("quarters", "notional")  # of an hour
hours = _candles("hours", "notional")
days = _candles("days", "notional")

trades = Table(
    "trades",
    metadata,
    Column("trade", BigInteger, primary_key=True, autoincrement=False),
    Column("instrument", Integer, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("notional", BigInteger, nullable=False),
    Column("eligible", Boolean, nullable=False),
)

busts = Table(
    "busts",
    metadata,
    Column("trade", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("seconds_from", BigInteger, nullable=False),  # of what was before, seconds may lack
    Column("minutes_from", BigInteger, nullable=False),  # a whole hour; of what was before, these lack
)

fed = Table(
    "fed",
    metadata,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("feed", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("newest", BigInteger, nullable=False),
    UniqueConstraint("feed", "symbol"),
)

fed_seconds = _candles("fed_seconds")
fed_minutes = _candles("fed_minutes")
fed_quarters = _candles("fed_quarters")
fed_hours = _candles("fed_hours")
fed_days = _candles("fed_days")
