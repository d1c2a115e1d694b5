"""Ticks a second on one core: quotes, candles of a second and Parquet, and how soon a tick is in its quote.

Batches of binary ticks fall due at a steady rate, are read, looked at, counted into quotes and candles, and
written to a store of ticks, all on one processor. The reference is the same columnar work with plain NumPy
and pyarrow in one loop, as fast as it goes, beside the same pipeline as fast as it goes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ticks_flow import Flow
from ticks_plain import plain
from ticks_proof import prove

from openbell.market.ticks.batch import Ticks, of_wire
from openbell.market.ticks.ingest import Ingest
from openbell.market.ticks.parquet import one_thread
from openbell.market.ticks.seconds import Candles
from openbell.market.ticks.store import Sealed, TickStore
from openbell.market.ticks.upkeep import merge
from openbell.ops.scheduling import short_slices

FLUSH_ROWS = 1_000_000
WARM_UP = 20  # batches before the first that is timed
SWITCH_INTERVAL_S = 0.0005
SAMPLES = np.linspace(0, 1, 11)  # where in a batch a tick's time is looked at
MS = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how long."""
    parser.add_argument("--rate", type=int, default=1_000_000, help="ticks a second (1,000,000)")
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--symbols", type=int, default=10_000, help="symbols (10,000)")
    parser.add_argument("--batch-ms", type=float, default=10, help="how much of the time is one batch (10)")
    parser.add_argument("--seed", type=int, default=7, help="of the ticks (7)")
    parser.add_argument("--folder", default=None, help="where the store is made (the system's /tmp)")


class Pipeline:
    """Everything that a tick goes through; files are written beside it by one thread."""

    def __init__(self, folder: Path, symbols: list[str]) -> None:
        self.store = TickStore(folder, "bench")
        self.store.symbols[:] = symbols
        self.ingest = Ingest(len(symbols), self._keep)
        self.candles: list[Candles] = []
        self._writer = ThreadPoolExecutor(1, "ticks-writer")
        self._writer.submit(time.sleep, 0).result()  # begun before this thread's slices are made short
        short_slices()
        self._flushing: Future[None] | None = None

    def _keep(self, ticks: Ticks) -> None:
        self.store.add(ticks, int(ticks.position[-1]))

    def take(self, wire: bytes) -> None:
        """One batch, to its end in the quotes and candles."""
        self.ingest.apply(of_wire(wire))

    def tend(self, wait: bool = False) -> None:
        """What follows a batch: candles are collected, and files written when there is enough for them."""
        self.candles += self.ingest.seconds.take()
        idle = self._flushing is None or self._flushing.done()
        if self.store.hot_rows >= FLUSH_ROWS and (idle or wait):
            self.finish_flush()
            self._flushing = self._writer.submit(self._flush, self.store.seal(b""))

    def _flush(self, sealed: Sealed) -> None:
        self.store.flush(sealed)
        merge(self.store)

    def finish_flush(self) -> None:
        """Wait for the files under way; raises what their writing raised."""
        if self._flushing is not None:
            self._flushing.result()

    def close(self) -> None:
        """Write everything, close the open second."""
        self.finish_flush()
        self._writer.submit(self._flush, self.store.seal(b"")).result()
        self._writer.shutdown()
        self.ingest.seconds.close()
        self.candles += self.ingest.seconds.take()
        self.store.close()


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; see the module's text."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(processors)})
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    one_thread()
    try:
        return measure(args)
    finally:
        os.sched_setaffinity(0, processors)


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All runs, on the processor that this process is kept to."""
    flow = Flow(args.symbols, max(1, int(args.rate * args.batch_ms / 1000)), args.rate, args.seed)
    count = max(1, int(args.seconds * args.rate) // flow.size)
    with tempfile.TemporaryDirectory(prefix="openbell-ticks-", dir=args.folder) as name:
        folder = Path(name)
        pipeline = Pipeline(folder / "paced", flow.symbols)
        kept_waiting = queued()
        waits, seconds, busy = paced(pipeline, flow, count)
        kept_waiting = queued() - kept_waiting
        proof = prove(folder / "paced", flow, count, pipeline.ingest.quotes, pipeline.candles)
        stored = sum(path.stat().st_size for path in (folder / "paced").rglob("*.parquet"))
        batches = min(count, 5_000_000 // flow.size + 1)
        ours, limit = fastest(folder, flow, batches), plain(folder / "plain", flow, batches)
    p50, p99, p999 = (float(np.percentile(waits, q)) / MS for q in (50, 99, 99.9))
    return {
        "value": round(count * flow.size / seconds),
        "unit": "ticks/s",
        "ticks": count * flow.size,
        "symbols": args.symbols,
        "p50": round(p50, 3),
        "p99": round(p99, 3),
        "p999": round(p999, 3),
        "longest_ms": round(float(waits.max()) / MS, 3),
        "rows_lost": 0,
        "core_busy": round(busy / seconds, 3),
        "waited_for_core": round(kept_waiting / 1e9 / seconds, 3),
        "bytes_a_tick": round(stored / (count * flow.size), 2),
        "fastest": round(ours),
        "reference": {"name": "plain NumPy and pyarrow, the same columns", "value": round(limit)},
        "ratio": round(ours / limit, 3),
        "proof": proof,
    }


def queued() -> int:
    """How long this thread was ready and waited for the processor so far, ns; 0 where Linux does not tell.

    The writer of files takes some of that, the rest are other programs on a busy machine."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1])
    except OSError:
        return 0


def paced(pipeline: Pipeline, flow: Flow, count: int) -> tuple[npt.NDArray[np.float64], float, float]:
    """Send `count` batches as they fall due: the ticks' times to their quotes in ns, the seconds from the
    first batch's due time to the last one's end, the processor's seconds in them."""
    span = flow.size * 1_000_000_000 // flow.rate
    waits = np.empty((count, len(SAMPLES)))
    due = flow.stamp(0)
    begun, worked = time.perf_counter_ns() + span, time.process_time()
    for number in range(count):
        # The last tick of a batch is due when the batch is: it came when its first one was, and waited.
        at = begun + number * span
        wait = at - time.perf_counter_ns()
        if wait > 0:
            time.sleep(wait / 1e9)
        pipeline.take(due)
        waits[number] = time.perf_counter_ns() - at + span * (1 - SAMPLES)
        pipeline.tend()
        due = flow.stamp(number + 1)
    ended = time.perf_counter_ns()
    worked = time.process_time() - worked
    pipeline.close()
    return waits[min(WARM_UP, count - 1) :], (ended - begun + span) / 1e9, worked


def fastest(folder: Path, flow: Flow, batches: int) -> float:
    """Ticks a second through the same pipeline when every batch is there at once."""
    pipeline = Pipeline(folder / "fastest", flow.symbols)
    wires = [flow.stamp(number) for number in range(batches)]
    begun = time.perf_counter()
    for wire in wires:
        pipeline.take(wire)
        pipeline.tend(wait=pipeline.store.hot_rows >= 2 * FLUSH_ROWS)
    pipeline.close()
    return batches * flow.size / (time.perf_counter() - begun)
