"""From which number on every trade that stands is kept, so that one that is missing can be told from one
that was let go of or never kept."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

# A database of before may hold candles of trades that were never kept; the first one kept is known when there
# is one.
COLUMN = """
ALTER TABLE market.reader ADD COLUMN trades_from bigint NOT NULL DEFAULT 0;
UPDATE market.reader SET trades_from = coalesce((SELECT min(trade) FROM market.trades), 9223372036854775807)
WHERE position > 0
"""


def upgrade() -> None:
    op.execute(COLUMN)


def downgrade() -> None:
    op.execute("ALTER TABLE market.reader DROP COLUMN trades_from")
