"""A crowd: flows of commands on fifty instruments by a thousand accounts, each from a seed.

Where the other profiles press few accounts against few prices, this one is a market: busy and quiet
instruments, rich and poor accounts, owners of several accounts, firms, days that follow each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from openbell.core import codes, records
from tests.core import commands
from tests.core.commands import MILLISECOND, SECOND, SHARE, USD
from tests.core.flows import Flow, Seeded, add_step
from tests.core.profiles import HOUSE, Profile, profile
from tests.core.steps import ODD_ACCOUNTS, ODD_NUMBERS, Draw, Step, Steps

SYMBOLS = 50
ACCOUNTS = 1000
FIRST, LAST = HOUSE + 1, HOUSE + ACCOUNTS
BUSY = 6  # instruments that half of the orders are for
REGULARS = 30  # accounts that half of the orders are of
FIRMS = 4
GRANT = 50_000 * USD
WIDE = 2  # among KINDS: prices are anywhere
OTHER_REALM = SYMBOLS - 1  # an instrument that nobody of the crowd may trade
KIND = records.Header.type.offset
KINDS = (
    # whole shares in cents; fractions; few ticks are many percent; protections off; odd; in bands
    ({"flags": codes.AUCTIONS, "last_lot": 2 * SHARE}, (100 * USD, 100, SHARE)),
    (
        {"tick_size": 1, "lot_size": 1, "min_notional": USD, "last_lot": 10**6, "flags": codes.AUCTIONS},
        (25_000, 1, SHARE // 2),
    ),
    ({"limit_collar": 10**8, "flags": codes.AUCTIONS}, (20_000, 500, SHARE)),
    ({"flags": codes.PROTECTIONS_OFF, "min_notional": USD, "market_collar": 1}, (50_000, 100, SHARE)),
    ({"tick_size": 7, "lot_size": 3, "market_collar": 1, "limit_collar": 1}, (700_007, 7, 333_333_333)),
    ({"tier": 1, "flags": codes.AUCTIONS, "limit_collar": 10**8}, (100 * USD, 5_000, SHARE)),
)


def table() -> Iterator[tuple[str, dict[str, int], tuple[int, int, int]]]:
    for number in range(SYMBOLS):
        fields, prices = KINDS[number % len(KINDS)]
        more = {"market": int(number == 1), "realm": 2 if number == OTHER_REALM else 1}
        yield f"S{number}", fields | more, prices


CROWD = profile(
    "crowd", list(table()), 2 * GRANT * ACCOUNTS, 6 * ACCOUNTS, 10, controls=1, phases=2, fees=1,
    accounts=ACCOUNTS + 40, instruments=SYMBOLS + 4, positions=ACCOUNTS * 20, orders=10_000,
    ended_orders=5_000, requests=20_000, levels=14, open_orders_per_account=60, ended_per_account=60,
    slice=16, request_ttl_ns=400 * MILLISECOND, order_quantity_max=10**13,
)  # fmt: skip


def opening(made: Profile) -> list[bytearray]:
    """Instruments, a house, and the crowd: every account has cash, and shares of some instruments."""
    first = [bytearray(listing) for listing in made.listings]
    first += [commands.open_account(codes.KIND_HOUSE), commands.deposit(HOUSE, made.cash)]
    for instrument, (price, _, lot) in enumerate(made.prices):
        first.append(commands.issue(HOUSE, instrument, made.shares * lot, price))
    first += [commands.set_limits(firm=firm) for firm in range(1, FIRMS + 1)]
    first.append(commands.set_limits(duplicate_ns=MILLISECOND))
    for number in range(FIRST, LAST + 1):
        firm = number % (4 * FIRMS) if number % (4 * FIRMS) <= FIRMS else 0
        owner = FIRST if number % 3 == 0 else 0
        first.append(commands.open_account(codes.KIND_DEMO, GRANT, HOUSE, group=owner, firm=firm))
        held = range(BUSY) if number <= FIRST + REGULARS else (number % SYMBOLS, (number + 1) % SYMBOLS)
        for instrument in held:
            quantity = made.shares // 100 * made.prices[instrument][2]
            first.append(commands.transfer(HOUSE, number, instrument=instrument, quantity=quantity))
    return first


class CrowdSteps(Steps):
    """Steps on many instruments by many accounts."""

    def __init__(self, made: Profile, draw: Draw) -> None:
        super().__init__(made, draw)
        self.days = 20231113

    def account(self) -> int:
        if self.odd(40):
            return self.draw.pick(ODD_ACCOUNTS)
        return self.draw.whole(FIRST, LAST if self.one_in(2) else FIRST + REGULARS)

    def instrument(self) -> int:
        if self.odd(60):
            return self.draw.pick((SYMBOLS, SYMBOLS + 1, SYMBOLS + 4, records.ANY_INSTRUMENT))
        return self.draw.whole(0, SYMBOLS - 1 if self.one_in(2) else BUSY - 1)

    def gap(self) -> int:
        """Seconds now and then: bands follow what trades in minutes."""
        return self.draw.pick((11, 16, 35)) * SECOND if self.one_in(300) else super().gap()

    def back(self) -> int:
        return self.draw.whole(0, 2000) if self.one_in(4) else self.draw.whole(0, 60)

    def date(self) -> int:
        """The days of a long year, one after the other, with rests between them."""
        if self.one_in(8):
            self.days += 1
        return self.days if not self.odd(4) else super().date()

    def new(self) -> Step:
        """Sales mostly by accounts that were given shares to sell."""
        step = super().new()
        made = bytearray(step.made)
        head = records.Header.from_buffer(made)
        body = records.NewOrder.from_buffer(made, records.Header.SIZE)
        if body.side == codes.SELL and not self.one_in(20):
            if head.instrument < BUSY and not self.one_in(3):
                head.account = self.draw.whole(FIRST, FIRST + REGULARS)
            else:
                head.account = SYMBOLS * self.draw.whole(1, ACCOUNTS // SYMBOLS) + head.instrument % SYMBOLS
        rests = body.order_type == codes.LIMIT and body.tif in (codes.DAY, codes.GTC)
        if rests and body.display == -1 and self.one_in(4):
            lot = self.profile.prices[head.instrument % SYMBOLS][2]
            body.display = lot if body.quantity > 2 * lot else 0
            body.min_quantity = body.quantity // 2 if body.display == 0 and self.one_in(2) else 0
        if self.one_in(400):  # more than one thing is wrong: the first is the refusal
            body.side, body.tif = 2, 9
        return replace(step, made=bytes(made))

    def show(self) -> Step:
        """Another display and another price: what trades at once."""
        step = super().modify()
        made = bytearray(step.made)
        body = records.Modify.from_buffer(made, records.Header.SIZE)
        body.flags = codes.SET_DISPLAY | codes.SET_PRICE
        body.display = self.draw.pick((-1, 0, SHARE, SHARE // 2))
        body.quantity = body.stop_price = 0
        return Step(bytes(made), step.gap, step.back, ticks=self.draw.whole(-6, 6))

    def move(self) -> Step:
        """Another stop price near the market: many are elected by it."""
        step = super().modify()
        made = bytearray(step.made)
        body = records.Modify.from_buffer(made, records.Header.SIZE)
        body.flags, body.price, body.quantity = codes.SET_STOP_PRICE, 0, 0
        return Step(bytes(made), step.gap, step.back, stop=self.draw.whole(-4, 4))

    def phase(self) -> Step:
        """Mostly of one instrument, and mostly back to continuous trading: a market that trades."""
        step = super().phase()
        made = bytearray(step.made)
        head = records.Header.from_buffer(made)
        if head.instrument == records.ANY_INSTRUMENT and not self.one_in(4):
            head.instrument = self.draw.whole(0, SYMBOLS - 1)
        elif head.instrument != records.ANY_INSTRUMENT and self.one_in(2):
            records.Phase.from_buffer(made, records.Header.SIZE).phase = codes.IN_CONTINUOUS
        return replace(step, made=bytes(made))

    def close(self) -> Step:
        """Accounts of which there are many."""
        made = commands.close_account(self.draw.whole(LAST - 100, LAST), HOUSE, **self.header())
        return Step(bytes(made), self.gap())

    def suspend(self) -> Step:
        """Few, and those that are suspended are resumed."""
        step = super().suspend()
        made = bytearray(step.made)
        records.Header.from_buffer(made).instrument %= BUSY
        return replace(step, made=bytes(made))

    def set_limits(self) -> Step:
        """Mostly of an account; the venue's hit everybody."""
        step = super().set_limits()
        made = bytearray(step.made)
        head = records.Header.from_buffer(made)
        body = records.SetLimits.from_buffer(made, records.Header.SIZE)
        if body.scope == codes.SCOPE_VENUE and not self.one_in(10):
            body.scope, head.account = codes.SCOPE_ACCOUNT, self.draw.whole(FIRST, LAST)
        return replace(step, made=bytes(made))

    def kill(self) -> Step:
        """Mostly of an account, or lifted again."""
        step = super().kill()
        made = bytearray(step.made)
        body = records.Kill.from_buffer(made, records.Header.SIZE)
        if made[KIND] == codes.C_KILL and body.scope != codes.SCOPE_ACCOUNT and not self.one_in(6):
            made[KIND] = codes.C_LIFT
        return replace(step, made=bytes(made))

    def relief(self) -> Step:
        """What was made tight is loosened: limits of somebody, the venue or an instrument, a lock, a call."""
        account = self.draw.whole(FIRST, FIRST + REGULARS)
        instrument = self.draw.whole(0, SYMBOLS - 1 if self.one_in(2) else BUSY - 1)
        none = dict.fromkeys(("order_quantity_max", "order_value_max", "exposure_max", "open_orders_max"), 0)
        none["message_rate"] = 0
        listing = dict.fromkeys(("order_quantity_max", "order_value_max", "min_notional"), 0)
        made = self.draw.pick(
            (
                commands.set_limits(instrument=instrument, restricted=0, **none),
                commands.set_limits(
                    firm=self.draw.whole(1, FIRMS), instrument=instrument, restricted=0, **none
                ),
                commands.set_limits(account, instrument=instrument, kyc=1, restricted=0, **none),
                commands.set_listing(instrument, **listing, market_collar=500, limit_collar=1000),
                commands.plain(codes.C_UNLOCK_ACCOUNT, account=account),
                commands.plain(codes.C_RESUME, instrument=instrument),
                commands.phase(codes.IN_CONTINUOUS, instrument, market=int(instrument == 1)),
                commands.switch(codes.C_LIFT, codes.SCOPE_INSTRUMENT, instrument=instrument),
                commands.switch(codes.C_LIFT, codes.SCOPE_VENUE),
                commands.set_fees(instrument),
                commands.withdraw(account, self.draw.whole(1, GRANT)),
                commands.deposit(account, self.draw.whole(1, GRANT)),
            )
        )
        return Step(bytes(made), self.gap())

    def money(self) -> int:
        """Of the order of what an account has."""
        return self.draw.pick(ODD_NUMBERS) if self.one_in(10) else self.draw.whole(1, 2 * GRANT)

    def price(self, instrument: int, side: int) -> int:
        if instrument % len(KINDS) == WIDE and self.one_in(2):
            middle, tick, _ = KINDS[WIDE][1]
            return middle + tick * self.draw.whole(-36, 36)
        return super().price(instrument, side)

    def kinds(self) -> tuple[Callable[[], Step], ...]:
        return (
            *super().kinds(),
            *(self.cancel,) * 20,
            *(self.new,) * 90,
            *(self.modify,) * 30,
            *(self.show,) * 10,
            *(self.move,) * 10,
            *(self.relief,) * 24,
        )


def flow(seed: int, length: int) -> Iterator[bytes]:
    """The records of one seeded flow: the opening, and as many steps."""
    draw = CrowdSteps(CROWD, Seeded(seed))
    made = Flow()
    for command in opening(CROWD):
        made.add(command, 0)
    yield from made.records
    for _ in range(length):
        add_step(made, CROWD, draw.step())
        yield made.records[-1]
