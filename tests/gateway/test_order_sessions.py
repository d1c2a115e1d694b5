"""Order sessions over HTTP: opened, kept by heartbeats, ended, and lapsed, on any gateway."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from bench.venue import Reply, Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import ids, place, placed

PATH = "/v1/order-sessions"
PATIENCE_S = 15.0


def opened(session: Session, cancel_after_ms: int = 60_000, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = session.request("POST", PATH, {"cancelAfterMs": cancel_after_ms}, headers=named)
    assert reply.status == 201, reply.body
    made: dict[str, Any] = reply.json
    return made


def keep(session: Session, made: dict[str, Any], body: dict[str, Any] | None = None) -> Reply:
    return session.request("PATCH", f"{PATH}/{made['sessionId']}", body)


def end(session: Session, made: dict[str, Any], query: str = "") -> Reply:
    return session.request("DELETE", f"{PATH}/{made['sessionId']}{query}")


def ended(session: Session, order: dict[str, Any]) -> dict[str, Any]:
    """The order, once it has ended."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found: dict[str, Any] = session.get(f"/v1/orders/{order['orderId']}")
        if found["status"] not in ("OPEN", "PENDING", "PARTIALLY_FILLED"):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_session_is_answered_in_full_and_can_be_looked_at(demo: Session) -> None:
    made = opened(demo)
    expected = {"status": "OPEN", "cancelAfterMs": 60_000, "cancelled": 0}
    assert made | expected == made
    assert abs(seconds(made["keptUntil"]) - time.time() - 60) < 5
    found = demo.get(f"{PATH}/{made['sessionId']}")
    assert {**found, "seq": 0} == {**made, "seq": 0}
    assert found["seq"] >= made["seq"]


def test_orders_of_a_session_that_lapses_are_cancelled_and_others_stay(demo: Session, limit: Order) -> None:
    kept, other = opened(demo, 1_000), opened(demo)
    mine = placed(demo, limit(sessionId=kept["sessionId"]))
    theirs = placed(demo, limit(sessionId=other["sessionId"]))
    plain = placed(demo, limit())
    assert (mine["sessionId"], plain["sessionId"]) == (kept["sessionId"], None)
    gone = ended(demo, mine)
    assert (gone["status"], gone["reason"], gone["sessionId"]) == ("CANCELLED", "SESSION", kept["sessionId"])
    assert ids(demo.get("/v1/orders?status=OPEN")) == [plain["orderId"], theirs["orderId"]]


def test_heartbeats_keep_a_session_on_any_gateway(
    exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    kept = opened(demo, 3_000)
    order = placed(demo, limit(sessionId=kept["sessionId"]))
    far = exchange.session(demo.token, 1)
    for beat in range(8):
        time.sleep(0.5)
        answer = keep(far if beat % 2 else demo, kept)
        assert (answer.status, answer.json["cancelAfterMs"]) == (200, 3_000)
    assert ids(demo.get("/v1/orders?status=OPEN")) == [order["orderId"]]
    assert ended(demo, order)["reason"] == "SESSION"


def test_a_heartbeat_can_change_the_span(demo: Session) -> None:
    kept = opened(demo)
    assert keep(demo, kept, {"cancelAfterMs": 3_600_000}).json["cancelAfterMs"] == 3_600_000
    answer = keep(demo, kept).json
    assert answer["cancelAfterMs"] == 3_600_000
    assert seconds(answer["keptUntil"]) - time.time() > 3_500


def test_an_ended_session_leaves_its_orders_or_cancels_them(demo: Session, limit: Order) -> None:
    first, second = opened(demo), opened(demo)
    stays = placed(demo, limit(sessionId=first["sessionId"]))
    goes = [placed(demo, limit(sessionId=second["sessionId"])) for _ in range(2)]
    answer = end(demo, first)
    assert (answer.status, answer.json["status"], answer.json["cancelled"]) == (200, "ENDED", 0)
    answer = end(demo, second, "?cancel=true")
    assert (answer.status, answer.json["status"], answer.json["cancelled"]) == (200, "CANCELLED", 2)
    assert [ended(demo, order)["reason"] for order in goes] == ["SESSION", "SESSION"]
    assert ids(demo.get("/v1/orders?status=OPEN")) == [stays["orderId"]]


def test_a_session_that_is_over_is_told_apart_from_every_other_error(demo: Session, limit: Order) -> None:
    made = opened(demo)
    end(demo, made)
    refused = place(demo, limit(sessionId=made["sessionId"]))
    assert (refused.status, refused.json["code"]) == (404, "UNKNOWN_SESSION")
    assert demo.get(f"/v1/orders/{refused.json['orderId']}")["code"] == "UNKNOWN_SESSION"
    for answer in (
        keep(demo, made),
        end(demo, made),
        end(demo, made, "?cancel=true"),
        demo.request("GET", f"{PATH}/{made['sessionId']}"),
        demo.request("GET", f"{PATH}/nonsense"),
    ):
        assert (answer.status, answer.json["code"]) == (404, "UNKNOWN_SESSION")


def test_other_accounts_cannot_use_or_end_a_session(
    exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    made, stranger = opened(demo), exchange.demo()
    assert keep(stranger, made).status == 404
    assert end(stranger, made, "?cancel=true").status == 404
    assert place(stranger, limit(sessionId=made["sessionId"])).json["code"] == "UNKNOWN_SESSION"
    assert demo.get(f"{PATH}/{made['sessionId']}")["status"] == "OPEN"


def test_an_account_keeps_sixteen_sessions_at_most(demo: Session) -> None:
    made = [opened(demo) for _ in range(16)]
    refused = demo.request("POST", PATH, {"cancelAfterMs": 60_000})
    assert (refused.status, refused.json["code"], refused.json["limit"]) == (422, "TIMERS_FULL", "16")
    end(demo, made[0])
    opened(demo)


def test_a_repeated_request_opens_one_session(demo: Session) -> None:
    first = opened(demo, idempotency_key="once")
    again = demo.request("POST", PATH, {"cancelAfterMs": 60_000}, headers={"Idempotency-Key": "once"})
    assert again.json == first
    assert again.headers["idempotent-replayed"] == "true"
    other = demo.request("POST", PATH, {"cancelAfterMs": 2_000}, headers={"Idempotency-Key": "once"})
    assert (other.status, other.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_the_same_order_of_another_session_is_another_order(demo: Session, limit: Order) -> None:
    first, second = opened(demo), opened(demo)
    body = limit(clientOrderId="mine-1", sessionId=first["sessionId"])
    order = placed(demo, body)
    assert placed(demo, body)["orderId"] == order["orderId"]
    reused = place(demo, body | {"sessionId": second["sessionId"]})
    assert (reused.status, reused.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(
    "body",
    [{}, {"cancelAfterMs": 999}, {"cancelAfterMs": 86_400_001}, {"cancelAfterMs": "5000"}, {"span": 1}],
)
def test_a_session_of_no_sense_is_refused(demo: Session, body: dict[str, Any]) -> None:
    refused = demo.request("POST", PATH, body)
    assert refused.status == 400
    assert refused.json["errors"][0]["pointer"] in ("/cancelAfterMs", "/span")


@pytest.mark.parametrize("text", ["", "1", "00000000", "ABCDEF01", "123456789"])
def test_an_order_names_a_session_by_its_id(demo: Session, limit: Order, text: str) -> None:
    refused = place(demo, limit(sessionId=text))
    assert (refused.status, refused.json["errors"][0]["code"]) == (400, "INVALID_SESSION_ID")


def test_sessions_need_a_signed_in_account(exchange: LocalExchange) -> None:
    stranger = exchange.session()
    assert stranger.request("POST", PATH, {"cancelAfterMs": 5_000}).status == 401
    for method in ("GET", "PATCH", "DELETE"):
        assert stranger.request(method, f"{PATH}/00000001").status == 401
