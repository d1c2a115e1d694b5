"""A drill for the compiled core: orders, cancels and modifies as a market mostly has them, from a seed.

The build (setup.py) runs it through a core that counts which way each branch goes, and then compiles the
core again with what that one learned. It changes nothing of what the core does. Imports nothing compiled:
the exchange to drill is the caller's.
"""

from __future__ import annotations

import random
from typing import Any

from openbell.core import codes, records, state
from openbell.core.layout import Record

SEED = 20
INSTRUMENTS = 16
ACCOUNTS = 2_000
COMMANDS = 150_000
BATCH = 128  # commands handed over at once
TICK = 100  # a cent
SHARE = records.QUANTITY_SCALE
CASH = 10**12  # of each account: a hundred million USD
SHARES = 100_000 * SHARE  # of each account in each instrument
START_NS = 1_700_000_000_000_000_000
STEP_NS = 1_000
NEAR = 0.06  # the chance that an order lies no farther from the middle than the tick looked at
WALK = 0.15  # ticks that the middle moves with a command, in standard deviations
RESTING = 10  # orders of an instrument below which nothing is cancelled

CAPACITIES = {
    "orders": 1 << 17,
    "ended_orders": 1 << 16,
    "requests": 1 << 18,
    "levels": 2_048,
    "open_orders_per_account": 100_000,
    "ended_per_account": 10_000,
    "slice": 1_024,
    "request_ttl_ns": 50_000 * STEP_NS,
    "order_quantity_max": records.QUANTITY_MAX,
    "order_value_max": records.NOTIONAL_MAX,
}


class Drill:
    """One seeded market: commands, and which orders may still rest."""

    def __init__(self, seed: int, accounts: int) -> None:
        self.random = random.Random(seed)
        self.accounts = accounts
        self.position = 1
        self.middles = [self.random.uniform(1_000, 50_000) for _ in range(INSTRUMENTS)]  # ticks
        self.resting: list[list[tuple[int, int, int, int]]] = [[] for _ in range(INSTRUMENTS)]
        self.gone: set[int] = set()
        self.tags: dict[int, tuple[int, int, int, int]] = {}  # position -> instrument, account, side, price

    def genesis(self) -> bytes:
        """The first command of the log."""
        body = records.Genesis(
            rules=records.RULES_VERSION,
            accounts=self.accounts + records.FIRST_ACCOUNT + 1,
            instruments=INSTRUMENTS,
            positions=(self.accounts + 1) * INSTRUMENTS,
            **CAPACITIES,
        )
        return bytes(records.pack(codes.C_GENESIS, bytes(body), seq=1, ts=START_NS))

    def put(self, kind: int, body: Record, **head: int) -> bytes:
        """The next command of the log."""
        self.position += 1
        ts = START_NS + self.position * STEP_NS
        return bytes(records.pack(kind, bytes(body), b"", seq=self.position, ts=ts, **head))

    def setup(self) -> bytes:
        """Commands that list the instruments and give every account cash and shares."""
        made = bytearray()
        for n, middle in enumerate(self.middles):
            low, high = records.symbol_words(f"D{n}")
            made += self.put(codes.C_LIST, listing(low, high, int(middle) * TICK, n))
        for account in range(records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + self.accounts):
            made += self.put(codes.C_OPEN_ACCOUNT, records.OpenAccount(kind=codes.KIND_USER))
            made += self.put(codes.C_DEPOSIT, records.Amount(amount=CASH), account=account)
            for n in range(INSTRUMENTS):
                made += self.put(
                    codes.C_ISSUE, records.Issue(quantity=SHARES, price=TICK), account=account, instrument=n
                )
        return bytes(made)

    def batch(self) -> tuple[bytes, list[Any]]:
        """The next BATCH commands, and the same as messages for the books alone."""
        made, messages = bytearray(), []
        for _ in range(BATCH):
            command, message = self.command()
            made += command
            messages.append(message)
        return bytes(made), messages

    def command(self) -> tuple[bytes, Any]:
        """A new order, or a cancel or modify of one that may rest."""
        n = self.random.randrange(INSTRUMENTS)
        self.middles[n] = max(100.0, self.middles[n] + self.random.gauss(0, WALK))
        draw, target = self.random.random(), None
        if len(self.resting[n]) >= RESTING and draw < 0.45:
            target = self.target(n)
        if target is None:
            return self.enter(n, crossing=draw > 0.9)
        return self.cancel(n, target) if draw < 0.40 else self.modify(n, target)

    def target(self, n: int) -> tuple[int, int, int, int] | None:
        """An order of an instrument, taken off the list of those that may rest; None: it is gone."""
        orders = self.resting[n]
        newest = self.random.random() < 0.5
        at = len(orders) - 1 - int(self.random.expovariate(0.02)) if newest else 0
        at = at if newest and at >= 0 else self.random.randrange(len(orders))
        orders[at], orders[-1] = orders[-1], orders[at]
        found = orders.pop()
        return None if found[0] in self.gone else found

    def head(self, n: int, account: int) -> dict[str, int]:
        """Whose command it is, about what, under which request key."""
        low, high = self.random.getrandbits(64), self.random.getrandbits(64)
        return {"account": account, "instrument": n, "key_low": low, "key_high": high}

    def enter(self, n: int, crossing: bool) -> tuple[bytes, Any]:
        side = self.random.randrange(2)
        account = records.FIRST_ACCOUNT + self.random.randrange(self.accounts)
        away = int(self.random.expovariate(NEAR))
        price = int(self.middles[n]) + (away if (side == codes.BUY) == crossing else -away)
        price = max(1, price) * TICK
        quantity = (1 + int(self.random.expovariate(0.01))) * SHARE
        tif = codes.GTC
        kind = codes.LIMIT
        if crossing:
            tif = self.random.choice((codes.GTC, codes.IOC, codes.FOK, codes.DAY))
            kind = self.random.choice((codes.LIMIT, codes.MARKET))
        priced = price if kind == codes.LIMIT else 0
        body = records.NewOrder(
            price=priced, quantity=quantity, display=-1, side=side, order_type=kind, tif=tif
        )
        command = self.put(codes.C_NEW_ORDER, body, **self.head(n, account))
        self.tags[self.position] = n, account, side, price
        number = records.make_id(0, self.position)
        message = self.message(state.M_ENTER, n, account, number, side)
        message.order_type, message.tif = kind, tif
        message.price, message.quantity = price, quantity
        if kind == codes.MARKET:
            message.price = records.PRICE_MAX if side == codes.BUY else TICK
        return command, message

    def cancel(self, n: int, target: tuple[int, int, int, int]) -> tuple[bytes, Any]:
        order, account, side, _ = target
        command = self.put(codes.C_CANCEL, records.Cancel(order=order), **self.head(n, account))
        return command, self.message(state.M_CANCEL, n, account, order, side)

    def modify(self, n: int, target: tuple[int, int, int, int]) -> tuple[bytes, Any]:
        order, account, side, price = target
        flags, total = codes.SET_QUANTITY, (1 + self.random.randrange(50)) * SHARE
        if self.random.random() < 0.5:
            flags, price = codes.SET_PRICE, max(1, price // TICK + self.random.randrange(-3, 4)) * TICK
        body = records.Modify(order=order, price=price, quantity=total, if_filled=-1, flags=flags)
        command = self.put(codes.C_MODIFY, body, **self.head(n, account))
        self.resting[n].append((order, account, side, price))
        message = self.message(state.M_MODIFY, n, account, order, side)
        message.price, message.quantity, message.flags = price, total, flags
        return command, message

    def message(self, kind: int, n: int, account: int, order: int, side: int) -> Any:
        """What the account machine would tell the books of the command made last."""
        made: Any = state.Message(kind=kind, instrument=n, account=account, order=order, side=side)
        made.cause, made.other_account, made.limit = self.position, account, -1
        made.reason = codes.WHY_USER
        return made

    def heard(self, answers: bytes, events: bytes) -> None:
        """Learn from a batch's output which of its orders rest, and which others do no longer."""
        for event in records.Event.STRUCT.iter_unpack(events):
            if event[0] == codes.EV_TRADE:
                told = records.Event(*event)
                if told.other_leaves == 0:
                    self.gone.add(told.other_order)
        for answer in records.Answer.STRUCT.iter_unpack(answers):
            said = records.Answer(*answer)
            tag = self.tags.pop(said.seq, None)
            if tag and said.leaves and said.code == codes.E_OK:
                n, account, side, price = tag
                self.resting[n].append((said.order, account, side, price))


def listing(low: int, high: int, reference: int, n: int) -> Any:
    """An instrument; every other one without collars."""
    return records.List(
        symbol_low=low,
        symbol_high=high,
        tick_size=TICK,
        lot_size=1,
        reference_price=reference,
        last_lot=SHARE,
        market_collar=500,
        limit_collar=5_000,
        flags=codes.PROTECTIONS_OFF if n % 2 else 0,
    )


def run(exchange_type: Any, commands: int = COMMANDS, accounts: int = ACCOUNTS) -> dict[str, int]:
    """Drill exchanges of a type, one whole and one of books alone; returns how many commands got which code.

    Raises:
        RuntimeError: a command that opens the market was refused.
    """
    drill = Drill(SEED, accounts)
    whole, books = exchange_type(drill.genesis()), exchange_type(drill.genesis())
    setup = drill.setup()
    count: dict[str, int] = {}
    tally(whole, setup, count)
    if len(count) != 1:
        raise RuntimeError(f"the drill's market does not open: {count}")
    tally(books, setup, {})
    count.clear()
    for _ in range(commands // BATCH):
        batch, messages = drill.batch()
        drill.heard(*tally(whole, batch, count))
        alone = (state.Message * len(messages))(*messages)
        at = 0
        while at < len(messages):
            at = books.floor.run(alone, at, len(messages))
            books.outbox.count = 0
    return count


def tally(exchange: Any, commands: bytes, count: dict[str, int]) -> tuple[bytes, bytes]:
    """Apply commands and count their answers by refusal; returns answers and events."""
    answers, events, at = b"", b"", 0
    while at < len(commands):
        at = exchange.run(commands, at, len(commands))
        answers += exchange.answers(0, exchange.answer_count)
        events += exchange.events(0, exchange.event_count)
        exchange.clear()
    for answer in records.Answer.STRUCT.iter_unpack(answers):
        name = codes.REFUSAL_NAMES[records.Answer(*answer).code]
        count[name] = count.get(name, 0) + 1
    return answers, events
