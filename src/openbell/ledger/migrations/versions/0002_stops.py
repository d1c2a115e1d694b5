"""Stop orders: the stop price, and the trail of those that follow the market."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE ledger.orders ADD COLUMN stop_price bigint NOT NULL DEFAULT 0, "
        "ADD COLUMN trail bigint NOT NULL DEFAULT 0, ADD COLUMN trail_percent boolean NOT NULL DEFAULT false"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE ledger.orders DROP COLUMN stop_price, DROP COLUMN trail, DROP COLUMN trail_percent"
    )
