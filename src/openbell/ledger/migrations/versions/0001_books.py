"""The first books: orders, trades, fills, entries, balances, days.

Written out, not made from `tables`, because a migration keeps its meaning when the tables change.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE ledger.reader (
    one boolean PRIMARY KEY CONSTRAINT reader_one_row CHECK (one),
    position bigint NOT NULL,
    genesis text NOT NULL,
    stopped text NOT NULL,
    stopped_seq bigint NOT NULL,
    pruned bigint NOT NULL
);
INSERT INTO ledger.reader VALUES (true, 0, '', '', 0, 0);

CREATE TABLE ledger.instruments (
    instrument bigint PRIMARY KEY,
    reference_price bigint NOT NULL,
    realm bigint NOT NULL,
    seq bigint NOT NULL,
    listed_ts bigint NOT NULL,
    status smallint NOT NULL,
    symbol text NOT NULL
);

CREATE TABLE ledger.accounts (
    account bigint PRIMARY KEY,
    cash bigint NOT NULL,
    realised bigint NOT NULL,
    realm bigint NOT NULL,
    opened_ts bigint NOT NULL,
    seq bigint NOT NULL,
    kind smallint NOT NULL,
    status smallint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE ledger.holdings (
    account bigint NOT NULL,
    instrument bigint NOT NULL,
    quantity bigint NOT NULL,
    cost bigint NOT NULL,
    realised bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (account, instrument)
) WITH (fillfactor = 70);

CREATE TABLE ledger.orders (
    order_id bigint PRIMARY KEY,
    account bigint NOT NULL,
    instrument bigint NOT NULL,
    price bigint NOT NULL,
    quantity bigint NOT NULL,
    filled bigint NOT NULL,
    leaves bigint NOT NULL,
    notional bigint NOT NULL,
    limit_value bigint NOT NULL,
    observed bigint NOT NULL,
    seq bigint NOT NULL,
    created_ts bigint NOT NULL,
    updated_ts bigint NOT NULL,
    side smallint NOT NULL,
    order_type smallint NOT NULL,
    tif smallint NOT NULL,
    status smallint NOT NULL,
    reason smallint NOT NULL,
    code smallint NOT NULL,
    client_id text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX orders_by_account ON ledger.orders (account, order_id);
CREATE INDEX orders_by_client_id ON ledger.orders (account, client_id, order_id)
    WHERE client_id <> '';

CREATE TABLE ledger.trades (
    trade bigint PRIMARY KEY,
    seq bigint NOT NULL,
    ts bigint NOT NULL,
    instrument bigint NOT NULL,
    price bigint NOT NULL,
    quantity bigint NOT NULL,
    value bigint NOT NULL,
    taker_order bigint NOT NULL,
    taker_account bigint NOT NULL,
    maker_order bigint NOT NULL,
    maker_account bigint NOT NULL,
    taker_side smallint NOT NULL,
    eligible boolean NOT NULL
);

CREATE TABLE ledger.fills (
    account bigint NOT NULL,
    ts bigint NOT NULL,
    trade bigint NOT NULL,
    order_id bigint NOT NULL,
    seq bigint NOT NULL,
    instrument bigint NOT NULL,
    price bigint NOT NULL,
    quantity bigint NOT NULL,
    value bigint NOT NULL,
    fee bigint NOT NULL,
    realised bigint NOT NULL,
    other_order bigint NOT NULL,
    other_account bigint NOT NULL,
    side smallint NOT NULL,
    liquidity smallint NOT NULL,
    PRIMARY KEY (account, ts, trade, order_id)
);

CREATE TABLE ledger.entries (
    seq bigint NOT NULL,
    index integer NOT NULL,
    leg smallint NOT NULL,
    kind smallint NOT NULL,
    ts bigint NOT NULL,
    asset bigint NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount bigint NOT NULL CONSTRAINT entries_amount_positive CHECK (amount > 0),
    PRIMARY KEY (seq, index, leg),
    CONSTRAINT entries_two_sides CHECK (debit <> credit)
);

CREATE TABLE ledger.days (
    date bigint PRIMARY KEY,
    seq bigint NOT NULL,
    ts bigint NOT NULL
);

CREATE TABLE ledger.closes (
    date bigint NOT NULL,
    instrument bigint NOT NULL,
    price bigint NOT NULL,
    volume bigint NOT NULL,
    PRIMARY KEY (date, instrument)
);

-- Each entry's legs as signed postings: what left an account, what reached one.
CREATE VIEW ledger.postings AS
SELECT seq, index, leg, kind, ts, debit AS account, asset, -amount AS amount FROM ledger.entries
UNION ALL
SELECT seq, index, leg, kind, ts, credit AS account, asset, amount FROM ledger.entries;
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW ledger.postings")
    op.execute(
        "DROP TABLE ledger.closes, ledger.days, ledger.entries, ledger.fills, ledger.trades, ledger.orders, "
        "ledger.holdings, ledger.accounts, ledger.instruments, ledger.reader"
    )
