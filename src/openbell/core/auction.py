"""The auction: one price at which everything that crosses trades (trading-rules: Phases).

What buyers take falls and what sellers give rises with the price, so the best price lies where the two
cross: a binary search over the ticks finds it, and two more the ends of a tied range.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books
from openbell.core.channel import Channel
from openbell.core.outbox import Outbox

if not cython.compiled:
    from openbell.core.codes import (
        AUCTION,
        BUY,
        EV_TRADE,
        MARKET,
        OPG,
        PROTECTIONS_OFF,
        SELL,
        WHY_AUCTION_UNFILLED,
    )
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.numbers import value_down
    from openbell.core.prices import collar_price
    from openbell.core.state import F_HIDDEN, F_ICEBERG, M_END, M_FILL, NIL
    from openbell.core.types import AUCTION_COLLAR, CASH_TOP, i64


class Auction:
    """Finds an auction's outcome, and does it. `price` 0: nothing would trade."""

    def __init__(self, memory: Any, books: Books, outbox: Outbox, mail: Channel) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.shades = memory["shades"]
        self.orders = memory["book_orders"]
        self.events = memory["events"]
        self.books = books
        self.hidden = books.hidden
        self.lists = books.queue.lists
        self.outbox = outbox
        self.mail = mail
        self.letters = mail.messages
        self.counts = memory["leg_counts"]
        self.grouped = False
        self.price = 0
        self.bought = 0
        self.sold = 0

    # -- the price ---------------------------------------------------------------------------------

    def try_price(self, n: i64, price: i64) -> None:
        """What buyers would take and sellers give at a price: `bought` and `sold`."""
        self.price = price
        self.grouped = self.counts[n].legs != 0
        self.bought = self.market_size(self.lists.find(n, BUY), BUY, price)
        self.sold = self.market_size(self.lists.find(n, SELL), SELL, price)
        rank: i64 = 0
        level: i64 = self.books.ladder.best(n, BUY)
        while level >= 0 and self.levels[level].price >= price:
            self.bought = min(self.bought + self.size(level), CASH_TOP)
            rank += 1
            level = self.books.ladder.at(n, BUY, rank)
        rank = 0
        level = self.books.ladder.best(n, SELL)
        while level >= 0 and self.levels[level].price <= price:
            self.sold = min(self.sold + self.size(level), CASH_TOP)
            rank += 1
            level = self.books.ladder.at(n, SELL, rank)

    def size(self, level: i64) -> i64:
        """All that a price has, shown or not."""
        if self.grouped:
            return self.size_with_legs(level)
        if self.levels[level].shaded == 0:
            return self.levels[level].quantity
        return self.levels[level].quantity + self.shades[level].hidden

    def size_with_legs(self, level: i64) -> i64:
        """The same where there are legs of groups: alternatives give no more together than one of them."""
        size: i64 = self.shades[level].hidden if self.levels[level].shaded != 0 else 0
        slot: i64 = self.levels[level].head
        while slot != NIL:
            size += self.gives(slot)
            slot = self.orders[slot].next
        return size

    def gives(self, slot: i64) -> i64:
        """What an order gives; the worse priced of two alternatives what the other one has not given."""
        if self.orders[slot].flags & B_GROUPED:
            other: i64 = self.books.legs.kin.sibling(slot)
            if other != NIL and self.books.legs.kin.rests(other) and self.is_behind(slot, other):
                return self.books.legs.kin.beside(slot, self.orders[other].leaves)
        return self.orders[slot].leaves

    def is_behind(self, slot: i64, other: i64) -> bool:
        """Whether an order takes part at no price at which the other of its side does not."""
        if self.orders[slot].price == self.orders[other].price:
            return slot > other
        return (self.orders[slot].price < self.orders[other].price) == (self.orders[slot].side == BUY)

    def market_size(self, level: i64, side: i64, price: i64) -> i64:
        """The size of the market orders whose caps let them trade at a price."""
        size: i64 = 0
        if level == NIL:
            return size
        slot: i64 = self.levels[level].head
        while slot != NIL:
            if self.accepts(slot, side, price):
                size = min(size + self.orders[slot].leaves, CASH_TOP)
            slot = self.orders[slot].next
        return size

    def accepts(self, slot: i64, side: i64, price: i64) -> bool:
        if side == BUY:
            return self.orders[slot].price >= price
        return self.orders[slot].price <= price

    def volume(self) -> i64:
        return min(self.bought, self.sold)

    def imbalance(self) -> i64:
        return abs(self.bought - self.sold)

    def find(self, n: i64, reference: i64) -> None:
        """The auction's outcome: `price`, `bought`, `sold`; all zero if nothing would trade."""
        low: i64 = self.worst(n, BUY)
        high: i64 = max(self.best(n, BUY), self.worst(n, SELL))
        ask: i64 = self.best(n, SELL)
        if low == 0 or (ask != 0 and ask < low):
            low = ask
        tick: i64 = self.instruments[n].tick_size
        if high != 0 and self.search(n, low, (high - low) // tick, tick, reference):
            return
        self.try_price(n, max(reference - reference % tick, tick))  # market orders only
        if self.volume() == 0:
            self.price = 0
            self.bought = 0
            self.sold = 0

    def best(self, n: i64, side: i64) -> i64:
        """The best price of a side, shown or not, or 0."""
        level: i64 = self.books.ladder.best(n, side)
        return self.levels[level].price if level >= 0 else 0

    def worst(self, n: i64, side: i64) -> i64:
        """The worst price of a side, or 0."""
        level: i64 = self.books.ladder.at(n, side, self.books.ladder.count(n, side) - 1)
        if self.books.ladder.count(n, side) == 0:
            return 0
        return self.levels[level].price

    def search(self, n: i64, low: i64, steps: i64, tick: i64, reference: i64) -> bool:
        """The best of the prices `low` + 0 to `steps` ticks; False if nothing trades at any."""
        least: i64 = -1
        most: i64 = steps
        while least < most:  # the last step at which buyers take what sellers give
            middle: i64 = (least + most + 1) // 2
            self.try_price(n, low + middle * tick)
            if self.bought >= self.sold:
                least = middle
            else:
                most = middle - 1
        if least < steps:
            self.try_price(n, low + (least + 1) * tick)
        bought: i64 = self.bought
        sold: i64 = self.sold
        above: i64 = self.volume() if least < steps else -1
        excess: i64 = self.imbalance()
        if least < 0:
            return above > 0
        self.try_price(n, low + least * tick)
        if max(self.volume(), above) == 0:
            return False
        if self.volume() < above or (self.volume() == above and self.imbalance() > excess):
            self.try_price(n, low + (least + 1) * tick)  # a surplus of sellers: the lowest
            return True
        alone: bool = self.volume() > above or self.imbalance() < excess
        if alone and self.bought > self.sold:
            return True  # a surplus of buyers: the highest
        first: i64 = self.first_tied(n, low, least, tick, self.bought, self.sold)
        last: i64 = least
        if not alone:
            last = self.last_tied(n, low, least + 1, steps, tick, bought, sold)
        price: i64 = reference - reference % tick
        self.try_price(n, max(low + first * tick, min(price, low + last * tick)))
        return True

    def first_tied(self, n: i64, low: i64, step: i64, tick: i64, bought: i64, sold: i64) -> i64:
        """The first step with the same sizes as `step`."""
        first: i64 = 0
        while first < step:
            middle: i64 = (first + step) // 2
            self.try_price(n, low + middle * tick)
            if self.bought == bought and self.sold == sold:
                step = middle
            else:
                first = middle + 1
        return first

    def last_tied(self, n: i64, low: i64, step: i64, last: i64, tick: i64, bought: i64, sold: i64) -> i64:
        """The last step with the same sizes as `step`."""
        while step < last:
            middle: i64 = (step + last + 1) // 2
            self.try_price(n, low + middle * tick)
            if self.bought == bought and self.sold == sold:
                step = middle
            else:
                last = middle - 1
        return step

    def edge(self, n: i64, side: i64, reference: i64) -> i64:
        """The last price that an auction may print at."""
        return collar_price(side, reference, AUCTION_COLLAR, self.instruments[n].tick_size)

    def is_far(self, n: i64, reference: i64) -> bool:
        """Whether the price lies beyond the collar around the reference."""
        if self.price == 0 or self.instruments[n].flags & PROTECTIONS_OFF:
            return False
        return self.price > self.edge(n, BUY, reference) or self.price < self.edge(n, SELL, reference)

    def collar(self, n: i64, reference: i64) -> None:
        """Make the price the collar's edge."""
        price: i64 = min(self.price, self.edge(n, BUY, reference))
        self.try_price(n, max(price, self.edge(n, SELL, reference)))

    # -- the trades --------------------------------------------------------------------------------

    def uncross(self, n: i64) -> None:
        """Trade what was found, and end what the auction leaves over."""
        if self.volume() > 0:
            self.trade_all(n, self.volume())
        self.end_list(n, BUY)
        self.end_list(n, SELL)
        self.end_auction_only(n, BUY)
        self.end_auction_only(n, SELL)
        if self.bought != self.sold:
            self.end_crossing(n, BUY if self.bought > self.sold else SELL)

    def trade_all(self, n: i64, left: i64) -> None:
        """Pair buyers and sellers: market orders, then by price, displayed before hidden, then by time."""
        buyer: i64 = self.first(n, BUY)
        seller: i64 = self.first(n, SELL)
        last_buyer: i64 = NIL
        last_seller: i64 = NIL
        while left > 0:
            quantity: i64 = min(left, min(self.hidden.open(buyer), self.hidden.open(seller)))
            left -= quantity
            self.trade(n, buyer, seller, quantity)
            last_buyer = buyer
            last_seller = seller
            if self.hidden.open(last_buyer) == 0:
                buyer = self.after(n, BUY, last_buyer)
                self.leave(n, BUY, last_buyer)
            if self.hidden.open(last_seller) == 0:
                seller = self.after(n, SELL, last_seller)
                self.leave(n, SELL, last_seller)
        self.finish(n, BUY, last_buyer)
        self.finish(n, SELL, last_seller)

    def first(self, n: i64, side: i64) -> i64:
        """The order of a side that trades first."""
        level: i64 = self.lists.find(n, side)
        if level == NIL:
            return self.head(n, side)
        return self.from_here(n, side, self.levels[level].head)

    def from_here(self, n: i64, side: i64, slot: i64) -> i64:
        """The market order at `slot`, or the next that accepts the price; behind all, the best limit."""
        while slot != NIL and not self.accepts(slot, side, self.price):
            slot = self.orders[slot].next
        return slot if slot != NIL else self.head(n, side)

    def head(self, n: i64, side: i64) -> i64:
        """The first order at the best price of a side, or NIL."""
        level: i64 = self.books.ladder.best(n, side)
        return self.front(level) if level >= 0 else NIL

    def front(self, level: i64) -> i64:
        """The first order of a level: what is displayed, then what is hidden."""
        if self.levels[level].head == NIL and self.levels[level].shaded != 0:
            return self.shades[level].head
        return self.levels[level].head

    def after(self, n: i64, side: i64, slot: i64) -> i64:
        """Take a filled order out; returns the one that trades next, or NIL."""
        level: i64 = self.orders[slot].level
        following: i64 = self.orders[slot].next
        is_market: bool = self.orders[slot].order_type == MARKET
        self.hidden.detach(slot, level)
        if self.orders[slot].flags & B_GROUPED:
            self.books.legs.emptied(slot, self.books.cause, level)
            if not is_market:
                following = self.front(level)  # its sibling may have been the next
        else:
            self.books.queue.forget(slot)
        if is_market:
            return self.from_here(n, side, following)
        if following == NIL:
            following = self.front(level)
        if following != NIL:
            return following
        level = self.books.ladder.at(n, side, 1)  # the emptied level is still the best
        return self.front(level) if level >= 0 else NIL

    def leave(self, n: i64, side: i64, slot: i64) -> None:
        """A filled order has left; what its price shows, its price or its list may be used up."""
        level: i64 = self.orders[slot].level
        if self.levels[level].orders != 0:
            return
        if self.levels[level].price == 0:
            self.lists.drop(n, level)
            return
        if self.orders[slot].flags & F_HIDDEN == 0:
            self.books.queue.tell(n, side, level)
        if self.levels[level].shaded == 0:
            self.books.ladder.drop(n, side, level)

    def finish(self, n: i64, side: i64, slot: i64) -> None:
        """After the last trade of a side: an emptied slice's next, and what is shown at its price now."""
        level: i64 = self.orders[slot].level
        emptied: bool = self.orders[slot].id != 0 and self.orders[slot].leaves == 0
        if emptied and self.orders[slot].flags & F_ICEBERG:
            self.hidden.refill(slot, level)
        is_shown: bool = self.orders[slot].flags & F_HIDDEN == 0 and self.levels[level].price != 0
        if is_shown and self.levels[level].orders != 0:
            self.books.queue.tell(n, side, level)

    def trade(self, n: i64, buyer: i64, seller: i64, quantity: i64) -> None:
        """Every trade of an auction is eligible; the buyer is named first."""
        value: i64 = value_down(self.price, quantity)
        trade: i64 = self.scalars[0].trades + 1
        self.scalars[0].trades = trade
        trade = trade | self.books.shard << 53
        bought: i64 = self.lower(buyer, quantity)
        sold: i64 = self.lower(seller, quantity)
        e: i64 = self.outbox.event(EV_TRADE, n, self.orders[buyer].account, self.orders[buyer].id)
        self.events[e].side = BUY
        self.events[e].price = self.price
        self.events[e].quantity = quantity
        self.events[e].filled = self.orders[buyer].filled
        self.events[e].leaves = bought
        self.events[e].notional = value
        self.events[e].other_order = self.orders[seller].id
        self.events[e].other_account = self.orders[seller].account
        self.events[e].other_leaves = sold
        self.events[e].trade = trade
        self.events[e].status = 1
        self.fill(n, buyer, seller, quantity, value, trade)
        self.fill(n, seller, buyer, quantity, value, trade)
        self.tell_group(buyer, quantity)
        self.tell_group(seller, quantity)
        self.books.prices.print_trade(n, self.price, quantity, value, self.books.time, True)

    def tell_group(self, slot: i64, quantity: i64) -> None:
        """A fill of a leg is felt by its group at once."""
        if self.orders[slot].flags & B_GROUPED:
            self.books.legs.traded(slot, quantity, self.books.cause, self.orders[slot].level)

    def lower(self, slot: i64, quantity: i64) -> i64:
        """Take what is traded off an order; returns what is left of it."""
        self.hidden.take(slot, self.orders[slot].level, quantity)
        self.orders[slot].filled += quantity
        return self.hidden.left(slot)

    def fill(self, n: i64, slot: i64, other: i64, quantity: i64, value: i64, trade: i64) -> None:
        """Tell an owner's account of its side of a trade."""
        i: i64 = self.letter(n, slot, M_FILL)
        self.letters[i].reason = AUCTION
        self.letters[i].price = self.price
        self.letters[i].quantity = quantity
        self.letters[i].leaves = self.hidden.left(slot)
        self.letters[i].value = value
        self.letters[i].trade = trade
        self.letters[i].other_order = self.orders[other].id
        self.letters[i].other_account = self.orders[other].account

    def letter(self, n: i64, slot: i64, kind: i64) -> i64:
        """A message to the account of the order at `slot`."""
        i: i64 = self.mail.post(kind, n, self.orders[slot].account, self.orders[slot].id, self.books.cause)
        self.letters[i].side = self.orders[slot].side
        self.letters[i].ref = self.orders[slot].ref
        return i

    # -- what is left over -------------------------------------------------------------------------

    def end(self, n: i64, slot: i64) -> None:
        """End an order that the auction did not fill; it has left its queue."""
        i: i64 = self.letter(n, slot, M_END)
        self.letters[i].reason = WHY_AUCTION_UNFILLED
        self.letters[i].leaves = self.hidden.left(slot)
        self.books.forget(slot)

    def end_list(self, n: i64, which: i64) -> None:
        """End the market orders of a side."""
        while self.lists.find(n, which) != NIL:
            slot: i64 = self.levels[self.lists.find(n, which)].head
            self.books.queue.remove(slot)
            self.end(n, slot)

    def end_auction_only(self, n: i64, side: i64) -> None:
        """End a side's OPG and CLS orders, best price first."""
        rank: i64 = 0
        level: i64 = self.books.ladder.best(n, side)
        while level >= 0:
            count: i64 = self.books.ladder.count(n, side)
            slot: i64 = self.levels[level].head
            while slot != NIL:
                following: i64 = self.orders[slot].next
                if self.orders[slot].tif >= OPG:
                    self.books.queue.remove(slot)
                    self.end(n, slot)
                slot = following
            if self.books.ladder.count(n, side) == count:  # else the next has come to this rank
                rank += 1
            level = self.books.ladder.at(n, side, rank)

    def end_crossing(self, n: i64, side: i64) -> None:
        """A collar, or market orders that went first, can leave limits that cross: the surplus gives way."""
        while True:
            bid: i64 = self.best(n, BUY)
            ask: i64 = self.best(n, SELL)
            if bid == 0 or ask == 0 or bid < ask:
                return
            slot: i64 = self.head(n, side)
            self.hidden.remove(slot)
            self.end(n, slot)
