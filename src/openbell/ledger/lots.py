"""Tax lots: what of each purchase is still held when what came first leaves first.

First in, first out needs no history of sales: what is held now are the last shares that came. So the lots
are the newest acquisitions up to the quantity held, the oldest of them in part. A bust takes back what it
can of its own trade's lot, as if that part had never come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbell.core import codes
from openbell.ledger import tables
from openbell.ledger.reads import NEWEST, LedgerReads

# A lot's place among an account's acquisitions: log position, 0 a fill or 1 a movement, the trade or index.
Place = tuple[int, int, int]
FIRST_PAGE: Place = (NEWEST, 1, NEWEST)

LOTS = f"""
WITH busted AS (
    SELECT trade, -sum(amount) AS taken FROM ledger.moves
    WHERE account = %(account)s AND asset = %(instrument)s AND kind = {tables.KIND_BUST} AND amount < 0
    GROUP BY trade
), acquired AS (
    SELECT f.seq, 0 AS part, f.trade AS number, f.ts, {tables.KIND_TRADE} AS kind, f.order_id, f.trade,
           f.quantity, f.value AS cost, f.quantity - coalesce(b.taken, 0) AS kept
    FROM ledger.fills f LEFT JOIN busted b ON b.trade = f.trade
    WHERE f.account = %(account)s AND f.instrument = %(instrument)s AND f.side = {codes.BUY}
    UNION ALL
    SELECT seq, 1, index, ts, kind, 0, coalesce(trade, 0), amount, cost, amount
    FROM ledger.moves
    WHERE account = %(account)s AND asset = %(instrument)s AND amount > 0
), counted AS (
    SELECT *, sum(kept) OVER (ORDER BY seq DESC, part DESC, number DESC) - kept AS newer FROM acquired
)
SELECT h.quantity AS held, h.cost AS held_cost, c.seq, c.part, c.number, c.ts, c.kind, c.order_id, c.trade,
       c.quantity, c.cost, least(c.kept, h.quantity - c.newer)::bigint AS open
FROM ledger.holdings h LEFT JOIN counted c ON c.kept > 0 AND c.newer < h.quantity
    AND (c.seq, c.part, c.number) < (%(seq)s, %(part)s, %(number)s)
WHERE h.account = %(account)s AND h.instrument = %(instrument)s
ORDER BY c.seq DESC, c.part DESC, c.number DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Lot:
    """What is left of one acquisition: `open` of `quantity` (1/100,000,000 share).

    Attributes:
        place: where it stands; the next page begins after the last one's.
        ts: when it came, ns UTC. kind: how, one of tables.ENTRY_KINDS.
        order, trade: of a purchase; the trade that was taken back, of a bust; else 0.
        cost: of all that came, 1/10,000 USD; None where the ledger did not keep it then.
    """

    place: Place
    ts: int
    kind: int
    order: int
    trade: int
    quantity: int
    open: int
    cost: int | None

    @property
    def open_cost(self) -> int | None:
        """The cost of what is left: what has left took floor(cost x left / quantity) with it."""
        if self.cost is None:
            return None
        return self.cost - self.cost * (self.quantity - self.open) // self.quantity


@dataclass(frozen=True)
class Lots:
    """A page of lots, newest first, and the whole holding: its quantity and its cost by average."""

    held: int
    held_cost: int
    lots: list[Lot]


def lot_of(row: Mapping[str, Any]) -> Lot:
    """A row of the query as the lot it is."""
    return Lot(
        place=(row["seq"], row["part"], row["number"]),
        ts=row["ts"],
        kind=row["kind"],
        order=row["order_id"],
        trade=row["trade"],
        quantity=row["quantity"],
        open=row["open"],
        cost=row["cost"],
    )


async def read_lots(
    ledger: LedgerReads, account: int, instrument: int, after: Place = FIRST_PAGE, limit: int = 100
) -> Lots:
    """The open lots of an account in an instrument, newest first, those after the place `after`.

    Raises:
        LedgerUnavailable: as `LedgerReads` says.
    """
    seq, part, number = after
    rows = await ledger.rows(
        LOTS,
        {
            "account": account,
            "instrument": instrument,
            "seq": seq,
            "part": part,
            "number": number,
            "limit": limit,
        },
    )
    if not rows:
        return Lots(0, 0, [])
    found = [lot_of(row) for row in rows if row["seq"] is not None]
    return Lots(rows[0]["held"], rows[0]["held_cost"], found)
