"""The reference exchange: the same rules as the core, written for reading, slow and plain.

It shares no code with the core but codes and record layouts, and says for every command the same answer
and the same events, field by field. A difference is a bug, here or there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openbell.core import codes, records
from tests.core.oracle.book import Books
from tests.core.oracle.bust import Busts
from tests.core.oracle.controls import Controls
from tests.core.oracle.entry import Entry
from tests.core.oracle.fees import Fees
from tests.core.oracle.group_entry import GroupEntry
from tests.core.oracle.listings import Listings
from tests.core.oracle.requests import Requests
from tests.core.oracle.sessions import Sessions
from tests.core.oracle.settle import Settlement
from tests.core.oracle.state import (
    ANSWER_FIELDS,
    AnswerTuple,
    Asked,
    EventTuple,
    Order,
    Refusal,
    State,
    signed,
)
from tests.core.oracle.treasury import Treasury

# The core's own order of the log: genesis comes once, TERM and RULES have no meaning yet.
UNTAKEN = (codes.C_GENESIS, codes.C_TERM, codes.C_RULES)
ORDER_COMMANDS = (codes.C_NEW_ORDER, codes.C_NEW_GROUP, codes.C_CANCEL, codes.C_MODIFY, codes.C_CANCEL_ALL)


class Oracle:
    """`apply` one sequenced command record at a time."""

    def __init__(self, genesis: bytes) -> None:
        head = records.Header.from_buffer_copy(genesis)
        body = records.Genesis.from_buffer_copy(genesis, records.Header.SIZE)
        self.state = State(body, head.seq, head.ts)
        self.requests = Requests(self.state)
        self.treasury = Treasury(self.state)
        self.settlement = Settlement(self.state, self.requests, self.treasury)
        self.books = Books(self.state, self.settlement)
        self.entry = Entry(self.state, self.requests, self.settlement, self.books)
        self.group_entry = GroupEntry(self.entry)
        self.controls = Controls(self.state)
        self.sessions = Sessions(self.state)
        self.listings = Listings(self.state, self.books.phases)
        self.commands: dict[int, Callable[[Any, Any], None]] = {
            codes.C_LIST: self.listings.list,
            codes.C_SUSPEND: self.listings.suspend,
            codes.C_RESUME: self.listings.suspend,
            codes.C_PHASE: self.listings.phase,
            codes.C_DAY_ROLL: self.listings.day_roll,
            codes.C_SET_LISTING: self.listings.set_listing,
            codes.C_BUST: Busts(self.state, self.treasury).bust,
            codes.C_SET_FEES: Fees(self.state).set_fees,
            codes.C_SET_LIMITS: self.controls.set_limits,
            codes.C_SESSION: self.session,
            codes.C_OPEN_ACCOUNT: self.treasury.open,
            codes.C_DEPOSIT: self.treasury.deposit,
            codes.C_WITHDRAW: self.treasury.withdraw,
            codes.C_TRANSFER: self.treasury.transfer,
            codes.C_ISSUE: self.treasury.issue,
            codes.C_LOCK_ACCOUNT: self.treasury.lock,
            codes.C_UNLOCK_ACCOUNT: self.treasury.lock,
            codes.C_CLOSE_ACCOUNT: self.treasury.close,
        }

    def apply(self, command: bytes) -> tuple[AnswerTuple, list[EventTuple]]:
        """The answer to a command, and its events."""
        state = self.state
        head = records.Header.from_buffer_copy(command)
        state.seq, state.time = head.seq, head.ts
        state.events = []
        state.answer = {
            "seq": head.seq,
            "ts": head.ts,
            "account": head.account,
            "instrument": head.instrument,
        }
        self.requests.expire()
        self.fire()
        code = self.shape(head, command)
        if code != codes.E_OK:
            self.fail(Refusal(code))
            self.refuse(head)
        elif head.type == codes.C_TICK:
            self.books.phases.tick()
            self.books.deliver()
        elif head.type != codes.C_CLOCK_JUMP:
            self.once(head, command)
        state.answer["events"] = len(state.events)
        return tuple(state.answer.get(name, 0) for name in ANSWER_FIELDS), state.events

    def fire(self) -> None:
        """What is due by now happens before the command; at one time orders, then sessions, then calls."""
        while True:
            call = self.books.phases.next_call()
            lapse, session = self.sessions.first()
            self.end_orders(min(self.state.time, call, lapse))
            if min(call, lapse) > self.state.time:
                return
            if lapse <= call:
                self.end_session(session, codes.SESSION_LAPSED)
            else:
                self.books.phases.fire(call)
                self.books.deliver()

    def end_orders(self, now: int) -> None:
        """Orders whose time has come, by time and then by id; one that its sibling ended has no turn."""
        while ends := sorted(self.state.working.due(now), key=lambda order: (order.expire_ts, order.id)):
            self.sweep(ends[: self.state.limits.slice], lambda order: True, codes.WHY_EXPIRED)

    def end_session(self, name: tuple[int, int], what: int) -> int:
        """Cancel a session's orders, and forget it."""
        orders = self.sessions.orders(name)
        count = self.sweep(orders, lambda order: order.session == name[1], codes.WHY_SESSION)
        self.sessions.end(name, what, count)
        return count

    def session(self, head: Any, body: Any) -> None:
        """SESSION."""
        self.sessions.check(head, body)
        name = head.account, head.actor
        if body.op in (codes.SESSION_OPEN, codes.SESSION_KEEP):
            self.sessions.keep(head, body)
            due, kept = self.state.sessions[name]
            self.state.answer |= {"limit": due, "observed": kept}
        elif body.op == codes.SESSION_END:
            self.sessions.end(name, codes.SESSION_END, 0)
        else:
            self.state.answer["count"] = self.end_session(name, codes.SESSION_LOST)

    def shape(self, head: Any, command: bytes) -> int:
        """Whether layout, shard, flags, the body's size and its reserved bytes are as the type has them."""
        if (head.layout, head.shard) != (records.LAYOUT_VERSION, self.state.limits.shard):
            return codes.E_BAD_RECORD
        if head.flags > 7 or head.type in UNTAKEN or head.type not in records.BODIES:
            return codes.E_BAD_RECORD
        layout = records.BODIES[head.type]
        if layout is None:
            return codes.E_OK
        if len(command) < records.Header.SIZE + layout.SIZE:
            return codes.E_BAD_RECORD
        body = layout.from_buffer_copy(command, records.Header.SIZE)
        if any(getattr(body, name) for name, _ in layout.FIELDS if name.startswith("reserved")):
            return codes.E_BAD_RECORD
        if head.type in records.EXPLAINED and len(command) == records.Header.SIZE + layout.SIZE:
            return codes.E_BAD_RECORD
        if head.type == codes.C_CANCEL_ALL and body.side not in (codes.BUY, codes.SELL, records.ANY_SIDE):
            return codes.E_BAD_SIDE
        return codes.E_OK

    def once(self, head: Any, command: bytes) -> None:
        """A command whose request key was used before has no further effect."""
        layout = records.BODIES[head.type]
        size = layout.SIZE if layout else 0
        body = layout.from_buffer_copy(command, records.Header.SIZE) if layout else None
        blob = command[records.Header.SIZE + size :]
        if not self.account_known(head):
            self.fail(Refusal(codes.E_UNKNOWN_ACCOUNT, 0, signed(head.account)))
            self.refuse(head)
            return
        asked = (head.type, head.actor, head.instrument, command[records.Header.SIZE :])
        key = head.key_high << 64 | head.key_low
        first = self.requests.find(head.account, key)
        if first is None:
            self.perform(head, body, blob, asked)
        elif first.body != asked:
            self.fail(Refusal(codes.E_KEY_REUSED))
        else:
            self.state.answer = first.answer | {"flags": first.answer.get("flags", 0) | codes.REPLAYED}

    def account_known(self, head: Any) -> bool:
        """Orders need an account; a command about none names account 0."""
        opened = 0 < head.account < len(self.state.accounts)
        return opened or (head.account == 0 and head.type not in ORDER_COMMANDS)

    def perform(self, head: Any, body: Any, blob: bytes, asked: Asked) -> None:
        """Apply a command that is new, and keep its first answer if it has a key."""
        state = self.state
        if head.type in ORDER_COMMANDS:
            state.accounts[head.account].last_activity = head.ts
        if head.type == codes.C_NEW_ORDER:
            self.new_order(head, body, blob, asked)
            return
        if head.type == codes.C_NEW_GROUP:
            self.new_group(head, body, blob, asked)
            return
        request = None
        key = head.key_high << 64 | head.key_low
        if key:
            if not self.requests.make_room():
                self.fail(Refusal(codes.E_REQUESTS_FULL))
                self.refuse(head)
                return
            request = self.requests.add(head.account, key, asked, None)
            self.requests.end_request(request)
        try:
            self.act(head, body)
        except Refusal as refusal:
            self.fail(refusal)
        if state.answer.get("code"):
            self.refuse(head)
        if request:
            request.answer = dict(state.answer)
        self.requests.trim(head.account)

    def new_order(self, head: Any, body: Any, blob: bytes, asked: Asked) -> None:
        number = records.make_id(self.state.limits.shard, head.seq)
        try:
            order = self.entry.new(number, head, body, blob, asked)
        except Refusal as refusal:
            self.fail(refusal)
            self.refuse(head)
        else:
            self.books.deliver()
            self.show(order)
            self.requests.by_order[number].answer = dict(self.state.answer)
        self.requests.trim(head.account)

    def new_group(self, head: Any, body: Any, blob: bytes, asked: tuple[int, int, bytes]) -> None:
        number = records.make_id(self.state.limits.shard, head.seq)
        try:
            legs = self.group_entry.new(number, head, body, blob, asked)
        except Refusal as refusal:
            self.fail(refusal)
            self.refuse(head)
        else:
            self.books.deliver()
            refused = [leg for leg in legs if leg.code not in (codes.E_OK, codes.E_SIBLING_REFUSED)]
            self.show((refused or legs)[0])
            self.requests.by_order[number].answer = dict(self.state.answer)
        self.requests.trim(head.account)

    def act(self, head: Any, body: Any) -> None:
        """What a command other than a new order does."""
        if head.type == codes.C_CANCEL:
            order = self.entry.own(head, body.order)
            self.entry.cancel(order)
            self.books.deliver()
            self.show(order)
        elif head.type == codes.C_MODIFY:
            order = self.entry.own(head, body.order)
            try:
                self.entry.modify(order, body)
            except Refusal as refusal:
                self.fail(refusal)
            self.books.deliver()
            self.show(order)
        elif head.type == codes.C_CANCEL_ALL:
            self.state.answer["count"] = self.cancel_all(head.account, head.instrument, body.side)
        elif head.type in (codes.C_KILL, codes.C_LIFT):
            orders = self.controls.switch(head, body)

            def chosen(order: Order) -> bool:
                return body.scope != codes.SCOPE_INSTRUMENT or order.instrument == head.instrument

            self.state.answer["count"] = count = self.sweep(orders, chosen, codes.WHY_KILL)
            self.controls.tell_switch(head, body, count)
        else:
            self.commands[head.type](head, body)
            self.books.deliver()
            self.afterwards(head)

    def afterwards(self, head: Any) -> None:
        """What a day roll and a closed account mean for open orders."""
        if head.type == codes.C_DAY_ROLL:
            working = sorted(self.state.working.values(), key=lambda order: (order.account, order.id))
            self.sweep(working, lambda order: order.tif == codes.DAY, codes.WHY_DAY_END)
            self.state.event(codes.EV_DAY, quantity=self.state.date)
        elif head.type == codes.C_CLOSE_ACCOUNT:
            working = self.state.open_orders(head.account)
            self.sweep(working, lambda order: True, codes.WHY_ACCOUNT_CLOSED)
            self.treasury.finish(head.account)

    def cancel_all(self, account: int, instrument: int, side: int) -> int:
        def chosen(order: Order) -> bool:
            if instrument not in (records.ANY_INSTRUMENT, order.instrument):
                return False
            return side in (records.ANY_SIDE, order.side)

        return self.sweep(self.state.open_orders(account), chosen, codes.WHY_USER)

    def sweep(self, orders: list[Order], chosen: Callable[[Order], bool], reason: int) -> int:
        """End the chosen of these orders, oldest first, in slices; returns how many."""
        count = 0
        size = self.state.limits.slice
        for first in range(0, len(orders), size):
            for order in [one for one in orders[first : first + size] if chosen(one) and one.working]:
                self.books.cancel(order, reason)
                count += 1
            self.books.deliver()
        return count

    # -- answers -----------------------------------------------------------------------------------

    def show(self, order: Order) -> None:
        """The answer shows an order as it is."""
        self.state.answer |= {
            "order": order.id,
            "instrument": order.instrument,
            "price": order.price,
            "quantity": order.quantity,
            "filled": order.filled,
            "leaves": order.leaves if order.working else 0,
            "notional": order.notional,
            "status": order.status,
            "reason": order.reason,
            "side": order.side,
            "order_type": order.order_type,
            "tif": order.tif,
        }
        if order.code and not self.state.answer.get("code"):
            self.state.answer |= {"code": order.code, "limit": order.limit, "observed": order.observed}

    def fail(self, refusal: Refusal) -> None:
        self.state.answer |= {"code": refusal.code, "limit": refusal.limit, "observed": refusal.observed}

    def refuse(self, head: Any) -> None:
        """A refusal that belongs to no new order, for the audit trail."""
        answer = self.state.answer
        self.state.event(
            codes.EV_REFUSED,
            order=answer.get("order", 0),
            account=head.account,
            instrument=head.instrument,
            order_type=head.type,
            code=answer["code"],
            limit=answer.get("limit", 0),
            observed=answer.get("observed", 0),
        )
