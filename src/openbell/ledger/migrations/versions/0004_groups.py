"""The group that an order belongs to, and its role there; null of the orders that were entered before."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute('ALTER TABLE ledger.orders ADD COLUMN "group" bigint, ADD COLUMN role smallint')


def downgrade() -> None:
    op.execute('ALTER TABLE ledger.orders DROP COLUMN "group", DROP COLUMN role')
