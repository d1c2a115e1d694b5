"""One vector case through a fresh exchange core: what came of it beside what must come of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from openbell.cli import vector_words
from openbell.cli.flow import CAPACITIES, OWNER, REALM, Core, funding
from openbell.cli.vector_words import CANCEL, DAY, NS, REPLACE, Scale, Unsupported, plain, shares
from openbell.cli.vectors import Case, Order
from openbell.core import codes, records, view
from openbell.core.layout import Record
from openbell.core.records import QUANTITY_SCALE

PASSED, DIFFERS, UNSUPPORTED, UNREADABLE = "passed", "differs", "unsupported", "unreadable"

# A case has a few orders: an exchange for it is small, and made anew for each.
SMALL = CAPACITIES | {
    "orders": 1_024,
    "ended_orders": 1_024,
    "requests": 4_096,
    "levels": 256,
    "open_orders_per_account": 1_000,
    "ended_per_account": 100,
    "slice": 64,
}
COLLAR = 10_000_000  # basis points: a market order may pay a thousand times the reference
NEVER_ISSUED = records.make_id(0, 2**records.ID_POSITION_BITS - 1)
ORDERS_MAX = 1_000


class Resting(NamedTuple):
    """An order of the book, as the files write it. `price` of a waiting stop is its stop price."""

    side: int
    id: str
    size: str
    price: str
    waits: bool = False


@dataclass
class Outcome:
    """What came of a case: one of the four words above, and for all but `passed` why."""

    case: str
    description: str
    outcome: str
    why: list[str] = field(default_factory=list)


def run_case(case: Case, with_stops: bool) -> Outcome:
    """Run `case` and compare book and trades.

    Args:
        case: what to run.
        with_stops: whether stops that wait are part of the expected book.
    """
    outcome = Outcome(case.number, case.description, PASSED)
    try:
        run = _Run(case)
        run.enter()
        trades = [f"{size} @ {price}" for price, size in run.trades]
        book = run.book(with_stops)
    except Unsupported as error:
        outcome.outcome, outcome.why = UNSUPPORTED, [str(error)]
        return outcome
    wanted = [f"{plain(one.size)} @ {plain(one.price)}" for one in case.trades]
    if trades != wanted:
        outcome.why += difference("trades", wanted, trades)
    left = expected_book(case, with_stops)
    if book != left:
        outcome.why += difference("book", [line(one) for one in left], [line(one) for one in book])
    if outcome.why:
        outcome.outcome = DIFFERS
        outcome.why += run.refused
    return outcome


def difference(what: str, expected: list[str], ours: list[str]) -> list[str]:
    """Both lists side by side, a line each, with a mark where they differ."""
    rows = max(len(expected), len(ours), 1)
    pairs = list(
        zip(expected + ["-"] * (rows - len(expected)), ours + ["-"] * (rows - len(ours)), strict=True)
    )
    width = max(len(one) for one in [*expected, "expected"])
    lines = [f"{what:8}{'expected':{width}}   ours"]
    return lines + [f"{'':8}{one:{width}}   {other}{'' if one == other else '   <'}" for one, other in pairs]


def line(order: Resting) -> str:
    """An order of a book in a few words."""
    side = "bid" if order.side == codes.BUY else "offer"
    return f"{side} {order.id}: {order.size} @ {order.price}{' (stop)' if order.waits else ''}"


def expected_book(case: Case, with_stops: bool) -> list[Resting]:
    """The orders that must be left: bids and offers, best first, and by priority at one price."""
    rows = []
    for index, order in enumerate(case.left):
        waits = vector_words.words(order).stops
        price = vector_words.stop_price(order) if waits else order.price
        if price is None:
            continue  # a market order has no place in a book
        hidden = vector_words.words(order).display == vector_words.NONE_DISPLAYED
        sign = -1 if order.side == codes.BUY else 1
        key = (waits, order.side, sign * price, hidden, order.time.rjust(8), index)
        rows.append(
            (key, Resting(order.side, order.id, plain(order.size or Decimal(0)), plain(price), waits))
        )
    return [row for key, row in sorted(rows, key=lambda pair: pair[0]) if with_stops or not row.waits]


class _Run:
    """The case's orders in a fresh exchange: all bids on one account, all offers on another."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.trades: list[tuple[str, str]] = []  # price, size
        self.refused: list[str] = []
        self._scale = Scale.of(case)
        self._shift: timedelta = vector_words.day_of(case)
        self._begin_ns = int((DAY + self._shift).timestamp()) * NS
        self._ours: dict[str, int] = {}  # the case's order ids to the exchange's
        self._rows: dict[int, Order] = {}  # the exchange's to what was asked for last
        self._auction = "auction" in case.kind
        self._core = Core(_genesis(self._begin_ns))
        for record in self._setup():
            answer, _ = self._core.apply(record, self._begin_ns)
            assert answer.code == codes.E_OK, f"setup was refused: {answer}"

    def enter(self) -> None:
        """Fill the opening book, then send what comes; an auction case gathers all and then uncrosses.

        Raises:
            Unsupported: the exchange does not have what an order needs.
        """
        if self._auction:
            self._begin(codes.IN_PRE_OPEN)
        for order in self.case.opening:
            self._new(order)
        for order in self.case.coming:
            asked = vector_words.request(self.case, order, order.id in self._ours)
            if asked == CANCEL:
                self._cancel(order)
            elif asked == REPLACE:
                self._replace(order)
            else:
                self._new(order)
        if self._auction:
            self._begin(codes.IN_CONTINUOUS)

    def book(self, with_stops: bool) -> list[Resting]:
        """The orders that are left, in the order of `expected_book`. The book is traded away to read it."""
        found = {
            row["order"]: row
            for account in OWNER.values()
            for row in view.orders(self._core.exchange, account, "working", None, 0, ORDERS_MAX)
        }
        stops = {number for number, row in found.items() if self._waits(row)}
        ordered: list[int] = []
        for side in (codes.BUY, codes.SELL):
            queue = [n for n, row in sorted(found.items()) if row["side"] == side and n not in stops]
            place = self._trade_away(side, [found[number] for number in queue])
            ordered += sorted(queue, key=lambda n: (self._depth(found[n]), place.get(n, ORDERS_MAX), n))
        rows = [self._resting(found[number], found[number]["price"]) for number in ordered]
        if with_stops:
            waiting = sorted(stops, key=lambda n: (found[n]["side"], self._depth(found[n]), n))
            rows += [self._resting(found[n], self._stop(n), waits=True) for n in waiting]
        return rows

    def _waits(self, row: view.View) -> bool:
        """Whether an order is a stop that was not elected."""
        return row["status"] == codes.ST_PENDING and vector_words.words(self._rows[row["order"]]).stops

    def _stop(self, number: int) -> int:
        row = self._rows[number]
        return self._scale.price(vector_words.stop_price(row), row.where)

    def _depth(self, row: view.View) -> int:
        """Sorts prices best first; stops by their stop price."""
        price = self._stop(row["order"]) if self._waits(row) else row["price"]
        return int(-price if row["side"] == codes.BUY else price)

    def _resting(self, row: view.View, price: int, waits: bool = False) -> Resting:
        name, size = self._rows[row["order"]].id, shares(row["leaves"])
        return Resting(row["side"], name, size, self._scale.shown(price), waits)

    def _trade_away(self, side: int, rows: list[view.View]) -> dict[int, int]:
        """Take all of one side with one immediate order: which order traded when, the first first.

        So the queue is read from what matching does, hidden orders included.
        """
        if not rows:
            return {}
        prices = [row["price"] for row in rows]
        taker = records.NewOrder(
            price=min(prices) if side == codes.BUY else max(prices),
            quantity=sum(row["leaves"] for row in rows),
            display=-1,
            side=1 - side,
            order_type=codes.LIMIT,
            tif=codes.IOC,
        )
        record = records.pack(codes.C_NEW_ORDER, bytes(taker), account=OWNER[1 - side], instrument=0)
        answer, events = self._core.apply(record, self._begin_ns)
        found: dict[int, int] = {}
        for event in events:
            if event.type == codes.EV_TRADE and event.order == answer.order:
                found.setdefault(event.other_order, len(found))
        return found

    def _new(self, order: Order) -> None:
        body = vector_words.new_order(order, self._scale)
        if self._auction and body.order_type == codes.MARKET:
            body.tif = codes.DAY  # it waits for the auction
        answer = self._send(codes.C_NEW_ORDER, body, order)
        self._ours[order.id] = answer.order
        self._rows[answer.order] = order

    def _cancel(self, order: Order) -> None:
        number = self._ours.get(order.id, NEVER_ISSUED)
        self._send(codes.C_CANCEL, records.Cancel(order=number), order)

    def _replace(self, order: Order) -> None:
        number = self._ours.get(order.id)
        old = order if number is None else self._rows[number]
        if old.side != order.side:
            self.refused.append(f"{order.where}: refused: a modify keeps the side")
            return
        body = vector_words.replacement(old, order, NEVER_ISSUED if number is None else number, self._scale)
        answer = self._send(codes.C_MODIFY, body, order)
        if answer.code == codes.E_OK and number is not None:
            self._rows[number] = old._replace(size=order.size, price=order.price, stop=order.stop)

    def _send(self, type_: int, body: Record, order: Order) -> Record:
        record = records.pack(type_, bytes(body), account=OWNER[order.side], instrument=0)
        time_ns = vector_words.moment(order.time, order.where)
        at = time_ns + int(self._shift.total_seconds()) * NS if time_ns else self._begin_ns
        answer, events = self._core.apply(record, at)
        if answer.code == codes.E_UNSUPPORTED:
            asked = codes.TYPE_NAMES[body.order_type] if type_ == codes.C_NEW_ORDER else "this modify"
            hidden = " with hidden size" if type_ == codes.C_NEW_ORDER and body.display >= 0 else ""
            raise Unsupported(f"{order.where}: the exchange does not have {asked}{hidden}")
        if answer.code != codes.E_OK:
            name = codes.REFUSAL_NAMES[answer.code]
            self.refused.append(
                f"{order.where}: refused: {name} (limit {answer.limit}, observed {answer.observed})"
            )
        self._note(events)
        return answer

    def _begin(self, phase: int) -> None:
        """Begin a phase of the stock."""
        body = records.Phase(phase=phase)
        record = records.pack(codes.C_PHASE, bytes(body), instrument=0)
        self._note(self._core.apply(record, self._begin_ns)[1])

    def _note(self, events: list[Record]) -> None:
        """Keep the trades of a command."""
        for event in events:
            if event.type == codes.EV_TRADE:
                self.trades.append((self._scale.shown(event.price), shares(event.quantity)))

    def _setup(self) -> list[bytearray]:
        """List the stock without protections, open and fund the two accounts."""
        low, high = records.symbol_words("VECTOR")
        tick = int(self.case.tick * self._scale.factor)
        orders = [*self.case.opening, *self.case.coming]
        prices = [self._scale.price(order.price, order.where) for order in orders if order.price]
        reference = prices[0] - prices[0] % tick if prices else tick
        listing = records.List(
            symbol_low=low,
            symbol_high=high,
            tick_size=tick,
            lot_size=QUANTITY_SCALE,
            reference_price=max(reference, tick),
            last_lot=QUANTITY_SCALE,
            market_collar=COLLAR,
            limit_collar=COLLAR,
            flags=codes.PROTECTIONS_OFF,
            realm=REALM,
        )
        return [records.pack(codes.C_LIST, bytes(listing)), *funding()]


def _genesis(begin_ns: int) -> bytes:
    body = records.Genesis(rules=records.RULES_VERSION, **SMALL)
    blob = json.dumps({"name": "replay of vectors", "calendar": "always", "seed": 0}).encode()
    return bytes(records.pack(codes.C_GENESIS, bytes(body), blob, seq=1, ts=begin_ns))
