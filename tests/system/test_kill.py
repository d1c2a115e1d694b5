"""Rounds of load, kill -9 of every process at a random moment, restart, and a count of every word given.

Three rounds; OPENBELL_KILL_ROUNDS=100 runs a hundred.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from random import Random

import pytest

from bench.venue import Venue
from openbell.node.client import NodeClient
from tests.system.conftest import MakeVenue
from tests.system.load import SYMBOLS, Trader

ROUNDS = int(os.environ.get("OPENBELL_KILL_ROUNDS", "3"))
TRADERS = 4


@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_nothing_acknowledged_is_lost_when_every_process_is_killed(venue: MakeVenue) -> None:
    seed = int(os.environ.get("OPENBELL_KILL_SEED", str(time.time_ns() % 1_000_000)))
    print(f"OPENBELL_KILL_SEED={seed}")
    random = Random(seed)
    one = venue("--rate", "100")
    one.start()
    traders: list[Trader] = []
    found = 0
    for number in range(ROUNDS):
        traders = [*traders[-TRADERS:], *open_traders(one, seed + 1_000 * number)]
        load_until_killed(one, traders, random.uniform(0.5, 3.0))
        one.start()
        counts = [trader.reconcile() for trader in traders]
        found += sum(counts[-TRADERS:])  # each trader's once, in its first round
    assert found > 20 * ROUNDS, f"only {found} orders were looked for: no load to speak of"
    one.stop()
    with Venue(one.folder, arguments=("--no-simulator",)) as quiet:
        asyncio.run(conserved(quiet))
        quiet.stop()
    verified = one.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


def open_traders(one: Venue, seed: int) -> list[Trader]:
    """Fresh accounts for a round."""
    rows = one.session().get("/v1/quotes?symbols=" + ",".join(SYMBOLS))["data"]
    prices = {row["symbol"]: float(row["last"]) for row in rows}
    return [Trader(one.demo()[0], seed + k, prices) for k in range(TRADERS)]


def load_until_killed(one: Venue, traders: list[Trader], seconds: float) -> None:
    """Let all traders send, and kill every process after `seconds`."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def run(trader: Trader) -> None:
        try:
            trader.run(stop)
        except AssertionError as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(trader,)) for trader in traders]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    one.kill()
    stop.set()
    for thread in threads:
        thread.join(20)
    if failed:
        raise failed[0]


async def conserved(one: Venue) -> None:
    """Count the exchange through the node: all cash is what was paid in, all shares are what was issued."""
    client = await NodeClient.connect(one.folder / "node.sock", name="test", role="test")
    try:
        for _ in range(10):  # until nothing happened meanwhile, not even a tick
            told = await client.query("totals")
            totals = told["data"]
            assert totals["cash"] == totals["deposits"] - totals["withdrawals"]
            held: Counter[int] = Counter()
            cash = 0
            for number in range(1, totals["accounts"] + 1):
                account = (await client.query("account", account=number))["data"]
                if account is None:
                    continue
                cash += account["cash"]
                for position in account["positions"]:
                    held[position["instrument"]] += position["quantity"]
                    assert 0 <= position["reserved"] <= position["quantity"]
                assert 0 <= account["reserved"] <= account["cash"]
            listed = (await client.query("instruments"))["data"]
            if (await client.query("totals"))["seq"] == told["seq"]:
                assert cash == totals["cash"]
                assert held == {row["instrument"]: row["issued"] for row in listed}
                return
        raise AssertionError("the exchange is never at rest")
    finally:
        await client.close()
