"""PostgreSQL, the worker that runs the ledger, or both killed at random under load: orders go on all the
while, everything comes back by itself, and the ledger equals a replay of the log.

One minute of kills; OPENBELL_KILL_MINUTES=10 goes on for ten. The node and the gateway, which orders need,
are not killed here: test_kill.py does that.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import psutil
import pytest

from bench.venue import Venue, VenueError
from tests.system.conftest import MakeVenue
from tests.system.load import Trader
from tests.system.paced import PacedLoad
from tests.system.test_kill import open_traders

MINUTES = int(os.environ.get("OPENBELL_KILL_MINUTES", "1"))
RATE = 8.0  # requests a second of each trader
PAUSE_S = (0.2, 4.0)  # between two kills
GAP_SECONDS_MAX = 2.0  # without an answer to a trader who asks all the time
BACK_SECONDS_MAX = 60.0
VICTIMS = ("postmaster", "database", "worker", "both")


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(180 + 180 * MINUTES)
def test_orders_go_on_and_the_ledger_is_exact_when_its_processes_are_killed(venue: MakeVenue) -> None:
    seed = int(os.environ.get("OPENBELL_KILL_SEED", str(time.time_ns() % 1_000_000)))
    print(f"OPENBELL_KILL_SEED={seed}")
    random = Random(seed)
    one = venue("--rate", "50", OPENBELL_TICKS_FLUSH_S="2")
    one.start()
    spared = {role: one.role(role).pid for role in ("node", "gateway", "simulator")}
    for minute in range(MINUTES):
        traders = open_traders(one, seed + 1_000 * minute)
        with PacedLoad(traders, RATE) as load:
            killed = kill_for(one, random, 60.0)
        print(
            f"killed {dict(killed)}; {load.answers} answers, none further from the trader's one before than"
            f" {load.gap_s():.2f} s, at most {load.backlog} due and not sent"
        )
        assert not load.failed, load.failed
        assert load.answers > 0.9 * 60.0 * RATE * len(traders)
        assert load.gap_s() < GAP_SECONDS_MAX
        assert min(killed["postgres"], killed["worker"]) >= 4, f"too little was killed: {killed}"
        wait_until_back(one)
        found = sum(trader.reconcile() for trader in traders)
        assert found > 20 * len(traders), f"only {found} orders were looked for: no load to speak of"
        for trader in traders:
            compare_fills(trader)
        verified = one.verify()  # beside the exchange at work
        assert verified.returncode == 0, verified.stdout + verified.stderr
    assert {role: one.role(role).pid for role in spared} == spared, "what was not killed ended too"
    one.stop()
    verified = one.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


def kill_for(one: Venue, random: Random, seconds: float) -> Counter[str]:
    """Kill -9 again and again, whatever state the victims are in; how many processes of each kind."""
    killed: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(random.uniform(*PAUSE_S))
        chosen = victims(one, random.choice(VICTIMS))
        random.shuffle(chosen)
        for name, process in chosen:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
            killed[name] += 1
    return killed


def victims(one: Venue, choice: str) -> list[tuple[str, psutil.Process]]:
    """The processes to kill that run now; none while the supervisor waits before it starts one again."""
    found: list[tuple[str, psutil.Process]] = []
    if choice in ("worker", "both"):
        try:
            found.append(("worker", one.role("worker")))
        except VenueError:
            pass
    if choice != "worker":
        supervisor = one.supervisor.pid
        for process in one.processes():
            try:
                server = process.name().startswith("postgres")
                if server and (choice == "database" or process.ppid() == supervisor):
                    found.append(("postgres", process))
            except psutil.NoSuchProcess:
                continue
    return found


def wait_until_back(one: Venue) -> None:
    """Wait until the ledger's processes run again, and the ledger has caught up with what was asked last."""
    door = one.session()

    def is_back() -> bool:
        running = {name for name, _ in victims(one, "both")}
        return running == {"postgres", "worker"} and door.get("/readyz")["checks"]["ledger"] == "ok"

    try:
        wait_for(is_back, "PostgreSQL and the worker run again")
    except AssertionError as error:
        raise AssertionError(f"{error}; it said: {one.words()}") from None


def compare_fills(trader: Trader) -> None:
    """The ledger's fills of each order sum up to what the exchange says is filled, none is there twice."""
    session = trader.session

    def is_complete() -> bool:
        reply = session.request("GET", "/v1/portfolio/history?limit=1")
        return reply.status == 200 and bool(reply.json["complete"])

    wait_for(is_complete, "the ledger has caught up")
    orders = list(session.pages("/v1/orders?status=ALL&limit=500", "orders"))
    fills = list(session.pages("/v1/portfolio/history?limit=500", "trades"))
    assert len({fill["execId"] for fill in fills}) == len(fills), "a fill is there twice"
    summed: Counter[str] = Counter()
    for fill in fills:
        summed[fill["orderId"]] += int(fill["quantity"])
    assert summed == Counter(
        {row["orderId"]: int(row["filledQty"]) for row in orders if int(row["filledQty"])}
    )
    assert {row["orderId"] for row in orders} >= set(trader.acknowledged)


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until `is_so()`."""
    until = time.monotonic() + BACK_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < until, f"not so after {BACK_SECONDS_MAX:.0f} s: {what}"
        time.sleep(0.1)
