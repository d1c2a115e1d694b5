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
    """All stored candles of one moment, the log position that they show, and the trades that were taken back
    up to there, by number, with the position of the command that did."""

    position: int
    minutes: dict[Key, Values]
    days: dict[Key, Values]
    busts: dict[int, int]


def stored(database_url: str, genesis: bytes) -> Stored | None:
    """The candles in the database as one consistent whole; None if it has none of this exchange's yet.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached.
    """
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if not _exists(connection, "market.reader"):
            return None
        reader = connection.execute("SELECT position, genesis FROM market.reader").fetchone()
        if reader is None or reader[1] != hashlib.sha256(genesis).hexdigest():
            return None
        busts: dict[int, int] = {}
        if _exists(connection, "market.busts"):  # not where only an earlier version has run
            busts = dict(connection.execute("SELECT trade, position FROM market.busts").fetchall())
        return Stored(reader[0], _table(connection, "minutes"), _table(connection, "days"), busts)


def _exists(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return row is not None and bool(row[0])


def _table(connection: psycopg.Connection[Any], table: str) -> dict[Key, Values]:
    query = f"SELECT instrument, start, {', '.join(COLUMNS)} FROM market.{table}"
    return {(row[0], row[1]): row[2:] for row in connection.execute(query.encode())}


def first_difference(found: Stored, replayed: Batch) -> str | None:
    """A sentence about the earliest candle that differs from what the log gives; None if none does.

    Args:
        replayed: all units up to `found.position`, and no others, without the trades in `found.busts`.
    """
    return (
        _bust(found.busts, replayed.busts)
        or _differ("minute", found.minutes, replayed.minutes)
        or _differ("day", found.days, replayed.days)
    )


def _bust(found: Mapping[int, int], replayed: Mapping[int, int]) -> str | None:
    """A sentence about the first bust that only one side knows."""
    for trade in sorted({*found, *replayed}):
        if trade not in found:
            return f"trade {trade} was taken back by command {replayed[trade]}; the candles do not know it"
        if found[trade] != replayed.get(trade):
            return (
                f"the candles have trade {trade} as taken back by command {found[trade]}, in the log"
                f" {f'command {replayed[trade]} did' if trade in replayed else 'it stands'}"
            )
    return None


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
