"""Ctrl-C ends everything, PostgreSQL included, within five seconds; a second start is quick and remembers."""

from __future__ import annotations

import psutil
import pytest

from tests.system.conftest import MakeVenue

STOP_S = 5.0
WARM_S = 10.0

pytestmark = pytest.mark.alone


def test_ctrl_c_ends_every_process_and_the_next_start_is_warm(venue: MakeVenue) -> None:
    one = venue()
    one.start()
    trader, account = one.demo()
    body = {"symbol": "AAPL", "side": "BUY", "type": "MARKET", "quantity": "3"}
    assert trader.request("POST", "/v1/orders", body).json["status"] == "FILLED"
    trader.close()
    everyone = one.processes()
    assert any(process.name().startswith("postgres") for process in everyone)
    seconds = one.stop()
    assert seconds < STOP_S, f"took {seconds:.1f} s"
    assert not [process for process in everyone if process.is_running()]
    assert not list_working_in(one.folder)
    seconds = one.start()
    assert seconds < WARM_S, f"the second start took {seconds:.1f} s; {one.words()}"
    portfolio = one.session(trader.token).get("/v1/portfolio")
    assert portfolio["accountId"] == account
    assert [(row["symbol"], row["quantity"]) for row in portfolio["holdings"]] == [("AAPL", "3")]


def list_working_in(folder: object) -> list[int]:
    """Processes that name the folder in their command line: whatever was left behind."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or [])
    ]
