"""The recorder of feeds' candles: follows the stores of all feeds, which other processes write, outlives
PostgreSQL's absences, and counts every trade once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path

import psycopg

from openbell.market.feeds import reading
from openbell.market.feeds.keeping import feeds_in
from openbell.market.feeds.marks import note_candles
from openbell.market.feeds.store import FedStore, PositionMoved
from openbell.market.instruments import BY_SYMBOL
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.files import date_of

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
FORGET_EVERY_S = 60.0
FORGET_TURNS = 2  # what is shown no more after the first goes with the second
RETRY_S = 2.0
ROWS_A_STEP = 1_000_000
TOO_OLD = (
    "A trade of %s of %s was taken back; ticks of that day of the feed %s are gone, and its candles hold the"
    " trade still"
)
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.UndefinedTable,  # who makes the schema comes up just now
)


class FedRecorder:
    """Keeps the candles of all feeds below `folder` up with their stores.

    Args:
        seconds_keep_ns: how long before a feed's newest trade its candles of one second go back; 0: all.
        minutes_keep_ns: the same of candles of one minute.
        archive_url: the archive of yours, where old ticks of feeds are.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        seconds_keep_ns: int = 0,
        minutes_keep_ns: int = 0,
        archive_url: str | None = None,
    ) -> None:
        self._folder = folder
        self._database_url = database_url
        self._seconds_keep_ns = seconds_keep_ns
        self._minutes_keep_ns = minutes_keep_ns
        self._archive_url = archive_url
        self._done: dict[str, int] = {}  # how far each feed's candles are, as was last seen
        self._forgot: dict[str, float] = {}
        self._turns: dict[str, int] = {}  # how often a feed is to forget what is old, until there is news
        self._troubled: dict[str, str] = {}

    async def run(self) -> None:
        """Follow until cancelled; a window under way is then finished."""
        away = False
        while True:
            try:
                if await asyncio.to_thread(self._behind):
                    await asyncio.to_thread(self.record)
                away = False
            except AWAY as error:
                if not away:
                    log.warning("Candles of feeds wait: %s", str(error).strip().splitlines()[:1])
                away = True
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(LOOK_EVERY_S)

    def _behind(self) -> bool:
        """Whether a feed's files are not where its candles are, or old candles are to go."""
        for feed in feeds_in(self._folder):
            if self._forget_is_due(feed):
                return True
            with contextlib.suppress(OSError, StoreError):  # told when it is tried
                if reading.position(self._folder / feed) == self._done.get(feed):
                    continue
            return True
        return False

    def record(self) -> None:
        """Take in all that there is now.

        Raises:
            psycopg.Error: one of AWAY; nothing is half-written.
        """
        with psycopg.connect(self._database_url, autocommit=True, connect_timeout=5) as connection:
            store = FedStore(connection)
            while self.step(store):
                pass

    def step(self, store: FedStore) -> bool:
        """Take in a window of each feed that has one; whether there is more at once."""
        more = False
        for feed in feeds_in(self._folder):
            try:
                more = self._step(store, feed) or more
                self._troubled.pop(feed, None)
            except (OSError, StoreError, PositionMoved) as error:
                # A file that was merged away meanwhile is no trouble: the next look finds the new one.
                if self._troubled.get(feed) != str(error):
                    log.warning("Candles of the feed %s wait: %s", feed, error)
                self._troubled[feed] = str(error)
        return more

    def _step(self, store: FedStore, feed: str) -> bool:
        folder = self._folder / feed
        reached = reading.position(folder)
        done = store.position(feed)
        if reached < done:
            log.warning("The store of the feed %s is another one: its candles begin again", feed)
            store.begin_again(feed)
            done = 0
        if reached > done:
            last = min(reached, done + ROWS_A_STEP)
            old = reading.archives(folder, self._archive_url)
            found = reading.window(folder, done + 1, last, BY_SYMBOL, old)
            whole = {}
            for symbol, day in found.busted:
                trades = reading.of_day(folder, symbol, day, last, old)
                if trades is not None:
                    whole[symbol, day] = trades
                else:
                    log.error(TOO_OLD, symbol, date_of(day), feed)
            store.apply(feed, done, last, found, whole)
            done = last
            self._turns[feed] = FORGET_TURNS
        if self._forget_is_due(feed):
            self._forget(store, feed)
        self._done[feed] = done
        return reached > done

    def _forget_is_due(self, feed: str) -> bool:
        return (
            self._turns.get(feed, FORGET_TURNS) > 0
            and time.monotonic() - self._forgot.get(feed, -FORGET_EVERY_S) >= FORGET_EVERY_S
        )

    def _forget(self, store: FedStore, feed: str) -> None:
        """Let go of what is not kept any more, and say up to where ticks are not needed any more."""
        if self._seconds_keep_ns:
            store.forget_seconds(feed, self._seconds_keep_ns)
        if self._minutes_keep_ns:
            store.forget_minutes(feed, self._minutes_keep_ns)
        note_candles(self._folder / feed, store.durable(feed))
        self._forgot[feed] = time.monotonic()
        self._turns[feed] = self._turns.get(feed, FORGET_TURNS) - 1
