"""The tables of schema `market`: stored candles and how far their reader is.

Raw units, all bigint: prices and notional 1/10,000 USD, volume 1/1e8 share, times ns UTC. `open`, `high`,
`low` and `close` are null together: only trades too small to move a price were made in that interval.
`trades` has the newest trades that were not taken back, so that a bust can be taken out of the candles;
`busts` names every trade that was, and the command that did.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, MetaData, Table, Text

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
)


def _candles(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("instrument", Integer, primary_key=True, autoincrement=False),
        Column("start", BigInteger, primary_key=True, autoincrement=False),
        Column("open", BigInteger),
        Column("high", BigInteger),
        Column("low", BigInteger),
        Column("close", BigInteger),
        Column("volume", BigInteger, nullable=False),
        Column("notional", BigInteger, nullable=False),
        Column("trades", BigInteger, nullable=False),
    )


seconds = _candles("seconds")
minutes = _candles("minutes")
days = _candles("days")

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
