"""What a ledger with a bound may have let go of, for who compares it with a replay."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from openbell.core import codes
from openbell.ledger import tables
from openbell.ledger.balances import A_KIND, ERRORS, Accounts
from openbell.ledger.projection import O_STATUS

Row = Sequence[Any]
# Where a row says its time, and whose it is: places in the tables' columns.
TIMES = {"orders": 11, "trades": 2, "fills": 1, "entries": 4, "moves": 1}
OWNERS = {"orders": (1,), "trades": (8, 10), "fills": (0,), "entries": (6, 7), "moves": (0,)}


class Gone:
    """The spans of log time of which a ledger has not everything, as `connection` sees it."""

    def __init__(self, connection: Connection[Any]) -> None:
        query = "SELECT starts, ends, kept FROM ledger.months WHERE kept > 0 ORDER BY starts"
        self.spans: list[tuple[int, int, int]] = [(*row,) for row in connection.execute(query)]

    def may_be(self, table: str, row: Row, accounts: Accounts) -> bool:
        """Whether a row of the replay may have been let go of.

        Args:
            accounts: the replay's, to tell whose the row is.
        """
        if table not in TIMES or not self.spans:
            return False
        ts = row[TIMES[table]]
        place = bisect_right(self.spans, ts, key=lambda span: span[0])
        starts, ends, kept = self.spans[place - 1] if place else (0, 0, tables.KEEPS_ALL)
        if not starts <= ts < ends or (table == "orders" and row[O_STATUS] in codes.WORKING):
            return False
        if kept == tables.KEEPS_BALANCES and table != "moves":
            return True
        own = table == "entries"  # of the exchange's own accounts, entries alone go
        return all(is_summed(row[at], accounts, own) for at in OWNERS[table])


def is_summed(account: int, accounts: Accounts, own: bool) -> bool:
    """Whether an account is the simulator's or, if those count, one of the exchange's own or the outside."""
    if 0 <= account <= ERRORS:
        return own
    row = accounts.get(account)
    return row is not None and row[A_KIND] == codes.KIND_PARTICIPANT
