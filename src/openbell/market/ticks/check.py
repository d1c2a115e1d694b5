"""Checking the store of the exchange's own ticks against the log: what `openbell verify` asks.

A file's name says which commands' ticks it holds, so it is compared when the replay has passed them. The
worker may go on meanwhile: what it flushes later is left out, and a file that it merged or brought into the
archive is found again by its span. Importing this module imports pyarrow.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from openbell.market.board import Board
from openbell.market.calendar import DAY
from openbell.market.events import UnitLike
from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import COLUMNS, KIND_NAMES, Ticks, join
from openbell.market.ticks.checkpoint import load
from openbell.market.ticks.files import GROUPS, TickFile, date_of, found_in, standing
from openbell.market.ticks.store import CHECKPOINT
from openbell.market.ticks.tape import Tape
from openbell.market.ticks.upkeep import age_of, pruned

SAID = ("time", "price", "quantity", "flags", "trade")  # of a tick that differs

Partition = tuple[str, int]  # date and group


class TickCheck:
    """The files of a store as of its checkpoint, held against the units of a replay.

    Args:
        folder: the store's. archive: where its old files are, a folder or a URL.
        genesis: the log's first command.
        begun: the market where the replay begins, if not with that command: ticks of later commands are
            compared.

    Attributes:
        position: every tick up to it is in files: feed the units up to it, no more; 0: there is no store.
        differences: the first tick that differs, or nothing.

    Raises:
        StoreError: the folder's checkpoint cannot be read.
        ArchiveError, OSError: the archive cannot be used; in `feed` and `finish` too.
    """

    def __init__(self, folder: Path, archive: str | Path, genesis: bytes, begun: Board | None = None) -> None:
        self.position = 0
        self.differences: list[str] = []
        self._folder, self._where = folder, archive
        self._files: deque[TickFile] = deque()
        self._rows: dict[Partition, list[Ticks]] = {}
        self._compared: set[Partition] = set()
        self._begun = begun.seq if begun else 0
        self._tape = Tape(self._begun)
        if begun:
            self._tape.load(begun, told=True)
        checkpoint = load(folder / CHECKPOINT)
        if checkpoint is None:
            return
        source = hashlib.sha256(genesis).hexdigest()
        if checkpoint.source != source:
            self.differences.append(
                f"the ticks in {folder} are of exchange {checkpoint.source[:12]}, the log is {source[:12]}'s"
            )
            return
        self.position = checkpoint.position
        self._files.extend(sorted(self._list(), key=lambda one: (one.last, one.date, one.group)))

    def _list(self) -> list[TickFile]:
        """The files that stand now and hold ticks between the replay's begin and the position."""
        self._archive = Archive(self._where)
        found = {file.name: file for file in (*self._archive.files(), *found_in(self._folder))}
        kept = standing(file for file in found.values() if file.first <= self.position)
        return [file for file in kept if file.last > self._begun]

    def feed(self, units: Sequence[UnitLike]) -> None:
        """Make the ticks of the next units of the replay, and compare the files that they completed."""
        if self.differences:
            return
        self._tape.add_all(units)
        self._keep(self._tape.take())
        while self._files and self._files[0].last <= self._tape.position and not self.differences:
            self._compare(self._files.popleft())

    def finish(self) -> None:
        """Compare what is left; every tick up to the position was fed."""
        while self._files and not self.differences:
            self._compare(self._files.popleft())
        for partition in sorted(self._rows):
            if not self.differences:
                self._lack(partition, join(self._rows[partition]))

    def _keep(self, ticks: Ticks) -> None:
        """Put the replay's ticks where their file will be looked for."""
        days, groups = ticks.time // DAY, ticks.instrument % GROUPS
        for day in np.unique(days).tolist():
            for group in np.unique(groups[days == day]).tolist():
                rows = ticks.take((days == day) & (groups == group))
                self._rows.setdefault((date_of(day), group), []).append(rows)

    def _compare(self, file: TickFile) -> None:
        """Compare a file with the ticks of the replay, which has passed its span."""
        partition = file.date, file.group
        replayed = join(self._rows.pop(partition, []))
        within = replayed.position <= file.last
        if not within.all():
            self._rows[partition] = [replayed.take(~within)]
        self._lack(partition, replayed.take(replayed.position < file.first))
        self._compared.add(partition)
        true = replayed.take(within & (replayed.position >= file.first))
        try:
            found = self._read(file)
        except (pa.ArrowException, ValueError) as error:
            self.differences.append(f"{file.name}, a file of ticks, cannot be read: {error}")
            return
        if found is None:
            self._lack(partition, true, file)
        elif not self.differences and (said := self._first_difference(found, true)) is not None:
            self.differences.append(f"{file.name}: {said}")

    def _lack(self, partition: Partition, ticks: Ticks, file: TickFile | None = None) -> None:
        """Name the first of the replay's ticks that no file holds, unless they were removed for room."""
        if not len(ticks):
            return
        gone = pruned(self._folder)
        if gone is not None and file is not None and age_of(file) <= age_of(gone):
            return
        if (
            gone is not None
            and file is None
            and partition[0] <= gone.date
            and partition not in self._compared
        ):
            return
        where = f"date={partition[0]}/group={partition[1]}" if file is None else file.name
        first = int(np.argmin(ticks.position))
        self.differences.append(f"ticks: {where} lacks {self._row(ticks, first)}, which the log gives")

    def _read(self, file: TickFile) -> Ticks | None:
        """The ticks of a file's span; None if neither it is there nor one that it was merged into meanwhile.

        Raises:
            pa.ArrowException, ValueError: it is damaged.
            OSError: the archive cannot be reached.
        """
        found = self._find(file)
        if found is None:
            return None
        whole, data = found
        try:
            ticks = parquet.ticks_in(data, self._tape.symbols)
        except OSError as error:  # the bytes are here: they are what is wrong
            raise ValueError(str(error)) from None
        first, last = max(file.first, self._begun + 1), min(file.last, self.position)
        if (whole.first, whole.last) == (first, last):
            return ticks
        return ticks.take((ticks.position >= first) & (ticks.position <= last))

    def _find(self, file: TickFile) -> tuple[TickFile, bytes] | None:
        """The file that holds the span of `file`, and its bytes."""
        if (data := self._bytes(file)) is not None:
            return file, data
        for other in self._list():
            same = (other.date, other.group) == (file.date, file.group)
            if same and other.first <= file.first and file.last <= other.last:
                data = self._bytes(other)
                return None if data is None else (other, data)
        return None

    def _bytes(self, file: TickFile) -> bytes | None:
        try:
            return (self._folder / file.name).read_bytes()
        except FileNotFoundError:
            pass
        try:
            with self._archive.filesystem.open_input_stream(self._archive.path(file)) as stream:
                read: bytes = stream.read()
                return read
        except FileNotFoundError:
            return None

    def _first_difference(self, found: Ticks, true: Ticks) -> str | None:
        """A sentence about the first tick, in the order of the log, that only one side has so."""
        # A symbol that was listed again has a second number, and a file knows only symbols.
        symbols = self._tape.symbols
        first_number = {symbol: number for number, symbol in reversed(list(enumerate(symbols)))}
        canonical = np.array([first_number[symbol] for symbol in symbols], np.int32)
        true = replace(true, instrument=canonical[true.instrument])
        found, true = _ordered(found), _ordered(true)
        common = min(len(found), len(true))
        wrong = np.zeros(common, np.bool_)
        for name in COLUMNS:
            wrong |= getattr(found, name)[:common] != getattr(true, name)[:common]
        at = int(np.argmax(wrong)) if wrong.any() else common
        if at == len(found) == len(true):
            return None
        if at == len(found) or (at < len(true) and _place(true, at) < _place(found, at)):
            return f"the tick {self._row(true, at)} is missing, the log gives it"
        if at == len(true) or _place(found, at) < _place(true, at):
            return f"it has the tick {self._row(found, at)}, the log does not give it"
        return f"it has the tick {self._row(found, at)}, the log gives {self._row(true, at)}"

    def _row(self, ticks: Ticks, at: int) -> str:
        """A tick in words."""
        number = int(ticks.instrument[at])
        symbol = self._tape.symbols[number] if number >= 0 else "of an unknown symbol"
        kind = KIND_NAMES.get(int(ticks.kind[at]), f"of kind {ticks.kind[at]}")
        rest = ", ".join(f"{name} {getattr(ticks, name)[at]}" for name in SAID)
        return f"{symbol} {kind} of command {ticks.position[at]} ({rest})"


def _place(ticks: Ticks, at: int) -> tuple[int, int]:
    return int(ticks.position[at]), int(ticks.instrument[at])


def _ordered(ticks: Ticks) -> Ticks:
    """By command, then instrument; what one command did to an instrument stays in its order."""
    return ticks.take(np.lexsort((ticks.instrument, ticks.position)))
