"""Candles of one second, of the newest hours only.

Where minutes are stored already, seconds begin with the minute after the newest of them: what traded before
has no seconds.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

SECONDS = """
CREATE TABLE market.seconds (
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
) WITH (fillfactor = 90);
CREATE INDEX seconds_start ON market.seconds USING brin (start);
ALTER TABLE market.reader ADD COLUMN seconds_from bigint NOT NULL DEFAULT 0;
UPDATE market.reader SET seconds_from = (SELECT coalesce(max(start) + 60000000000, 0) FROM market.minutes);
"""


def upgrade() -> None:
    op.execute(SECONDS)


def downgrade() -> None:
    op.execute("DROP TABLE market.seconds; ALTER TABLE market.reader DROP COLUMN seconds_from")
