"""Every refusal of the exchange has a name, a status and a sentence."""

from __future__ import annotations

import msgspec
import pytest

from openbell.core import codes
from openbell.gateway.refusals import REFUSALS, problem

EVERY = sorted(set(codes.REFUSAL_NAMES) - {codes.E_OK})


def test_every_refusal_is_in_the_table() -> None:
    assert sorted(REFUSALS) == EVERY


@pytest.mark.parametrize("code", EVERY, ids=codes.REFUSAL_NAMES.get)
def test_a_refusal_is_a_problem_with_a_sentence(code: int) -> None:
    refused = problem(code, 10_000, 20_000)
    body = msgspec.json.decode(refused.body("r1"))
    assert 400 <= body["status"] <= 503
    assert body["detail"].endswith(".")
    assert "{" not in body["detail"]
    assert body["type"] == "urn:openbell:problem:" + body["code"].lower().replace("_", "-")


def test_a_refusal_says_its_numbers() -> None:
    refused = problem(codes.E_INSUFFICIENT_FUNDS, 9_801_200, 12_400_000, "000000000a5q0")
    body = msgspec.json.decode(refused.body("r1"))
    assert body["detail"] == "You need $1,240.00 and have $980.12."
    assert (body["limit"], body["observed"], body["orderId"]) == ("980.12", "1240.00", "000000000a5q0")


def test_a_refusal_without_numbers_shows_none() -> None:
    body = msgspec.json.decode(problem(codes.E_SUSPENDED, 0, 0).body("r1"))
    assert not {"limit", "observed", "orderId", "link"} & set(body)
