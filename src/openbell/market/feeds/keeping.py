"""Keeping the stores of all feeds in order, and together below one bound: small files are merged, and the
oldest ticks leave, whether a process takes the feed in or nobody does any more.

Who writes a store keeps it; those that nobody writes a worker keeps. Each of them looks at all feeds' files
and finds the same ones to be due, so nobody has to ask another.

Importing this module imports pyarrow.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from openbell.market.calendar import HOUR
from openbell.market.feeds.marks import OWN, TICKS, archives_of, candles_at, make_id
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.files import TickFile, end_of, found_in, standing
from openbell.market.ticks.store import CHECKPOINT, TickStore
from openbell.market.ticks.upkeep import age, age_of, merge, remove
from openbell.ops.settings import Settings

log = logging.getLogger(__name__)

CAP_PERCENT = 10  # of the data folder's cap, for the ticks of all feeds
WAITING = 2  # times the bound: so much may be there while candles are behind
KEEP_EVERY_S = 60.0
TURN_S = 3.0  # then who wants to write the feed gets it


class FeedPolicy(NamedTuple):
    """The most bytes of the ticks of all feeds on this disk, 0 for no bound; and how long they stay there
    after their date, where `archive_url` names an archive of yours. Without one they stay until there is no
    room."""

    warm_ns: int
    bytes_max: int
    archive_url: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> FeedPolicy:
        """What `settings` say: as much as the exchange's own ticks may take, at most a tenth of the cap."""
        most, cap = settings.ticks_mib_max << 20, settings.data_mib_max << 20
        if most and cap:
            most = min(most, cap * CAP_PERCENT // 100)
        return cls(settings.ticks_warm_hours * HOUR, most, settings.archive_url)


def feeds_in(folder: Path) -> list[str]:
    """The names of the feeds in the folder of all feeds that have a store."""
    return sorted(path.parent.name for path in folder.glob(f"*/{CHECKPOINT}"))


def due(folder: Path, policy: FeedPolicy) -> dict[str, list[TickFile]]:
    """By feed, the files that are to leave this disk so that all feeds together keep within the bound.

    The oldest date goes first, and of one date the feed that takes most. What is not in candles yet stays: of
    that feed and of all that is newer in it. Only above WAITING times the bound it goes too, or who cannot
    trade any more because the disk is full would have to wait for candles.
    """
    if not policy.bytes_max:
        return {}
    left = {name: deque(sorted(_files(folder / name), key=age_of)) for name in feeds_in(folder)}
    sizes = {name: sum(file.size for file in files) for name, files in left.items()}
    reached = {name: candles_at(folder / name) for name in left}
    found: dict[str, list[TickFile]] = {}

    def let_go(bytes_max: int, may_go: Callable[[str, TickFile], bool]) -> None:
        while sum(sizes.values()) > bytes_max:
            ready = [name for name, files in left.items() if files and may_go(name, files[0])]
            if not ready:
                return
            name = min(ready, key=lambda one: (left[one][0].date, -sizes[one], one))
            file = left[name].popleft()
            sizes[name] -= file.size
            found.setdefault(name, []).append(file)

    # What goes into an archive of yours can be read there.
    let_go(
        policy.bytes_max,
        lambda name, file: policy.archive_url is not None or file.last <= reached[name],
    )
    let_go(WAITING * policy.bytes_max, lambda name, file: True)
    return found


def keep(store: TickStore, policy: FeedPolicy, now: int, until: float = math.inf) -> bool:
    """Do what is due at `now`, ns UTC, in the store of a feed that is this process's; whether it was all done
    by `until`, time.monotonic().

    Raises:
        ArchiveError: the archive's URL cannot be used.
        OSError: a disk or the archive refused something; what is left undone is done the next time.
    """
    merge(store)
    own = Archive(store.folder / OWN)
    archive = own
    if policy.archive_url is not None:
        make_id(store.folder)
        archive = Archive(*archives_of(store.folder, policy.archive_url)[-1])
        _bring(own, archive, until)
        age(store, archive, now - policy.warm_ns, until)
    going = due(store.folder.parent, policy).get(store.folder.name, [])
    reached = candles_at(store.folder)
    if policy.archive_url is None and any(file.last > reached for file in going):
        log.warning(
            "Ticks of the feed %s go before they are in its candles: there is no room for more of them, and"
            " the worker or its database has been away",
            store.folder.name,
        )
    gone = remove(store, archive, archive is own, going, until)
    if gone:
        log.info("%d files of ticks of the feed %s left, to keep to the size", gone, store.folder.name)
    return time.monotonic() < until


def keep_idle(folder: Path, policy: FeedPolicy, now: int) -> None:
    """Do the same in every feed below `folder` that needs it and that nobody writes now, a little of each.

    Raises:
        ArchiveError, OSError: as `keep`.
    """
    for name in feeds_in(folder):
        if not (due(folder, policy).get(name) or _is_old(folder / name, policy, now)):
            continue
        try:
            store = TickStore(folder / name, f"feed {name}")
        except StoreError:
            continue  # who writes it does it; and of a spoilt one its candles' recorder tells
        try:
            keep(store, policy, now, time.monotonic() + TURN_S)
        finally:
            store.close()


class FeedKeeper:
    """Keeps the feeds below `folder` that nobody takes in."""

    def __init__(self, folder: Path, policy: FeedPolicy) -> None:
        self._folder = folder
        self._policy = policy
        self._said = ""

    async def run(self) -> None:
        """Keep them until cancelled.

        Raises:
            ArchiveError: the archive's URL cannot be used.
        """
        while True:
            try:
                await asyncio.to_thread(keep_idle, self._folder, self._policy, time.time_ns())
                self._said = ""
            except OSError as error:
                if str(error) != self._said:
                    log.error("Old ticks of feeds stay: %s", error)
                self._said = str(error)
            await asyncio.sleep(KEEP_EVERY_S)


def _files(folder: Path) -> list[TickFile]:
    """The files of a feed on this disk, but for those that were merged and go anyway."""
    own = found_in(folder / OWN / TICKS)
    return list({file.name: file for file in (*own, *standing(found_in(folder)))}.values())


def _is_old(folder: Path, policy: FeedPolicy, now: int) -> bool:
    """Whether a feed has files that belong into an archive of yours."""
    if policy.archive_url is None:
        return False
    before = now - policy.warm_ns
    return bool(found_in(folder / OWN / TICKS)) or any(end_of(one.date) <= before for one in found_in(folder))


def _bring(own: Archive, archive: Archive, until: float) -> None:
    """Bring what lies in the feed's own archive into the one of yours."""
    there = {(file.name, file.size) for file in archive.files()} if own.files() else set()
    for file in own.files():
        if time.monotonic() >= until:
            return
        if (file.name, file.size) not in there:
            archive.put(file, Path(own.path(file)))
        own.remove(file)
