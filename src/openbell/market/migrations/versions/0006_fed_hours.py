"""Candles of an hour of what feeds bring, of the time whose minutes are kept no more."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

HOURS = """
CREATE TABLE market.fed_hours (
    instrument integer NOT NULL,
    start bigint NOT NULL,
    open bigint,
    high bigint,
    low bigint,
    close bigint,
    volume bigint NOT NULL,
    trades bigint NOT NULL,
    PRIMARY KEY (instrument, start)
);
ALTER TABLE market.feeds ADD COLUMN minutes_from bigint NOT NULL DEFAULT 0;
CREATE VIEW market.fed_hourly AS
    SELECT * FROM market.fed_hours
    UNION ALL
    SELECT fed_minutes.* FROM market.fed_minutes
    JOIN market.fed ON number = instrument JOIN market.feeds USING (feed)
    WHERE start >= minutes_from;
"""


def upgrade() -> None:
    op.execute(HOURS)


def downgrade() -> None:
    op.execute(
        "DROP VIEW market.fed_hourly; DROP TABLE market.fed_hours;"
        " ALTER TABLE market.feeds DROP COLUMN minutes_from"
    )
