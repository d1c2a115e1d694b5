"""The book machine: matches orders by price, then time, and knows nothing of money.

It takes ENTER and CANCEL messages of the account machine, in order, and answers each fill and each end with
messages of its own. Public events (accepted, trades, levels) are written here. MODIFY is `changes.py`'s;
stops, and orders that its trades elect, are `floor.py`'s.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.band_ends import BandEnds
from openbell.core.bands import Bands
from openbell.core.channel import Channel
from openbell.core.checks import Checks
from openbell.core.election import Election
from openbell.core.hidden import Hidden
from openbell.core.ladder import Ladder
from openbell.core.legs import Legs
from openbell.core.outbox import Outbox
from openbell.core.prices import Prices
from openbell.core.queue import Queue
from openbell.core.rehearsal import Rehearsal
from openbell.core.selftrade import SelfTrade
from openbell.core.stops import Stops

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        CANCEL_NEWEST,
        CANCEL_OLDEST,
        DAY,
        DECREMENT,
        E_BOOK_FULL,
        E_OK,
        EV_ACCEPTED,
        EV_TRADE,
        FOK,
        GTC,
        GTD,
        IN_CONTINUOUS,
        LIMIT,
        MAKER,
        OPG,
        PROTECTIONS_OFF,
        ST_OPEN,
        TAKER,
        WHY_FOK,
        WHY_SELF_TRADE,
    )
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.numbers import value_down
    from openbell.core.state import (
        F_HIDDEN,
        F_ICEBERG,
        F_NOTIONAL,
        F_SHADED,
        F_STP,
        F_STP_SHIFT,
        M_CANCEL,
        M_END,
        M_ENTER,
        M_FILL,
        M_NOT_FOUND,
        M_PRICED,
        M_REFERENCE,
        M_REFUSED,
        NIL,
    )
    from openbell.core.stop_layouts import B_WAITS
    from openbell.core.types import i64


class Books:
    """All books of one shard."""

    def __init__(self, memory: Any, genesis: Any, outbox: Outbox, inbox: Channel, mail: Channel) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.ladder = Ladder(memory, genesis.levels)
        self.prices = Prices(memory, self.ladder)
        self.queue = Queue(memory, self.ladder, outbox)
        self.hidden = Hidden(memory, genesis, self.ladder, self.queue)
        self.rehearsal = Rehearsal(memory, self.ladder)
        self.bands = Bands(memory, self.ladder, self.prices, outbox)
        self.checks = Checks(memory, self.ladder, self.prices, self.bands, self.hidden, self.rehearsal)
        self.election = Election(memory, self.bands, mail)
        self.stops = Stops(memory, self.election)
        self.legs = Legs(memory, self.queue, self.hidden, self.stops, self.election, mail)
        self.band_ends = BandEnds(memory, self.bands, self.ladder, self.queue, self.hidden, self.legs, mail)
        self.selftrade = SelfTrade(memory, self.queue, self.hidden, self.legs, mail)
        self.shades = memory["shades"]
        self.extras = memory["extras"]
        self.outbox = outbox
        self.events = memory["events"]
        self.inbox = inbox.messages
        self.mail = mail
        self.letters = mail.messages
        self.shard = genesis.shard
        self.time = 0
        self.cause = 0
        self.taker = 0
        self.taker_ref = 0
        self.taker_account = 0
        self.owner = 0
        self.mode = 0
        self.cut = 0
        self.leaves = 0
        self.beyond = 0
        self.leg = NIL
        self.filled = 0

    # -- messages from the account machine -------------------------------------------------------

    def handle(self, i: i64) -> bool:
        """Apply the message at index `i` of the inbox; False if it is not for the continuous book."""
        kind: i64 = self.inbox[i].kind
        self.cause = self.inbox[i].cause
        if kind == M_ENTER:
            if self.instruments[self.inbox[i].instrument].status != IN_CONTINUOUS or self.inbox[i].tif >= OPG:
                return False
            if self.inbox[i].flags & F_NOTIONAL:
                return False
            self.enter(i)
        elif kind == M_CANCEL:
            self.cancel(i)
        else:
            return False
        self.publish(self.inbox[i].instrument)
        return True

    def enter(self, i: i64) -> None:
        n: i64 = self.inbox[i].instrument
        side: i64 = self.inbox[i].side
        price: i64 = self.inbox[i].price
        self.leaves = self.inbox[i].quantity
        self.filled = 0
        code: i64 = self.checks.check(n, side, self.inbox[i].order_type, price, self.leaves)
        tier: i64 = self.instruments[n].tier
        if tier != 0:
            price = self.bands.clip(n, side, price)
        if code == E_OK and self.rests(i) and not self.checks.has_room(n, side, price, NIL):
            code = E_BOOK_FULL
        if code == E_OK and self.inbox[i].flags != 0:
            code = self.checks.special(n, side, price, self.leaves, self.inbox[i].flags, self.inbox[i].leaves)
        if code != E_OK:
            self.refuse(i, M_REFUSED, code)
            return
        self.accept(i, n, side, price)
        if tier != 0:
            self.reprice(i, price)
        self.take_on(i)
        whole: bool = self.inbox[i].tif == FOK
        if whole and not self.rehearsal.fillable(n, side, price, self.leaves, self.owner, self.mode):
            self.end(i, WHY_FOK)
            return
        self.match(n, side, price)
        if self.leaves == 0:
            self.end_cut(i)
            return
        if self.rests(i):
            self.hidden.put(self.slot(i, n, side), n, side, price, self.leaves)
        else:
            self.end(i, self.bands.why_left(n, side, price, self.inbox[i].order_type))

    def slot(self, i: i64, n: i64, side: i64) -> i64:
        """A slot for the order in message `i`, linked nowhere yet."""
        slot: i64 = self.queue.fresh(self.inbox[i].order, n, side, self.filled)
        self.orders[slot].ref = self.inbox[i].ref
        self.orders[slot].account = self.inbox[i].account
        self.orders[slot].tif = self.inbox[i].tif
        self.orders[slot].order_type = self.inbox[i].order_type
        self.orders[slot].flags = self.inbox[i].flags
        self.orders[slot].owner = self.inbox[i].other_account
        if self.inbox[i].flags & F_SHADED:
            self.hidden.dress(slot, self.inbox[i].leaves, self.inbox[i].value)
        return slot

    def cancel(self, i: i64) -> None:
        slot: i64 = self.queue.find(self.inbox[i].order)
        if slot < 0:
            self.refuse(i, M_NOT_FOUND, E_OK)
            return
        self.leaves = self.hidden.left(slot)
        if self.orders[slot].flags & B_GROUPED:
            self.legs.take_out(slot, NIL)
        elif self.orders[slot].flags & B_WAITS:
            self.stops.drop(slot)
        else:
            self.hidden.remove(slot)
        self.end(i, self.inbox[i].reason)
        self.forget(slot)

    # -- matching --------------------------------------------------------------------------------

    def match(self, n: i64, side: i64, price: i64) -> None:
        """Trade the taker against the other side up to `price`: best price first, then oldest."""
        passed: i64 = 0  # prices that are left to hidden orders which ask for more
        while self.leaves > 0:
            level: i64 = self.ladder.at(n, 1 - side, passed)
            if level < 0:
                return
            at: i64 = self.levels[level].price
            if at > price if side == BUY else at < price:
                return
            passed += self.sweep(n, side, level, at)

    def sweep(self, n: i64, side: i64, level: i64, at: i64) -> i64:
        """Trade the taker against one level's orders, oldest first; returns 1 if the level stays."""
        changed: bool = False
        while self.leaves > 0:
            maker: i64 = self.levels[level].head
            if maker == NIL:
                break
            if self.orders[maker].owner == self.owner:
                if self.meet_own(maker, level):
                    changed = True
                continue
            changed = True
            quantity: i64 = self.orders[maker].leaves
            if quantity > self.leaves:
                quantity = self.leaves
            self.leaves -= quantity
            self.filled += quantity
            self.orders[maker].leaves -= quantity
            self.orders[maker].filled += quantity
            self.levels[level].quantity -= quantity
            self.trade(n, side, maker, at, quantity)
            if self.orders[maker].flags & B_GROUPED:
                self.note_leaves()
                self.legs.hit(maker, quantity, self.cause, level)
                continue
            if self.orders[maker].leaves == 0:
                if self.orders[maker].flags & F_ICEBERG and self.hidden.refill(maker, level):
                    continue
                self.queue.unlink(maker, level)
                self.queue.forget(maker)
        if self.levels[level].shaded != 0 and self.levels[level].orders == 0:
            self.sweep_hidden(n, side, level, at)
        if changed:
            self.queue.tell(n, 1 - side, level)
        if self.levels[level].orders != 0 or self.levels[level].shaded != 0:
            return 1
        self.ladder.drop(n, 1 - side, level)
        return 0

    def sweep_hidden(self, n: i64, side: i64, level: i64, at: i64) -> None:
        """Trade the taker against a level's hidden orders, but for those that ask for more than it has."""
        maker: i64 = self.shades[level].head
        while maker != NIL and self.leaves > 0:
            following: i64 = self.orders[maker].next
            if self.rehearsal.asks(maker) <= self.leaves:
                if self.orders[maker].owner == self.owner:
                    self.meet_own(maker, level)
                else:
                    self.hit_hidden(n, side, maker, level, at)
            maker = following

    def hit_hidden(self, n: i64, side: i64, maker: i64, level: i64, at: i64) -> None:
        quantity: i64 = min(self.orders[maker].leaves, self.leaves)
        self.leaves -= quantity
        self.filled += quantity
        self.orders[maker].leaves -= quantity
        self.orders[maker].filled += quantity
        self.shades[level].hidden -= quantity
        self.trade(n, side, maker, at, quantity)
        if self.orders[maker].leaves == 0:
            self.hidden.detach(maker, level)
            self.queue.forget(maker)

    def meet_own(self, maker: i64, level: i64) -> bool:
        """The taker would trade with its owner's own order next; returns whether the level shows less."""
        shown: bool = self.orders[maker].flags & F_HIDDEN == 0
        by: i64 = self.leaves
        self.note_leaves()
        if self.mode == DECREMENT:
            by = min(by, self.hidden.open(maker))
            shown = self.selftrade.lower(maker, level, by, self.cause)
        elif self.mode != CANCEL_NEWEST:
            self.selftrade.end(maker, level, self.cause)
        if self.leg != NIL:  # what ended may have been its parent
            self.beyond = self.extras[self.leg].rest
        if self.mode == CANCEL_OLDEST:
            return shown
        self.leaves -= by
        if self.leaves == 0:
            self.cut = by
        else:
            left: i64 = self.leaves + self.beyond
            self.selftrade.lowered(self.taker, self.taker_account, self.taker_ref, left, self.cause)
        return shown and self.mode != CANCEL_NEWEST

    def trade(self, n: i64, side: i64, maker: i64, price: i64, quantity: i64) -> None:
        value: i64 = value_down(price, quantity)
        left: i64 = self.orders[maker].leaves
        if self.orders[maker].flags & (F_ICEBERG | B_GROUPED):
            left += self.extras[maker].rest
        trade: i64 = self.scalars[0].trades + 1
        self.scalars[0].trades = trade
        trade = trade | self.shard << 53
        e: i64 = self.outbox.event(EV_TRADE, n, self.taker_account, self.taker)
        self.events[e].side = side
        self.events[e].price = price
        self.events[e].quantity = quantity
        self.events[e].filled = self.filled
        self.events[e].leaves = self.leaves + self.beyond
        self.events[e].notional = value
        self.events[e].other_order = self.orders[maker].id
        self.events[e].other_account = self.orders[maker].account
        self.events[e].other_leaves = left
        self.events[e].trade = trade
        eligible: bool = quantity >= self.instruments[n].last_lot
        self.events[e].status = eligible
        self.fill(n, side, maker, price, quantity, value, trade, left)
        self.prices.print_trade(n, price, quantity, value, self.time, eligible)
        if eligible and self.instruments[n].tier != 0:
            self.bands.count(n, price, self.time)
        if eligible and self.instruments[n].stops != 0:
            self.stops.trade(n, price, self.cause)

    def fill(
        self, n: i64, side: i64, maker: i64, price: i64, quantity: i64, value: i64, trade: i64, left: i64
    ) -> None:
        """Tell both owners' accounts of a fill, the taker's first."""
        i: i64 = self.mail.post(M_FILL, n, self.taker_account, self.taker, self.cause)
        self.letters[i].side = side
        self.letters[i].reason = TAKER
        self.letters[i].ref = self.taker_ref
        self.letters[i].price = price
        self.letters[i].quantity = quantity
        self.letters[i].leaves = self.leaves + self.beyond
        self.letters[i].value = value
        self.letters[i].trade = trade
        self.letters[i].other_order = self.orders[maker].id
        self.letters[i].other_account = self.orders[maker].account
        i = self.mail.post(M_FILL, n, self.orders[maker].account, self.orders[maker].id, self.cause)
        self.letters[i].side = 1 - side
        self.letters[i].reason = MAKER
        self.letters[i].ref = self.orders[maker].ref
        self.letters[i].price = price
        self.letters[i].quantity = quantity
        self.letters[i].leaves = left
        self.letters[i].value = value
        self.letters[i].trade = trade
        self.letters[i].other_order = self.taker
        self.letters[i].other_account = self.taker_account

    def note_leaves(self) -> None:
        """What the incoming order has left, where its group looks for it."""
        if self.leg != NIL:
            self.orders[self.leg].leaves = self.leaves

    def forget(self, slot: i64) -> None:
        """Free the slot of an order that has left the book."""
        if self.orders[slot].flags & B_GROUPED:
            self.legs.forget(slot, self.cause, NIL)
        else:
            self.queue.forget(slot)

    def rests(self, i: i64) -> bool:
        if self.inbox[i].order_type != LIMIT:
            return False
        return self.inbox[i].tif == DAY or self.inbox[i].tif == GTC or self.inbox[i].tif == GTD

    # -- messages and events ---------------------------------------------------------------------

    def take_on(self, i: i64) -> None:
        """The order in message `i` is the taker."""
        self.stand(self.inbox[i].instrument, self.inbox[i].other_account, self.inbox[i].flags)
        self.taker = self.inbox[i].order
        self.taker_ref = self.inbox[i].ref
        self.taker_account = self.inbox[i].account

    def stand(self, n: i64, owner: i64, flags: i64) -> None:
        """How the taker stands to its owner's other orders; 0 is nobody's number."""
        self.owner = 0 if self.instruments[n].flags & PROTECTIONS_OFF else owner
        self.mode = (flags & F_STP) >> F_STP_SHIFT
        self.cut = 0

    def end_cut(self, i: i64) -> None:
        """End what self-trade prevention took off the taker in message `i`, if it did."""
        if self.cut != 0:
            self.leaves = self.cut
            self.end(i, WHY_SELF_TRADE)

    def accept(self, i: i64, n: i64, side: i64, price: i64) -> None:
        e: i64 = self.outbox.event(EV_ACCEPTED, n, self.inbox[i].account, self.inbox[i].order)
        self.events[e].side = side
        self.events[e].order_type = self.inbox[i].order_type
        self.events[e].tif = self.inbox[i].tif
        self.events[e].status = ST_OPEN
        self.events[e].price = price
        self.events[e].quantity = self.leaves
        self.events[e].leaves = self.leaves

    def reprice(self, i: i64, price: i64) -> None:
        """Tell the account if the new order in message `i` is priced at its band."""
        if price != self.inbox[i].price:
            letter: i64 = self.reply(i, M_PRICED)
            self.letters[letter].price = price
            self.letters[letter].leaves = self.leaves

    def reply(self, i: i64, kind: i64) -> i64:
        """A message back to the account that message `i` came from."""
        letter: i64 = self.mail.post(
            kind, self.inbox[i].instrument, self.inbox[i].account, self.inbox[i].order, self.cause
        )
        self.letters[letter].side = self.inbox[i].side
        self.letters[letter].ref = self.inbox[i].ref
        return letter

    def end(self, i: i64, reason: i64) -> None:
        """Tell the account that what is left of the order in message `i` ended."""
        letter: i64 = self.reply(i, M_END)
        self.letters[letter].reason = reason
        self.letters[letter].leaves = self.leaves

    def refuse(self, i: i64, kind: i64, code: i64) -> None:
        letter: i64 = self.reply(i, kind)
        self.letters[letter].code = code
        self.letters[letter].limit = self.checks.limit
        self.letters[letter].observed = self.checks.observed

    def publish(self, n: i64) -> None:
        """Tell the account machine the reference price when it has changed."""
        reference: i64 = self.prices.reference(n)
        if reference != self.instruments[n].published:
            self.instruments[n].published = reference
            i: i64 = self.mail.post(M_REFERENCE, n, 0, 0, self.cause)
            self.letters[i].price = reference
