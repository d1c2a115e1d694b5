"""What must hold after every command, read from the core's memory and counted anew.

All cash = deposits - withdrawals; all shares = issued; nothing stays in clearing; reserved is exactly what
open orders need; no balance is negative; no continuous book is crossed; a queue's order is the order of
arrival of what kept its priority; lists, counts and free slots add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from openbell.core import band_layouts, codes, group_layouts, records, rulebook, state, stop_layouts
from openbell.core.exchange import Exchange
from openbell.core.schedule import Schedule
from tests.core.band_invariants import BandInvariants
from tests.core.group_invariants import GroupInvariants
from tests.core.oracle.state import EVENT_FIELDS, EventTuple, value_up
from tests.core.stop_invariants import StopInvariants

NIL = state.NIL
EDGE = records.PRICE_MAX + 1
TIF, REASON, SIDE, INSTRUMENT = (EVENT_FIELDS.index(name) for name in ("tif", "reason", "side", "instrument"))
LAYOUTS = {
    "accounts": state.Account,
    "assets": state.Asset,
    "instruments": state.Instrument,
    "schedules": Schedule,
    "levels": state.Level,
    "shades": state.Shade,
    "extras": state.BookExtra,
    "book_orders": state.BookOrder,
    "holdings": state.Holding,
    "tickets": state.Ticket,
    "requests": state.Request,
    "rungs": state.Rung,
    "charges": rulebook.Charge,
    "limits": rulebook.Limit,
    "tariffs": rulebook.Tariff,
    "firm_limits": rulebook.Limit,
    "bands": band_layouts.Band,
    "band_sums": band_layouts.BandSum,
    "stop_sides": stop_layouts.StopSide,
    "stop_knots": stop_layouts.Knot,
    "mark_knots": stop_layouts.Knot,
    "trail_knots": stop_layouts.Knot,
    "book_legs": group_layouts.BookLeg,
    "ticket_legs": group_layouts.TicketLeg,
    "turns": group_layouts.Turn,
    "leg_counts": group_layouts.LegCount,
}


def is_prevented(maker: EventTuple, taker: EventTuple) -> bool:
    """Whether an incoming order lost a part by self-trade prevention, as the order told before it did.

    It arrived when it was accepted, elected or modified; where it rests, those come first that did so first.
    """
    if not maker or maker[SIDE] == taker[SIDE] or maker[INSTRUMENT] != taker[INSTRUMENT]:
        return False
    ended = (maker[0], maker[REASON]) == (codes.EV_CANCELLED, codes.WHY_SELF_TRADE)
    return ended or (maker[0], maker[REASON]) == (codes.EV_MODIFIED, codes.PRIORITY_KEPT)


def row_type(name: str) -> Any:
    fields = [field for field, _ in LAYOUTS[name].FIELDS]
    return NamedTuple(name, [(field, int) for field in fields])


ROWS = {name: row_type(name) for name in LAYOUTS}


class Invariants:
    """Follows one exchange: `check` after each command with that command's events.

    Or `note` the events of each command and `verify` now and then, where there is much to look at.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.arrivals: dict[int, int] = {}  # order -> when it came to the end of its queue
        self.clock = 0
        self.closing: dict[int, list[int]] = {}  # instrument -> what waits for its closing auction
        self.until_close: dict[int, set[int]] = defaultdict(set)  # the same, as the events tell
        self.stops = StopInvariants(self)
        self.bands = BandInvariants(self)
        self.groups = GroupInvariants(self)

    def rows(self, name: str, count: int, first: int = 0) -> list[Any]:
        data = self.exchange.memory.bytes_of(name, first, count)
        return [ROWS[name]._make(values) for values in LAYOUTS[name].STRUCT.iter_unpack(data)]

    def check(self, events: list[EventTuple]) -> None:
        self.note(events)
        self.verify()

    def note(self, events: list[EventTuple]) -> None:
        self.note_arrivals(events)
        self.stops.note(events)
        self.bands.note(events)
        self.groups.note(events)

    def read_orders(self) -> list[Any]:
        self.book_orders = self.rows("book_orders", self.exchange.memory["scalars"][0].book_used)
        return self.book_orders

    def verify(self) -> None:
        self.scalars = self.exchange.memory["scalars"][0]
        self.accounts = self.rows("accounts", self.scalars.accounts)
        self.assets = self.rows("assets", self.scalars.instruments)
        self.instruments = self.rows("instruments", self.scalars.instruments)
        self.schedules = self.rows("schedules", self.scalars.instruments)
        self.holdings = self.rows("holdings", self.scalars.holding_used)
        self.tickets = self.rows("tickets", self.scalars.ticket_used)
        self.requests = self.rows("requests", self.scalars.request_used)
        self.levels = self.rows("levels", self.scalars.level_used)
        self.read_orders()
        self.shades = self.rows("shades", self.scalars.level_used)
        self.extras = self.rows("extras", self.scalars.book_used)
        self.charges = self.rows("charges", self.scalars.ticket_used)
        self.limits = self.rows("limits", self.scalars.accounts)
        self.tariffs = self.rows("tariffs", self.scalars.fee_used)
        self.firm_limits = self.rows("firm_limits", self.scalars.firms + 1)
        self.check_money()
        working = self.check_orders()
        waiting = self.stops.check(working) | self.groups.check(working)
        self.check_books({number: working[number] for number in working.keys() - waiting}, len(waiting))
        self.bands.check()
        self.check_requests()
        self.check_channels()

    def note_arrivals(self, events: list[EventTuple]) -> None:
        before: EventTuple = ()
        for event in events:
            kind, reason, order = event[0], event[5], event[10]
            again = kind == codes.EV_MODIFIED and not reason and not is_prevented(before, event)
            if kind in (codes.EV_ACCEPTED, codes.EV_ELECTED) or again:
                self.arrive(order)
            if kind == codes.EV_ACCEPTED and (event[TIF], event[4]) == (codes.CLS, codes.ST_PENDING):
                self.until_close[event[9]].add(order)
            elif kind in (codes.EV_CANCELLED, codes.EV_EXPIRED):
                self.until_close[event[9]].discard(order)
            elif kind == codes.EV_PHASE and event[4] == codes.IN_CLOSING_AUCTION and reason != event[4]:
                self.note_release(event[9])
            before = event

    def arrive(self, order: int) -> None:
        self.clock += 1
        self.arrivals[order] = self.clock

    def note_release(self, n: int) -> None:
        """At the closing auction its own orders come behind all others of their price."""
        for order in sorted(self.until_close.pop(n, ()), key=self.arrivals.__getitem__):
            self.arrive(order)

    # -- money and shares ----------------------------------------------------------------------------

    def check_money(self) -> None:
        assert sum(account.cash for account in self.accounts) == (
            self.scalars.deposits - self.scalars.withdrawals
        ), "cash came or went"
        assert self.accounts[records.CLEARING_ACCOUNT].cash == 0, "cash was left in clearing"
        held: dict[int, int] = defaultdict(int)
        for number, account in enumerate(self.accounts):
            errors = number == records.ERROR_ACCOUNT  # it alone may owe
            assert errors or 0 <= account.reserved <= account.cash, f"account {number}: {account}"
            for h in self.chain(account.holdings, self.holdings, "next"):
                holding = self.holdings[h]
                assert holding.account == number
                assert errors or 0 <= holding.reserved <= holding.quantity, f"account {number}: {holding}"
                assert holding.cost >= 0, f"account {number}: {holding}"
                held[holding.instrument] += holding.quantity
        for n, asset in enumerate(self.assets):
            assert asset.clearing == 0, f"instrument {n}: shares were left in clearing"
            assert held[n] == asset.issued, f"instrument {n}: shares came or went"
        live = [holding for holding in self.holdings if holding.account]
        assert len(live) == self.scalars.holdings

    # -- orders --------------------------------------------------------------------------------------

    def check_orders(self) -> dict[int, Any]:
        """Lists of working orders, and what they reserve."""
        shares: dict[tuple[int, int], int] = defaultdict(int)
        working: dict[int, Any] = {}
        self.working = working
        for account in self.accounts:
            own = [self.tickets[t] for t in self.chain(account.work_head, self.tickets, "next")]
            working |= {ticket.id: ticket for ticket in own}
        for number, account in enumerate(self.accounts):
            slots = list(self.chain(account.work_head, self.tickets, "next"))
            own = [self.tickets[t] for t in slots]
            assert account.open_orders == len(own)
            assert [ticket.id for ticket in own] == sorted(ticket.id for ticket in own)
            cash = 0
            for t, ticket in zip(slots, own, strict=True):
                assert ticket.account == number
                need = self.check_ticket(t)
                if ticket.side == codes.BUY:
                    cash += need
                else:
                    shares[number, ticket.instrument] += need
            assert account.reserved == cash, f"account {number} reserves more or less than its orders"
        assert len(working) == self.scalars.working
        live = [ticket for ticket in self.tickets if ticket.id]
        assert len(live) == self.scalars.tickets
        assert all(ticket.reserved == 0 for ticket in live if ticket.id not in working)
        for holding in self.holdings:
            if holding.account:
                assert holding.reserved == shares[holding.account, holding.instrument], f"{holding}"
        self.check_exposure(working)
        self.check_schedules(working)
        for ticket in live:
            found = self.exchange.lookup_order(ticket.id)
            assert found >= 0 and self.tickets[found] == ticket
        return working

    def check_exposure(self, working: dict[int, Any]) -> None:
        """What open orders are worth, summed up by account and firm where it is kept."""
        accounts: dict[int, int] = defaultdict(int)
        firms: dict[int, int] = defaultdict(int)
        for t, ticket in enumerate(self.tickets):
            account = self.accounts[ticket.account]
            kept = (account.watch | self.scalars.watch) & rulebook.WATCH_EXPOSURE
            value = value_up(ticket.price, ticket.quantity - ticket.filled) if ticket.id in working else 0
            assert self.charges[t].exposure == (value if kept else 0), f"{ticket}: {self.charges[t]}"
            accounts[ticket.account] += self.charges[t].exposure
            firms[account.firm] += self.charges[t].exposure
        for number, limits in enumerate(self.limits):
            assert limits.exposure == (accounts[number] if number else 0), f"account {number}: {limits}"
        for number, limits in enumerate(self.firm_limits):
            assert limits.exposure == (firms[number] if number else 0), f"firm {number}: {limits}"

    def check_ticket(self, t: int) -> int:
        """A working order reserves exactly what it needs; returns that."""
        ticket = self.tickets[t]
        leaves = ticket.quantity - ticket.filled
        statuses = (codes.ST_PARTIALLY_FILLED,) if ticket.filled else (codes.ST_OPEN, codes.ST_PENDING)
        assert ticket.status in statuses
        assert ticket.pending == 0 and leaves > 0
        if ticket.flags & group_layouts.F_LEG:
            return self.groups.held(ticket, t)
        need = value_up(ticket.price, leaves) if ticket.side == codes.BUY else leaves
        if ticket.side == codes.BUY and ticket.flags & rulebook.F_FEES:
            need += self.dearest_fee(ticket, self.charges[t], need, leaves)
        assert ticket.reserved == need, f"{ticket} reserves {ticket.reserved}, needs {need}"
        return need

    def dearest_fee(self, ticket: Any, charge: Any, value: int, leaves: int) -> int:
        """What its fee can still grow by, if all that is open trades at its limit and the dearest rate."""
        schedule = self.tariffs[charge.schedule]
        made = ticket.notional - charge.taken - charge.auctioned
        rates = made * schedule.maker + charge.taken * schedule.taker + charge.auctioned * schedule.auction
        rates += value * max(schedule.maker, schedule.taker, schedule.auction)
        fee = -(-rates // 1_000_000) + schedule.per_order
        fee += -(-schedule.per_share * (ticket.filled + leaves) // records.QUANTITY_SCALE)
        return int(max(fee, schedule.least)) - int(charge.fee)

    def check_schedules(self, working: dict[int, Any]) -> None:
        """A version of a schedule has as many orders as it counts; the fee account has what was paid."""
        used: dict[int, int] = defaultdict(int)
        for t, ticket in enumerate(self.tickets):
            if ticket.id in working and ticket.flags & rulebook.F_FEES:
                used[self.charges[t].schedule] += 1
        for s, schedule in enumerate(self.tariffs):
            assert schedule.orders == used[s], f"schedule {s}: {schedule}"
            assert bool(schedule.key) == bool(schedule.current or schedule.orders)
        assert sum(1 for schedule in self.tariffs if schedule.current) == self.scalars.tariffs
        for number, account in enumerate(self.accounts):
            assert account.fees >= 0 and account.unsettled >= 0, f"account {number}: {account}"

    # -- books ---------------------------------------------------------------------------------------

    def check_books(self, working: dict[int, Any], waiting: int) -> None:
        """Books hold the working orders but those of `waiting` stops."""
        depth = self.exchange.books.ladder.depth
        resting: dict[int, Any] = {}
        self.open: dict[int, int] = {}
        used = 0
        for n, instrument in enumerate(self.instruments):
            best: list[int] = []
            for side, count in ((codes.BUY, instrument.bids), (codes.SELL, instrument.asks)):
                rungs = self.rows("rungs", count, (2 * n + side) * depth)
                keys = [rung.key for rung in rungs]
                assert keys == sorted(set(keys)), "a ladder is out of order"
                for rung in rungs:
                    level = self.levels[rung.level]
                    assert rung.key == (level.price if side == codes.BUY else -level.price)
                    self.check_level(n, side, rung.level, resting)
                used += count
                best += [rung.key for rung in rungs if self.is_firm(rung.level)][-1:] or [-EDGE]
            used += self.check_lists(n, resting)
            if instrument.status == codes.IN_CONTINUOUS:
                assert best[0] < -best[1], f"instrument {n} is crossed: {best}"
        assert self.scalars.slices == sum(self.waiting(slot) for slot in self.slots(resting))
        assert used + self.free("level_free", "levels", "head") == self.scalars.level_used
        assert len(resting) + waiting == self.scalars.book_live
        assert self.free("book_free", "book_orders") == self.scalars.book_used - self.scalars.book_live
        assert resting.keys() == working.keys(), "what works rests, and nothing else"
        for number, order in resting.items():
            ticket = working[number]
            assert (self.open[number], order.filled) == (ticket.quantity - ticket.filled, ticket.filled)
            known = ticket.flags & ~(state.F_TERMS | rulebook.F_FEES | group_layouts.F_LEG)
            grouped = group_layouts.B_GROUPED if ticket.flags & group_layouts.F_LEG else 0
            assert order.flags == known | grouped
            assert order.owner == self.accounts[order.account].group
            assert (order.price, order.side, order.account) == (ticket.price, ticket.side, ticket.account)
            assert (order.tif, order.order_type) == (ticket.tif, ticket.order_type)
            since = self.schedules[order.instrument].since
            pends = number in self.closing[order.instrument] or (since and order.id > since)
            assert bool(pends) == (ticket.status == codes.ST_PENDING)
            assert self.tickets[order.ref] is ticket or self.tickets[order.ref] == ticket
            assert not order.flags & (stop_layouts.B_WAITS | stop_layouts.B_PERCENT)

    def check_lists(self, n: int, resting: dict[int, Any]) -> int:
        """What waits outside the ladders; returns the number of its levels."""
        schedule, phase = self.schedules[n], self.instruments[n].status
        lists = [(which, getattr(schedule, which)) for which in ("buys", "sells", "closes")]
        self.closing[n] = []
        for which, number in lists:
            if number == NIL:
                continue
            assert self.levels[number].price == self.levels[number].shaded == 0
            for order in self.check_queue(n, number, resting):
                if which == "closes":
                    assert order.tif == codes.CLS
                    self.closing[n].append(order.id)
                else:
                    assert order.order_type == codes.MARKET and phase != codes.IN_CONTINUOUS
                    assert order.side == (codes.SELL if which == "sells" else codes.BUY)
        return sum(number != NIL for _, number in lists)

    def check_level(self, n: int, side: int, index: int, resting: dict[int, Any]) -> None:
        for order in self.check_queue(n, index, resting):
            assert (order.side, order.price) == (side, self.levels[index].price)
            assert order.order_type != codes.MARKET
            if self.instruments[n].status == codes.IN_CONTINUOUS:
                assert order.tif not in (codes.OPG, codes.CLS) and not self.schedules[n].since

    def check_queue(self, n: int, index: int, resting: dict[int, Any]) -> list[Any]:
        level, shade = self.levels[index], self.shades[index]
        shown = list(self.chain(level.head, self.book_orders, "next"))
        hidden = list(self.chain(shade.head, self.book_orders, "next")) if level.shaded else []
        assert shown or hidden, "an empty level"
        assert level.orders == len(shown)
        assert level.quantity == sum(self.book_orders[slot].leaves for slot in shown)
        assert level.tail == (shown or [NIL])[-1]
        icebergs = [slot for slot in shown if self.book_orders[slot].flags & state.F_ICEBERG]
        assert level.shaded == len(hidden) + len(icebergs)
        if level.shaded:
            unseen = sum(self.extras[slot].rest for slot in icebergs)
            assert shade.hidden == unseen + sum(self.book_orders[slot].leaves for slot in hidden)
            assert (shade.orders, shade.tail) == (len(hidden), (hidden or [NIL])[-1])
        # a refilled slice goes behind, and so does a child that gets more to work for
        mixed = {s for s in shown if self.book_orders[s].flags & group_layouts.B_GROUPED}.union(icebergs)
        plain = [slot for slot in shown if slot not in mixed]
        for slots in (hidden, plain):
            arrivals = [self.arrivals[self.book_orders[slot].id] for slot in slots]
            assert arrivals == sorted(arrivals), "a queue is not in the order of arrival"
        for slot in shown + hidden:
            order = self.book_orders[slot]
            assert order.instrument == n
            assert (slot in hidden) == bool(order.flags & state.F_HIDDEN)
            assert order.leaves > 0
            resting[order.id] = order
            more = slot in icebergs or order.flags & group_layouts.B_GROUPED
            self.open[order.id] = order.leaves + (self.extras[slot].rest if more else 0)
        return [self.book_orders[slot] for slot in shown + hidden]

    def is_firm(self, index: int) -> bool:
        """Whether a level holds an order that trades with whatever comes: others may be crossed."""
        level = self.levels[index]
        hidden = self.chain(self.shades[index].head, self.book_orders, "next") if level.shaded else ()
        return bool(level.orders) or any(self.extras[slot].least == 0 for slot in hidden)

    def slots(self, resting: dict[int, Any]) -> Iterator[int]:
        return (slot for slot, order in enumerate(self.book_orders) if order.id in resting)

    def waiting(self, slot: int) -> int:
        """How many slices an iceberg will still show."""
        extra = self.extras[slot]
        iceberg = self.book_orders[slot].flags & state.F_ICEBERG
        return -(-extra.rest // extra.display) if iceberg else 0

    # -- requests ------------------------------------------------------------------------------------

    def check_requests(self) -> None:
        ended = [self.requests[r] for r in self.chain(self.scalars.ended_head, self.requests, "ended_next")]
        assert all(request.ended for request in ended)
        assert [r.ended_ts for r in ended] == sorted(r.ended_ts for r in ended)
        of_account: dict[int, list[Any]] = defaultdict(list)
        for request in ended:
            of_account[request.account].append(request)
        for number, account in enumerate(self.accounts):
            own = [self.requests[r] for r in self.chain(account.ended_head, self.requests, "next")]
            assert own == of_account[number]
            assert account.ended == len(own)
        free = self.free("request_free", "requests")
        assert self.scalars.requests == self.scalars.request_used - free
        assert self.scalars.requests == len(ended) + self.scalars.working
        assert self.free("ticket_free", "tickets") == self.scalars.ticket_used - self.scalars.tickets
        for r, request in enumerate(self.requests):
            if request.key_low or request.key_high:
                found = self.exchange.lookup_request(request.account, request.key_low, request.key_high)
                assert found == r, f"request {r} is not found by its key"

    def check_channels(self) -> None:
        assert self.exchange.post.sent == self.exchange.post.taken
        assert self.exchange.mail.sent == self.exchange.mail.taken

    # -- lists ---------------------------------------------------------------------------------------

    def chain(self, head: int, rows: list[Any], link: str) -> Iterator[int]:
        """Slots of a linked list; one that is longer than its array runs in a circle."""
        for _ in range(len(rows) + 1):
            if head == NIL:
                return
            yield head
            head = getattr(rows[head], link)
        raise AssertionError("a list runs in a circle")

    def free(self, head: str, name: str, link: str = "next") -> int:
        rows = getattr(self, name)
        return sum(1 for _ in self.chain(getattr(self.scalars, head), rows, link))
