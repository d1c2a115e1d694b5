"""PostgreSQL killed under load: orders go on, and when it is back the ledger equals a replay of the log."""

from __future__ import annotations

import time

import psutil

from bench.venue import Venue
from tests.system.conftest import MakeVenue


def postgres(one: Venue) -> list[psutil.Process]:
    return [process for process in one.processes() if process.name().startswith("postgres")]


def test_orders_go_on_without_the_database_and_the_ledger_catches_up(venue: MakeVenue) -> None:
    one = venue("--rate", "50")
    one.start()
    trader, _ = one.demo()
    body = {"symbol": "AAPL", "side": "BUY", "type": "MARKET", "quantity": "1"}
    victims = postgres(one)
    assert victims
    bought = []
    for process in victims:
        process.kill()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        reply = trader.request("POST", "/v1/orders", body)
        assert reply.status == 201, reply.body
        assert reply.json["status"] == "FILLED", reply.json
        bought.append(reply.json["orderId"])
        assert trader.get(f"/v1/orders/{reply.json['orderId']}")["status"] == "FILLED"
        time.sleep(0.02)
    assert len(bought) > 20
    wait_for_history(one, trader.token, len(bought))
    assert not {process.pid for process in postgres(one)} & {process.pid for process in victims}
    one.stop()
    verified = one.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


def wait_for_history(one: Venue, token: str, count: int) -> None:
    """Wait until the ledger's history has all fills of the account."""
    session = one.session(token)
    until = time.monotonic() + 30
    found = -1
    while time.monotonic() < until:
        reply = session.request("GET", "/v1/portfolio/history?limit=500")
        if reply.status == 200:
            found = len(reply.json["trades"])
            if found == count and reply.json["complete"]:
                return
        time.sleep(0.2)
    raise AssertionError(f"the ledger shows {found} of {count} fills after 30 s")
