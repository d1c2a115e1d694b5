"""`openbell replay lobster FILE`: real NASDAQ order flow through a fresh exchange, and how well it fits.

The flow is judged by the core first, one command at a time; the same commands then run through the core alone
and through a node with its journal, as fast as they go or at a multiple of the recorded speed. docs/replay.md
says what is counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openbell.cli.flow import CAPACITIES, Core, Judge, Judgement
from openbell.cli.lobster import Best, LobsterError, Message, read_best, read_messages
from openbell.cli.progress import Progress
from openbell.cli.replay_node import replay_through_node
from openbell.core import codes, records, snapshot
from openbell.core.exchange import Exchange

BEGIN_NS = 1_340_236_800 * 1_000_000_000  # 2012-06-21, the day of the sample file; any day would do
BATCH_BYTES = 256 * 1024


def replay(file: Path, book: Path | None = None, speed: float | None = None, as_json: bool = False) -> int:
    """Replay `file` and print what came of it; the exit code.

    Args:
        file: a LOBSTER message file, gzipped or not.
        book: its companion with the best prices; by default the one beside it, if there is one.
        speed: times the recorded speed; by default as fast as it goes.
        as_json: print one JSON object.
    """
    progress = Progress(sys.stderr)
    try:
        messages = read_messages(file)
        book = book or companion(file)
        best = read_best(book) if book else []
    except (OSError, LobsterError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 1
    if not messages:
        print(f"openbell: {file} holds no messages", file=sys.stderr)
        return 1
    result = asyncio.run(_run(messages, best, symbol_of(file), speed, progress))
    result = {"file": file.name, "book": book.name if book else None, **result}
    print(json.dumps(result) if as_json else report(result))
    return 0


def companion(file: Path) -> Path | None:
    """The file beside `file` that holds its best prices, by LOBSTER's names."""
    for kind in ("_best_of_orderbook_", "_orderbook_"):
        beside = file.with_name(file.name.replace("_message_", kind))
        if beside != file and beside.exists():
            return beside
    return None


def symbol_of(file: Path) -> str:
    """The symbol with which a LOBSTER file's name begins."""
    name = file.name.partition("_")[0].upper()
    return name if name.isascii() and name.isalnum() and len(name) <= 16 else "LOBSTER"


def genesis(symbol: str) -> bytes:
    """The first record of an exchange with room for one stock's whole flow."""
    body = records.Genesis(rules=records.RULES_VERSION, **CAPACITIES)
    blob = json.dumps({"name": f"replay of {symbol}", "calendar": "always", "seed": 0}).encode()
    return bytes(records.pack(codes.C_GENESIS, bytes(body), blob, seq=1, ts=BEGIN_NS))


async def _run(
    messages: Sequence[Message], best: Sequence[Best], symbol: str, speed: float | None, progress: Progress
) -> dict[str, Any]:
    core = Core(genesis(symbol))
    judge = Judge(core, symbol, BEGIN_NS)
    async with progress.step("judging every message"):
        judged = await asyncio.to_thread(judge.run, messages, best)
    async with progress.step("core alone"):
        core_rate = await asyncio.to_thread(core_alone, core, symbol)
    with tempfile.TemporaryDirectory(prefix="openbell-replay-") as folder:
        async with progress.step("node and journal"):
            node = await replay_through_node(
                Path(folder), symbol, judged.steps, core.exchange, speed, progress.at
            )
    return summary(messages, judged) | {
        "core_messages_per_second": round(core_rate),
        "node_messages_per_second": round(node.rate),
        "proof": [
            "a second core, given the same commands in batches, has the same state hash",
            f"the node's book has the same {node.levels} price levels, its instrument the same"
            f" {node.trades:,} trades",
        ],
    }


def core_alone(core: Core, symbol: str) -> float:
    """Commands per second of a fresh core on the sequenced commands of `core`, in large batches.

    Raises:
        AssertionError: it ends in another state.
    """
    exchange = Exchange(genesis(symbol))
    log, start, stop, count = bytes(core.log), 0, 0, 0
    spent = 0.0
    while start < len(log):
        stop = start
        while stop < len(log) and stop - start < BATCH_BYTES:
            stop += int.from_bytes(log[stop : stop + 2], "little")
        begun = time.perf_counter()
        while start < stop:
            start = exchange.run(log, start, stop)
            count += exchange.answer_count
            exchange.clear()
        spent += time.perf_counter() - begun
    assert snapshot.state_hash(exchange) == snapshot.state_hash(core.exchange), "batches changed the outcome"
    return count / spent


def summary(messages: Sequence[Message], judged: Judgement) -> dict[str, Any]:
    """The counts, and the percentages where there is something to take them of."""
    checkable = judged.hits + judged.misses
    return {
        "messages": len(messages),
        "commands": len(judged.steps),
        "opening_orders": judged.opening,
        "executions": judged.executions,
        "hits": judged.hits,
        "checkable": checkable,
        "hits_percent": percent(judged.hits, checkable),
        "executions_of_unknown_orders": judged.apart,
        "of_these_first_at_the_best_price": judged.apart_first,
        "messages_of_unknown_orders": judged.unknown,
        "skipped": judged.skipped,
        "refused": judged.refused,
        "book_rows": judged.rows,
        "best_prices_equal_percent": percent(judged.prices_equal, judged.rows),
        "best_prices_and_sizes_equal_percent": percent(judged.sizes_equal, judged.rows),
    }


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent with three decimals; None of nothing."""
    return round(100 * part / whole, 3) if whole else None


def report(result: dict[str, Any]) -> str:
    """The result for a person: a line a figure."""
    lines = []
    for name, value in result.items():
        shown = f"{value:,}" if isinstance(value, int | float) else value
        if isinstance(value, list):
            shown = "; ".join(value)
        lines.append(f"{name.replace('_', ' '):36} {'-' if shown is None else shown}")
    return "\n".join(lines)
