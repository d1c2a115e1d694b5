"""Trades that can still be taken back, and those that were.

Candles that were stored before have no trades here: a bust of one of theirs takes its volume out of no
candle, and says so.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE market.trades (
    trade bigint PRIMARY KEY,
    instrument integer NOT NULL,
    ts bigint NOT NULL,
    price bigint NOT NULL,
    quantity bigint NOT NULL,
    notional bigint NOT NULL,
    eligible boolean NOT NULL
);
CREATE TABLE market.busts (
    trade bigint PRIMARY KEY,
    position bigint NOT NULL
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE market.trades, market.busts")
