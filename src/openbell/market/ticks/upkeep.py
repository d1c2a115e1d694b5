"""What keeps a store of ticks in order: small files are merged, old ones archived, the oldest removed."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.files import TickFile, end_of, found_in, tick_file
from openbell.market.ticks.store import TickStore
from openbell.ops.durable import replace, sync_folder

MERGED_AT_ONCE = 8  # files of a size make one of the next
TIER_FIRST = 32 * 1024  # bytes; each tier is eight times the one before
TIERS = 3  # files larger than the last tier stay as they are
PRUNED = "pruned"  # in a store's folder: the name of the last file that was removed for good


class Policy(NamedTuple):
    """How long ticks stay on this disk after their date, and the most bytes they may take.

    `bytes_max` counts the archive only if it is the store's own folder: 0 for no bound."""

    warm_ns: int
    bytes_max: int


class Done(NamedTuple):
    """How many files merging made fewer, were archived, and were removed to keep to the size."""

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
        prune(store, archive, own_archive, policy.bytes_max),
    )


def merge(store: TickStore) -> int:
    """Merge runs of small files of a date and group; how many files that makes fewer.

    The merged file covers the spans of those it is made of: by the names whoever looks knows which to leave
    out. Those are removed the next time, because another process may just be reading them."""
    standing = store.files()
    for file in found_in(store.folder):
        if file not in standing and file.last <= store.position:
            (store.folder / file.name).unlink()
    fewer = 0
    for _, partition in itertools.groupby(standing, key=lambda file: (file.date, file.group)):
        for run in runs(list(partition)):
            merged = run[0]._replace(last=run[-1].last)
            paths = [store.folder / file.name for file in run]
            parquet.merge(paths, store.folder / merged.name)
            sync_folder(paths[0].parent)
            fewer += len(paths) - 1
    return fewer


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


def age(store: TickStore, archive: Archive, before: int, until: float = math.inf) -> int:
    """Bring files of dates that ended before `before` into the archive; how many. They leave this disk the
    next time, because another process may just be reading them. What is not done by `until`,
    time.monotonic(), is left to the next time."""
    brought = 0
    there = {(file.name, file.size) for file in archive.files()}
    for file in store.files():
        if end_of(file.date) > before:
            continue
        if time.monotonic() >= until:
            break
        path = store.folder / file.name
        if (file.name, file.size) in there:
            path.unlink()
        else:
            archive.put(file, path)
            brought += 1
    return brought


def prune(store: TickStore, archive: Archive, own_archive: bool, bytes_max: int) -> int:
    """Remove the oldest files until the store, and its own archive, take at most `bytes_max`; how many. With
    an archive that is not its own nothing is lost: they are brought there first. Otherwise the store's folder
    says first up to which one they are gone, so that nobody takes that for a loss."""
    if not bytes_max:
        return 0
    warm = {file.name: file for file in store.files()}
    archived = {file.name: file for file in archive.files()}
    cold = archived if own_archive else {}
    excess = sum(file.size for file in (*warm.values(), *cold.values())) - bytes_max
    going = []
    for file in sorted((cold | warm).values(), key=age_of):
        if excess <= 0:
            break
        going.append(file)
        excess -= sum(tier[file.name].size for tier in (warm, cold) if file.name in tier)
    return remove(store, archive, own_archive, going)


def remove(
    store: TickStore, archive: Archive, own_archive: bool, files: Iterable[TickFile], until: float = math.inf
) -> int:
    """Remove files, of which the oldest come first, from this disk; how many. As with `prune` they are in the
    archive first, or gone for good. What is not done by `until`, time.monotonic(), stays."""
    warm = {file.name for file in store.files()}
    archived = {file.name: file for file in archive.files()}
    gone = 0
    for file in files:
        if time.monotonic() >= until:
            break
        is_here, in_archive = file.name in warm, file.name in archived
        if not (is_here or (own_archive and in_archive)):
            continue
        if own_archive:
            note_pruned(store.folder, file)
            if in_archive:
                archive.remove(archived[file.name])
        if is_here:
            path = store.folder / file.name
            if not own_archive and archived.get(file.name) != file:
                archive.put(file, path)
            path.unlink()
        gone += 1
    return gone


def age_of(file: TickFile) -> tuple[str, int, int]:
    """By what files are pruned, the smallest first."""
    return file.date, file.first, file.group


def note_pruned(folder: Path, file: TickFile) -> None:
    """Note, durably, that `file` goes, and that all that are older went."""
    before = pruned(folder)
    if before is not None and age_of(before) >= age_of(file):
        return
    replace(folder / PRUNED, f"{file.name}\n".encode())


def pruned(folder: Path) -> TickFile | None:
    """The last file that was removed for good, None if none was; the older ones are gone too."""
    try:
        return tick_file((folder / PRUNED).read_text().strip(), 0)
    except FileNotFoundError:
        return None
