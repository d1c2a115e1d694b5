"""What the day began with, movements account by account, and what each account had at each day roll.

Balances and movements of before are brought to the new form from the entries. What accounts had at earlier
rolls is not made up: `reader.equity_from` says where those rows begin.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    "ALTER TABLE ledger.reader ADD COLUMN equity_from bigint NOT NULL DEFAULT 0",
    "UPDATE ledger.reader SET equity_from = CASE WHEN position > 1 THEN position ELSE 0 END",
    "ALTER TABLE ledger.accounts ADD COLUMN rolled bigint NOT NULL DEFAULT 0, "
    "ADD COLUMN start_cash bigint NOT NULL DEFAULT 0, ADD COLUMN net_deposits bigint NOT NULL DEFAULT 0",
    "ALTER TABLE ledger.holdings ADD COLUMN rolled bigint NOT NULL DEFAULT 0, "
    "ADD COLUMN start_quantity bigint NOT NULL DEFAULT 0, ADD COLUMN moved bigint NOT NULL DEFAULT 0",
    """
    CREATE TABLE ledger.moves (
        account bigint NOT NULL,
        ts bigint NOT NULL,
        seq bigint NOT NULL,
        index integer NOT NULL,
        kind smallint NOT NULL,
        asset bigint NOT NULL,
        amount bigint NOT NULL,
        cost bigint,
        trade bigint,
        other bigint NOT NULL,
        PRIMARY KEY (account, ts, seq, index)
    )
    """,
    """
    CREATE TABLE ledger.equity (
        account bigint NOT NULL,
        date bigint NOT NULL,
        seq bigint NOT NULL,
        ts bigint NOT NULL,
        cash bigint NOT NULL,
        holdings numeric(40) NOT NULL,
        base numeric(40) NOT NULL,
        PRIMARY KEY (account, date)
    )
    """,
    "CREATE INDEX fills_by_instrument ON ledger.fills (account, instrument, ts)",
)
# An entry between two accounts is of two events: the giver's, whose index it has, and the taker's after it.
MOVES = """
INSERT INTO ledger.moves
SELECT debit, ts, seq, index, kind, asset, -amount, CASE WHEN asset = -1 THEN 0 END,
       CASE WHEN kind <> 9 THEN 0 END, credit
FROM ledger.entries WHERE kind BETWEEN 3 AND 9 AND debit > 0
UNION ALL
SELECT credit, ts, seq, index + (debit > 0)::int, kind, asset, amount, CASE WHEN asset = -1 THEN 0 END,
       CASE WHEN kind <> 9 THEN 0 END, debit
FROM ledger.entries WHERE kind BETWEEN 3 AND 9 AND credit > 0
"""
# The last roll before a balance was last touched, and what was posted to it since.
ACCOUNTS = """
WITH touched AS (
    SELECT a.account, greatest(p.seq, f.seq) AS seq, a.opened_ts
    FROM ledger.accounts a
    LEFT JOIN (SELECT account, max(seq) AS seq FROM ledger.postings WHERE asset = -1 GROUP BY 1) p
        USING (account)
    LEFT JOIN (SELECT account, max(seq) AS seq FROM ledger.fills GROUP BY 1) f USING (account)
), rolled AS (
    SELECT account, coalesce((
        SELECT max(d.seq) FROM ledger.days d
        WHERE CASE WHEN t.seq IS NULL THEN d.ts <= t.opened_ts ELSE d.seq <= t.seq END
    ), 0) AS seq FROM touched t WHERE account > 3 OR seq IS NOT NULL
), posted AS (
    SELECT r.account, r.seq, coalesce(sum(p.amount), 0)::bigint AS total,
           coalesce(sum(p.amount) FILTER (WHERE p.kind BETWEEN 3 AND 8), 0)::bigint AS deposits
    FROM rolled r
    LEFT JOIN ledger.postings p ON p.account = r.account AND p.asset = -1 AND p.seq >= r.seq
    GROUP BY 1, 2
)
UPDATE ledger.accounts a SET rolled = p.seq, start_cash = a.cash - p.total, net_deposits = p.deposits
FROM posted p WHERE p.account = a.account AND a.account <> 1
"""
HOLDINGS = """
WITH rolled AS (
    SELECT account, asset, coalesce((SELECT max(d.seq) FROM ledger.days d WHERE d.seq <= p.seq), 0) AS seq
    FROM (SELECT account, asset, max(seq) AS seq FROM ledger.postings WHERE asset >= 0 GROUP BY 1, 2) p
), posted AS (
    SELECT r.account, r.asset, r.seq, sum(p.amount)::bigint AS total,
           coalesce(sum(p.amount) FILTER (WHERE p.kind BETWEEN 3 AND 8), 0)::bigint AS moved
    FROM rolled r
    JOIN ledger.postings p ON p.account = r.account AND p.asset = r.asset AND p.seq >= r.seq
    GROUP BY 1, 2, 3
)
UPDATE ledger.holdings h SET rolled = p.seq, start_quantity = h.quantity - p.total, moved = p.moved
FROM posted p WHERE p.account = h.account AND p.asset = h.instrument
"""


def upgrade() -> None:
    for statement in (*TABLES, MOVES, ACCOUNTS, HOLDINGS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ledger.fills_by_instrument")
    op.execute("DROP TABLE ledger.equity, ledger.moves")
    op.execute(
        "ALTER TABLE ledger.holdings DROP COLUMN rolled, DROP COLUMN start_quantity, DROP COLUMN moved"
    )
    op.execute(
        "ALTER TABLE ledger.accounts DROP COLUMN rolled, DROP COLUMN start_cash, DROP COLUMN net_deposits"
    )
    op.execute("ALTER TABLE ledger.reader DROP COLUMN equity_from")
