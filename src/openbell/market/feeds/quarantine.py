"""What a feed brought that cannot be: a line of JSON each, in a file, and counted. The files of all feeds
together are of bounded size."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from openbell.market.feeds.source import Bad
from openbell.market.ticks.batch import COLUMNS, Ticks

FILE = "quarantine.jsonl"
BYTES_MAX = 64 << 20
ROWS_TOLD_MAX = 100  # of one batch and reason


class Quarantine:
    """The file in the folder of a feed; `counts` by reason are of this process.

    Args:
        bytes_max: what those of all feeds beside this one take together; what is more is only counted.
    """

    def __init__(self, folder: Path, bytes_max: int = BYTES_MAX) -> None:
        self.counts: Counter[str] = Counter()
        self._folder = folder
        self._bytes_max = bytes_max
        self._others = self._look()
        self._file = (folder / FILE).open("ab")
        (folder / FILE).chmod(0o600)

    def _look(self) -> int:
        """What the other feeds' files take now."""
        total = 0
        for path in self._folder.parent.glob(f"*/{FILE}"):
            if path.parent.name != self._folder.name:
                with contextlib.suppress(FileNotFoundError):
                    total += path.stat().st_size
        return total

    def take(self, source: str, bad: Bad) -> None:
        """Set something aside that was read from `source`."""
        self.counts[bad.reason] += 1
        self._write(source, bad.reason, {"where": bad.where, "begins": bad.sample.decode("latin-1")})

    def take_rows(self, source: str, reason: str, ticks: Ticks) -> None:
        """Set rows aside: all are counted, the first of them written."""
        self.counts[reason] += len(ticks)
        for at in range(min(len(ticks), ROWS_TOLD_MAX)):
            self._write(source, reason, {"row": {name: int(getattr(ticks, name)[at]) for name in COLUMNS}})
        if len(ticks) > ROWS_TOLD_MAX:
            self._write(source, reason, {"more": len(ticks) - ROWS_TOLD_MAX})

    def _write(self, source: str, reason: str, what: dict[str, object]) -> None:
        if self._file.tell() + self._others < self._bytes_max:
            at = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
            line = {"at": at, "source": source, "reason": reason} | what
            self._file.write(json.dumps(line).encode() + b"\n")

    def flush(self) -> None:
        """Let others read what was written, and see what they wrote."""
        self._file.flush()
        self._others = self._look()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
