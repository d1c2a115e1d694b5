"""Candles of symbols whose prices come from elsewhere, beside those of the exchange's own market."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE market.feeds (
    feed text PRIMARY KEY,
    position bigint NOT NULL,
    seconds_from bigint NOT NULL
);
CREATE TABLE market.fed (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    symbol text NOT NULL,
    first bigint NOT NULL,
    newest bigint NOT NULL,
    UNIQUE (feed, symbol)
);
"""
CANDLES = """
CREATE TABLE market.{name} (
    instrument integer NOT NULL,
    start bigint NOT NULL,
    open bigint,
    high bigint,
    low bigint,
    close bigint,
    volume bigint NOT NULL,
    trades bigint NOT NULL,
    PRIMARY KEY (instrument, start)
);
"""
NAMES = ("fed_seconds", "fed_minutes", "fed_days")


def upgrade() -> None:
    op.execute(TABLES)
    for name in NAMES:
        op.execute(CANDLES.format(name=name))


def downgrade() -> None:
    for name in (*NAMES, "fed", "feeds"):
        op.execute(f"DROP TABLE market.{name}")
