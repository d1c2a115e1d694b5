"""What an order asks beyond the plain; null of the orders that were entered before."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE ledger.orders ADD COLUMN budget bigint, ADD COLUMN expire_ts bigint, "
        "ADD COLUMN display bigint, ADD COLUMN min_quantity bigint, ADD COLUMN session bigint, "
        "ADD COLUMN stp smallint, ADD COLUMN post_only boolean"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE ledger.orders DROP COLUMN budget, DROP COLUMN expire_ts, DROP COLUMN display, "
        "DROP COLUMN min_quantity, DROP COLUMN session, DROP COLUMN stp, DROP COLUMN post_only"
    )
