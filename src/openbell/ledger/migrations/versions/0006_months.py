"""What grows without end is partitioned by month of log time.

The rows of before stay where they are: their table becomes the first partition, up to the end of the month of
the newest of them. The ledger makes the later ones ahead of time (`openbell.ledger.months`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"

SECOND = 1_000_000_000
BEFORE = "before"


class Grown(NamedTuple):
    """A table: its column of log time, its key before, and its other indexes: name -> what they are on."""

    name: str
    column: str
    key: str
    indexes: dict[str, str]


GROWN = (
    Grown(
        "orders",
        "created_ts",
        "order_id",
        {
            "orders_by_account": "(account, order_id)",
            "orders_by_client_id": "(account, client_id, order_id) WHERE client_id <> ''",
        },
    ),
    Grown("trades", "ts", "trade", {}),
    Grown(
        "fills",
        "ts",
        "account, ts, trade, order_id",
        {"fills_by_instrument": "(account, instrument, ts)"},
    ),
    Grown("entries", "ts", "seq, index, leg", {}),
    Grown("moves", "ts", "account, ts, seq, index", {}),
)
MONTHS = """
CREATE TABLE ledger.months (
    starts bigint PRIMARY KEY,
    ends bigint NOT NULL,
    name text NOT NULL,
    first_seq bigint
)
"""
POSTINGS = """
CREATE VIEW ledger.postings AS
SELECT seq, index, leg, kind, ts, debit AS account, asset, -amount AS amount FROM ledger.entries
UNION ALL
SELECT seq, index, leg, kind, ts, credit AS account, asset, amount FROM ledger.entries
"""
NEWEST = "SELECT max(newest) FROM ({}) AS found".format(
    " UNION ALL ".join(f"SELECT max({one.column}) AS newest FROM ledger.{one.name}" for one in GROWN)
)


def key_of(one: Grown) -> str:
    """A partitioned table's key: its own, and the column that says the partition."""
    named = [name.strip() for name in one.key.split(",")]
    return one.key if one.column in named else f"{one.key}, {one.column}"


def month_end(ts: int) -> int:
    """The end of the month that `ts` is in, ns UTC."""
    moment = datetime.fromtimestamp(ts // SECOND, UTC)
    months = moment.year * 12 + moment.month
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * SECOND


def upgrade() -> None:
    newest = op.get_bind().execute(text(NEWEST)).scalar()
    op.execute("DROP VIEW ledger.postings")
    op.execute(MONTHS)
    for one in GROWN:
        _partition(one, None if newest is None else month_end(newest))
    if newest is not None:
        op.execute(f"INSERT INTO ledger.months VALUES (0, {month_end(newest)}, '{BEFORE}', 0)")
    op.execute(POSTINGS)


def _partition(one: Grown, end: int | None) -> None:
    """Make a table partitioned; its rows, if there are any, are the partition up to `end`."""
    whole, before = f"ledger.{one.name}", f"ledger.{one.name}_{BEFORE}"
    op.execute(f"ALTER TABLE {whole} RENAME TO {one.name}_{BEFORE}")
    op.execute(
        f"ALTER TABLE {before} DROP CONSTRAINT {one.name}_pkey, "
        f"ADD CONSTRAINT {one.name}_{BEFORE}_pkey PRIMARY KEY ({key_of(one)})"
    )
    for index in one.indexes:
        op.execute(f"ALTER INDEX ledger.{index} RENAME TO {index}_{BEFORE}")
    op.execute(
        f"CREATE TABLE {whole} (LIKE {before} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
        f"PARTITION BY RANGE ({one.column})"
    )
    op.execute(f"ALTER TABLE {whole} ADD PRIMARY KEY ({key_of(one)})")
    for index, on in one.indexes.items():
        op.execute(f"CREATE INDEX {index} ON {whole} {on}")
    if end is None:
        op.execute(f"DROP TABLE {before}")
    else:
        op.execute(f"ALTER TABLE {whole} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ({end})")


def downgrade() -> None:
    op.execute("DROP VIEW ledger.postings")
    for one in GROWN:
        whole = f"ledger.{one.name}_whole"
        op.execute(f"CREATE TABLE {whole} (LIKE ledger.{one.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        op.execute(f"INSERT INTO {whole} SELECT * FROM ledger.{one.name}")
        op.execute(f"DROP TABLE ledger.{one.name}")
        op.execute(f"ALTER TABLE {whole} RENAME TO {one.name}")
        op.execute(f"ALTER TABLE ledger.{one.name} ADD PRIMARY KEY ({one.key})")
        for index, on in one.indexes.items():
            op.execute(f"CREATE INDEX {index} ON ledger.{one.name} {on}")
    op.execute("DROP TABLE ledger.months")
    op.execute(POSTINGS)
