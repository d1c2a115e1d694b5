"""Groups of orders by chance: spoilt bodies are refused by name, and what is taken is told alike by all."""

from __future__ import annotations

import random
from typing import Any

from bench.venue import Session
from openbell.identity.account_id import decode_account
from tests.gateway.conftest import Do, Groups, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_order_groups import Body, enter, now
from tests.gateway.test_orders import placed

JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**40, "", " ", "x" * 5_000, "\x00", "💥", "NaN", "-0", "1e9", "0x10",
    [], {}, [[]], {"a": 1}, ["BUY"], [None], "AAPL", "BRACKET", "MARKET", "LIMIT", "GTD", "2026-13-01",
)  # fmt: skip


def spoil(dice: random.Random, value: Any) -> Any:
    """`value` with one thing in it changed, taken out or put in."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        how = dice.random()
        if how < 0.15:
            return {key: one for key, one in value.items() if key != name}
        if how < 0.25:
            return value | {dice.choice(["price", "notional", "postOnly", "x", ""]): dice.choice(JUNK)}
        return value | {name: spoil(dice, value[name])}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        how = dice.random()
        if how < 0.1:
            return value[:at] + value[at + 1 :]
        if how < 0.2:
            return [*value, value[at]]
        return [*value[:at], spoil(dice, value[at]), *value[at + 1 :]]
    return dice.choice(JUNK)


def test_no_spoilt_body_is_a_fault_of_ours(demo: Session, groups: Groups) -> None:
    dice = random.Random(7)
    answered: dict[int, int] = {}
    for number in range(300):
        body: Any = getattr(groups, dice.choice(["oco", "oto", "bracket"]))(sessionId=None)
        for _ in range(dice.randint(1, 3)):
            body = spoil(dice, body)
        raw: object = body
        if number % 10 == 0:
            text = repr(body).encode()
            raw = text[: dice.randrange(len(text))]
        reply = enter(demo, raw)
        answered[reply.status] = answered.get(reply.status, 0) + 1
        assert reply.status == 201 or 400 <= reply.status < 500, (body, reply.body)
        if reply.status != 201:
            assert reply.headers["content-type"] == "application/problem+json", body
            assert reply.json["detail"] and reply.json["code"], body
    assert answered[400] > 200, answered


PARENTS: tuple[Body, ...] = (
    {},
    {"type": "MARKET", "price": None},
    {"timeInForce": "IOC"},
    {"timeInForce": "FOK"},
    {"type": "STOP"},
    {"type": "STOP_LIMIT"},
)
LOSSES: tuple[Body, ...] = ({}, {"type": "STOP_LIMIT"}, {"timeInForce": "DAY"})


def draw(dice: random.Random, groups: Groups) -> Body:
    """A group of any kind that may meet something at once."""
    near = groups.at(dice.choice(["0.98", "0.99", "1", "1.01"]))
    parent = {"price": near} | dice.choice(PARENTS)
    if parent.get("type", "").startswith("STOP"):
        parent |= {"stopPrice": near, "price": near if parent["type"] == "STOP_LIMIT" else None}
    kind = dice.choice(["oco", "oto", "bracket"])
    if kind == "oco":
        return groups.oco({"price": near}, {"stopPrice": groups.at(dice.choice(["1.01", "1.03"]))})
    if kind == "oto":
        return groups.oto(parent, {"price": groups.at(dice.choice(["0.99", "1.03"]))})
    loss = dice.choice(LOSSES)
    if loss.get("type") == "STOP_LIMIT":
        loss = loss | {"price": groups.at("0.96")}
    return groups.bracket(parent, loss)


def test_answer_memory_and_ledger_tell_the_same_of_any_group(
    exchange: LocalExchange, maker: Session, limit: Order, groups: Groups, do: Do
) -> None:
    name = exchange.demo().get("/v1/me")["accountId"]
    assert do("deposit", account=name, amount="10000000").status == 200  # whatever the stock costs
    token = exchange.signer().issue(decode_account(name), "DEMO", 60, rate_limit=10_000)
    demo, other = exchange.session(token), exchange.session(token, gateway=1)
    dice = random.Random(11)
    made: list[Body] = []
    for _ in range(40):
        side, factor = dice.choice([("SELL", "0.99"), ("SELL", "1.01"), ("BUY", "0.98"), ("BUY", "1.01")])
        quantity = str(dice.randint(1, 40))
        order = limit(side=side, price=groups.at(factor), quantity=quantity)
        placed(maker, order | {"selfTradePrevention": "CANCEL_OLDEST"})
        reply = enter(demo, draw(dice, groups))
        if reply.status == 201:
            assert now(other, reply.json) == reply.json
            made.append(reply.json)
        if dice.random() < 0.2:
            demo.request("DELETE", "/v1/orders")
    traded = [group for group in made if any(order["filledQty"] != "0" for order in group["orders"])]
    assert len(made) > 25 and len(traded) > 8, (len(made), len(traded))
    demo.request("DELETE", "/v1/orders")
    shown = {group["groupId"]: now(demo, group) for group in made[-15:]}
    for _ in range(55):  # the node keeps 50 ended orders of an account here
        placed(demo, limit(price=groups.at("0.96"), timeInForce="IOC", quantity="1"))
    assert {name: now(demo, group) for name, group in shown.items()} == shown
