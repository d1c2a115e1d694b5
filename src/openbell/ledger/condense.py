"""Keeps the ledger below a size: the oldest detail goes for good, in whole parts; what it came to stays.

A part is a span of log time, a partition of each growing table. The part being written ends once it is large
enough. Where the ledger is above its bound, one step at a time:

1. The oldest part with everything is made anew without the detail of the simulator's accounts.
2. If what is left of such parts takes half of the bound, or nothing else can go, the oldest of them is made
   anew without anybody's orders, trades and fills.

Orders that still work stay, and so do movements of people, balances, holdings, and what accounts had at day
rolls. Entries that go are summed between each two accounts in each asset, and entries of kind CARRIED take
their place: every balance is the sum of its postings as before. The old tables are dropped, so their room is
the disk's again at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, errors

from openbell.core import codes
from openbell.ledger import tables
from openbell.ledger.balances import ERRORS
from openbell.ledger.months import LOCK, PARTITIONED, Month, attached, made

log = logging.getLogger(__name__)

PARTS = 8  # as many full parts with everything fit below the bound
SMALL = 32  # what is left of parts is put together as long as it is below this share of the bound
# Autovacuum, the one that does not read, gives way after a second.
WAIT_MS = 1_500
NOW = tuple(f"ledger.{table}" for table in PARTITIONED)

SIZES = """
SELECT m.starts, m.ends, m.name, m.first_seq, m.kept, (
    SELECT sum(pg_total_relation_size(('ledger.' || t || '_' || m.name)::regclass))::bigint
    FROM unnest(%s::text[]) AS t
) FROM ledger.months m ORDER BY m.starts
"""
WHOLE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'
"""
SIMULATED = f"(SELECT account FROM ledger.accounts WHERE kind = {codes.KIND_PARTICIPANT})"
# Accounts whose entries may be summed: the simulator's, the exchange's own and the outside.
SUMMED = (
    f"(SELECT account FROM ledger.accounts WHERE kind = {codes.KIND_PARTICIPANT} OR account <= {ERRORS}"
    f" UNION ALL SELECT {tables.OUTSIDE})"
)
WORKING = f"status IN {codes.WORKING}"
# What stays of a table's rows. Entries that do not are carried.
STAYS = {
    tables.KEEPS_PEOPLE: {
        "orders": f"{WORKING} OR account NOT IN {SIMULATED}",
        "trades": f"taker_account NOT IN {SIMULATED} OR maker_account NOT IN {SIMULATED}",
        "fills": f"account NOT IN {SIMULATED}",
        "entries": f"debit NOT IN {SUMMED} OR credit NOT IN {SUMMED}",
        "moves": f"account NOT IN {SIMULATED}",
    },
    tables.KEEPS_BALANCES: {
        "orders": WORKING,
        "trades": "false",
        "fills": "false",
        "entries": "false",
        "moves": "true",
    },
}
CARRY = f"""
WITH gone AS (
    SELECT asset, least(debit, credit) AS low, greatest(debit, credit) AS high,
           sum(CASE WHEN debit < credit THEN amount ELSE -amount END)::bigint AS net
    FROM {{source}} WHERE NOT ({{stays}}) GROUP BY 1, 2, 3
), place AS (SELECT max(seq) AS seq, max(ts) AS ts FROM {{source}})
INSERT INTO {{target}} (seq, index, leg, kind, ts, asset, debit, credit, amount)
SELECT place.seq, -(row_number() OVER (ORDER BY asset, low, high)), 0, {tables.KIND_CARRIED}, place.ts, asset,
       CASE WHEN net > 0 THEN low ELSE high END, CASE WHEN net > 0 THEN high ELSE low END, abs(net)
FROM gone, place WHERE net <> 0
"""


@dataclass
class Part(Month):
    """A month, or a piece of one.

    Attributes:
        kept: one of tables.KEEPS_*.
        bytes: that its tables and their indexes take.
    """

    kept: int
    bytes: int


@dataclass(frozen=True)
class Cut:
    """End the part being written."""

    part: Part


@dataclass(frozen=True)
class Condense:
    """Make parts that follow one another anew as one, of which less is kept."""

    parts: tuple[Part, ...]
    keeps: int


def next_step(parts: Sequence[Part], whole: int, bytes_max: int, ts: int) -> Cut | Condense | None:
    """What to do for a ledger that takes `whole` bytes with these parts, oldest first; None: nothing.

    Args:
        ts: of the last command that is written, ns UTC.
    """
    begun = [place for place, part in enumerate(parts) if part.first_seq is not None]
    if not begun:
        return None
    old, newest = parts[: begun[-1]], parts[begun[-1]]
    if newest.bytes > bytes_max // PARTS and newest.starts < ts + 1 < newest.ends:
        return Cut(newest)
    if whole <= bytes_max:
        return None
    full, people, sums = (
        [part for part in old if part.kept == kept]
        for kept in (tables.KEEPS_ALL, tables.KEEPS_PEOPLE, tables.KEEPS_BALANCES)
    )
    if people and (not full or sum(part.bytes for part in people) > bytes_max // 2):
        return Condense((*sums, people[0]), tables.KEEPS_BALANCES)
    if not full:
        return None
    small = [part for part in people[-1:] if part.bytes < bytes_max // SMALL]
    return Condense((*small, full[0]), tables.KEEPS_PEOPLE)


async def condense(connection: AsyncConnection[Any], bytes_max: int, ts: int) -> bool:
    """Do one step, if one is due, in a transaction of its own.

    Who reads the tables goes first: if their locks are not to be had soon, nothing is done.

    Args:
        connection: the writer's; nothing that is prepared waits to be written.
        bytes_max: the ledger's bound.
        ts: of the last command that is written.

    Returns:
        Whether something was done: the months are to be read anew, and there may be more to do.

    Raises:
        psycopg.OperationalError: PostgreSQL went away.
    """
    try:
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MS}".encode())
            await cursor.execute("SELECT FROM ledger.reader FOR UPDATE")
            await cursor.execute(LOCK)
            step = next_step(*await _sizes(cursor), bytes_max, ts)
            if isinstance(step, Cut):
                await _cut(cursor, step.part, ts + 1)
            elif step is not None:
                await _condense(cursor, step)
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        log.info("the ledger stays as large as it is while somebody reads it: %s", error)
        return False
    return step is not None


async def _sizes(cursor: AsyncCursor[Any]) -> tuple[list[Part], int]:
    await cursor.execute(SIZES, (list(PARTITIONED),))
    parts = [Part(*row) for row in await cursor.fetchall()]
    await cursor.execute(WHOLE)
    row = await cursor.fetchone()
    assert row is not None
    return parts, int(row[0])


async def _cut(cursor: AsyncCursor[Any], part: Part, end: int) -> None:
    """End a part at `end`, after its last row; what is left of its span is a new one."""
    rest = Month(end, part.ends, await _name(cursor), None)
    part.ends = end
    for table in PARTITIONED:
        await cursor.execute(
            f"ALTER TABLE ledger.{table} DETACH PARTITION ledger.{table}_{part.name}".encode()
        )
        await cursor.execute(attached(table, part))
        await cursor.execute(made(table, rest.name))
        await cursor.execute(attached(table, rest))
    await cursor.execute("UPDATE ledger.months SET ends = %s WHERE starts = %s", (end, part.starts))
    await _note(cursor, rest, tables.KEEPS_ALL)


async def _condense(cursor: AsyncCursor[Any], step: Condense) -> None:
    """Make parts anew as one with the rows that stay, and drop them."""
    begun = [part.first_seq for part in step.parts if part.first_seq is not None]
    one = Month(step.parts[0].starts, step.parts[-1].ends, await _name(cursor), begun[0] if begun else None)
    for table in PARTITIONED:
        named = " UNION ALL ".join(f"SELECT * FROM ledger.{table}_{part.name}" for part in step.parts)
        source, target = f"({named}) AS old", f"ledger.{table}_{one.name}"
        stays = STAYS[step.keeps][table]
        await cursor.execute(made(table, one.name))
        await cursor.execute(f"INSERT INTO {target} SELECT * FROM {source} WHERE {stays}".encode())
        if table == "entries":
            await cursor.execute(CARRY.format(source=source, target=target, stays=stays).encode())
    # All at once and before the first is dropped: who holds one of them can finish.
    await cursor.execute(f"LOCK TABLE {', '.join(NOW)} IN ACCESS EXCLUSIVE MODE".encode())
    for table in PARTITIONED:
        for part in step.parts:
            await cursor.execute(f"DROP TABLE ledger.{table}_{part.name}".encode())
        await cursor.execute(attached(table, one))
    await cursor.execute(
        "DELETE FROM ledger.months WHERE starts >= %s AND ends <= %s", (one.starts, one.ends)
    )
    await _note(cursor, one, step.keeps)
    log.info(
        "the ledger lets go of %s in %d MiB of its oldest",
        "the simulator's detail" if step.keeps == tables.KEEPS_PEOPLE else "everybody's detail",
        sum(part.bytes for part in step.parts) >> 20,
    )


async def _name(cursor: AsyncCursor[Any]) -> str:
    """What ends the names of a new part's tables."""
    await cursor.execute("SELECT nextval('ledger.part_numbers')")
    row = await cursor.fetchone()
    assert row is not None
    return f"p{row[0]}"


async def _note(cursor: AsyncCursor[Any], month: Month, kept: int) -> None:
    await cursor.execute(
        "INSERT INTO ledger.months (starts, ends, name, first_seq, kept) VALUES (%s, %s, %s, %s, %s)",
        (month.starts, month.ends, month.name, month.first_seq, kept),
    )
