"""What the reference exchange remembers: plain objects, lists and dictionaries, written for reading."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from openbell.core import codes
from openbell.core.records import CASH_MAX, PRICE_MAX, QUANTITY_SCALE, Answer, Event
from tests.core.oracle.schedule import Schedule
from tests.core.oracle.working import Working

if TYPE_CHECKING:
    from tests.core.oracle.bands import Band
    from tests.core.oracle.waiting import Waiting

SATURDAY = 5
EventTuple = tuple[int, ...]
AnswerTuple = tuple[int, ...]
Asked = tuple[int, int, int, bytes]  # what a repeat must repeat: type, actor, instrument, body and blob
Fields = dict[str, int]

EVENT_FIELDS = tuple(name for name, _ in Event.FIELDS)
ANSWER_FIELDS = tuple(name for name, _ in Answer.FIELDS)


def value_down(price: int, quantity: int) -> int:
    """What a fill is worth: rounded down."""
    return min(price * quantity // QUANTITY_SCALE, CASH_MAX)


def value_up(price: int, quantity: int) -> int:
    """What a buy must reserve: rounded up."""
    return min(-(-price * quantity // QUANTITY_SCALE), CASH_MAX)


def business_day_after(day: int) -> int:
    """The next Monday to Friday after a yyyymmdd; after what is no date, the next number."""
    try:
        found = date(day // 10_000, day // 100 % 100, day % 100) + timedelta(1)
    except (ValueError, OverflowError):
        return day + 1
    if day // 10_000 == date.max.year:
        return day + 1
    while found.weekday() >= SATURDAY:
        found += timedelta(1)
    return int(f"{found.year}{found:%m%d}")


def signed(word: int) -> int:
    """A 64-bit word as events and answers show it in a signed field."""
    return word - (1 << 64) if word >> 63 else word


def collar(side: int, price: int, basis_points: int, tick: int) -> int:
    """The last price on the tick inside max(percent, 10 ticks) around `price`."""
    width = max(price * basis_points // 10_000, 10 * tick)
    if side == codes.BUY:
        return min(price + width, PRICE_MAX) // tick * tick
    return max(-(-(price - width) // tick) * tick, tick)


@dataclass(eq=False)
class Group:
    """Orders that know each other: `legs` as their owner sees them, `book` those that are in the book."""

    kind: int
    legs: list[Order] = field(default_factory=list)
    book: list[Resting] = field(default_factory=list)

    @property
    def working(self) -> bool:
        return any(order.working for order in self.legs)


@dataclass(eq=False)
class Order:
    """An order as its owner sees it."""

    id: int
    account: int
    instrument: int
    side: int
    order_type: int
    tif: int
    price: int
    quantity: int
    client_id: bytes
    seq: int
    created_ts: int
    updated_ts: int
    post_only: bool = False
    session: int = 0
    stp: int = codes.CANCEL_NEWEST
    display: int = -1
    min_quantity: int = 0
    budget: int = 0  # a MARKET order for so much money
    most: int = 0  # and what it may trade at the most
    expire_ts: int = 0
    filled: int = 0
    notional: int = 0
    status: int = codes.ST_PENDING
    reason: int = 0
    code: int = 0
    limit: int = 0
    observed: int = 0
    schedule: Schedule | None = None
    fee: int = 0  # charged so far
    taken: int = 0  # what of the value was taken, not made
    auctioned: int = 0  # or traded in auctions
    stop_price: int = 0  # of a stop: the one that its owner was told last
    trail: int = 0
    percent: bool = False
    mark: int = 0  # where a trailing stop began
    group: Group | None = None
    role: int = codes.ROLE_NONE

    @property
    def leaves(self) -> int:
        return self.quantity - self.filled

    @property
    def working(self) -> bool:
        return self.status in codes.WORKING

    @property
    def needs(self) -> int:
        """What it must hold in reserve: cash for a buy, shares for a sell."""
        if self.role > codes.ROLE_PARENT and self.side == codes.SELL:
            return self.leaves - self.parent_open
        if self.budget and self.side == codes.BUY:
            return self.budget - self.notional - self.fee
        return self.most - self.filled if self.budget else self.needs_for(self.price, self.leaves)

    @property
    def parent_open(self) -> int:
        """What its parent may still fill."""
        assert self.group
        parent = self.group.legs[0]
        return parent.leaves if parent.working else 0

    def needs_for(self, price: int, leaves: int) -> int:
        """What it would have to hold if so much were open at that price."""
        if self.side != codes.BUY:
            return leaves
        value = value_up(price, leaves)
        if self.schedule is None or leaves <= 0:
            return value
        made = self.notional - self.taken - self.auctioned
        fee = self.schedule.fee(made, self.taken, self.auctioned, self.filled + leaves, value)
        return value + fee - self.fee


def grouped(orders: list[Order]) -> list[list[Order]]:
    """Those of the orders that are in groups, group by group."""
    groups: dict[int, list[Order]] = {}
    for order in orders:
        if order.group:
            groups.setdefault(id(order.group), []).append(order)
    return list(groups.values())


@dataclass(eq=False)
class Resting:
    """An order in a book, or on its way there; `leaves` is all that is open, `shown` what the book shows."""

    order: Order
    price: int
    leaves: int
    filled: int
    display: int
    shown: int = 0
    stopped: bool = False  # an incoming order that self-trade prevention ended
    rest: int = 0  # of a child: what its parent has to fill first
    begun: bool = True  # of a child: its parent has filled something

    @property
    def left(self) -> int:
        """All that it may still trade."""
        return self.leaves + self.rest

    @property
    def parent_open(self) -> int:
        """Of a leg: what its parent has open in the book."""
        assert self.order.group
        members = self.order.group.book
        return sum(one.leaves for one in members if one.order.role == codes.ROLE_PARENT)

    @property
    def hidden(self) -> bool:
        return self.display == 0

    @property
    def size(self) -> int:
        """What an incoming order can take of it at once."""
        return self.leaves if self.hidden else self.shown

    @property
    def waiting(self) -> int:
        """How many slices an iceberg will still show."""
        return -(-(self.leaves - self.shown) // self.display) if self.display > 0 else 0

    def show(self) -> None:
        """Show the next slice, or all of a plain order."""
        self.shown = self.leaves if self.display < 0 else min(self.display, self.leaves)


@dataclass
class Holding:
    """What an account has of an instrument."""

    quantity: int = 0
    cost: int = 0
    realised: int = 0
    start_quantity: int = 0
    net_transfers: int = 0


@dataclass
class Deal:
    """A trade as it was settled; `fees` by side."""

    trade: int
    instrument: int
    buyer: int
    seller: int
    price: int
    quantity: int
    value: int
    settlement: int
    fees: list[int]
    busted: bool = False


@dataclass
class Limits:
    """What is set for an account, a firm, an instrument or the venue; 0 is no limit."""

    quantity_max: int = 0
    value_max: int = 0
    open_orders_max: int = 0
    rate_max: int = 0
    exposure_max: int = 0
    exposure_kept: bool = False  # a limit of it was set once
    duplicate_ns: int = 0
    killed: bool = False
    restricted: set[int] = field(default_factory=set)  # instruments


@dataclass
class Account:
    number: int
    kind: int
    realm: int
    opened_ts: int
    last_activity: int
    owner: int
    status: int = codes.AC_OPEN
    cash: int = 0
    start_cash: int = 0
    net_deposits: int = 0
    realised: int = 0
    closing_to: int = 0
    fees: int = 0  # paid so far
    proceeds: list[tuple[int, int]] = field(default_factory=list)  # of sales: settlement date, amount
    firm: int = 0
    tier: int = 0
    approved: bool = True
    limits: Limits = field(default_factory=Limits)
    messages: list[int] = field(default_factory=list)  # times of those that were counted
    last_app: tuple[tuple[int, ...], int] | None = None  # what the app asked last, and when
    holdings: dict[int, Holding] = field(default_factory=dict)  # by instrument, in the order of opening


@dataclass(eq=False)
class Request:
    """A request key of an account, what it asked, and the first answer."""

    account: int
    key: int
    body: Asked
    order: Order | None
    ended_ts: int = -1
    answer: Fields = field(default_factory=dict)


@dataclass
class Instrument:
    number: int
    symbol: tuple[int, int]
    tick_size: int
    lot_size: int
    min_notional: int
    reference_price: int
    last_lot: int
    market_collar: int
    limit_collar: int
    protected: bool
    realm: int
    close: int
    market: int
    auctions: bool
    tier: int = 0
    band: Band | None = None  # while it has bands
    phase: int = codes.IN_CONTINUOUS
    scheduled: int = codes.IN_CONTINUOUS  # the phase that the clock asked for last
    target: int = 0  # where a call of the exchange's own leads
    ends_ts: int = 0
    lock_ns: int = 0
    date: int = 0
    due: int = 0  # when a call of the exchange's own ends
    extended: bool = False
    limits: Limits = field(default_factory=Limits)
    issued: int = 0
    last: int = 0
    last_size: int = 0
    last_ts: int = 0
    last_day: int = 0
    day_open: int = 0
    day_high: int = 0
    day_low: int = 0
    day_volume: int = 0
    day_notional: int = 0
    trades: int = 0
    # side -> price -> queue, oldest first
    levels: tuple[dict[int, list[Resting]], dict[int, list[Resting]]] = field(
        default_factory=lambda: ({}, {})
    )
    # market orders that wait for an auction, by side, and CLS orders for the closing one; oldest first
    markets: tuple[list[Resting], list[Resting]] = field(default_factory=lambda: ([], []))
    closing: list[Resting] = field(default_factory=list)

    @property
    def until(self) -> int:
        """When the phase ends, as far as that is known."""
        return self.due or self.ends_ts

    waiting: list[Waiting] = field(default_factory=list)  # stops, oldest first

    def best(self, side: int) -> int:
        """The best price that a side shows, or 0."""
        prices = [price for price, queue in self.levels[side].items() if any(one.shown for one in queue)]
        return (max if side == codes.BUY else min)(prices, default=0)

    def reference(self, day: int) -> int:
        """The last eligible trade of the day inside the quote; else mid; else the lone side; else close.

        Only continuous trading has a quote.
        """
        if self.phase != codes.IN_CONTINUOUS:
            return self.last if self.last_day == day else self.close
        bid, ask = self.best(codes.BUY), self.best(codes.SELL)
        if self.last_day == day:
            price = max(self.last, bid)
            return min(price, ask) if ask else price
        if bid and ask:
            return (bid + ask) // 2
        if bid or ask:
            lone = bid or ask
            if not self.protected:
                return lone
            high = collar(codes.BUY, self.close, self.limit_collar, self.tick_size)
            low = collar(codes.SELL, self.close, self.limit_collar, self.tick_size)
            return max(min(lone, high), low)
        return self.close


class Refusal(Exception):
    """A rule said no: code, limit and observed value."""

    def __init__(self, code: int, limit: int = 0, observed: int = 0) -> None:
        super().__init__(codes.REFUSAL_NAMES[code])
        self.code = code
        self.limit = limit
        self.observed = observed


class State:
    """Everything, and the events of the command being applied."""

    def __init__(self, genesis: Any, seq: int, ts: int) -> None:
        self.limits = genesis
        self.seq = seq
        self.time = ts
        self.day = 1
        self.date = 0
        self.trades = 0
        self.deposits = 0
        self.withdrawals = 0
        self.schedules: dict[tuple[int, int], Schedule] = {}  # by tier and instrument
        opened = datetime.fromtimestamp(ts // 10**9, UTC)
        self.settlement = business_day_after(int(f"{opened:%Y%m%d}"))
        self.deals: dict[int, Deal] = {}  # by trade
        self.venue = Limits()
        self.firms = [Limits()]  # by number; nobody's firm is 0
        self.accounts = [Account(number, number, 0, ts, ts, number) for number in range(4)]
        self.instruments: list[Instrument] = []
        self.orders: dict[int, Order] = {}  # working ones and those that ended lately
        self.working = Working()
        self.keyed: dict[tuple[int, int], Request] = {}
        self.ended: OrderedDict[Request, None] = OrderedDict()  # longest ended first
        self.ended_by: dict[int, OrderedDict[Request, None]] = defaultdict(OrderedDict)  # by account
        self.held = 0  # holdings of all accounts
        self.request_count = 0
        self.sessions: dict[tuple[int, int], tuple[int, int]] = {}  # (account, number): until when, span
        self.events: list[EventTuple] = []
        self.answer: Fields = {}

    def event(self, type_: int, **fields: int) -> None:
        """Say that something happened."""
        fields |= {"type": type_, "seq": self.seq, "index": len(self.events)}
        self.events.append(tuple(fields.pop(name, 0) for name in EVENT_FIELDS))
        assert not fields, f"no such fields: {fields}"

    def order_event(self, type_: int, order: Order, **fields: int) -> None:
        """Say that something happened to an order; `fields` replace the order's own."""
        state = {
            "order": order.id,
            "account": order.account,
            "instrument": order.instrument,
            "side": order.side,
            "order_type": order.order_type,
            "tif": order.tif,
            "status": order.status,
            "reason": order.reason,
            "price": order.price,
            "quantity": order.quantity,
            "filled": order.filled,
            "leaves": order.leaves,
            "notional": order.notional,
        }
        self.event(type_, **(state | fields))

    # -- reserves, counted anew each time ---------------------------------------------------------

    def reserved_cash(self, account: int) -> int:
        buys = [order for order in self.open_orders(account) if order.side == codes.BUY]
        total = sum(order.needs for order in buys if not order.group)
        for legs in grouped(buys):  # once for all, but each may come to pay its own fee
            values = [value_up(order.price, order.leaves) for order in legs]
            total += max(values) + sum(order.needs for order in legs) - sum(values)
        return total

    def reserved_shares(self, account: int, instrument: int) -> int:
        sells = [
            order
            for order in self.open_orders(account)
            if (order.instrument, order.side) == (instrument, codes.SELL)
        ]
        total = sum(order.needs for order in sells if not order.group)
        return total + sum(max(order.needs for order in legs) for legs in grouped(sells))

    def open_orders(self, account: int) -> list[Order]:
        """An account's working orders, in the order of entry."""
        return self.working.of(account)

    def available_cash(self, account: int) -> int:
        return self.accounts[account].cash - self.reserved_cash(account)

    def available_shares(self, account: int, instrument: int) -> int:
        holding = self.accounts[account].holdings.get(instrument)
        return holding.quantity - self.reserved_shares(account, instrument) if holding else 0

    def unsettled(self, account: Account) -> int:
        return sum(amount for _, amount in account.proceeds)

    def accounts_of(self, firm: int) -> list[Account]:
        return [account for account in self.accounts if account.firm == firm]

    def keeps_exposure(self, account: Account) -> bool:
        """Whether anybody asks what the account's open orders are worth."""
        return bool(account.firm) or account.limits.exposure_kept or self.venue.exposure_kept

    def exposure(self, accounts: list[Account]) -> int:
        """What the open orders of these accounts are worth at their limits, both sides added up."""
        orders = (order for account in accounts for order in self.open_orders(account.number))
        return sum(value_up(order.price, order.leaves) for order in orders)

    # -- holdings ---------------------------------------------------------------------------------

    def holding_room(self) -> bool:
        return bool(self.held < self.limits.positions)

    def open_holding(self, account: int, instrument: int) -> Holding | None:
        """The account's holding, made if need be; None when no more may be made."""
        holdings = self.accounts[account].holdings
        if instrument not in holdings:
            if not self.holding_room():
                return None
            holdings[instrument] = Holding()
            self.held += 1
        return holdings[instrument]

    def close_holding(self, account: int, instrument: int) -> None:
        del self.accounts[account].holdings[instrument]
        self.held -= 1
