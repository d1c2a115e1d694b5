"""A whole trading day of the calendar `class`, forty times as fast, on an exchange of real processes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bench.venue import Session, Venue
from tests.system.conftest import MakeVenue

SPEED = 40
DAY_S = 20 * 60 / SPEED
# Every process of the exchange begins with this: a calendar has no other way to be told a shorter day.
FASTER = f"""
import openbell.market.calendar_class as made
made.LENGTH //= {SPEED}
made.ROLL_BEFORE //= {SPEED}
made.PHASES = tuple((offset // {SPEED}, phase) for offset, phase in made.PHASES)
made.ClassDay.lock_ns //= {SPEED}
"""
PHASES = ["PRE_OPEN", "CONTINUOUS", "AUCTION_CALL", "CONTINUOUS", "CLOSING_AUCTION", "CLOSED"]
SYMBOL = "AAPL"
pytestmark = pytest.mark.timeout(240)
LATE_S = 2.0  # how long after its time a phase may begin on a machine that is busy with other tests


@pytest.fixture
def quick_venue(venue: MakeVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Venue:
    """An exchange with quick class days, not started yet."""
    (tmp_path / "sitecustomize.py").write_text(FASTER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return venue("--calendar", "class", "--no-simulator")


def quote(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = session.get(f"/v1/quotes/{SYMBOL}")
    return found


def wait_for(session: Session, status: str) -> dict[str, Any]:
    """The first quote of the phase `status` that begins next, or is."""
    until = time.monotonic() + 2 * DAY_S
    while time.monotonic() < until:
        found = quote(session)
        if found["status"] == status:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {status} in two days; it is {found['status']}")


def wait_for_auction(session: Session) -> dict[str, Any]:
    """What an auction would do once something would trade."""
    until = time.monotonic() + DAY_S
    while time.monotonic() < until:
        found = quote(session)["auction"]
        if found and found["pairedQuantity"] != "0":
            made: dict[str, Any] = found
            return made
        time.sleep(0.02)
    raise AssertionError("no auction was told of")


def place(session: Session, side: str, price: str, **fields: str) -> dict[str, Any]:
    """A LIMIT order for one share that was taken."""
    body = {"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": "1", "price": price} | fields
    session.close()  # idle for a phase, it may have been closed by the other side
    reply = session.request("POST", "/v1/orders", body)
    assert reply.status == 201, reply.body
    made: dict[str, Any] = reply.json
    return made


def status_of(session: Session, order: dict[str, Any]) -> str:
    session.close()
    found: str = session.get(f"/v1/orders/{order['orderId']}")["status"]
    return found


def holder(one: Venue) -> Session:
    """A participant that has shares of the symbol."""
    rows = json.loads((one.folder / "participants.json").read_text())["participants"]
    for row in rows:
        session = one.session(row["token"])
        if any(held["symbol"] == SYMBOL for held in session.get("/v1/portfolio")["holdings"]):
            return session
    raise AssertionError(f"nobody has shares of {SYMBOL}")


def follow_a_day(session: Session) -> list[str]:
    """The phases of the symbol from one PRE_OPEN to the next, each begun when the clock said."""
    wait_for(session, "CLOSED")
    wait_for(session, "PRE_OPEN")
    seen, late_since = ["PRE_OPEN"], 0.0
    while True:
        found, clock = quote(session), session.get("/v1/clock")
        if found["status"] != clock["phase"]:
            late_since = late_since or time.monotonic()
            assert time.monotonic() - late_since < LATE_S, (found["status"], clock)
        else:
            late_since = 0.0
        assert (found["bid"] is None) or found["status"] == "CONTINUOUS", found
        if found["status"] != seen[-1]:
            if found["status"] == "PRE_OPEN":
                return seen
            seen.append(found["status"])
        time.sleep(0.05)


def test_the_auctions_of_a_day_trade_and_make_its_close(quick_venue: Venue) -> None:
    one = quick_venue
    one.start()
    seller, (buyer, _) = holder(one), one.demo()
    # The opening auction: what crosses gathers, is told of, and trades at one price when the market opens.
    wait_for(buyer, "CLOSED")  # so that the whole of the call is ahead: what it would do is told each second
    price = wait_for(buyer, "PRE_OPEN")["last"]
    body = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "1", "price": price}
    refused = buyer.request("POST", "/v1/orders", body | {"timeInForce": "IOC"})
    assert (refused.status, refused.json["code"]) == (422, "MARKET_CLOSED")
    assert "Continuous trading begins at 20" in refused.json["detail"]
    early = [place(seller, "SELL", price), place(buyer, "BUY", price)]
    assert [order["status"] for order in early] == ["OPEN", "OPEN"]
    told = wait_for_auction(buyer)
    assert (told["indicativePrice"], told["pairedQuantity"]) == (price, "1")
    wait_for(buyer, "CONTINUOUS")
    assert [status_of(seller, early[0]), status_of(buyer, early[1])] == ["FILLED", "FILLED"]
    assert buyer.get("/v1/portfolio/history")["trades"][0]["liquidity"] == "AUCTION"

    # The closing one: orders for it wait all day; its price is the official close.
    last = [place(seller, "SELL", price, timeInForce="CLS"), place(buyer, "BUY", price, timeInForce="CLS")]
    assert [order["status"] for order in last] == ["PENDING", "PENDING"]
    wait_for(buyer, "CLOSED")
    assert [status_of(seller, last[0]), status_of(buyer, last[1])] == ["FILLED", "FILLED"]
    waiting = place(buyer, "BUY", price, timeInForce="GTC")
    assert waiting["status"] == "PENDING"
    assert wait_for(buyer, "PRE_OPEN")["previousClose"] == price
    assert status_of(buyer, waiting) == "OPEN"

    one.stop()
    checked = one.verify()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_exchange_that_died_in_the_middle_of_a_day_goes_on_where_the_calendar_is(
    quick_venue: Venue,
) -> None:
    one = quick_venue
    one.start()
    buyer, _ = one.demo()
    wait_for(buyer, "CONTINUOUS")
    order = place(buyer, "BUY", quote(buyer)["last"], timeInForce="GTC")
    one.kill()
    one.start()
    again = one.session(buyer.token)
    # The gateways open after the clock: nobody ever sees a phase of before the stop.
    clock, found = again.get("/v1/clock"), quote(again)
    assert found["status"] == clock["phase"] or found["status"] == again.get("/v1/clock")["phase"]
    assert status_of(again, order) in ("OPEN", "FILLED")
    assert follow_a_day(again) == PHASES
