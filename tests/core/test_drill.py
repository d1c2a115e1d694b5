"""The drill that the build learns from: a market that works, the same on every machine."""

from __future__ import annotations

from collections import Counter

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from scripts import drill

COMMANDS, ACCOUNTS = 10 * drill.BATCH, 20


def drilled() -> tuple[bytes, bytes, Exchange]:
    """The commands and events of a small drill, and its exchange."""
    market = drill.Drill(drill.SEED, ACCOUNTS)
    exchange = Exchange(market.genesis())
    commands, said = market.setup(), b""
    drill.tally(exchange, commands, {})
    for _ in range(COMMANDS // drill.BATCH):
        batch, _ = market.batch()
        answers, events = drill.tally(exchange, batch, {})
        market.heard(answers, events)
        commands += batch
        said += events
    return commands, said, exchange


def test_nearly_every_command_of_the_drill_has_its_effect() -> None:
    count = drill.run(Exchange, COMMANDS, ACCOUNTS)
    assert sum(count.values()) == COMMANDS
    assert count["OK"] > 0.98 * COMMANDS


def test_the_drill_has_what_a_market_mostly_does() -> None:
    commands, said, exchange = drilled()
    at, kinds, orders = 0, Counter[int](), Counter[tuple[int, int]]()
    while at < len(commands):
        head = records.Header.from_buffer_copy(commands, at)
        kinds[head.type] += 1
        if head.type == codes.C_NEW_ORDER:
            body = records.NewOrder.from_buffer_copy(commands, at + records.Header.SIZE)
            orders[body.order_type, body.side] += 1
        at += head.length
    assert all(kinds[kind] > COMMANDS // 50 for kind in (codes.C_NEW_ORDER, codes.C_CANCEL, codes.C_MODIFY))
    assert all(orders[kind, side] for kind in (codes.LIMIT, codes.MARKET) for side in (codes.BUY, codes.SELL))
    events = Counter(event[0] for event in records.Event.STRUCT.iter_unpack(said))
    assert events[codes.EV_TRADE] > COMMANDS // 50
    totals = view.totals(exchange)
    assert totals["cash"] == totals["deposits"]


def test_two_drills_are_the_same() -> None:
    assert drilled()[:2] == drilled()[:2]
