"""How fast the core applies a recorded flow, beside a plain-Python book on the same flow in the same run.

Three measurements: the whole core (accounts, request keys, checks, reserves, events), the books alone,
and the peer. Before anything is printed every trade and every order of the final books are shown equal.
"""

from __future__ import annotations

import argparse
import mmap
import statistics
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import core_peers
from core_flow import PRICE, SHARE, START_NS, Flow, Peer

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from openbell.core.memory import MADV_POPULATE_WRITE
from openbell.core.state import NIL

EVENTS_MAX = 8  # events of a command, on average at most
BATCH = 128  # commands handed over at once
SECONDS = 1_000_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flow, and how often it is run."""
    parser.add_argument("--flow", required=True, type=Path, help="file of 64-byte command records")
    parser.add_argument(
        "--peer", type=Path, help="folder of wire.py and pybook.py (default: see README there)"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the median counts (3)")
    parser.add_argument("--no-peers", action="store_true", help="without the engines from PyPI")


class MeasureError(RuntimeError):
    """The result was wrong, so no figure is given."""


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, prove, report."""
    folder = args.peer or Path(__file__).resolve().parents[2] / "shared" / "bench"
    if not (folder / "pybook.py").exists():
        raise MeasureError(f"no pybook.py in {folder}; name its folder with --peer")
    data = args.flow.read_bytes()
    rows = list(struct.iter_unpack("<qqqqqqiBBBBq", data))
    symbols = 1 + max(row[6] for row in rows)
    peer = Peer(folder, data, symbols)
    trades = peer.trades()
    flow = Flow(rows, trades)
    setup = [*flow.listing(), *flow.funding()]
    buffer = flow.commands(2 + len(setup))
    messages = flow.messages()
    seconds: dict[str, list[float]] = {"peer": [peer.seconds], "whole": [], "alone": []}
    batches: list[int] = []
    proof = ""
    for turn in range(args.runs):  # one after the other, so that a slow moment of the machine meets all
        if turn:
            seconds["peer"].append(Peer(folder, data, symbols).seconds)
        whole = Whole(flow, setup, buffer)
        seconds["whole"].append(whole.seconds)
        batches = sorted(whole.batches)
        if not turn:
            proof = whole.prove(peer, trades, rows)
        del whole
        alone = Alone(flow, messages)
        seconds["alone"].append(alone.seconds)
        if not turn:
            proof += "; books alone: " + alone.prove(trades)
        del alone
    rate = len(rows) / statistics.median(seconds["whole"])
    bare = len(rows) / statistics.median(seconds["alone"])
    reference = len(rows) / statistics.median(seconds["peer"])
    peers = {} if args.no_peers else {"peers": core_peers.compare(rows, folder, symbols)}
    return {
        "value": round(rate),
        "unit": "commands/s with accounts, request keys and events",
        "p50": quantile(batches, 0.5),
        "p99": quantile(batches, 0.99),
        "p999": quantile(batches, 0.999),
        "percentiles of": f"microseconds per {BATCH}-command batch",
        "reference": {"name": "pybook, plain Python, same flow", "value": round(reference)},
        "ratio": round(rate / reference, 2),
        "books alone": round(bare),
        "ratio of the books alone": round(bare / reference, 2),
        "proof": proof,
        **peers,
    }


def quantile(ordered: list[int], share: float) -> float:
    """Microseconds at a share of ordered nanoseconds."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000


def sequence(commands: list[bytearray]) -> bytes:
    """Commands as the log would hold them right after genesis."""
    made = bytearray()
    for offset, command in enumerate(commands):
        head = records.Header.from_buffer(command)
        head.seq, head.ts = 2 + offset, START_NS
        del head
        made += command
    return bytes(made)


class Tape:
    """What a run said, in memory that is there before the clock runs: `records` of at most 128 bytes."""

    def __init__(self, records_max: int) -> None:
        self.area = mmap.mmap(-1, 128 * records_max, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.area.madvise(mmap.MADV_HUGEPAGE)
        self.area.madvise(MADV_POPULATE_WRITE)
        self.length = 0

    def keep(self, data: bytes) -> None:
        """Put the output of a batch behind the others'."""
        self.area[self.length : self.length + len(data)] = data
        self.length += len(data)

    def kept(self) -> memoryview:
        """All of it, in order."""
        return memoryview(self.area)[: self.length]


class Whole:
    """One run of the flow through the whole core."""

    def __init__(self, flow: Flow, setup: list[bytearray], buffer: bytes) -> None:
        self.flow = flow
        self.exchange = Exchange(flow.genesis())
        self.exchange.memory.touch()  # first-touch page faults are not what is measured
        apply_all(self.exchange, sequence(setup))
        self.events, self.answers = Tape(EVENTS_MAX * len(flow.rows)), Tape(len(flow.rows))
        self.batches: list[int] = []
        stops = batch_stops(buffer)
        ex, clock = self.exchange, time.perf_counter_ns
        start = taken = 0
        for stop in stops:
            batch = buffer[start:stop]  # just come in, as from the node's socket
            at, size = 0, stop - start
            started = clock()
            while at < size:
                at = ex.run(batch, at, size)
                if at < size:
                    ex.clear()
            ended = clock()
            start = stop
            self.batches.append(ended - started)
            taken += ended - started
            # as the node does: the output leaves as bytes; it is read when the clock has stopped for good
            self.events.keep(ex.events(0, ex.event_count))
            self.answers.keep(ex.answers(0, ex.answer_count))
            ex.clear()
        self.seconds = taken / SECONDS

    def prove(self, peer: Peer, trades: list[tuple[int, ...]], rows: list[tuple[Any, ...]]) -> str:
        """Compare with the peer, and money and shares with what was put in."""
        answers = records.Answer.STRUCT.iter_unpack(self.answers.kept())
        refused = sum(a[11] != codes.E_OK for a in answers)
        if refused:
            raise MeasureError(f"{refused} commands were refused")
        first = self.flow.first - 1
        ours = [
            (seq - first, taker, maker, price // PRICE, q // SHARE)
            for seq, taker, maker, price, q in trades_of(self.events.kept())
        ]
        number = self.flow.number
        theirs = [(seq, number(taker), number(maker), price, q) for seq, taker, maker, price, q in trades]
        if ours != theirs:
            raise MeasureError("the trades differ from the peer's")
        for symbol in range(self.flow.symbols):
            if final_book(self.exchange, symbol) != [
                [[(number(o), q) for o, q in level] for level in side] for side in peer.books(symbol)
            ]:
                raise MeasureError(f"the final book of symbol {symbol} differs from the peer's")
        totals = view.totals(self.exchange)
        if totals["cash"] != totals["deposits"]:
            raise MeasureError(f"cash {totals['cash']} is not deposits {totals['deposits']}")
        return (
            f"{len(rows):,} commands: {len(trades):,} trades and {self.flow.symbols} final books equal "
            "pybook's; "
            f"cash of {totals['accounts']:,} accounts equals deposits"
        )


class Alone:
    """One run of the flow through the book machine alone."""

    def __init__(self, flow: Flow, messages: Any) -> None:
        self.exchange = Exchange(flow.genesis())
        self.exchange.memory.touch()  # first-touch page faults are not what is measured
        apply_all(self.exchange, sequence(flow.listing()))
        self.flow = flow
        self.events = Tape(EVENTS_MAX * len(messages))
        floor, outbox, clock = self.exchange.floor, self.exchange.outbox, time.perf_counter_ns
        at = taken = 0
        while at < len(messages):
            stop = min(at + BATCH, len(messages))
            started = clock()
            at = floor.run(messages, at, stop)
            taken += clock() - started
            self.events.keep(self.exchange.events(0, outbox.count))
            outbox.count = 0
        self.seconds = taken / SECONDS

    def prove(self, trades: list[tuple[int, ...]]) -> str:
        first, number = self.flow.first - 1, self.flow.number
        ours = [
            (seq - first, taker, maker, price // PRICE, q // SHARE)
            for seq, taker, maker, price, q in trades_of(self.events.kept())
        ]
        if ours != [(seq, number(taker), number(maker), price, q) for seq, taker, maker, price, q in trades]:
            raise MeasureError("the trades of the books alone differ from the peer's")
        return "the same trades"


def trades_of(events: memoryview) -> Iterator[tuple[int, ...]]:
    """Position, taker, maker, price and quantity of each trade among events."""
    for e in records.Event.STRUCT.iter_unpack(events):
        if e[0] == codes.EV_TRADE:
            yield e[7], e[10], e[17], e[12], e[13]


def batch_stops(buffer: bytes) -> list[int]:
    """The offset behind every BATCH-th command record."""
    stops, at, count = [], 0, 0
    while at < len(buffer):
        at += int.from_bytes(buffer[at : at + 2], "little")
        count += 1
        if count % BATCH == 0 or at == len(buffer):
            stops.append(at)
    return stops


def apply_all(ex: Exchange, buffer: bytes) -> None:
    """Apply set-up commands, which must all succeed."""
    at = 0
    while at < len(buffer):
        at = ex.run(buffer, at, len(buffer))
        for a in records.Answer.STRUCT.iter_unpack(ex.answers(0, ex.answer_count)):
            if a[11] != codes.E_OK:
                raise MeasureError(f"set-up command refused: {codes.REFUSAL_NAMES[a[11]]}")
        ex.clear()


def final_book(ex: Exchange, symbol: int) -> list[list[list[tuple[int, int]]]]:
    """Both sides of a book: per price, worst first, each order's id and open shares."""
    rungs, levels, orders = ex.memory["rungs"], ex.memory["levels"], ex.memory["book_orders"]
    instrument, depth = ex.memory["instruments"][symbol], ex.books.ladder.depth
    sides = []
    for side, count in ((codes.BUY, instrument.bids), (codes.SELL, instrument.asks)):
        found = []
        for rank in range(count):
            queue, slot = [], levels[rungs[(2 * symbol + side) * depth + rank].level].head
            while slot != NIL:
                queue.append((orders[slot].id, orders[slot].leaves // SHARE))
                slot = orders[slot].next
            found.append(queue)
        sides.append(found)
    return sides
