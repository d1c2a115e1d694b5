"""Months become parts that can end early and say what is kept of them: see `openbell.ledger.condense`."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE ledger.months ADD COLUMN kept smallint NOT NULL DEFAULT 0")
    op.execute("CREATE SEQUENCE ledger.part_numbers")


def downgrade() -> None:
    op.execute("DROP SEQUENCE ledger.part_numbers")
    op.execute("ALTER TABLE ledger.months DROP COLUMN kept")
