"""What must hold of price bands after every command: nothing traded or rests beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openbell.core import band_layouts, codes
from tests.core.oracle.state import EVENT_FIELDS, EventTuple

if TYPE_CHECKING:
    from tests.core.invariants import Invariants

INSTRUMENT, PRICE, LIMIT, OBSERVED = (
    EVENT_FIELDS.index(name) for name in ("instrument", "price", "limit", "observed")
)


class BandInvariants:
    """Follows the bands of one exchange by what it tells."""

    def __init__(self, whole: Invariants) -> None:
        self.whole = whole
        self.edges: dict[int, tuple[int, int]] = {}  # instrument -> lower and upper band, as told last
        self.known = 0  # instruments looked at before

    def note(self, events: list[EventTuple]) -> None:
        """Every trade lies inside the bands that were told before it; an auction's price is its own."""
        for event in events:
            n = event[INSTRUMENT]
            if event[0] == codes.EV_BAND:
                self.edges.pop(n, None)
                if event[PRICE]:
                    self.edges[n] = (event[OBSERVED], event[LIMIT])
            elif event[0] == codes.EV_TRADE and n in self.edges:
                low, high = self.edges[n]
                assert low <= event[PRICE] <= high, f"a trade outside of {low} to {high}: {event}"

    def check(self) -> None:
        wake = []
        for n, instrument in enumerate(self.whole.instruments):
            band = self.whole.rows("bands", 1, n)[0]
            if n >= self.known and band.reference:  # it may have been listed before anybody looked
                self.edges[n] = (band.low, band.high)
            banded = bool(instrument.tier) and instrument.status == codes.IN_CONTINUOUS
            assert bool(band.reference) == banded, f"instrument {n}: {band}"
            assert self.edges.get(n, (0, 0)) == (band.low, band.high), f"instrument {n} told other bands"
            assert bool(band.due) == bool(band.limit_state)
            assert not (instrument.tier and instrument.flags & codes.PROTECTIONS_OFF)
            wake += [band.due] * bool(band.due)
            if banded:
                self.check_band(n, band)
        self.known = len(self.whole.instruments)
        assert all(due > self.whole.scalars.time for due in wake), "a limit state lasts too long"

    def check_band(self, n: int, found: Any) -> None:
        """Edges on the tick around the reference; who rests inside; a limit state where a side is at one."""
        tick = self.whole.instruments[n].tick_size
        assert found.low % tick == found.high % tick == 0
        assert 0 < found.low <= found.reference <= found.high
        bids, asks = (self.prices(n, side) for side in (codes.BUY, codes.SELL))
        assert all(price <= found.high for price, _ in bids), f"instrument {n} bids beyond {found}"
        assert all(price >= found.low for price, _ in asks), f"instrument {n} asks beyond {found}"
        state = codes.AT_LOWER * any(shown and price == found.low for price, shown in asks)
        if any(shown and price == found.high for price, shown in bids):
            state = codes.AT_UPPER
        assert found.limit_state == state, f"instrument {n} is in another limit state: {found}"
        sums = self.whole.rows("band_sums", band_layouts.BAND_RING, n * band_layouts.BAND_RING)
        for one in sums:
            assert bool(one.total) == bool(one.count) and one.total >= one.count >= 0

    def prices(self, n: int, side: int) -> list[tuple[int, bool]]:
        """A side's prices, and whether they show anything."""
        depth = self.whole.exchange.books.ladder.depth
        instrument = self.whole.instruments[n]
        count = instrument.bids if side == codes.BUY else instrument.asks
        levels = [
            self.whole.levels[rung.level] for rung in self.whole.rows("rungs", count, (2 * n + side) * depth)
        ]
        return [(level.price, bool(level.orders)) for level in levels]
