"""What each account had when a day began: a row an account at each day roll, made from the balances alone.

The balances are those before the roll's own command, so the rows are written in its transaction, before
what the command itself changes. docs/portfolio.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncCursor

from openbell.core import codes, records
from openbell.ledger import events as ev
from openbell.ledger.balances import (
    A_CASH,
    A_DEPOSITS,
    A_ROLLED,
    A_START,
    ERRORS,
    H_MOVED,
    H_QUANTITY,
    H_ROLLED,
    H_START,
    Accounts,
    Holdings,
)
from openbell.ledger.projection import Projection, UnitLike

# Each account is visited, so here the statistics may choose; `store.PLANS` says why not elsewhere.
PLANS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
# One share in its own unit. Numeric multiplies exactly, where a division would round.
UNIT = f"0.{1:0{len(str(records.QUANTITY_SCALE)) - 1}}"
WRITE = f"""
WITH prices AS (
    SELECT i.instrument, coalesce(nullif(c.price, 0), i.reference_price)::numeric AS close,
           coalesce(nullif(b.price, 0), i.reference_price)::numeric AS before
    FROM ledger.instruments i
    LEFT JOIN ledger.closes c ON c.instrument = i.instrument AND c.date = %(date)s
    LEFT JOIN ledger.closes b ON b.instrument = i.instrument
        AND b.date = (SELECT max(date) FROM ledger.days WHERE date < %(date)s)
), worth AS (
    SELECT h.account, sum(floor(p.close * h.quantity * {UNIT})) AS value,
           sum(floor(p.before * {UNIT} * (
               CASE WHEN h.rolled = %(day)s THEN h.start_quantity + h.moved ELSE h.quantity END
           ))) AS base
    FROM ledger.holdings h JOIN prices p ON p.instrument = h.instrument
    WHERE h.account > {ERRORS} AND (h.quantity <> 0 OR h.rolled = %(day)s)
    GROUP BY h.account
)
INSERT INTO ledger.equity (account, date, seq, ts, cash, holdings, base)
SELECT a.account, %(date)s, %(seq)s, %(ts)s, a.cash, coalesce(w.value, 0),
       CASE WHEN a.rolled = %(day)s THEN a.start_cash + a.net_deposits ELSE a.cash END + coalesce(w.base, 0)
FROM ledger.accounts a LEFT JOIN worth w ON w.account = a.account
WHERE a.account > {ERRORS} AND (w.account IS NOT NULL OR a.rolled = %(day)s)
"""


@dataclass(frozen=True)
class Roll:
    """A day roll: the date that it began, its command's position and time, and the position of the roll
    (0: genesis) that began the day before."""

    date: int
    seq: int
    ts: int
    day: int


def has_roll(unit: UnitLike) -> bool:
    """Whether a unit rolled the day."""
    return ev.command_type(unit.command) == codes.C_DAY_ROLL and codes.EV_DAY in unit.events[:: ev.EVENT_SIZE]


def parts(units: Sequence[UnitLike]) -> Iterable[Sequence[UnitLike]]:
    """The units in order, each that rolled the day by itself."""
    start = 0
    for at, unit in enumerate(units):
        if has_roll(unit):
            if at > start:
                yield units[start:at]
            yield units[at : at + 1]
            start = at + 1
    if start < len(units):
        yield units[start:]


def roll_of(unit: UnitLike, day: int) -> Roll:
    """What a unit that rolled the day says of it; `day` is the position of the roll before it."""
    dates = [event[ev.QUANTITY] for event in ev.unpack(unit.events) if event[ev.TYPE] == codes.EV_DAY]
    return Roll(dates[0], unit.seq, unit.ts, day)


async def write(cursor: AsyncCursor[Any], roll: Roll) -> None:
    """Write every account's row of `roll`; its closes are written, its other changes are not."""
    for plan in PLANS:
        await cursor.execute(f"SET LOCAL {plan} = on".encode())
    arguments = {"date": roll.date, "seq": roll.seq, "ts": roll.ts, "day": roll.day}
    await cursor.execute(WRITE.encode(), arguments)
    for plan in PLANS:
        await cursor.execute(f"SET LOCAL {plan} = off".encode())


# --- the same rows from a replay ------------------------------------------------------------------


class Closes:
    """Official closes as a replay comes by them: of each instrument the last, and the one before."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}

    def price(self, projection: Projection, instrument: int) -> int:
        """The last close, before the first the reference price."""
        return self.last.get(instrument) or int(projection.instruments[instrument][1])

    def take(self, unit: UnitLike) -> None:
        """Take in what a roll fixed."""
        for event in ev.unpack(unit.events):
            if event[ev.TYPE] == codes.EV_CLOSE:
                self.last[event[ev.INSTRUMENT]] = event[ev.PRICE]

    def rows(self, projection: Projection, unit: UnitLike) -> list[tuple[int, ...]]:
        """The rows of `ledger.equity` that the roll in `unit` makes, from the balances before it."""
        accounts, holdings = projection.balances.accounts, projection.balances.holdings
        roll = roll_of(unit, projection.balances.day)
        before = {number: self.price(projection, number) for number in projection.instruments}
        self.take(unit)
        close = {number: self.price(projection, number) for number in projection.instruments}
        return equity_rows(accounts, holdings, roll, close, before)


def equity_rows(
    accounts: Accounts, holdings: Holdings, roll: Roll, close: Mapping[int, int], before: Mapping[int, int]
) -> list[tuple[int, ...]]:
    """Rows of `ledger.equity` by account.

    Args:
        close, before: each instrument's price at this roll and at the one before it.
    """
    worth: dict[int, list[int]] = {}
    for (account, instrument), row in holdings.items():
        touched = row[H_ROLLED] == roll.day
        if account > ERRORS and (row[H_QUANTITY] or touched):
            base = row[H_START] + row[H_MOVED] if touched else row[H_QUANTITY]
            sums = worth.setdefault(account, [0, 0])
            sums[0] += close[instrument] * row[H_QUANTITY] // records.QUANTITY_SCALE
            sums[1] += before[instrument] * base // records.QUANTITY_SCALE
    made: list[tuple[int, ...]] = []
    for account, row in sorted(accounts.items()):
        touched = row[A_ROLLED] == roll.day
        if account > ERRORS and (touched or account in worth):
            value, base = worth.get(account, (0, 0))
            base += row[A_START] + row[A_DEPOSITS] if touched else row[A_CASH]
            made.append((account, roll.date, roll.seq, roll.ts, row[A_CASH], value, base))
    return made
