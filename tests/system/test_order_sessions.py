"""Orders go with the connection that they came from, when it or its gateway is killed; all others stay."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any

from bench.venue import Session, Venue

SYMBOL = "AAPL"
AT_ONCE_S = 5.0
LAPSED_S = 15.0  # a gateway's sessions are kept for 10 s, and log time passes by the second
SPAN_MS = 9_000
BEAT_S = 0.5


class Heart:
    """Keeps an order session by heartbeats over HTTP, through a gateway's absence."""

    def __init__(self, one: Venue, session: Session) -> None:
        self._door = one.session(session.token)
        reply = self._door.request("POST", "/v1/order-sessions", {"cancelAfterMs": SPAN_MS})
        assert reply.status == 201, reply.body
        self.session: str = reply.json["sessionId"]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat)
        self._thread.start()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._door.request("PATCH", f"/v1/order-sessions/{self.session}")
            except OSError:
                self._door.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def holder(one: Venue, session: Session) -> tuple[subprocess.Popen[str], str]:
    """A process that holds an order session on the stream, and the session's id."""
    command = [sys.executable, "-m", "tests.system.session_client", str(one.port), session.token]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=10)


def place(session: Session, price: str, order_session: str | None = None) -> str:
    """A resting order; its id."""
    body = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "1", "price": price}
    if order_session is not None:
        body["sessionId"] = order_session
    reply = session.request("POST", "/v1/orders", body)
    assert reply.status == 201, reply.body
    made: str = reply.json["orderId"]
    return made


def order(one: Venue, session: Session, order_id: str) -> dict[str, Any]:
    """The order, as soon as a gateway answers."""
    until = time.monotonic() + LAPSED_S
    while True:
        door = one.session(session.token)
        try:
            found: dict[str, Any] = door.get(f"/v1/orders/{order_id}")
            return found
        except OSError:
            assert time.monotonic() < until, one.words()
            time.sleep(0.2)
        finally:
            door.close()


def ended(one: Venue, session: Session, order_id: str, within_s: float) -> tuple[str, str]:
    """How the order ended, which it does in time."""
    until = time.monotonic() + within_s
    while (found := order(one, session, order_id))["status"] == "OPEN":
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found["status"], found["reason"]


def test_orders_of_a_killed_client_and_of_a_killed_gateway_are_cancelled(open_venue: Venue) -> None:
    one = open_venue
    session, _ = one.demo()
    price = one.session().get(f"/v1/quotes/{SYMBOL}")["last"]
    heart = Heart(one, session)
    try:
        plain, kept = place(session, price), place(session, price, heart.session)
        client, first = holder(one, session)
        mine = place(session, price, first)
        kill(client)
        assert ended(one, session, mine, AT_ONCE_S) == ("CANCELLED", "SESSION")

        client, second = holder(one, session)
        theirs = place(session, price, second)
        gateway = one.role("gateway")
        gateway.kill()
        gateway.wait(10)
        assert ended(one, session, theirs, LAPSED_S) == ("CANCELLED", "SESSION")
        kill(client)
        assert [order(one, session, other)["status"] for other in (plain, kept)] == ["OPEN", "OPEN"]
    finally:
        heart.stop()
    assert ended(one, session, kept, LAPSED_S) == ("CANCELLED", "SESSION")
    assert order(one, session, plain)["status"] == "OPEN"
