"""The participants: back after a gateway's death, and gone with their orders when they stop."""

from __future__ import annotations

import time
from typing import Any

from bench.venue import Session, Venue
from tests.system.conftest import MakeVenue

BACK_S = 20.0


def assets(session: Session) -> list[dict[str, Any]]:
    """All assets' rows."""
    total = session.get("/v1/assets/top?limit=1")["meta"]["total"]
    pages = [session.get(f"/v1/assets/top?limit=100&offset={at}")["data"] for at in range(0, total, 100)]
    return [row for page in pages for row in page]


def volume(rows: list[dict[str, Any]]) -> int:
    return sum(int(row["volume"].partition(".")[0]) for row in rows)


def test_the_market_goes_on_after_a_gateways_death(venue: MakeVenue) -> None:
    one = venue()
    one.start()
    simulator = one.role("simulator").pid
    gateway = one.role("gateway")
    gateway.kill()
    gateway.wait(10)
    until = time.monotonic() + BACK_S
    before = -1
    while time.monotonic() < until:
        time.sleep(0.5)
        session = one.session()
        try:
            rows = assets(session)
        except OSError:
            continue
        if before < 0 or volume(rows) < before:  # the first look, or a new day has begun
            before = volume(rows)
        elif volume(rows) > before and all(row["bid"] and row["ask"] for row in rows):
            assert one.role("simulator").pid == simulator
            return
    raise AssertionError(f"no living market {BACK_S:.0f} s after the gateway's death; {one.words()}")


def test_participants_take_their_orders_with_them(venue: MakeVenue) -> None:
    one = venue()
    one.start()
    one.stop()
    again = Venue(one.folder, arguments=("--no-simulator",))
    with again:
        quoted = [row["symbol"] for row in assets(again.session()) if row["bid"] or row["ask"]]
        assert quoted == []
