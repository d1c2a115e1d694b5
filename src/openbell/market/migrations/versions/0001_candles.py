"""Minute and daily candles.

Written out, not made from `tables`, because a migration keeps its meaning when the tables change.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

COLUMNS = """
    instrument integer NOT NULL,
    start bigint NOT NULL,
    open bigint,
    high bigint,
    low bigint,
    close bigint,
    volume bigint NOT NULL,
    notional bigint NOT NULL,
    trades bigint NOT NULL,
    PRIMARY KEY (instrument, start)
"""
TABLES = f"""
CREATE TABLE market.reader (
    one boolean PRIMARY KEY CONSTRAINT reader_one_row CHECK (one),
    position bigint NOT NULL,
    genesis text NOT NULL
);
INSERT INTO market.reader VALUES (true, 0, '');

CREATE TABLE market.minutes ({COLUMNS}) WITH (fillfactor = 90);
CREATE TABLE market.days ({COLUMNS}) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE market.days, market.minutes, market.reader")
