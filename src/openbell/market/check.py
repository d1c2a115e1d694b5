"""Checking stored candles against the log: what `openbell verify` asks.

Candles are read from one moment of the database, in the order of their times, while the replay makes the same
ones; neither side is ever in memory as a whole. The recorder may go on meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, ServerCursor

from openbell.market.calendar import HOUR, MINUTE, QUARTER, SECOND, Calendar
from openbell.market.candles import Batch, Key, Tally, fold
from openbell.market.check_trades import TradeCheck
from openbell.market.events import UnitLike

COLUMNS = ("open", "high", "low", "close", "volume", "notional", "trades")
END_OF_TIME = 1 << 63
ROWS_AT_ONCE = 5_000

Values = tuple[int | None, ...]
NOTHING: Values = (None,) * 4 + (0,) * 3


class Stream:
    """The stored candles of a table by start, then instrument.

    Attributes:
        key: the next one's; None after the last.
    """

    def __init__(self, connection: Connection[Any], table: str, begin: int) -> None:
        self._cursor: ServerCursor[Any] = ServerCursor(connection, f"verify_{table}")
        self._cursor.execute(
            f"SELECT instrument, start, {', '.join(COLUMNS)} FROM market.{table} WHERE start >= %s"
            " ORDER BY start, instrument".encode(),
            (begin,),
        )
        self._waiting: list[Sequence[Any]] = []
        self.advance()

    def advance(self) -> None:
        """Go on to the next candle."""
        if not self._waiting:
            self._waiting = self._cursor.fetchmany(ROWS_AT_ONCE)[::-1]
        row = self._waiting.pop() if self._waiting else None
        self.key: Key | None = None if row is None else (row[0], row[1])
        self.values: Values = NOTHING if row is None else tuple(row[2:])

    def close(self) -> None:
        self._cursor.close()


class Since(NamedTuple):
    """Where a replay begins: behind which command, when that was (ns UTC), and the last trade's number."""

    position: int = 0
    time: int = -1
    trades: int = -(1 << 63)

    def first(self, length: int) -> int:
        """When the first interval of `length` ns begins that the replay has all of."""
        return (self.time // length + 1) * length


BEGINNING = Since()  # of the log: nothing was before


class CandleCheck:
    """One moment of a database's candles, held against the units of a replay.

    Args:
        database_url: where schema `market` is.
        genesis: the log's first command.
        calendar: whose days the daily candles are.
        since: where the replay begins; candles that begin later, later trades and busts are compared.
        called: what an instrument is called in a sentence, by number.

    Attributes:
        position: the candles' at that moment: feed the units up to it, no more; 0 where the database has no
            candles of this exchange yet.
        differences: the first of each kind: seconds, minutes, quarters, hours, days, trades, busts.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached, as in `feed` and `finish`.
    """

    def __init__(
        self,
        database_url: str,
        genesis: bytes,
        calendar: Calendar,
        since: Since = BEGINNING,
        called: Callable[[int], str] = "instrument {}".format,
    ) -> None:
        self.position = 0
        self.differences: list[str] = []
        self._streams: dict[str, Stream] = {}
        self._busts: dict[int, int] = {}
        self._trades: TradeCheck | None = None
        self._since = since
        self._called = called
        # From when on candles are compared: what was before is not shown any more, or not replayed whole.
        self._from = {
            "second": since.first(SECOND),
            "minute": since.first(MINUTE),
            "quarter": since.first(QUARTER),
            "hour": since.first(HOUR),
            "day": calendar.day(since.time).stamp + 1 if since.position else 0,
        }
        # Of the replayed minutes that were compared.
        self._quarters: dict[Key, Tally] = {}
        self._hours: dict[Key, Tally] = {}
        self._connection: Connection[Any] = psycopg.connect(database_url, connect_timeout=5)
        try:
            self._open(genesis)
        except BaseException:
            self.close()
            raise
        self._replayed = Batch(calendar, without=self._busts)
        self._calendar = calendar

    def close(self) -> None:
        """Give the connection back."""
        for stream in self._streams.values():
            stream.close()
        if self._trades is not None:
            self._trades.close()
        self._connection.close()

    def _open(self, genesis: bytes) -> None:
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        if not self._exists("market.reader"):
            return
        reader = self._connection.execute("SELECT position, genesis FROM market.reader").fetchone()
        if reader is None or reader[1] != hashlib.sha256(genesis).hexdigest():
            return
        self.position = reader[0]
        if self._exists("market.busts"):  # not where only an earlier version has run
            query = "SELECT trade, position FROM market.busts WHERE position > %s"
            self._busts = dict(self._connection.execute(query, (self._since.position,)).fetchall())
        if self._exists("market.seconds"):
            self._from["second"] = max(self._from["second"], self._shown("seconds_from"))
            self._stream("second")
        if self._exists("market.hours"):
            for what in ("minute", "quarter"):
                self._from[what] = max(self._from[what], self._shown("minutes_from"))
        if self._exists("market.quarters"):  # an earlier version had not all hours in one table
            self._stream("quarter")
            self._stream("hour")
        self._stream("minute")
        self._stream("day")
        if self._exists("market.trades") and (whole_from := self._trades_from()) is not None:
            self._trades = TradeCheck(self._connection, self._since.trades, whole_from, self._called)

    def _trades_from(self) -> int | None:
        """From which trade on all have to be there; None where only an earlier version has run."""
        query = "SELECT to_jsonb(reader) -> 'trades_from' FROM market.reader"
        row = self._connection.execute(query).fetchone()
        return None if row is None else row[0]

    def _stream(self, what: str) -> None:
        self._streams[what] = Stream(self._connection, f"{what}s", self._from[what])

    def _shown(self, column: str) -> int:
        """A time of the reader's row, from which on candles are shown."""
        row = self._connection.execute(f"SELECT {column} FROM market.reader".encode()).fetchone()
        assert row is not None, "it is there: its position was read"
        return int(row[0])

    def _exists(self, table: str) -> bool:
        row = self._connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
        return row is not None and bool(row[0])

    def feed(self, units: Sequence[UnitLike]) -> None:
        """Count the next units of the replay, and compare the candles that they completed."""
        before, batch = self._replayed.time, self._replayed
        batch.add_all(units)
        if self._trades is not None:
            self._trades.feed(batch.trades)
        batch.trades.clear()
        if batch.time // SECOND == before // SECOND:
            return
        now = batch.time
        self._compare("second", batch.seconds, now // SECOND * SECOND)
        self._count_longer(now // MINUTE * MINUTE)
        self._compare("minute", batch.minutes, now // MINUTE * MINUTE)
        self._compare("quarter", self._quarters, now // QUARTER * QUARTER)
        self._compare("hour", self._hours, now // HOUR * HOUR)
        self._compare("day", batch.days, self._calendar.day(now).stamp)

    def finish(self) -> None:
        """Compare what is left: the candles under way at the position, and what the log does not have."""
        batch = self._replayed
        self._count_longer(END_OF_TIME)
        made_of = {
            "second": batch.seconds,
            "minute": batch.minutes,
            "quarter": self._quarters,
            "hour": self._hours,
            "day": batch.days,
        }
        for what, made in made_of.items():
            self._compare(what, made, END_OF_TIME)
            stream = self._streams.get(what)
            if stream is not None and stream.key is not None:
                self._differ(what, stream.key, stream.values, NOTHING)
        if self._trades is not None:
            self._trades.finish()
            if self._trades.difference:
                self.differences.append(self._trades.difference)
        if (said := first_bust(self._busts, batch.busts)) is not None:
            self.differences.append(said)

    def _count_longer(self, before: int) -> None:
        """Count the replayed minutes before `before`, which are compared next, into what is longer."""
        minutes = {key: made for key, made in self._replayed.minutes.items() if key[1] < before}
        for longer, length in ((self._quarters, QUARTER), (self._hours, HOUR)):
            for key, part in fold(minutes, length).items():
                longer.setdefault(key, Tally()).join(*part.values())

    def _compare(self, what: str, made: dict[Key, Tally], before: int) -> None:
        """Compare, and forget, the replayed candles that start before `before`."""
        for key in sorted((key for key in made if key[1] < before), key=by_time):
            true = made.pop(key).values()
            stream = self._streams.get(what)
            if stream is None or key[1] < self._from[what]:
                continue  # a difference was found already; or it is kept no more, or not replayed whole
            if stream.key is not None and by_time(stream.key) < by_time(key):
                self._differ(what, stream.key, stream.values, NOTHING)
            elif stream.key != key:
                self._differ(what, key, NOTHING, true)
            elif stream.values != true:
                self._differ(what, key, stream.values, true)
            else:
                stream.advance()

    def _differ(self, what: str, key: Key, stored: Values, true: Values) -> None:
        """Note the first difference of a kind; no more are looked for."""
        pairs = zip(COLUMNS, stored, true, strict=True)
        column, is_stored, is_true = next(
            (one for one in pairs if one[1] != one[2]), ("trades", 0, "no such candle")
        )
        self.differences.append(
            f"the {what} of {self._called(key[0])} that begins at {key[1]} has {column} {is_stored}, the log"
            f" gives {is_true}"
        )
        self._streams.pop(what).close()


def by_time(key: Key) -> Key:
    """A candle's key in the order of time."""
    return key[1], key[0]


def first_bust(found: Mapping[int, int], replayed: Mapping[int, int]) -> str | None:
    """A sentence about the first trade taken back that only one side knows; both by the trade's number, with
    the position of the command that took it back."""
    for trade in sorted({*found, *replayed}):
        if trade not in found:
            return f"trade {trade} was taken back by command {replayed[trade]}; the candles do not know it"
        if found[trade] != replayed.get(trade):
            return (
                f"the candles have trade {trade} as taken back by command {found[trade]}, in the log"
                f" {f'command {replayed[trade]} did' if trade in replayed else 'it stands'}"
            )
    return None
