"""Candles of a quarter of an hour and of an hour as there are days: not only hours whose minutes left."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

MINUTE = 60 * 10**9
MOST = (1 << 63) - 1  # what is more than a bigint counts as that
MADE = """
INSERT INTO market.{table}
SELECT instrument, start - start % {length},
       (array_agg(open ORDER BY start) FILTER (WHERE open IS NOT NULL))[1], max(high), min(low),
       (array_agg(close ORDER BY start DESC) FILTER (WHERE close IS NOT NULL))[1], {sums}
FROM {minutes} GROUP BY 1, 2;
"""
OWN = "market.minutes WHERE start >= (SELECT minutes_from FROM market.reader)"
FED = """
market.fed_minutes JOIN market.fed ON number = instrument JOIN market.feeds USING (feed)
WHERE start >= minutes_from
"""
UP = """
DROP VIEW market.hourly;
DROP VIEW market.fed_hourly;
CREATE TABLE market.quarters (LIKE market.hours INCLUDING ALL);
CREATE TABLE market.fed_quarters (LIKE market.fed_hours INCLUDING ALL);
CREATE INDEX quarters_start ON market.quarters USING brin (start);
"""
DOWN = """
DROP TABLE market.quarters, market.fed_quarters;
DELETE FROM market.hours WHERE start >= (SELECT minutes_from FROM market.reader);
DELETE FROM market.fed_hours USING market.fed JOIN market.feeds USING (feed)
WHERE number = instrument AND start >= minutes_from;
CREATE VIEW market.hourly AS
    SELECT * FROM market.hours
    UNION ALL
    SELECT * FROM market.minutes WHERE start >= (SELECT minutes_from FROM market.reader);
CREATE VIEW market.fed_hourly AS
    SELECT * FROM market.fed_hours
    UNION ALL
    SELECT fed_minutes.* FROM market.fed_minutes
    JOIN market.fed ON number = instrument JOIN market.feeds USING (feed)
    WHERE start >= minutes_from;
"""


def upgrade() -> None:
    op.execute(UP)
    for name, minutes in (("quarters", 15), ("hours", 60)):
        length = minutes * MINUTE
        sums = "sum(volume), sum(notional), sum(trades)"
        op.execute(MADE.format(table=name, length=length, sums=sums, minutes=OWN))
        sums = f"least(sum(volume), {MOST}), sum(trades)"
        op.execute(MADE.format(table=f"fed_{name}", length=length, sums=sums, minutes=FED))


def downgrade() -> None:
    op.execute(DOWN)
