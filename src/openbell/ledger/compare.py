"""Compares the ledger in a database with a replay: every row, and the balances with the exchange's own.

A replay that begins at a snapshot compares the rows from there on and every balance. Rows that a ledger with
a bound let go of may be missing; what it carried forward for them is in the sums of the postings.

The replay's driver (`openbell verify`) applies the log again and feeds this, command by command. Rows
are read from one moment of the database, so the ledger may go on meanwhile.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import Connection, ServerCursor

from openbell.core import codes, records
from openbell.ledger import equity, tables
from openbell.ledger.balances import (
    A_CASH,
    A_DEPOSITS,
    A_KIND,
    A_REALISED,
    A_REALM,
    A_ROLLED,
    A_START,
    A_STATUS,
    ERRORS,
    H_COST,
    H_MOVED,
    H_QUANTITY,
    H_REALISED,
    H_ROLLED,
    H_START,
    AccountRow,
    Accounts,
    CannotApply,
    HoldingRow,
    Holdings,
)
from openbell.ledger.begun import Begun, masked
from openbell.ledger.gone import Gone
from openbell.ledger.months import POSITION_MASK
from openbell.ledger.projection import (
    CHANGED,
    KEEP,
    KEPT,
    O_ASKED,
    O_FILLED,
    O_STATUS,
    Projection,
    UnitLike,
)
from openbell.ledger.prune import prunable
from openbell.ledger.store import genesis_mark, own_accounts

Row = Sequence[Any]
# The position at which an order was entered, from its number.
POSITION = f"(order_id >> {records.ID_INDEX_BITS} & {POSITION_MASK})"
ROWS_AT_ONCE = 5_000
DIFFERENCES_MAX = 20

# Tables that are only ever appended to, and the columns by which the replay makes their rows in order.
APPENDED = {
    "trades": ("trade",),
    "fills": ("seq", "trade", "side"),
    "entries": ("seq", "index", "leg"),
    "days": ("seq",),
    "closes": ("date", "instrument"),
    "moves": ("seq", "index"),
    "equity": ("seq", "account"),
}
# Which rows of them a replay from position `begun` makes, but for `equity`'s, beyond the first roll after it.
SINCE = {
    "closes": "date IN (SELECT date FROM ledger.days WHERE seq > {begun})",
    "entries": f"seq > {{begun}} AND kind <> {tables.KIND_CARRIED}",
}
# Columns that are null in rows from before they were kept.
LATER = {"moves": ("cost", "trade")}
POSTED = """
SELECT account, asset, sum(amount)::bigint FROM ledger.postings
GROUP BY account, asset HAVING sum(amount) <> 0
"""


def columns(table: str) -> list[str]:
    """The names of a table's columns, in order."""
    return [column.name for column in tables.metadata.tables[f"{tables.SCHEMA}.{table}"].columns]


def label(table: str, row: Row) -> str:
    """What names a row to a person: its table and key."""
    keys = tables.metadata.tables[f"{tables.SCHEMA}.{table}"].primary_key.columns.keys()
    named = dict(zip(columns(table), row, strict=True))
    return f"{table} " + ", ".join(f"{key} {named[key]}" for key in keys)


def as_known(there: Row, row: Row) -> list[Any]:
    """`row` of an order as a ledger has it that wrote it before it kept what was asked beyond the plain."""
    pairs = zip(there[O_ASKED:], row[O_ASKED:], strict=True)
    return [*row[:O_ASKED], *(None if found is None else one for found, one in pairs)]


def as_kept(table: str, there: Row, row: Row) -> Row:
    """`row` of an appended table as a ledger has it that wrote it before it kept the columns of LATER."""
    unknown = [at for name in LATER.get(table, ()) if there[at := columns(table).index(name)] is None]
    return tuple(None if at in unknown else one for at, one in enumerate(row)) if unknown else row


class Stream:
    """The rows of an appended table in the replay's order; `row` is the next, None after the last.

    Args:
        begun: those of commands after this position, 0 for all.
    """

    def __init__(self, connection: Connection[Any], table: str, begun: int) -> None:
        self.table = table
        order = APPENDED[table]
        self.cursor: ServerCursor[Any] = ServerCursor(connection, f"verify_{table}")
        self.cursor.itersize = ROWS_AT_ONCE
        since = SINCE.get(table, "seq > {begun}").format(begun=begun)
        query = f"SELECT * FROM ledger.{table} WHERE {since} ORDER BY {', '.join(order)}"
        self.cursor.execute(query.encode())
        self.key = operator.itemgetter(*(columns(table).index(name) for name in order))
        self.waiting: list[Row] = []
        self.row: Row | None = None
        self.advance()

    def advance(self) -> None:
        """Go on to the next row."""
        if not self.waiting:
            self.waiting = self.cursor.fetchmany(ROWS_AT_ONCE)[::-1]
        self.row = self.waiting.pop() if self.waiting else None


def position_of(order: int) -> int:
    """The position at which an order was entered."""
    return order >> records.ID_INDEX_BITS & POSITION_MASK


class Found(Exception):
    """As many differences as anybody reads."""


class Comparison:
    """One moment of a database's ledger, and what a replay says it should be.

    Args:
        database_url: the ledger's.
        genesis: the log's first command.
        ts: its time.
        begun: where the replay begins, if not with that command: at the state of a snapshot.

    Attributes:
        position: the ledger's at that moment: the replay must feed the units up to it, no more.
        differences: what was found, first things first.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached.
    """

    def __init__(self, database_url: str, genesis: bytes, ts: int, begun: Begun | None = None) -> None:
        self.differences: list[str] = []
        self.connection: Connection[Any] = psycopg.connect(database_url, connect_timeout=5)
        self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self.connection.read_only = True
        self.position, mark, stopped, self.pruned, self.equity_from = self._reader()
        if mark and mark != genesis_mark(genesis):
            self.differ("the exchange's first command", mark, genesis_mark(genesis))
        if stopped:
            self.differences.append(f"the ledger stopped after command {self.position}: {stopped}")
        self.gone = Gone(self.connection) if self.position else None
        self.begun = Begun(accounts={row[0]: list(row) for row in own_accounts(ts)})
        if begun is not None and self.position >= begun.seq:
            self._begin_at(begun)
        self.replay = Projection(self.begun.accounts, self.begun.holdings, self.begun.day)
        self.replay.instruments = self.begun.instruments
        self.closes = equity.Closes()
        self.equity: list[tuple[int, ...]] = []
        self.orders = 0
        self.streams: dict[str, Stream] = {}
        if self.position:
            since = self.begun.seq if self.begun.seq > 1 else 0
            first = {"equity": self.equity_from if since else 0}
            self.streams = {one: Stream(self.connection, one, first.get(one, since)) for one in APPENDED}

    def _begin_at(self, begun: Begun) -> None:
        """Take a snapshot's state for the replay's beginning.

        What accounts had at the next roll hangs on what the day before did to them: from the one after it on,
        the replay knows.
        """
        query = """
            SELECT coalesce(max(seq) FILTER (WHERE seq <= %(seq)s), 0),
                   coalesce(min(seq) FILTER (WHERE seq > %(seq)s), %(last)s) FROM ledger.days
        """
        row = self.connection.execute(query, {"seq": begun.seq, "last": self.position}).fetchone()
        assert row is not None
        begun.begin_day(row[0])
        self.begun = begun
        self.equity_from = max(self.equity_from, row[1])

    def close(self) -> None:
        for stream in self.streams.values():
            stream.cursor.close()
        self.connection.close()

    def _reader(self) -> tuple[int, str, str, int, int]:
        query = "SELECT position, genesis, stopped, pruned, equity_from FROM ledger.reader"
        try:
            row = self.connection.execute(query).fetchone()
        except psycopg.errors.UndefinedTable:
            self.connection.rollback()
            row = None
        if row is None:
            return 0, "", "", 0, 0
        return int(row[0]), str(row[1]), str(row[2]), int(row[3]), int(row[4])

    def differ(self, what: str, ledger: object, replay: object) -> None:
        """Note a difference.

        Raises:
            Found: enough were noted.
        """
        self.differences.append(f"{what}: the ledger has {ledger}, the replay gives {replay}")
        if len(self.differences) >= DIFFERENCES_MAX:
            raise Found

    # --- during the replay --------------------------------------------------------------------

    def feed(self, units: Iterable[UnitLike]) -> None:
        """Apply the next units of the replay and compare what they completed.

        Raises:
            Found: as many differences as are noted; there is no use in going on.
        """
        for unit in units:
            try:
                if equity.has_roll(unit):
                    rows = self.closes.rows(self.replay, unit)
                    self.equity += rows if unit.seq > self.equity_from else []
                self.replay.apply(unit)
            except CannotApply as error:
                self.differences.append(f"command {unit.seq}: {error}")
                raise Found from error
        if not self.streams:
            return
        made: dict[str, list[tuple[int, ...]]] = {
            "trades": self.replay.trades,
            "fills": self.replay.fills,
            "entries": self.replay.balances.entries,
            "days": self.replay.days,
            "closes": self.replay.closes,
            "moves": self.replay.balances.moves,
            "equity": self.equity,
        }
        for table, rows in made.items():
            self._compare_appended(table, rows)
            rows.clear()
        for number in self.replay.changes:  # compared and forgotten when it ended
            if position_of(number) <= self.begun.seq > 1:
                continue  # it worked in the snapshot
            self.differences.append(f"order {number} changes after its end, up to command {self.replay.seq}")
            raise Found
        ended = [row for row in self.replay.orders.values() if row[O_STATUS] not in codes.WORKING]
        if len(ended) >= ROWS_AT_ONCE:
            self._compare_orders(ended)

    def _compare_appended(self, table: str, rows: list[tuple[int, ...]]) -> None:
        stream = self.streams[table]
        for expected in sorted(rows, key=stream.key):
            key = stream.key(expected)
            while stream.row is not None and stream.key(stream.row) < key:
                self._differ_extra(stream)
            if stream.row is None or stream.key(stream.row) > key:
                if self._may_be_gone(table, expected):
                    continue
                self.differ(label(table, expected), "no such row", expected)
                continue
            if tuple(stream.row) != as_kept(table, stream.row, expected):
                self._differ_row(table, stream.row, expected)
            stream.advance()

    def _differ_extra(self, stream: Stream) -> None:
        assert stream.row is not None
        self.differ(label(stream.table, stream.row), stream.row, "no such row")
        stream.advance()

    def _differ_row(self, table: str, there: Row, expected: Row) -> None:
        for name, one, other in zip(columns(table), there, expected, strict=True):
            if one != other:
                self.differ(f"{label(table, expected)}, {name}", one, other)
                return

    def _compare_orders(self, rows: list[list[int | str]]) -> None:
        """Compare final orders, and forget them."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            query = "SELECT * FROM ledger.orders WHERE order_id = ANY(%s)"
            cursor = self.connection.execute(query, ([row[0] for row in part],))
            found = {row[0]: row for row in cursor}
            for row in part:
                there = found.get(row[0])
                missing = there is None and not self._was_pruned(row) and not self._may_be_gone("orders", row)
                self.orders += there is not None or missing
                if missing:
                    self.differ(label("orders", row), "no such row", row)
                elif there is not None and list(there) != (known := as_known(there, row)):
                    self._differ_row("orders", there, known)
                del self.replay.orders[int(row[0])]

    def _may_be_gone(self, table: str, row: Row) -> bool:
        return self.gone is not None and self.gone.may_be(table, row, self.replay.balances.accounts)

    def _was_pruned(self, row: Row) -> bool:
        account = self.replay.balances.accounts.get(row[1])
        return (
            row[0] <= self.pruned
            and account is not None
            and prunable(row[O_FILLED], row[O_STATUS], account[A_KIND])
        )

    # --- at the ledger's position -------------------------------------------------------------

    def finish(self, accounts: Iterable[Mapping[str, Any]], totals: Mapping[str, int]) -> None:
        """Compare what is left, and the balances with the exchange's.

        Args:
            accounts: every account that was ever opened, as core's `view.account` shows it now.
            totals: core's `view.totals`.
        """
        self._compare_orders(list(self.replay.orders.values()))
        self._compare_changes()
        self._compare_count()
        for stream in self.streams.values():
            while stream.row is not None:
                self._differ_extra(stream)
        self._compare_balances()
        self._compare_postings()
        self._compare_exchange(accounts)
        cash = sum(row[A_CASH] for row in self.replay.balances.accounts.values())
        if cash != totals["deposits"] - totals["withdrawals"]:
            self.differ("all cash", cash, totals["deposits"] - totals["withdrawals"])

    def _compare_count(self) -> None:
        """As many orders as the replay entered, and was not told that they may be gone."""
        query = f"SELECT count(*) FROM ledger.orders WHERE {POSITION} > %s"
        row = self.connection.execute(query.encode(), (self.begun.seq,)).fetchone()
        assert row is not None
        if row[0] != self.orders:
            self.differ("number of orders", row[0], self.orders)

    def _compare_changes(self) -> None:
        """What became of the orders that worked in the snapshot."""
        query = f"SELECT order_id, {', '.join(CHANGED)} FROM ledger.orders WHERE order_id = ANY(%s)"
        changes = self.replay.changes
        found = {row[0]: row for row in self.connection.execute(query.encode(), (list(changes),))}
        for number, change in changes.items():
            there = found.get(number)
            if there is None and (self.gone is None or not self.gone.spans):
                self.differ(f"orders order_id {number}", "no such row", change)
            for name, one, other in zip(CHANGED, (there or change)[1:], change[1:], strict=True):
                if one != other and not (name in KEPT and other == KEEP):
                    self.differ(f"orders order_id {number}, {name}", one, other)

    def _compare_balances(self) -> None:
        """Accounts, holdings and instruments, row by row."""
        accounts = {(number,): row for number, row in self.replay.balances.accounts.items()}
        instruments = {(number,): row for number, row in self.replay.instruments.items()}
        expected: dict[str, dict[Any, Any]] = {
            "accounts": accounts,
            "holdings": self.replay.balances.holdings,
            "instruments": instruments,
        }
        for table, rows in expected.items():
            keys = len(tables.metadata.tables[f"{tables.SCHEMA}.{table}"].primary_key)
            left = dict(rows)
            with ServerCursor(self.connection, f"verify_{table}") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                for there in cursor.execute(f"SELECT * FROM ledger.{table}".encode()):
                    row = left.pop(tuple(there[:keys]), None)
                    if row is None:
                        if not (self.begun.seq > 1 and table == "holdings" and not any(there[2:4])):
                            self.differ(label(table, there), there, "no such row")
                        continue
                    known = masked(table, there, row) if self.begun.seq > 1 else list(row)
                    if list(there) != known:
                        self._differ_row(table, there, known)
            for row in left.values():
                self.differ(label(table, row), "no such row", row)

    def _compare_postings(self) -> None:
        """Each balance is the sum of its postings, and the outside's is what everybody has together."""
        posted = {(row[0], row[1]): row[2] for row in self.connection.execute(POSTED)}
        expected = balances(self.replay.balances.accounts, self.replay.balances.holdings)
        for key in sorted(posted.keys() | expected.keys()):
            if posted.get(key, 0) != expected.get(key, 0):
                account, asset = key
                what = "cash" if asset == tables.CASH else f"instrument {asset}"
                self.differ(
                    f"postings of account {account} in {what}", posted.get(key, 0), expected.get(key, 0)
                )

    def _compare_exchange(self, accounts: Iterable[Mapping[str, Any]]) -> None:
        """The replayed ledger with the replayed exchange: two ways of counting the same events."""
        held: dict[int, dict[int, HoldingRow]] = {}
        for (number, instrument), holding in self.replay.balances.holdings.items():
            held.setdefault(number, {})[instrument] = holding
        seen = 0
        for view in accounts:
            seen += 1
            number = view["account"]
            row = self.replay.balances.accounts.get(number)
            if row is None:
                self.differ(f"account {number}", "no such account", dict(view))
                continue
            mine = {
                "cash": row[A_CASH],
                "realised": row[A_REALISED],
                "realm": row[A_REALM],
                "kind": row[A_KIND],
                "status": row[A_STATUS],
                **self._day_of(row),
            }
            self._compare_fields(f"account {number}", mine, view)
            self._compare_positions(number, held.get(number, {}), view["positions"])
        if seen != len(self.replay.balances.accounts):
            self.differ("number of accounts", len(self.replay.balances.accounts), seen)

    def _day_of(self, row: AccountRow) -> dict[str, int]:
        """What the exchange, too, keeps of an account's day."""
        touched = row[A_ROLLED] == self.replay.balances.day
        start, deposits = (row[A_START], row[A_DEPOSITS]) if touched else (row[A_CASH], 0)
        return {"start_cash": start, "net_deposits": deposits} if row[0] > ERRORS else {}

    def _compare_positions(
        self, number: int, held: Mapping[int, HoldingRow], positions: Sequence[Mapping[str, int]]
    ) -> None:
        views = {one["instrument"]: one for one in positions}
        for instrument, view in views.items():
            row = held.get(instrument, [number, instrument, 0, 0, 0, 0, 0, 0, 0])
            touched = row[H_ROLLED] == self.replay.balances.day
            start, moved = (row[H_START], row[H_MOVED]) if touched else (row[H_QUANTITY], 0)
            mine = {"quantity": row[H_QUANTITY], "cost": row[H_COST], "realised": row[H_REALISED]}
            mine |= {"start_quantity": start, "net_transfers": moved} if number > ERRORS else {}
            self._compare_fields(f"account {number}, instrument {instrument}", mine, view)
        for instrument, row in held.items():
            if instrument not in views and row[H_QUANTITY]:
                self.differ(f"account {number}, instrument {instrument}, quantity", row[H_QUANTITY], 0)

    def _compare_fields(self, what: str, mine: Mapping[str, int], view: Mapping[str, Any]) -> None:
        for name, value in mine.items():
            if value != view[name]:
                self.differ(f"{what}, {name}", value, view[name])


def balances(accounts: Accounts, holdings: Holdings) -> dict[tuple[int, int], int]:
    """What each account has of each asset, and minus the sum of it for the outside; zeros left out."""
    found: dict[tuple[int, int], int] = {}
    for number, row in accounts.items():
        found[number, tables.CASH] = row[A_CASH]
    for (number, instrument), row in holdings.items():
        found[number, instrument] = row[H_QUANTITY]
    outside: dict[int, int] = {}
    for (_, asset), amount in found.items():
        outside[asset] = outside.get(asset, 0) - amount
    found.update({(tables.OUTSIDE, asset): amount for asset, amount in outside.items()})
    return {key: amount for key, amount in found.items() if amount}
