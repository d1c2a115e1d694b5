"""Candles of an hour, of the time whose minutes are kept no more."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

HOURS = """
CREATE TABLE market.hours (
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
);
CREATE INDEX minutes_start ON market.minutes USING brin (start);
ALTER TABLE market.reader ADD COLUMN minutes_from bigint NOT NULL DEFAULT 0;
CREATE VIEW market.hourly AS
    SELECT * FROM market.hours
    UNION ALL
    SELECT * FROM market.minutes WHERE start >= (SELECT minutes_from FROM market.reader);
"""


def upgrade() -> None:
    op.execute(HOURS)


def downgrade() -> None:
    op.execute(
        "DROP VIEW market.hourly; DROP TABLE market.hours; DROP INDEX market.minutes_start;"
        " ALTER TABLE market.reader DROP COLUMN minutes_from"
    )
