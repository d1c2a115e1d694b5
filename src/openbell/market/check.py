"""Checking stored candles against the log: what `openbell verify` asks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

from openbell.market.candles import Batch, Key, Tally

COLUMNS = ("open", "high", "low", "close", "volume", "notional", "trades")

Values = tuple[int | None, ...]


class Stored(NamedTuple):
    """All stored candles of one moment, and the log position that they show."""

    position: int
    minutes: dict[Key, Values]
    days: dict[Key, Values]


def stored(database_url: str, genesis: bytes) -> Stored | None:
    """The candles in the database as one consistent whole; None if it has none of this exchange's yet.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached.
    """
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        exists = connection.execute("SELECT to_regclass('market.reader')").fetchone()
        if exists is None or exists[0] is None:
            return None
        reader = connection.execute("SELECT position, genesis FROM market.reader").fetchone()
        if reader is None or reader[1] != hashlib.sha256(genesis).hexdigest():
            return None
        return Stored(reader[0], _table(connection, "minutes"), _table(connection, "days"))


def _table(connection: psycopg.Connection[Any], table: str) -> dict[Key, Values]:
    query = f"SELECT instrument, start, {', '.join(COLUMNS)} FROM market.{table}"
    return {(row[0], row[1]): row[2:] for row in connection.execute(query.encode())}


def first_difference(found: Stored, replayed: Batch) -> str | None:
    """A sentence about the earliest candle that differs from what the log gives; None if none does.

    Args:
        replayed: the trades of all units up to `found.position`, and of no others.
    """
    return _differ("minute", found.minutes, replayed.minutes) or _differ("day", found.days, replayed.days)


def _differ(what: str, found: Mapping[Key, Values], replayed: Mapping[Key, Tally]) -> str | None:
    nothing: Values = (None,) * 4 + (0,) * 3
    for instrument, start in sorted({*found, *replayed}, key=lambda key: (key[1], key[0])):
        stored_values = found.get((instrument, start), nothing)
        tally = replayed.get((instrument, start))
        true_values = tally.values() if tally else nothing
        if stored_values != true_values:
            column, is_stored, is_true = next(
                one for one in zip(COLUMNS, stored_values, true_values, strict=True) if one[1] != one[2]
            )
            return (
                f"the {what} of instrument {instrument} that begins at {start} has {column} {is_stored},"
                f" the log gives {is_true}"
            )
    return None
