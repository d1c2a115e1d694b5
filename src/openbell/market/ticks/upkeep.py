"""What keeps a store of ticks in order: small files are merged, old ones archived, the oldest removed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.files import TickFile, end_of
from openbell.market.ticks.store import TickStore

MERGED_AT_ONCE = 8  # files of a size make one of the next
TIER_FIRST = 32 * 1024  # bytes; each tier is eight times the one before
TIERS = 3  # files larger than the last tier stay as they are


class Policy(NamedTuple):
    """How long ticks stay on this disk after their date, and the most bytes they may take.

    `bytes_max` counts the archive only if it is the store's own folder: 0 for no bound."""

    warm_ns: int
    bytes_max: int


class Done(NamedTuple):
    """How many files were merged away, archived, and removed to keep to the size."""

    merged: int
    archived: int
    pruned: int


def upkeep(store: TickStore, archive: Archive, own_archive: bool, policy: Policy, now: int) -> Done:
    """Do what is due at `now`, ns UTC. A process that dies in it leaves every tick where it can be read once.

    Args:
        own_archive: the archive counts as part of the store, and is pruned with it.

    Raises:
        OSError: a disk or the archive refused something; what is left undone is done the next time.
    """
    return Done(
        merge(store),
        age(store, archive, now - policy.warm_ns),
        prune(store, archive if own_archive else None, policy.bytes_max),
    )


def merge(store: TickStore) -> int:
    """Merge runs of small files of a date and group; how many files are gone.

    The merged file is there before those it is made of are removed, and covers their spans: whoever looks in
    between sees by the names which to leave out."""
    gone = 0
    for _, partition in itertools.groupby(store.files(), key=lambda file: (file.date, file.group)):
        for run in runs(list(partition)):
            merged = run[0]._replace(last=run[-1].last)
            paths = [store.folder / file.name for file in run]
            parquet.merge(paths, store.folder / merged.name)
            parquet.sync_folder(paths[0].parent)
            for path in paths:
                path.unlink()
            gone += len(paths) - 1
    return gone


def tier(size: int) -> int:
    """Which size of file this is, 0 for the smallest."""
    found, bound = 0, TIER_FIRST
    while size >= bound and found < TIERS:
        found, bound = found + 1, bound * MERGED_AT_ONCE
    return found


def runs(files: Sequence[TickFile]) -> list[list[TickFile]]:
    """Neighbours of one partition that are to be merged, MERGED_AT_ONCE of a size each."""
    found = []
    for size, neighbours in itertools.groupby(files, key=lambda file: tier(file.size)):
        run = list(neighbours)
        if size < TIERS:
            whole = len(run) // MERGED_AT_ONCE * MERGED_AT_ONCE
            found += [run[at : at + MERGED_AT_ONCE] for at in range(0, whole, MERGED_AT_ONCE)]
    return found


def age(store: TickStore, archive: Archive, before: int) -> int:
    """Bring files of dates that ended before `before` into the archive; how many."""
    moved = 0
    for file in store.files():
        if end_of(file.date) > before:
            continue
        path = store.folder / file.name
        archive.put(file, path)
        path.unlink()
        moved += 1
    return moved


def prune(store: TickStore, archive: Archive | None, bytes_max: int) -> int:
    """Remove the oldest files until the store, and its own archive, take at most `bytes_max`; how many."""
    if not bytes_max:
        return 0
    warm = {file.name: file for file in store.files()}
    cold = {file.name: file for file in archive.files()} if archive else {}
    excess = sum(file.size for file in (*warm.values(), *cold.values())) - bytes_max
    gone = 0
    for file in sorted({*warm.values(), *cold.values()}, key=lambda one: (one.date, one.first, one.group)):
        if excess <= 0:
            break
        if archive and file.name in cold:
            archive.remove(file)
            excess -= file.size
        if file.name in warm:
            (store.folder / file.name).unlink()
            excess -= file.size
        gone += 1
    return gone
