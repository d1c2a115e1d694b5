"""Writes a snapshot beside the node: a process of its own brings the newest one up to date from the log.

The node neither stands still for it nor shares memory with it: forking a large exchange takes its page
tables' time, and every page touched afterwards is copied while a command waits. That the log leads from
one snapshot to the next is shown each time.

Run by the node as `python -m openbell.node.snapshotter JOURNAL SNAPSHOTS PARENT`.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openbell.log.disk import Disk, RealDisk
from openbell.log.reader import JournalReader, chain_at
from openbell.node.recovery import last_term, newest_state, read_ahead
from openbell.node.snapshots import Snapshots

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
NICE = 10


@dataclass
class Place:
    """Where a log lies."""

    folder: Path
    disk: Disk = field(default_factory=RealDisk)


def advance(journal: Path, folder: Path) -> int:
    """Store the state at what the log in `journal` has durably now as a snapshot in `folder`; its position.

    Raises:
        LogError, CoreError: the log cannot be read or applied.
        OSError: the snapshot cannot be written.
    """
    place, snapshots = Place(journal), Snapshots(folder)
    reader = JournalReader(journal)
    until = reader.recorded()
    reader.close()
    start = newest_state(place, snapshots, until)
    if start is None:
        raise FileNotFoundError(f"neither a snapshot in {folder} nor the log's first record is there")
    exchange, data = start.exchange, b""
    for data in read_ahead(place, exchange.position, until):
        at = 0
        while at < len(data):
            at = exchange.run(data, at, len(data))
            exchange.clear()
    if exchange.position == start.position and start.position in snapshots.positions():
        return start.position
    chain = chain_at(journal, exchange.position, place.disk)
    if chain is None:
        raise FileNotFoundError(f"no batch of the log in {journal} ends at {exchange.position}")
    term = last_term(data) if data else start.term
    return snapshots.save(exchange, {"chain": chain.hex(), "term": term})


def stay_with(parent: int) -> None:
    """End when the node ends: its successor writes its own snapshots."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the node is gone")


def main(arguments: Sequence[str]) -> None:
    """Write one snapshot."""
    journal, folder, parent = arguments
    stay_with(int(parent))
    os.nice(NICE)
    logging.basicConfig(level="WARNING")
    advance(Path(journal), Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
