"""Reference listings: instruments, their phases and suspension, and the day roll."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import ANY_INSTRUMENT, NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX
from tests.core.oracle.phases import Phases
from tests.core.oracle.state import Instrument, Refusal, State, business_day_after

COLLAR_MAX = 100_000_000  # basis points
TIERS = 2
PRINTABLE = range(0x20, 0x7F)
PHASES = (
    codes.IN_CONTINUOUS, codes.IN_CLOSED, codes.IN_PRE_OPEN, codes.IN_CLOSING_AUCTION, codes.IN_AUCTION_CALL,
)  # fmt: skip


def is_symbol(low: int, high: int) -> bool:
    """1 to 16 printable ASCII characters, then zeros."""
    raw = low.to_bytes(8, "little") + high.to_bytes(8, "little")
    text = raw.rstrip(b"\0")
    return bool(text) and all(byte in PRINTABLE for byte in text)


class Listings:
    def __init__(self, state: State, phases: Phases) -> None:
        self.state = state
        self.phases = phases

    def list(self, _: Any, body: Any) -> None:
        """LIST: a new instrument."""
        self.may_list(body)
        number = len(self.state.instruments)
        instrument = Instrument(
            number=number,
            symbol=(body.symbol_low, body.symbol_high),
            tick_size=body.tick_size,
            lot_size=body.lot_size,
            min_notional=body.min_notional,
            reference_price=body.reference_price,
            last_lot=body.last_lot,
            market_collar=body.market_collar,
            limit_collar=body.limit_collar,
            protected=not body.flags & codes.PROTECTIONS_OFF,
            auctions=bool(body.flags & codes.AUCTIONS),
            market=body.market,
            realm=body.realm,
            close=body.reference_price,
            tier=0 if body.flags & codes.PROTECTIONS_OFF else body.tier,
        )
        self.state.instruments.append(instrument)
        self.state.answer["instrument"] = number
        self.tell(instrument, codes.LISTED)
        self.phases.books.bands.restart(instrument)

    def may_list(self, body: Any) -> None:
        listed = self.state.instruments
        most = self.state.limits.instruments
        if len(listed) >= most:
            raise Refusal(codes.E_INSTRUMENTS_FULL, most, len(listed) + 1)
        if not is_symbol(body.symbol_low, body.symbol_high):
            raise Refusal(codes.E_BAD_RECORD)
        for other in listed:
            if other.symbol == (body.symbol_low, body.symbol_high):
                raise Refusal(codes.E_DUPLICATE_SYMBOL, most, other.number)
        ranges = (
            (codes.E_TICK_SIZE, body.tick_size, 1, PRICE_MAX),
            (codes.E_BAD_PRICE, body.reference_price, 1, PRICE_MAX),
            (codes.E_BAD_QUANTITY, body.lot_size, 1, QUANTITY_MAX),
            (codes.E_BAD_QUANTITY, body.last_lot, 1, QUANTITY_MAX),
            (codes.E_BAD_NOTIONAL, body.min_notional, 0, NOTIONAL_MAX),
            (codes.E_UNSUPPORTED, body.market_collar, 1, COLLAR_MAX),
            (codes.E_UNSUPPORTED, body.limit_collar, 1, COLLAR_MAX),
        )
        for code, value, least, greatest in ranges:
            if not least <= value <= greatest:
                raise Refusal(code, greatest, value)
            if code == codes.E_BAD_PRICE and value % body.tick_size:
                raise Refusal(code, greatest, value)
        if body.tier > TIERS:
            raise Refusal(codes.E_UNSUPPORTED, TIERS, body.tier)
        known = codes.PROTECTIONS_OFF | codes.AUCTIONS
        if body.flags & ~known:
            raise Refusal(codes.E_UNSUPPORTED, known, body.flags)

    def set_listing(self, head: Any, body: Any) -> None:
        """SET_LISTING: another tick (while nothing rests), least notional, collars, limits of an order."""
        instrument = self.known(head.instrument)
        flags = body.flags
        known = (
            codes.LISTING_TICK | codes.LISTING_MIN_NOTIONAL | codes.LISTING_QUANTITY | codes.LISTING_VALUE
            | codes.LISTING_MARKET_COLLAR | codes.LISTING_LIMIT_COLLAR | codes.LISTING_TIER
        )  # fmt: skip
        if flags == 0 or flags & ~known:
            raise Refusal(codes.E_UNSUPPORTED, known, flags)
        for flag, code, value, least, greatest in (
            (codes.LISTING_TICK, codes.E_TICK_SIZE, body.tick_size, 1, PRICE_MAX),
            (codes.LISTING_MIN_NOTIONAL, codes.E_BAD_NOTIONAL, body.min_notional, 0, NOTIONAL_MAX),
            (codes.LISTING_VALUE, codes.E_BAD_NOTIONAL, body.order_value_max, 0, NOTIONAL_MAX),
            (codes.LISTING_QUANTITY, codes.E_BAD_QUANTITY, body.order_quantity_max, 0, QUANTITY_MAX),
            (codes.LISTING_MARKET_COLLAR, codes.E_UNSUPPORTED, body.market_collar, 1, COLLAR_MAX),
            (codes.LISTING_LIMIT_COLLAR, codes.E_UNSUPPORTED, body.limit_collar, 1, COLLAR_MAX),
            (codes.LISTING_TIER, codes.E_UNSUPPORTED, body.tier, 0, TIERS),
        ):
            if flags & flag and not least <= value <= greatest:
                raise Refusal(code, greatest, value)
        levels = sum(len(side) for side in instrument.levels)
        levels += sum(bool(waiting) for waiting in (*instrument.markets, instrument.closing))
        levels += len(instrument.waiting)
        if flags & codes.LISTING_TICK and levels:
            raise Refusal(codes.E_OPEN_ORDERS, 0, levels)
        for flag, owner, name, value in (
            (codes.LISTING_TICK, instrument, "tick_size", body.tick_size),
            (codes.LISTING_MIN_NOTIONAL, instrument, "min_notional", body.min_notional),
            (codes.LISTING_QUANTITY, instrument.limits, "quantity_max", body.order_quantity_max),
            (codes.LISTING_VALUE, instrument.limits, "value_max", body.order_value_max),
            (codes.LISTING_MARKET_COLLAR, instrument, "market_collar", body.market_collar),
            (codes.LISTING_LIMIT_COLLAR, instrument, "limit_collar", body.limit_collar),
            (codes.LISTING_TIER, instrument, "tier", body.tier if instrument.protected else 0),
        ):
            if flags & flag:
                setattr(owner, name, value)
        self.tell(
            instrument,
            codes.CHANGED,
            quantity=instrument.tick_size,
            notional=instrument.min_notional,
            filled=instrument.market_collar,
            leaves=instrument.limit_collar,
            limit=instrument.limits.quantity_max,
            observed=instrument.limits.value_max,
        )
        if flags & (codes.LISTING_TIER | codes.LISTING_TICK):
            self.relist(instrument)
        bands = self.phases.books.bands
        bands.settle(instrument)

    def relist(self, instrument: Instrument) -> None:
        """Another tier or tick: the reference that there is stays."""
        bands = self.phases.books.bands
        if instrument.tier and instrument.band:
            bands.draw(instrument, instrument.band.reference)
        else:
            bands.restart(instrument)

    def known(self, number: int) -> Instrument:
        if number >= len(self.state.instruments):
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(self.state.instruments), number)
        return self.state.instruments[number]

    def suspend(self, head: Any, _: Any) -> None:
        """SUSPEND: only cancels are taken until RESUME."""
        instrument = self.known(head.instrument)
        wanted = head.type == codes.C_SUSPEND
        if (instrument.phase == codes.IN_SUSPENDED) == wanted:
            code = codes.E_SUSPENDED if wanted else codes.E_NOT_SUSPENDED
            raise Refusal(code, len(self.state.instruments), head.instrument)
        self.tell(instrument, codes.SUSPENDED if wanted else codes.RESUMED)
        if wanted:
            instrument.phase, instrument.due, instrument.extended = codes.IN_SUSPENDED, 0, False
            self.phases.books.bands.end(instrument)
        else:
            self.phases.resume(instrument)

    def phase(self, head: Any, body: Any) -> None:
        """PHASE: of one instrument, or of all of a market."""
        if body.phase not in PHASES:
            raise Refusal(codes.E_UNSUPPORTED, 0, body.phase)
        if body.ends_ts < 0 or body.lock_ns < 0:
            raise Refusal(codes.E_BAD_AMOUNT, 0, min(body.ends_ts, body.lock_ns))
        if head.instrument == ANY_INSTRUMENT:
            moved = [one for one in self.state.instruments if one.market == body.market]
        else:
            moved = [self.known(head.instrument)]
            if moved[0].market != body.market:
                raise Refusal(codes.E_UNKNOWN_INSTRUMENT, moved[0].market, body.market)
        self.state.answer["count"] = len(moved)
        for number, instrument in enumerate(moved, 1):
            self.phases.phase(instrument, body.phase, body.ends_ts, body.lock_ns, body.date)
            if number % self.state.limits.slice == 0:
                self.phases.books.deliver()

    def day_roll(self, _: Any, body: Any) -> None:
        """DAY_ROLL: every official close is fixed and the day begins; DAY orders expire after this."""
        state = self.state
        if body.date <= state.date:
            raise Refusal(codes.E_DAY_ORDER, state.date, body.date)
        for instrument in state.instruments:
            if instrument.last_day == state.day:
                instrument.close = instrument.last
            state.event(
                codes.EV_CLOSE,
                instrument=instrument.number,
                price=instrument.close,
                quantity=body.date,
                notional=instrument.day_volume,
            )
            instrument.day_open = instrument.day_high = instrument.day_low = 0
            instrument.day_volume = instrument.day_notional = 0
        state.date = body.date
        state.day += 1
        state.settlement = max(state.settlement, business_day_after(body.date))
        for instrument in state.instruments:
            self.phases.books.bands.restart(instrument)
            self.phases.books.bands.settle(instrument)
        for account in state.accounts:
            account.proceeds = [sale for sale in account.proceeds if sale[0] > body.date]
            account.start_cash = account.cash
            account.net_deposits = 0
            for holding in account.holdings.values():
                holding.start_quantity = holding.quantity
                holding.net_transfers = 0

    def tell(self, instrument: Instrument, status: int, **fields: int) -> None:
        self.state.event(
            codes.EV_INSTRUMENT,
            instrument=instrument.number,
            status=status,
            price=instrument.reference_price,
            reason=instrument.tier,
            **fields,
        )
