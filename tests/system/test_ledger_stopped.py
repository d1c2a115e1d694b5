"""An event that the ledger cannot apply: it stops there and says so everywhere; nothing else does, and once
what was wrong is mended it goes on from there."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from bench.venue import Session, Venue, VenueError
from openbell.identity.account_id import decode_account
from openbell.identity.demo import GRANT
from openbell.ops.settings import Settings
from tests.system.conftest import MakeVenue
from tests.system.test_database_killed import wait_for_history
from tests.system.test_ledger_killed import wait_for

ORDER = {"symbol": "AAPL", "side": "BUY", "type": "MARKET", "quantity": "1"}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_stops_the_ledger_and_alarms_and_nothing_else(venue: MakeVenue) -> None:
    one = venue("--rate", "50")
    one.start()
    trader, account = one.demo()
    buy(trader)
    wait_for_history(one, trader.token, 1)
    assert status(one)["ledger"] == "ok"
    change_cash(one, account, -GRANT)  # so that it cannot have paid for what it buys next
    kill_worker(one)  # it remembers what it wrote
    worker = one.role("worker").pid
    buy(trader)
    wait_for(lambda: ready(one)["checks"]["ledger"] == "stopped", "readiness tells of the stop")
    assert ready(one) == {"status": "ready", "checks": {"node": "ok", "market": "ok", "ledger": "stopped"}}
    told = status(one)
    before = told["ledgerStoppedBefore"]
    assert (told["ledger"], told["ledgerPosition"]) == ("stopped", before - 1)
    assert "of cash after command" in told["ledgerReason"]
    said = (one.folder / "log" / "worker.log").read_text()
    assert f"The ledger stopped before command {before}: {told['ledgerReason']}" in said

    reached = candles(one)
    for _ in range(20):
        buy(trader)
    wait_for(lambda: candles(one) > max(reached, before), "candles go on")
    assert one.role("worker").pid == worker, "who shares the process ended with the ledger"
    assert status(one)["ledgerPosition"] == before - 1
    verified = one.verify()
    assert verified.returncode == 1
    first, *_ = json.loads(verified.stdout)["differences"]
    assert first.startswith(f"the ledger stopped after command {before - 1}: ")

    change_cash(one, account, GRANT)
    kill_worker(one)  # a restart tries again
    wait_for_history(one, trader.token, 22)
    assert status(one)["ledger"] == ready(one)["checks"]["ledger"] == "ok"
    one.stop()
    verified = one.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


def buy(trader: Session) -> None:
    reply = trader.request("POST", "/v1/orders", ORDER)
    assert reply.status == 201, reply.body
    assert reply.json["status"] == "FILLED", reply.json


def ready(one: Venue) -> Any:
    """What /readyz says, with 200."""
    return one.session().get("/readyz")


def status(one: Venue) -> dict[str, Any]:
    """What staff are shown."""
    command = [sys.executable, "-m", "openbell.cli", "admin", "show", "status", "--json"]
    command += ["--data-dir", str(one.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def database(one: Venue) -> psycopg.Connection[Any]:
    return psycopg.connect(Settings.load({}, data_dir=one.folder).database, autocommit=True)


def candles(one: Venue) -> int:
    """How far the stored candles are."""
    with database(one) as connection:
        row = connection.execute("SELECT position FROM market.reader").fetchone()
    assert row is not None
    return int(row[0])


def change_cash(one: Venue, account: str, amount: int) -> None:
    """Make the ledger wrong, or right again."""
    query = "UPDATE ledger.accounts SET cash = cash + %s WHERE account = %s"
    with database(one) as connection:
        assert connection.execute(query, (amount, decode_account(account))).rowcount == 1


def kill_worker(one: Venue) -> None:
    """Kill -9, and wait for the next one."""
    before = one.role("worker")
    before.kill()

    def is_there() -> bool:
        try:
            return one.role("worker").pid != before.pid
        except VenueError:
            return False

    wait_for(is_there, "the worker is started again")
