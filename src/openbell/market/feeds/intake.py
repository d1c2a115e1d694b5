"""A feed's own store: where the ticks of its sources come together, with what was read of each.

The folder has Parquet files and a checkpoint as the exchange's own ticks have, `symbols.json`, `live`,
`quarantine.jsonl` and `status.json`. A tick's position is its number in the feed. The checkpoint says how
many chunks of each file are in, so a file that was cut off by a kill goes on where it was, and none counts
twice.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from openbell.market.feeds.keeping import FeedPolicy, keep
from openbell.market.feeds.live import QUOTES_MAX, Live
from openbell.market.feeds.quarantine import BYTES_MAX, Quarantine
from openbell.market.feeds.source import SYMBOL, Bad, Chunk
from openbell.market.feeds.symbols import LOOK_EVERY_S, declare, declared, folder_of
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import TRADE, Ticks, of_rows
from openbell.market.ticks.ingest import Ingest
from openbell.market.ticks.store import TickStore

log = logging.getLogger(__name__)

FLUSH_ROWS = 500_000
FLUSH_EVERY_S = 5.0
UPKEEP_EVERY_S = 60.0
UPKEEP_S = 1.0  # at a time: who sends ticks waits meanwhile
LOCK_WAIT_S = 15.0  # a worker that keeps a feed in order lets go of it soon
DONE = -1
QUARANTINE_SHARE = 16  # of what feeds' ticks may take, for what is set aside
SYMBOLS_MAX = QUOTES_MAX


class Progress(msgspec.Struct):
    """How many chunks of a file are in (DONE: all), and the time of its newest good row."""

    chunks: int = 0
    time: int = 0


class Intake:
    """The feed called `name` in `folder`, the only writer of its store.

    Args:
        known: the symbols that the exchange trades. venue_fed: those that this feed brings beside them.

    Raises:
        FeedError: the name, or a symbol, cannot be one.
        ArchiveError: the archive's URL cannot be used.
        StoreError: another process writes the feed.
    """

    def __init__(
        self, folder: Path, name: str, known: Collection[str], venue_fed: Collection[str], policy: FeedPolicy
    ) -> None:
        self.folder = folder_of(folder, name)
        if policy.archive_url is not None:
            Archive(policy.archive_url)
        self.store = TickStore(self.folder, f"feed {name}", LOCK_WAIT_S)
        self._allowed = set(known) | declare(self.folder, venue_fed)
        self._looked = time.monotonic()
        self._numbers = {symbol: number for number, symbol in enumerate(self.store.symbols)}
        self._live = Live(self.folder, self.store.symbols)
        share = policy.bytes_max // QUARANTINE_SHARE if policy.bytes_max else BYTES_MAX
        self.quarantine = Quarantine(self.folder, min(share, BYTES_MAX))
        self.files = msgspec.msgpack.decode(self.store.state or b"\x80", type=dict[str, Progress])
        self.position = self.store.position
        self.rows: Counter[str] = Counter()  # good ones, by source
        self._policy = policy
        self._trouble = ""
        self._ingests: dict[str, Ingest] = {}
        self._flushed = self._kept_up = time.monotonic()

    def number(self, symbol: str) -> int | None:
        """The number of a symbol in this store; None if the feed may not bring it."""
        found = self._numbers.get(symbol)
        if found is None and self._is_allowed(symbol) and SYMBOL.fullmatch(symbol):
            if len(self._numbers) >= SYMBOLS_MAX:
                return None
            found = self._numbers[symbol] = len(self._numbers)
            self.store.symbols.append(symbol)
            self._live.name(found, symbol)
            for ingest in self._ingests.values():
                ingest.reserve(found + 1)
        return found

    def _is_allowed(self, symbol: str) -> bool:
        """Whether the feed may bring a symbol: it is traded here, or was declared, just now perhaps."""
        if symbol not in self._allowed and time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._looked = time.monotonic()
            self._allowed |= declared(self.folder)
        return symbol in self._allowed

    def ingest(self, source: str) -> Ingest:
        """The quotes and candles of a source that is open."""
        return self._ingests[source]

    def open(self, source: str, since: int = 0) -> None:
        """Begin with a source, or go on with it after the time `since`."""
        ingest = Ingest(
            len(self._numbers),
            self._keep,
            lambda reason, ticks: self.quarantine.take_rows(source, reason, ticks),
        )
        ingest.time = since
        self._ingests[source] = ingest

    def close_source(self, source: str) -> None:
        """The source has ended."""
        self._ingests.pop(source, None)

    def take(self, source: str, ticks: Ticks) -> int:
        """Take in rows of an open source; how many were good."""
        count = len(ticks)
        numbered = np.arange(self.position + 1, self.position + 1 + count, dtype=np.int64)
        self.position += count
        trade = np.where((ticks.kind == TRADE) & (ticks.trade == 0), numbered, ticks.trade)
        made = replace(ticks, position=numbered, trade=trade)
        ingest = self._ingests[source]
        good = ingest.apply(made)
        ingest.seconds.take()  # the store's ticks make them again whenever they are asked for
        self.rows[source] += good
        return good

    def refuse(self, source: str, bad: Bad) -> None:
        """Set something aside."""
        self.quarantine.take(source, bad)

    def read(self, key: str, chunks: Iterable[Chunk]) -> None:
        """Take in a file that gives the same chunks each time it is read, from where it is in already."""
        progress = self.files.setdefault(key, Progress())
        if progress.chunks == DONE:
            return
        self.open(key, progress.time)
        for at, chunk in enumerate(chunks):
            if at < progress.chunks:
                continue
            for bad in chunk.bad:
                self.refuse(key, bad)
            if chunk.rows:
                self.take(key, of_rows(chunk.rows))
            progress.chunks, progress.time = at + 1, self.ingest(key).time
            self.flush_if_due()
        progress.chunks = DONE
        self.close_source(key)
        self.flush()
        self.keep()

    def flush_if_due(self) -> None:
        """Flush what has gathered, if it is much or has waited long."""
        if self.store.hot_rows >= FLUSH_ROWS or time.monotonic() - self._flushed >= FLUSH_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Bring everything that was taken in into files.

        Raises:
            OSError: the disk does not take it; it can be tried again.
        """
        self.quarantine.flush()
        self.store.add(of_rows([]), self.position)
        self.store.flush(self.store.seal(msgspec.msgpack.encode(self.files)))
        self._live.flush()
        self._flushed = time.monotonic()
        (self.folder / "status.json").write_bytes(msgspec.json.encode(self.status()))
        if self._flushed - self._kept_up >= UPKEEP_EVERY_S:
            self.keep(time.monotonic() + UPKEEP_S)

    def keep(self, until: float = math.inf) -> None:
        """Do the upkeep that is due, as far as it is done by `until`, time.monotonic(); the next flush goes
        on with it."""
        done = True
        try:
            done = keep(self.store, self._policy, time.time_ns(), until)
            self._trouble = ""
        except OSError as error:
            if str(error) != self._trouble:
                log.error("Old ticks of the feed %s stay: %s", self.folder.name, error)
            self._trouble = str(error)
        if done:
            self._kept_up = time.monotonic()

    def status(self) -> dict[str, object]:
        """Good rows by source, what was set aside by reason, symbols, and the number of the newest row."""
        return {
            "rows": dict(self.rows),
            "refused": dict(self.quarantine.counts),
            "symbols": len(self._numbers),
            "position": self.position,
        }

    def close(self) -> None:
        """Let another process write the feed; what was not flushed is not kept."""
        self.quarantine.close()
        self.store.close()

    def _keep(self, ticks: Ticks) -> None:
        self.store.add(ticks, int(ticks.position[-1]))
        self._live.apply(ticks)
