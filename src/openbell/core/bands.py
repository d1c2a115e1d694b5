"""Price bands: nothing trades outside them (trading-rules: Bands).

Around a reference that follows the mean of five minutes. A side that stands at its edge for long calls an
auction, whose price is the next reference. An instrument without a tier has none of this.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.ladder import Ladder
from openbell.core.outbox import Outbox
from openbell.core.prices import Prices

if not cython.compiled:
    from openbell.core.band_layouts import (
        BAND_CHEAP,
        BAND_COUNT_MAX,
        BAND_HOLD_NS,
        BAND_LIMIT_NS,
        BAND_LOWER_CLASS,
        BAND_RING,
        BAND_SLOT_NS,
        BAND_SLOTS,
        BAND_UPPER_CLASS,
        BAND_WIDE_NS,
    )
    from openbell.core.codes import (
        AT_LOWER,
        AT_UPPER,
        BUY,
        EV_BAND,
        IN_CONTINUOUS,
        MARKET,
        SELL,
        WHY_BAND,
        WHY_COLLAR,
        WHY_IOC,
        WHY_NO_LIQUIDITY,
    )
    from openbell.core.prices import collar_width
    from openbell.core.records import PRICE_MAX
    from openbell.core.types import i64, i128


def band_width(tier: i64, close: i64, reference: i64, wide: bool, tick: i64) -> i64:
    """How far bands reach from the reference: by tier and official close, at least ten ticks."""
    times: i64 = 2 if wide else 1
    if close > BAND_UPPER_CLASS:
        return collar_width(reference, times * tier * 500, tick)
    if close >= BAND_LOWER_CLASS:
        return collar_width(reference, times * 2000, tick)
    return max(min(collar_width(reference, times * 7500, tick), times * BAND_CHEAP), 10 * tick)


class Bands:
    """Bands of all instruments; `begin` and `end` follow continuous trading."""

    def __init__(
        self,
        memory: Any,
        ladder: Ladder,
        prices: Prices,
        outbox: Outbox,
    ) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.schedules = memory["schedules"]
        self.bands = memory["bands"]
        self.sums = memory["band_sums"]
        self.events = memory["events"]
        self.ladder = ladder
        self.prices = prices
        self.outbox = outbox
        self.moved = False  # what rests beyond them has not ended yet (band_ends.py)

    # -- what they allow ---------------------------------------------------------------------------

    def clip(self, n: i64, side: i64, price: i64) -> i64:
        """The price of an order of `side`, or the band that it lies beyond."""
        if self.instruments[n].tier == 0 or self.bands[n].reference == 0:
            return price
        if side == BUY:
            return min(price, self.bands[n].high)
        return max(price, self.bands[n].low)

    def why_left(self, n: i64, side: i64, price: i64, order_type: i64) -> i64:
        """Why a taker at `price` that may not rest has size left."""
        if order_type != MARKET and self.instruments[n].tier == 0:
            return WHY_IOC
        offered: bool = self.prices.best_price(n, 1 - side) > 0
        if offered and self.instruments[n].tier != 0 and self.is_edge(n, side, price):
            return WHY_BAND
        if order_type != MARKET:
            return WHY_IOC
        return WHY_COLLAR if offered else WHY_NO_LIQUIDITY

    def is_edge(self, n: i64, side: i64, price: i64) -> bool:
        """Whether an order of `side` at `price` stands at its band."""
        return price == (self.bands[n].high if side == BUY else self.bands[n].low)

    # -- the reference -----------------------------------------------------------------------------

    def count(self, n: i64, price: i64, now: i64) -> None:
        """An eligible trade of continuous trading."""
        slot: i64 = now // BAND_SLOT_NS
        s: i64 = n * BAND_RING + slot % BAND_RING
        if self.sums[s].slot != slot:
            self.sums[s].slot = slot
            self.sums[s].total = 0
            self.sums[s].count = 0
        if self.sums[s].count < BAND_COUNT_MAX:
            self.sums[s].total += price
            self.sums[s].count += 1

    def mean(self, n: i64, slot: i64) -> i64:
        """The mean of the whole sums before the ten seconds `slot`, rounded down; 0: no trade."""
        total: i128 = 0
        count: i64 = 0
        s: i64
        for s in range(n * BAND_RING, (n + 1) * BAND_RING):
            if self.sums[s].slot >= slot - BAND_SLOTS and self.sums[s].slot < slot:
                total = total + self.sums[s].total
                count += self.sums[s].count
        if count == 0:
            return 0
        return cython.cast(i64, total // count)

    def look(self, n: i64, now: i64) -> None:
        """Once in ten seconds: a mean that has moved becomes the reference; not in a limit state."""
        slot: i64 = now // BAND_SLOT_NS
        if self.bands[n].looked == slot or self.bands[n].reference == 0 or self.bands[n].due != 0:
            return
        self.bands[n].looked = slot
        reference: i64 = self.bands[n].reference
        if now - self.bands[n].set_ts >= BAND_HOLD_NS:
            mean: i64 = self.mean(n, slot)
            if mean != 0 and abs(mean - reference) * 100 >= reference:
                reference = mean
                self.bands[n].set_ts = now
        self.draw(n, reference, now)

    def begin(self, n: i64, reference: i64, now: i64) -> None:
        """Bands around a reference from outside; what traded before it counts no more."""
        s: i64
        for s in range(n * BAND_RING, (n + 1) * BAND_RING):
            self.sums[s].slot = 0
            self.sums[s].total = 0
            self.sums[s].count = 0
        self.bands[n].set_ts = now
        self.bands[n].looked = now // BAND_SLOT_NS
        self.bands[n].reference = 0
        self.draw(n, reference, now)

    def end(self, n: i64) -> None:
        """Nothing matches continuously any more, or there is no tier."""
        if self.bands[n].reference == 0:
            return
        self.bands[n].reference = 0
        self.bands[n].low = 0
        self.bands[n].high = 0
        self.bands[n].due = 0
        self.bands[n].limit_state = 0
        self.bands[n].wide = 0
        self.tell(n)

    def restart(self, n: i64, now: i64) -> None:
        """A day began, or a tier came: the day's last trade is the reference, else the official close."""
        if self.instruments[n].tier == 0:
            self.end(n)
        elif self.instruments[n].status == IN_CONTINUOUS:
            self.begin(n, self.last_print(n), now)

    def relist(self, n: i64, now: i64) -> None:
        """Another tier, or another tick: the reference that there is stays."""
        if self.instruments[n].tier != 0 and self.bands[n].reference != 0:
            self.draw(n, self.bands[n].reference, now)
        else:
            self.restart(n, now)

    def last_print(self, n: i64) -> i64:
        """The day's last eligible trade, else the official close."""
        if self.instruments[n].last_day == self.scalars[0].day:
            return self.instruments[n].last
        return self.instruments[n].close

    # -- the bands ---------------------------------------------------------------------------------

    def draw(self, n: i64, reference: i64, now: i64) -> None:
        """Set the bands around a reference, rounded inward; orders beyond them end next."""
        tick: i64 = self.instruments[n].tick_size
        wide: bool = self.is_wide(n, now)
        width: i64 = band_width(self.instruments[n].tier, self.instruments[n].close, reference, wide, tick)
        high: i64 = min(reference + width, PRICE_MAX)
        high -= high % tick
        low: i64 = max(reference - width, tick)
        low += (tick - low % tick) % tick
        same: bool = reference == self.bands[n].reference and wide == (self.bands[n].wide != 0)
        if same and low == self.bands[n].low and high == self.bands[n].high:
            return
        self.bands[n].reference = reference
        self.bands[n].low = low
        self.bands[n].high = high
        self.bands[n].wide = wide
        self.bands[n].due = 0
        self.bands[n].limit_state = 0
        self.moved = True
        self.tell(n)

    def is_wide(self, n: i64, now: i64) -> bool:
        """Whether the bands are doubled: before the close, but for dear instruments of the second tier."""
        ends: i64 = self.schedules[n].ends_ts
        if ends == 0 or now < ends - BAND_WIDE_NS:
            return False
        return self.instruments[n].tier == 1 or self.instruments[n].close <= BAND_UPPER_CLASS

    def settle(self, n: i64, now: i64) -> None:
        """All that a message set off is done: whether a side stands at its band."""
        if self.bands[n].reference == 0:
            return
        found: i64 = 0
        ask: i64 = self.prices.best_price(n, SELL)
        if self.prices.best_price(n, BUY) >= self.bands[n].high:
            found = AT_UPPER
        elif ask != 0 and ask <= self.bands[n].low:
            found = AT_LOWER
        if found == self.bands[n].limit_state:
            return
        self.bands[n].limit_state = found
        self.bands[n].due = now + BAND_LIMIT_NS if found != 0 else 0
        self.tell(n)

    def due(self, n: i64) -> i64:
        """When a limit state becomes a call; 0: there is none."""
        return self.bands[n].due

    def tell(self, n: i64) -> None:
        e: i64 = self.outbox.event(EV_BAND, n, 0, 0)
        self.events[e].status = self.bands[n].limit_state
        self.events[e].reason = self.bands[n].wide
        self.events[e].price = self.bands[n].reference
        self.events[e].limit = self.bands[n].high
        self.events[e].observed = self.bands[n].low
        self.events[e].leaves = self.bands[n].due
