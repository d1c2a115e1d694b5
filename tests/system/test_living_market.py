"""A minute of the market: every stock on both sides, a hundred traded, on a small part of the machine."""

from __future__ import annotations

import time

import psutil
import pytest

from tests.system.conftest import MakeVenue

SECONDS = 60.0
LOOKS = 4
SIMULATOR_CPU_S = 30.0
TREE_CPU_S = 60.0
TRADED = 100


def cpu_seconds(process: psutil.Process) -> float:
    """CPU that a process and its ended children used so far."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


@pytest.mark.slow
def test_a_minute_after_the_opening_the_market_lives_within_its_means(venue: MakeVenue) -> None:
    one = venue()
    one.start()
    session = one.session()
    total = session.get("/v1/assets/top?limit=1")["meta"]["total"]
    assert total >= 448
    at_opening = assets(session, total)
    one_sided = [row["symbol"] for row in at_opening if not (row["bid"] and row["ask"])]
    assert not one_sided, f"open with {len(one_sided)} stocks one-sided: {one_sided[:5]}"
    traded: set[str] = set()
    for _ in range(LOOKS):  # a day that ends meanwhile begins its volumes anew
        time.sleep(SECONDS / LOOKS)
        later = assets(session, total)
        traded |= {row["symbol"] for row in later if row["volume"] != "0"}
    simulator = cpu_seconds(one.role("simulator"))
    tree = sum(cpu_seconds(process) for process in one.processes())
    one_sided = [row["symbol"] for row in later if not (row["bid"] and row["ask"])]
    time.sleep(1.0)  # a side that was just bought empty is quoted again within a moment
    again = {row["symbol"] for row in assets(session, total) if not (row["bid"] and row["ask"])}
    one_sided = [symbol for symbol in one_sided if symbol in again]
    print(f"CPU: simulator {simulator:.1f} s, all {tree:.1f} s, traded {len(traded)} of {total}")
    assert not one_sided, f"one-sided after a minute: {one_sided}"
    assert len(traded) >= TRADED
    assert simulator <= SIMULATOR_CPU_S
    assert tree <= TREE_CPU_S


def assets(session: object, total: int) -> list[dict[str, str]]:
    """All assets' rows."""
    rows: list[dict[str, str]] = []
    for offset in range(0, total, 100):
        rows += session.get(f"/v1/assets/top?limit=100&offset={offset}")["data"]  # type: ignore[attr-defined]
    return rows
