"""Recorded order flow becomes commands: what each message asks for, judged by the exchange it is sent to.

One account holds all bids and another all offers, so that every recorded execution is a trade between them.
An execution is checkable when the file introduced its order: if that order is first at the best price, the
opposite immediate order is sent and must trade with exactly it (a hit); else (a miss) the order is reduced
as the file says, so that one miss spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from openbell.cli import lobster
from openbell.cli.lobster import Best, Message
from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from openbell.core.layout import Record
from openbell.core.records import QUANTITY_SCALE, Answer, Event

REALM = 1
CASH = records.NOTIONAL_MAX  # 100 billion USD each: money is not what a recording may fail on
SHARES = 10**8
BUYER, SELLER = records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + 1
OWNER = {codes.BUY: BUYER, codes.SELL: SELLER}
CAPACITIES = {
    "accounts": 64,
    "instruments": 16,
    "positions": 256,
    "orders": 1 << 17,
    "ended_orders": 1 << 14,
    "requests": 1 << 18,
    "levels": 1 << 13,
    "open_orders_per_account": 1 << 18,
    "ended_per_account": 1 << 11,
    "slice": 1_024,
    "request_ttl_ns": 1,
    "order_quantity_max": records.QUANTITY_MAX,
    "order_value_max": records.NOTIONAL_MAX,
}

ENTER, REDUCE, CANCEL, TAKE = "ENTER", "REDUCE", "CANCEL", "TAKE"


class Step(NamedTuple):
    """One command of the replay: what to do with the file's order `order`, at 1/10,000 USD and in shares.

    REDUCE gives the order's new total. TAKE is an immediate order of the other side, at the order's price.
    """

    kind: str
    order: int
    side: int
    price: int
    quantity: int
    time_ns: int


@dataclass
class Judgement:
    """What the exchange made of the file."""

    hits: int = 0
    misses: int = 0
    apart: int = 0  # executions of orders that the file never introduced
    apart_first: int = 0  # of these, orders from before the file that were first at the best price
    unknown: int = 0  # other messages about orders that nothing told of
    skipped: int = 0  # hidden executions, crosses, halts
    executions: int = 0
    refused: int = 0
    rows: int = 0
    prices_equal: int = 0
    sizes_equal: int = 0
    opening: int = 0
    steps: list[Step] = field(default_factory=list)


def setup(symbol: str) -> list[bytearray]:
    """The commands that list the stock, without protections, and fund the two accounts."""
    low, high = records.symbol_words(symbol)
    listing = records.List(
        symbol_low=low,
        symbol_high=high,
        tick_size=1,
        lot_size=QUANTITY_SCALE,
        reference_price=records.PRICE_SCALE,
        last_lot=QUANTITY_SCALE,
        market_collar=500,
        limit_collar=1_000,
        flags=codes.PROTECTIONS_OFF,
        realm=REALM,
    )
    return [records.pack(codes.C_LIST, bytes(listing)), *funding()]


def funding() -> list[bytearray]:
    """The commands that open the two accounts of a fresh exchange and give them cash and shares."""
    opened = bytes(records.OpenAccount(kind=codes.KIND_PARTICIPANT, realm=REALM))
    commands = [records.pack(codes.C_OPEN_ACCOUNT, opened) for _ in OWNER]
    for account in OWNER.values():
        commands.append(records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=CASH)), account=account))
        issue = records.Issue(quantity=SHARES * QUANTITY_SCALE, price=records.PRICE_SCALE)
        commands.append(records.pack(codes.C_ISSUE, bytes(issue), account=account, instrument=0))
    return commands


def command(step: Step, order_id: int) -> bytearray:
    """The record of a step; `order_id` is the exchange's name of the file's order (0 for a new one)."""
    owner = OWNER[step.side]
    if step.kind == CANCEL:
        body = bytes(records.Cancel(order=order_id))
        return records.pack(codes.C_CANCEL, body, account=owner, instrument=0)
    quantity = step.quantity * QUANTITY_SCALE
    if step.kind == REDUCE:
        change = records.Modify(order=order_id, quantity=quantity, if_filled=-1, flags=codes.SET_QUANTITY)
        return records.pack(codes.C_MODIFY, bytes(change), account=owner, instrument=0)
    side, tif = step.side, codes.GTC
    if step.kind == TAKE:
        side, tif = 1 - step.side, codes.IOC
    new = records.NewOrder(
        price=step.price, quantity=quantity, display=-1, side=side, order_type=codes.LIMIT, tif=tif
    )
    return records.pack(codes.C_NEW_ORDER, bytes(new), account=OWNER[side], instrument=0)


class Core:
    """A fresh exchange that takes one command at a time, numbers it, and keeps it as it was sequenced."""

    def __init__(self, genesis: bytes) -> None:
        self.exchange = Exchange(genesis)
        self.log = bytearray()

    def apply(self, record: bytearray, time_ns: int) -> tuple[Record, list[Record]]:
        """Sequence and apply a command; its answer and events."""
        head = records.Header.from_buffer(record)
        head.seq = self.exchange.position + 1
        head.ts = max(self.exchange.time, time_ns)
        del head  # it holds the buffer
        self.log += record
        done = self.exchange.run(record, 0, len(record))
        assert done == len(record), "one command never fills the exchange's output"
        answer = Answer.from_buffer_copy(self.exchange.answers(0, 1))
        raw = self.exchange.events(0, answer.events)
        events = [Event.from_buffer_copy(raw, at) for at in range(0, len(raw), Event.SIZE)]
        self.exchange.clear()
        return answer, events


class Judge:
    """Sends a file's messages to a fresh exchange and counts what comes of them.

    Args:
        core: a fresh exchange, before `setup`.
        symbol: what to list.
        begin_ns: log time of the file's midnight.
    """

    def __init__(self, core: Core, symbol: str, begin_ns: int) -> None:
        self.result = Judgement()
        self._core = core
        self._begin_ns = begin_ns
        self._orders: dict[int, _Order] = {}
        self._names: dict[int, int] = {}  # the exchange's order ids to the file's
        self._queues: dict[tuple[int, int], dict[int, None]] = {}
        self._before: set[int] = set()
        for record in setup(symbol):
            answer, _ = core.apply(record, begin_ns)
            assert answer.code == codes.E_OK, f"setup was refused: {answer}"

    def run(self, messages: Sequence[Message], best: Sequence[Best]) -> Judgement:
        """Judge all messages; `best` may be shorter than the file or empty."""
        opening = lobster.opening_orders(list(messages))
        self._before = {message.order for message in opening}
        self.result.opening = len(opening)
        for message in opening:
            self._enter(message)
        for row, message in enumerate(messages):
            self._take_in(message)
            if row < len(best):
                self._compare(best[row])
        return self.result

    def _take_in(self, message: Message) -> None:
        if message.type == lobster.NEW:
            self._enter(message)
        elif message.type == lobster.REDUCE:
            self._reduce(message)
        elif message.type == lobster.DELETE:
            if message.order in self._orders:
                self._send(CANCEL, message, 0)
            else:
                self.result.unknown += 1
        elif message.type == lobster.EXECUTE:
            self._execute(message)
        else:
            self.result.skipped += 1

    def _enter(self, message: Message) -> None:
        answer = self._send(ENTER, message, message.size)
        if answer.code != codes.E_OK:
            return
        self._names[answer.order] = message.order
        if answer.leaves > 0:
            queue = self._queues.setdefault((message.side, message.price), {})
            queue[message.order] = None
            leaves = answer.leaves // QUANTITY_SCALE
            self._orders[message.order] = _Order(answer.order, message.size, leaves, queue)

    def _reduce(self, message: Message) -> None:
        order = self._orders.get(message.order)
        if order is None:
            self.result.unknown += 1
            return
        self._send(REDUCE, message, order.total - message.size)

    def _execute(self, message: Message) -> None:
        result = self.result
        order = self._orders.get(message.order)
        known = order is not None and message.order not in self._before
        if not known:
            result.apart += 1
        if order is None:
            return
        hit = False
        if self._is_first(message) and order.leaves >= message.size:
            before = order.leaves
            self._send(TAKE, message, message.size)
            hit = order.leaves == before - message.size
        else:
            self._reduce(message)
        if not known:
            result.apart_first += hit
        elif hit:
            result.hits += 1
        else:
            result.misses += 1

    def _is_first(self, message: Message) -> bool:
        """Whether the named order is the oldest at the best price of its side."""
        depth = view.depth(self._core.exchange, 0, 1)
        side = depth["bids"] if message.side == codes.BUY else depth["asks"]
        if not side or side[0][0] != message.price:
            return False
        return next(iter(self._orders[message.order].queue)) == message.order

    def _send(self, kind: str, message: Message, quantity: int) -> Record:
        step = Step(kind, message.order, message.side, message.price, quantity, message.time_ns)
        order = self._orders.get(message.order)
        order_id = order.id if order is not None and kind in (REDUCE, CANCEL) else 0
        answer, events = self._core.apply(command(step, order_id), self._begin_ns + message.time_ns)
        if answer.code == codes.E_OK:
            self.result.steps.append(step)
        else:
            self.result.refused += 1
        self._learn(events)
        return answer

    def _learn(self, events: Iterable[Record]) -> None:
        """Keep the resting orders as the exchange's events tell."""
        for event in events:
            if event.type == codes.EV_TRADE:
                self.result.executions += 1
                self._left(event.other_order, event.other_leaves)
            elif event.type == codes.EV_MODIFIED:
                name = self._names[event.order]
                self._orders[name].total = event.quantity // QUANTITY_SCALE
                self._orders[name].leaves = event.leaves // QUANTITY_SCALE
            elif event.type == codes.EV_CANCELLED and event.order in self._names:
                self._left(event.order, 0)

    def _left(self, order_id: int, leaves: int) -> None:
        name = self._names[order_id]
        order = self._orders[name]
        order.leaves = leaves // QUANTITY_SCALE
        if leaves == 0:
            del self._orders[name]
            del order.queue[name]

    def _compare(self, best: Best) -> None:
        depth = view.depth(self._core.exchange, 0, 1)
        ask = depth["asks"][0] if depth["asks"] else (0, 0)
        bid = depth["bids"][0] if depth["bids"] else (0, 0)
        self.result.rows += 1
        if (ask[0], bid[0]) != (best.ask, best.bid):
            return
        self.result.prices_equal += 1
        if (ask[1], bid[1]) == (best.ask_size * QUANTITY_SCALE, best.bid_size * QUANTITY_SCALE):
            self.result.sizes_equal += 1


@dataclass(slots=True)
class _Order:
    """One of the file's orders while it rests: the exchange's id, shares, and the queue of its price."""

    id: int
    total: int
    leaves: int
    queue: dict[int, None]
