"""Orders over HTTP: how long an acknowledgement takes at a steady rate, against a bare handler.

A whole exchange is started in a folder of its own, simulator and all. A process of its own sends new orders
and cancels at times that no answer delays; each is timed from its due time to its answer, which comes after
the order is durable and matched. Every acknowledged order is then asked for, and cash and shares are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import load
from apart import apart
from venue import Session, Venue, free_port

from openbell.node.client import NodeClient

P99_MS_MAX = 10.0
MESSAGES_AN_ACCOUNT = 100.0  # a second; half of what an account may send
SYMBOLS = 100
GRANT = Decimal(100_000)
SEARCH_SECONDS = 8.0
SEARCH_STEPS = 6
BARE_SECONDS = 10.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages per second (1000)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a run (60)")
    parser.add_argument("--runs", type=int, default=3, help="runs; the median counts (3)")
    parser.add_argument("--gateways", type=int, default=1, help="gateway processes (1)")
    parser.add_argument("--no-search", action="store_true", help="do not look for the highest rate")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; the result's `value` is the median of the runs' P99 in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir="/tmp") as folder:
        with Venue(Path(folder), arguments=("--gateways", str(args.gateways))) as venue:
            runs, proofs, bares = [], [], []
            for number in range(args.runs):
                result, proof = measure(venue, args.rate, args.seconds, seed=number)
                runs.append(figures(result))
                proofs.append(proof)
                with bare() as port:
                    job = load.Job(
                        port, args.rate, min(args.seconds, BARE_SECONDS), 16, ["bare"] * 20, [BARE], 0
                    )
                    bares.append(figures(apart("load.py", job, load.Result)))
            highest = None if args.no_search else search(venue, args.rate)
            sync = asyncio.run(sync_p99_ms(venue))
    middle = {name: statistics.median(one[name] for one in runs) for name in ("p50", "p99", "p999")}
    reference = {name: statistics.median(one[name] for one in bares) for name in ("p50", "p99", "p999")}
    return {
        "value": middle["p99"],
        "unit": f"ms from due time to acknowledgement, P99 at {args.rate:g} messages/s",
        **middle,
        "reference": {"name": "bare uvicorn handler, same load", "value": reference["p99"], **reference},
        "ratio": round(middle["p99"] / reference["p99"], 2),
        "holds": middle["p99"] < P99_MS_MAX,
        "fdatasync_p99": sync,
        "highest_rate": highest,
        "runs": runs,
        "proof": proofs[0] if len(proofs) == 1 else proofs,
    }


BARE = load.Symbol("AAPL", "213.40", "213.50")


def measure(venue: Venue, rate: float, seconds: float, seed: int) -> tuple[load.Result, dict[str, Any]]:
    """One run on fresh accounts, and the proof that what it acknowledged is there."""
    count = max(16, -int(-rate // MESSAGES_AN_ACCOUNT))
    sessions = [venue.demo()[0] for _ in range(count)]
    tokens = [session.token for session in sessions]
    job = load.Job(venue.port, rate, seconds, min(32, count), tokens, quotes(sessions[0]), seed)
    result = apart("load.py", job, load.Result)
    return result, prove(result, sessions)


def quotes(session: Session) -> list[load.Symbol]:
    """The best prices of the largest companies."""
    names = [asset["symbol"] for asset in session.get(f"/v1/assets/top?limit={SYMBOLS}")["data"]]
    rows = session.get("/v1/quotes?symbols=" + ",".join(names))["data"]
    return [load.Symbol(row["symbol"], row["bid"], row["ask"]) for row in rows if row["bid"] and row["ask"]]


def figures(result: load.Result) -> dict[str, Any]:
    """Percentiles of all messages in milliseconds, and of new orders and cancels apart."""
    every = sorted(result.new_us + result.cancel_us)
    return {
        "p50": percentile(every, 0.50),
        "p99": percentile(every, 0.99),
        "p999": percentile(every, 0.999),
        "new_p99": percentile(sorted(result.new_us), 0.99),
        "cancel_p99": percentile(sorted(result.cancel_us), 0.99),
        "sent_late_p99": result.late_us_p99 / 1000,
        "messages": len(every),
        "refused": result.refused,
        "lost": result.lost,
    }


def percentile(ordered: list[int], part: float) -> float:
    """The value in milliseconds below which `part` of the ordered microseconds lie; 0 for none."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1000 if ordered else 0.0


def prove(result: load.Result, sessions: list[Session]) -> dict[str, Any]:
    """Find every acknowledged order as it was acknowledged, and count each account's cash and shares.

    Raises:
        AssertionError: something acknowledged is missing or different, or the balances do not hold.
    """
    for number, session in enumerate(sessions):
        told = {one.order: one for one in result.orders if one.account == number}
        found = Counter()
        cash, shares = GRANT, Counter[str]()
        for row in session.pages("/v1/orders?status=ALL&limit=500", "orders"):
            found[row["orderId"]] += 1
            sign = 1 if row["side"] == "BUY" else -1
            cash -= sign * Decimal(row["filledValue"])
            shares[row["symbol"]] += sign * int(row["filledQty"])
            one = told.get(row["orderId"])
            if one is not None:
                now = (row["status"], row["filledQty"], row["filledValue"])
                assert now == (one.status, one.filled, one.value) or one.status == "OPEN", (
                    f"{one} is now {now}"
                )
            else:
                assert result.lost or row["status"] == "REJECTED", f"{row['orderId']} was never acknowledged"
        missing = [order for order in told if found[order] != 1]
        assert not missing, f"{len(missing)} acknowledged orders are not there once: {missing[:3]}"
        portfolio = session.get("/v1/portfolio")
        assert Decimal(portfolio["cashBalance"]) == cash, f"cash {portfolio['cashBalance']}, counted {cash}"
        held = {
            row["symbol"]: int(row["quantity"]) for row in portfolio["holdings"] if row["quantity"] != "0"
        }
        assert held == {name: count for name, count in shares.items() if count}, f"shares of account {number}"
    return {
        "acknowledged_orders": len(result.orders),
        "found": len(result.orders),
        "accounts_whose_cash_and_shares_hold": len(sessions),
    }


def search(venue: Venue, known: float) -> dict[str, Any]:
    """The highest rate at which P99 stays below P99_MS_MAX: doubling, then halving the interval."""
    low, high, step, tried = 0.0, 0.0, known, {}
    for _ in range(SEARCH_STEPS):
        result, _ = measure(venue, step, SEARCH_SECONDS, seed=int(step))
        found = figures(result)
        tried[f"{step:g}"] = found["p99"]
        if found["p99"] < P99_MS_MAX and not result.given_up and not result.lost:
            low = step
        else:
            high = step
        step = low * 2 if not high else (low + high) / 2
        if high and high - low < 0.1 * high:
            break
    return {"value": low, "unit": "messages/s", "p99_by_rate": tried}


async def sync_p99_ms(venue: Venue) -> float:
    """The node's own P99 of fdatasync, in milliseconds."""
    client = await NodeClient.connect(venue.folder / "node.sock", name="bench", role="bench")
    try:
        return round(float((await client.query("status"))["data"]["sync_p99_ns"]) / 1e6, 3)
    finally:
        await client.close()


@contextmanager
def bare() -> Iterator[int]:
    """The bare handler in its own process, on the port given."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("bare.py")), str(port)])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)
