"""Single steps of a flow: valid, borderline and garbage, on few accounts and few prices.

A `Step` says what to do in terms relative to the flow ("the order before the last"), so that a flow that
lost some steps is still a flow: Hypothesis shrinks by that.
"""

from __future__ import annotations

from collections.abc import Callable

from openbell.core import codes, records
from tests.core import commands
from tests.core.commands import MILLISECOND, SECOND, SHARE, START
from tests.core.draw import Draw, Step
from tests.core.group_steps import GroupSteps
from tests.core.profiles import BANDED_ENDS, GUEST, HOUSE, LATER, SPANS, STRANGER, TRADERS, TTL, Profile

GAPS = (0, 1, 1000, TTL // 100, TTL // 50)
DAY_NS = 86_400 * 10**9
YEAR = 366 * DAY_NS
ENDS = (1, 1000, TTL // 50, TTL // 50, TTL // 10, TTL // 10, TTL, 0, -1, YEAR, YEAR + 1)
MODES = (codes.CANCEL_OLDEST, codes.CANCEL_BOTH, codes.DECREMENT)
GROUPS = (0, 0, 5, 6, (1 << 32) - 1, 1 << 32, 1 << 63)
JUMPS = (TTL - 1, TTL, TTL + 1, 5 * TTL)
CALLS = (150 * SECOND, 300 * SECOND)  # what a call of the exchange's own lasts, and half of it
ACCOUNTS = (*TRADERS * 4, HOUSE, HOUSE, STRANGER, GUEST, *LATER, *TRADERS * 4)
ODD_ACCOUNTS = (0, 1, 2, 3, 11, 63, 64, 1 << 32, (1 << 32) + 5, (1 << 63) - 1, (1 << 64) - 1)
ODD_NUMBERS = (
    0, -1, 1, 2, records.PRICE_MAX, records.PRICE_MAX + 1, records.QUANTITY_MAX, records.QUANTITY_MAX + 1,
    records.NOTIONAL_MAX, records.NOTIONAL_MAX + 1, (1 << 63) - 1, -(1 << 63),
)  # fmt: skip
SMALL_ODD = (0, 1, records.PRICE_MAX, 100_000_000, 100_000_001)
TIMES = (*(codes.DAY,) * 3, codes.IOC, codes.FOK, *(codes.GTC,) * 3)
KINDS = (codes.KIND_USER, codes.KIND_DEMO, codes.KIND_HOUSE, codes.KIND_PARTICIPANT, codes.KIND_CLEARING, 9)
PHASES = (
    *(codes.IN_CONTINUOUS,) * 5, *(codes.IN_PRE_OPEN,) * 2, codes.IN_AUCTION_CALL, codes.IN_CLOSED,
    *(codes.IN_CLOSING_AUCTION,) * 2,
)  # fmt: skip
PHASE_ENDS = (0, 0, 100 * MILLISECOND, 400 * SECOND, 1000 * SECOND)
KEYS = (0, 0, 1, 2, 3, 4, 5, 6, 1 << 63, (1 << 64) - 1)


class Steps:
    """Draws steps of one profile."""

    def __init__(self, made: Profile, draw: Draw) -> None:
        self.profile = made
        self.draw = draw
        self.drift = 0
        self.groups = GroupSteps(self)

    def one_in(self, n: int) -> bool:
        return self.draw.whole(0, n - 1) == n // 2  # Hypothesis prefers the ends

    def odd(self, n: int) -> bool:
        """One in n, fewer in a calm flow."""
        return self.one_in(n * self.profile.calm)

    def account(self) -> int:
        return self.draw.pick(ODD_ACCOUNTS) if self.odd(40) else self.draw.pick(ACCOUNTS)

    def instrument(self) -> int:
        if self.odd(60):
            return self.draw.pick((len(self.profile.prices), 5, 6, 15, 16, records.ANY_INSTRUMENT))
        if self.one_in(20):
            return len(self.profile.prices) - 1
        return self.draw.whole(0, 2)

    def ticks(self, side: int) -> int:
        """How far from the middle, which wanders where there are bands: near it buys and sells meet."""
        if self.profile.bands:
            self.drift = max(-15, min(15, self.drift + self.draw.pick((-1, 0, 0, 1))))
            if self.one_in(4):
                return self.drift + self.draw.whole(-14, 14)
        if self.one_in(9):
            return self.draw.whole(-16, 16)
        return self.drift + (self.draw.whole(-6, 2) if side == codes.BUY else self.draw.whole(-2, 6))

    def price(self, instrument: int, side: int) -> int:
        if self.odd(40):
            return self.draw.pick(ODD_NUMBERS)
        middle, tick, _ = self.profile.prices[instrument % len(self.profile.prices)]
        if self.odd(30):
            return middle + self.draw.whole(-3, 3)
        return max(tick, middle + tick * self.ticks(side))

    def quantity(self, instrument: int) -> int:
        if self.odd(40):
            return self.draw.pick((*ODD_NUMBERS, 10**12, 10**12 + SHARE))
        _, _, lot = self.profile.prices[instrument % len(self.profile.prices)]
        if self.one_in(30) or (instrument == 1 and self.one_in(3)):
            return self.draw.whole(1, 4 * lot)
        if self.one_in(30):
            return lot * self.draw.pick((60, 500, 3000, 20_000))
        return lot * self.draw.whole(1, 6)

    def money(self) -> int:
        return self.draw.pick(ODD_NUMBERS) if self.one_in(6) else self.draw.whole(1, self.profile.cash // 4)

    def header(self) -> dict[str, int]:
        """A request key out of few, so that keys meet again, or none."""
        if self.one_in(3):
            return {"key_low": self.draw.pick(KEYS), "key_high": self.draw.pick((0, 0, 7))}
        return {}

    def gap(self) -> int:
        if self.profile.bands and self.one_in(3):
            return self.draw.pick(SPANS)
        if self.one_in(60):
            return self.draw.pick(CALLS if self.one_in(60 // self.profile.phases) else JUMPS)
        return self.draw.pick(GAPS)

    def back(self) -> int:
        return self.draw.whole(0, 40) if self.one_in(4) else self.draw.whole(0, 10)

    def value(self, instrument: int) -> int:
        """So much money as a few lots cost."""
        if self.odd(20):
            return self.draw.pick(ODD_NUMBERS)
        middle, _, lot = self.profile.prices[instrument % len(self.profile.prices)]
        return max(1, middle * lot // SHARE * self.draw.whole(1, 30) // 4 + self.draw.whole(-2, 2))

    def display(self, quantity: int) -> dict[str, int]:
        """An iceberg, or a hidden order with a minimum or without; sometimes with fields that do not fit."""
        if self.odd(20):
            return {name: self.draw.pick(ODD_NUMBERS) for name in ("display", "min_quantity")}
        if self.one_in(2):
            return {"display": max(1, quantity // self.draw.pick((1, 2, 3, 5)))}
        return {"display": 0, "min_quantity": self.draw.pick((0, 0, 1, quantity // 2, quantity))}

    # -- kinds ---------------------------------------------------------------------------------------

    def new(self) -> Step:
        instrument = self.instrument()
        side = self.draw.whole(codes.BUY, codes.SELL)
        order_type = codes.MARKET if self.one_in(8) else codes.LIMIT
        tif = self.draw.pick(TIMES)
        price = 0 if order_type == codes.MARKET else self.price(instrument, side)
        quantity = self.quantity(instrument)
        if order_type == codes.MARKET and self.one_in(2):
            quantity *= 4
        fields: dict[str, int] = {}
        ends = None
        if self.one_in(12):
            tif, ends = codes.GTD, self.draw.pick(ENDS)
        if self.one_in(10):
            fields["flags"] = codes.POST_ONLY
        if self.one_in(6):
            fields |= self.display(quantity)
        if self.one_in(self.profile.stops):
            order_type, price, fields = self.stop(instrument, side)
        if order_type == codes.MARKET and self.one_in(2):
            fields["notional"] = self.value(instrument)
            quantity = quantity if self.odd(20) else 0
        if self.one_in(3):
            fields["stp"] = self.draw.pick((0, 9, 255)) if self.odd(40) else self.draw.pick(MODES)
        if self.odd(30):
            name = self.draw.pick(
                ("stop_price", "min_quantity", "notional", "expire_ts", "stp", "flags", "display")
            )
            fields[name] = self.draw.pick((0, 1, 5))
        if self.one_in(4):
            fields["flags"] = codes.FROM_APP | (fields.get("flags", 0) & codes.TRAIL_PERCENT)
        if self.odd(40):
            side = self.draw.pick((2, 255))
        if self.odd(40):
            order_type = self.draw.pick((codes.MARKET, codes.STOP, codes.TRAILING_STOP, 5, 255))
        if self.one_in(40 // self.profile.phases):
            tif = self.draw.pick((codes.OPG, codes.CLS))
        if self.odd(40):
            tif = self.draw.pick((codes.GTD, 7, 255))
        blob = self.draw.pick((b"", b"a", b"client-id", b"x" * 48, b"y" * 60))
        made = commands.order(
            self.account(), instrument, side, price, quantity, order_type, tif, blob,
            self.header() | {"actor": self.draw.pick((0, 0, 0, 0, 0, 1, 1, 2))}, **fields,
        )  # fmt: skip
        return Step(bytes(made), self.gap(), ends=ends)

    def stop(self, instrument: int, side: int) -> tuple[int, int, dict[str, int]]:
        """Type, price and further fields of a stop not far from the market, on either side of it."""
        middle, tick, _ = self.profile.prices[instrument % len(self.profile.prices)]
        order_type = self.draw.pick((codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP))
        if order_type == codes.TRAILING_STOP:
            return order_type, 0, self.trail(tick)
        away = self.draw.whole(-2, 5)
        stop = max(tick, middle + tick * (away if side == codes.BUY else -away))
        if self.odd(30):
            stop = self.draw.pick((*ODD_NUMBERS, stop + 1))
        limit = 0
        if order_type == codes.STOP_LIMIT:
            limit = self.price(instrument, side) if self.one_in(3) else stop + tick * self.draw.whole(-2, 2)
        return order_type, limit, {"stop_price": stop}

    def trail(self, tick: int) -> dict[str, int]:
        """The fields of a trail: an amount or basis points."""
        if self.one_in(2):
            points = self.draw.pick((1, 2, 3, 5, 9_999))
            if self.odd(20):
                points = self.draw.pick((0, -1, 10_000, 1 << 62))
            return {"stop_price": points, "flags": codes.TRAIL_PERCENT}
        amount = tick * self.draw.whole(1, 6)
        return {"stop_price": self.draw.pick((*ODD_NUMBERS, amount + 1)) if self.odd(30) else amount}

    def group(self) -> Step:
        made, ends = self.groups.group()
        return Step(made, self.gap(), ends=self.draw.pick(ENDS) if ends else None)

    def cancel(self) -> Step:
        made = commands.cancel(self.account(), self.draw.pick((0, 256, (1 << 64) - 1)), **self.header())
        back = -1 if self.odd(20) else self.back()
        return Step(bytes(made), self.gap(), back, owner=not self.one_in(15))

    def modify(self) -> Step:
        which = self.draw.whole(1, 3)
        price = self.draw.pick(ODD_NUMBERS) if which & codes.SET_PRICE else None
        quantity = self.draw.pick(ODD_NUMBERS) if which & codes.SET_QUANTITY else None
        ticks = self.ticks(self.draw.whole(0, 1)) if price is not None and not self.one_in(20) else None
        lots = self.draw.whole(0, 8) if quantity is not None and not self.one_in(20) else None
        if_filled = self.draw.pick((0, 0, SHARE, 2 * SHARE)) if self.one_in(6) else -1
        stop = trail = asked = None
        if self.one_in(3):
            asked = self.draw.pick((1, 2, 9_999, 10_000, *ODD_NUMBERS))
            if self.one_in(2):
                price = ticks = None
            if self.one_in(2):
                stop = self.draw.whole(-5, 5)
            elif self.one_in(2):
                trail = self.draw.whole(0, 5)
        made = commands.modify(self.account(), 0, price, quantity, if_filled, stop=asked, **self.header())
        body = records.Modify.from_buffer(made, records.Header.SIZE)
        if self.one_in(6):
            body.flags |= codes.SET_DISPLAY
            body.display = self.draw.pick((-1, 0, 1, SHARE, 2 * SHARE, self.quantity(0)))
        if self.odd(30):
            body.flags = self.draw.pick((0, codes.SET_STOP_PRICE, 1 << 63))
            body.stop_price = self.draw.pick((0, 1))
        back = -1 if self.odd(30) else self.back()
        return Step(
            bytes(made), self.gap(), back, not self.one_in(20),
            ticks=ticks, lots=lots, stop=stop, trail=trail,
        )  # fmt: skip

    def cancel_all(self) -> Step:
        instrument = self.draw.pick((records.ANY_INSTRUMENT, *range(4)))
        side = self.draw.pick((records.ANY_SIDE, records.ANY_SIDE, codes.BUY, codes.SELL, 2))
        made = commands.cancel_all(self.account(), instrument, side, **self.header())
        return Step(bytes(made), self.gap())

    def cash(self) -> Step:
        account, amount = self.account(), self.money()
        move = self.draw.pick((commands.deposit, commands.withdraw))
        return Step(bytes(move(account, amount, **self.header())), self.gap())

    def transfer(self) -> Step:
        instrument = self.instrument()
        cash = self.money() if self.one_in(2) else 0
        quantity = self.quantity(instrument) if self.one_in(2) else 0
        made = commands.transfer(self.account(), self.account(), cash, instrument, quantity, **self.header())
        return Step(bytes(made), self.gap())

    def issue(self) -> Step:
        instrument = self.instrument()
        made = commands.issue(
            self.account(),
            instrument,
            self.quantity(instrument),
            self.price(instrument, codes.BUY),
            **self.header(),
        )
        return Step(bytes(made), self.gap())

    def open(self) -> Step:
        kind = self.draw.pick(KINDS)
        firm = self.draw.pick((0, 0, 1, 1, 2, 3))
        grant = self.money() if self.one_in(2) else 0
        realm = self.draw.pick((1, 1, 1, 2, 1 << 16))
        made = commands.open_account(
            kind, grant, self.account(), realm, self.draw.pick(GROUPS), firm=firm, **self.header()
        )
        return Step(bytes(made), self.gap())

    def close(self) -> Step:
        account = self.account() if self.one_in(30) else self.draw.pick((GUEST, *LATER))
        return Step(bytes(commands.close_account(account, self.account(), **self.header())), self.gap())

    def lock(self) -> Step:
        lock = self.one_in(6)
        account = self.draw.pick(TRADERS[:1]) if lock else self.draw.pick(TRADERS)
        if self.one_in(8):
            account = self.account()
        kind = codes.C_LOCK_ACCOUNT if lock else codes.C_UNLOCK_ACCOUNT
        made = commands.plain(kind, account=account, **self.header())
        return Step(bytes(made), self.gap())

    def suspend(self) -> Step:
        kind = codes.C_SUSPEND if self.one_in(5) else codes.C_RESUME
        return Step(bytes(commands.plain(kind, instrument=self.instrument(), **self.header())), self.gap())

    def phase(self) -> Step:
        instrument = records.ANY_INSTRUMENT if self.one_in(3) else self.instrument()
        phase = self.draw.pick((0, codes.IN_SUSPENDED, 7, 255)) if self.odd(20) else self.draw.pick(PHASES)
        ends_ts = self.draw.pick(BANDED_ENDS if self.profile.bands else PHASE_ENDS)
        made = commands.phase(
            phase,
            instrument,
            self.draw.pick((0, 1, 0, 1, 2)) if self.one_in(4) else int(instrument == 1),
            ends_ts and START + ends_ts,
            self.draw.pick((0, MILLISECOND, 2000 * SECOND, -1 if self.odd(4) else 0)),
            self.draw.whole(1, 40),
            **self.header(),
        )
        return Step(bytes(made), self.gap())

    def list(self) -> Step:
        fields: dict[str, int] = {}
        names = ("tick_size", "lot_size", "min_notional", "reference_price", "last_lot")
        if not self.one_in(3):
            fields[self.draw.pick(names)] = self.draw.pick((100, *ODD_NUMBERS))
        if self.one_in(6):
            fields[self.draw.pick(("market_collar", "limit_collar"))] = self.draw.pick(
                (0, 1, 10**8, 10**8 + 1)
            )
        if self.one_in(6):
            fields["flags"] = self.draw.pick((0, 1, 2, 3, 4))
        if self.one_in(12):
            fields[self.draw.pick(("market", "tier"))] = 1
        if self.one_in(6):
            fields["symbol_low"] = self.draw.pick((0, 0x4100, 0x80))
        symbol = self.draw.pick(("NEW", "MORE", "LAST", "AAPL"))
        return Step(bytes(commands.listing(symbol, self.header(), **fields)), self.gap())

    def set_listing(self) -> Step:
        names = ("min_notional", "order_quantity_max", "order_value_max", "market_collar", "limit_collar")
        fields: dict[str, int] = {}
        _, tick, lot = self.profile.prices[0]
        for name in names:
            if self.one_in(3):
                fields[name] = 0 if self.one_in(2) else self.draw.pick((1, 50, 500, 20 * lot, tick))
        if self.one_in(5):
            fields["tick_size"] = tick
        if self.profile.bands and self.one_in(2):
            fields["tier"] = self.draw.pick((0, 1, 2, 1, 2, 3 if self.odd(4) else 2))
        if self.odd(6):
            fields[self.draw.pick(("tick_size", *names))] = self.draw.pick(SMALL_ODD)
        blob = b"" if self.odd(20) else commands.WHO
        made = commands.set_listing(self.instrument(), blob, self.header(), **fields)
        if self.odd(20):
            records.SetListing.from_buffer(made, records.Header.SIZE).flags = self.draw.pick(
                (0, 128, 1 << 31)
            )
        return Step(bytes(made), self.gap())

    def set_limits(self) -> Step:
        """Mostly what is tight for a while, and then lifted again."""
        account, firm = self.account(), 0
        if self.one_in(2):
            account, firm = 0, self.draw.pick((0, 0, 1, 1, 1, 2, 3, 40))
        middle, _, lot = self.profile.prices[0]
        value = middle * lot // SHARE
        choices = {
            "order_quantity_max": (3 * lot, 5 * lot),
            "order_value_max": (3 * value, 5 * value),
            "open_orders_max": (2, 4),
            "message_rate": (2, 40, 400),
            "exposure_max": (6 * value, 12 * value, 20 * value),
            "duplicate_ns": (1000, TTL // 50, 60 * SECOND, 60 * SECOND),
        }
        fields: dict[str, int] = {}
        for _ in range(self.draw.whole(1, 3)):
            name = self.draw.pick((*choices, "exposure_max"))
            fields[name] = self.draw.pick((0, 0, *choices[name]))
        if account and self.one_in(4):
            fields["kyc"] = 0 if self.one_in(6) else 1
        if self.one_in(3):
            fields["restricted"] = 1 if self.one_in(3) else 0
        if account and self.one_in(3):
            fields["tier"] = self.draw.pick((0, 1))
        if self.odd(10):
            name = self.draw.pick(("order_quantity_max", "order_value_max", "exposure_max", "duplicate_ns"))
            fields[name] = self.draw.pick((-1, *ODD_NUMBERS))
        blob = b"" if self.odd(20) else commands.WHO
        made = commands.set_limits(account, firm, self.instrument(), blob, self.header(), **fields)
        if self.odd(15):
            body = records.SetLimits.from_buffer(made, records.Header.SIZE)
            name = self.draw.pick(("flags", "scope", "kyc", "restricted"))
            setattr(body, name, self.draw.pick((0, 2, 64, 255)))
        return Step(bytes(made), self.gap())

    def set_fees(self) -> Step:
        fields = {
            "maker": self.draw.pick((0, 0, 1000, 7)),
            "taker": self.draw.pick((0, 2000, 2000, 13, 100_000)),
            "auction": self.draw.pick((0, 500, 3000)),
            "per_share": self.draw.pick((0, 0, 30, 1_000_000)),
            "per_order": self.draw.pick((0, 0, 10_000, 3)),
            "least": self.draw.pick((0, 0, 50_000)),
            "tier": self.draw.pick((0, 0, 0, 1)),
        }
        if self.odd(10):
            fields[self.draw.pick(("per_share", "per_order", "least"))] = self.draw.pick(ODD_NUMBERS)
        if self.odd(10):
            fields[self.draw.pick(("maker", "taker", "auction", "tier"))] = self.draw.pick((100_001, 256))
        instrument = self.draw.pick((records.ANY_INSTRUMENT, self.instrument()))
        blob = b"" if self.odd(20) else commands.WHO
        return Step(bytes(commands.set_fees(instrument, blob, self.header(), **fields)), self.gap())

    def bust(self) -> Step:
        first, second = (self.draw.whole(0, 2), self.draw.whole(0, 2)) if self.one_in(8) else (1, 2)
        trade = self.profile.shard << 53 | self.draw.whole(1, 24)
        if self.odd(20):
            trade = self.draw.pick((0, 1 << 53, (1 << 64) - 1))
        blob = b"" if self.odd(20) else commands.WHO
        return Step(bytes(commands.bust(trade, first, second, blob, **self.header())), self.gap())

    def session(self) -> Step:
        op = self.draw.pick(
            (*(codes.SESSION_OPEN,) * 5, codes.SESSION_KEEP, codes.SESSION_END, codes.SESSION_LOST)
        )
        spans = {codes.SESSION_OPEN: (TTL // 100, TTL // 10, TTL, 1), codes.SESSION_KEEP: (TTL // 10, 0, 0)}
        span = self.draw.pick(spans.get(op, (0,)))
        if self.odd(20):
            op, span = self.draw.pick(((0, 1), (5, 0), (op, 0), (op, -1), (op, DAY_NS), (op, DAY_NS + 1)))
        number = self.draw.pick((0, (1 << 32) - 1)) if self.odd(10) else self.draw.pick((1, 1, 2, 3))
        return Step(bytes(commands.session(self.account(), number, op, span, **self.header())), self.gap())

    def kill(self) -> Step:
        """Lifted soon: a market that is killed for long shows nothing else."""
        kind = codes.C_KILL if self.one_in(8) else codes.C_LIFT
        scopes = (codes.SCOPE_ACCOUNT, codes.SCOPE_FIRM, codes.SCOPE_VENUE, codes.SCOPE_INSTRUMENT)
        scope = self.draw.pick((0, 5, 255)) if self.odd(20) else self.draw.pick(scopes)
        made = commands.switch(
            kind, scope, b"" if self.odd(20) else commands.WHO,
            account=self.draw.pick((0, *TRADERS)) if self.one_in(4) else self.draw.pick(TRADERS[:1]),
            firm=self.draw.whole(0, 3), instrument=self.instrument(), **self.header(),
        )  # fmt: skip
        return Step(bytes(made), self.gap())

    def day(self) -> Step:
        return Step(bytes(commands.day_roll(self.date(), **self.header())), self.gap())

    def date(self) -> int:
        """Days of the flow's own fortnight, mostly."""
        if self.odd(10):
            return self.draw.pick((0, 7, 20231131, 20240229, 99991231, (1 << 32) - 1))
        return self.draw.whole(20231113, 20231128)

    def tick(self) -> Step:
        kind = self.draw.pick((codes.C_TICK, codes.C_CLOCK_JUMP))
        return Step(bytes(commands.plain(kind, account=self.account())), self.gap())

    def again(self) -> Step:
        return Step(b"", self.gap(), again=self.back())

    def garbage(self) -> Step:
        """A well-framed record with some words replaced, of any type, cut at any word."""
        made = bytearray(self.draw.pick((self.new, self.modify, self.transfer, self.list))().made)
        if self.one_in(3):
            made[2] = self.draw.whole(0, 45)
        for _ in range(self.draw.whole(0, 3)):
            at = self.draw.pick((3, 4, 6, *range(32, len(made) - 8, 8)))
            made[at] = self.draw.whole(0, 255)
        size = len(made) if self.one_in(2) else self.draw.whole(12, len(made) // 8) * 8
        made[0:2] = size.to_bytes(2, "little")
        return Step(bytes(made[:size]), self.gap())

    def step(self) -> Step:
        return self.draw.pick(self.kinds())()

    def kinds(self) -> tuple[Callable[[], Step], ...]:
        """Each kind as often as its weight."""
        return (
            *(self.new,) * 36, *(self.cancel,) * 5, self.cancel_all, *(self.cash,) * 2, *(self.transfer,) * 3,
            self.issue, self.open, self.close, *(self.lock,) * 2, *(self.suspend,) * 2, self.list, self.day,
            *(self.set_limits, self.set_limits, self.set_limits, self.kill, self.kill, self.set_listing)
            * self.profile.controls,
            *(self.set_fees, self.bust) * self.profile.fees, *(self.session,) * 2,
            self.tick, *(self.again,) * 3, *(self.garbage,) * 2, *(self.modify,) * 8,
            *(self.phase,) * self.profile.phases, *(*(self.new,) * 60, self.set_listing) * self.profile.bands,
            *(self.group,) * self.profile.groups,
        )  # fmt: skip
