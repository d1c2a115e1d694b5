"""Candles of an hour of all time, as there are days: not only of the time whose minutes are kept no more."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

HOUR = 3_600 * 10**9
MADE = f"""
SELECT instrument, start - start % {HOUR},
       (array_agg(open ORDER BY start) FILTER (WHERE open IS NOT NULL))[1], max(high), min(low),
       (array_agg(close ORDER BY start DESC) FILTER (WHERE close IS NOT NULL))[1]
"""
MOST = (1 << 63) - 1  # what is more than a bigint counts as that
UP = f"""
DROP VIEW market.hourly;
DROP VIEW market.fed_hourly;
INSERT INTO market.hours {MADE}, sum(volume), sum(notional), sum(trades)
FROM market.minutes WHERE start >= (SELECT minutes_from FROM market.reader) GROUP BY 1, 2;
INSERT INTO market.fed_hours {MADE}, least(sum(volume), {MOST}), sum(trades)
FROM market.fed_minutes JOIN market.fed ON number = instrument JOIN market.feeds USING (feed)
WHERE start >= minutes_from GROUP BY 1, 2;
"""
DOWN = """
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


def downgrade() -> None:
    op.execute(DOWN)
