"""Units made by the real core: a random but seeded market with every kind of command in it."""

from __future__ import annotations

import random

from openbell.core import codes, records
from openbell.core.exchange import Exchange
from openbell.ledger.events import TRADE, TYPE, unpack
from tests.ledger.stream import SECOND, SHARE, START, USD, Unit

HOUSE = 4
REFERENCE = 100 * USD


def genesis() -> bytes:
    """A GENESIS command record of a small exchange."""
    body = records.Genesis(
        rules=records.RULES_VERSION,
        accounts=256,
        instruments=8,
        positions=1024,
        orders=4096,
        ended_orders=8192,
        requests=8192,
        levels=512,
        open_orders_per_account=200,
        ended_per_account=1000,
        slice=64,
        request_ttl_ns=3600 * SECOND,
        order_quantity_max=10**14,
        order_value_max=10**13,
    )
    return bytes(records.pack(codes.C_GENESIS, bytes(body), b"{}", seq=1, ts=START))


class Market:
    """An exchange and its log: `units` of everything since genesis, `log` of the commands alone."""

    def __init__(self) -> None:
        self.genesis = genesis()
        self.exchange = Exchange(self.genesis)
        self.units: list[Unit] = []
        self.trades: list[int] = []
        self.asked: dict[int, dict[str, int]] = {}  # of every order, what it asked beyond the plain
        self.log = bytearray(self.genesis)

    @property
    def position(self) -> int:
        return self.exchange.position

    def do(self, type_: int, body: records.Record | None = None, blob: bytes = b"", **header: int) -> Unit:
        """Sequence and apply one command."""
        seq = self.exchange.position + 1
        packed = bytes(body) if body is not None else b""
        command = records.pack(type_, packed, blob, seq=seq, ts=START + seq * SECOND, **header)
        self.exchange.run(command, 0, len(command))
        events = self.exchange.events(0, self.exchange.event_count)
        self.answer = records.Answer.from_buffer_copy(self.exchange.answers(0, 1))
        self.exchange.clear()
        self.trades += [event[TRADE] for event in unpack(events) if event[TYPE] == codes.EV_TRADE]
        unit = Unit(seq, START + seq * SECOND, bytes(command), events)
        self.units.append(unit)
        self.log += command
        return unit

    def list(self, symbol: str) -> int:
        low, high = records.symbol_words(symbol)
        body = records.List(
            symbol_low=low,
            symbol_high=high,
            tick_size=100,
            lot_size=1,
            min_notional=USD,
            reference_price=REFERENCE,
            last_lot=SHARE,
            market_collar=500,
            limit_collar=1000,
            realm=1,
        )
        self.do(codes.C_LIST, body)
        return int(self.answer.instrument)

    def open(self, kind: int = codes.KIND_USER, grant: int = 0) -> int:
        source = HOUSE if grant else 0
        self.do(
            codes.C_OPEN_ACCOUNT, records.OpenAccount(kind=kind, realm=1, grant=grant, source_account=source)
        )
        return int(self.answer.account)

    def order(self, account: int, instrument: int, **fields: int) -> int:
        session = fields.pop("session", 0)
        body = records.NewOrder(**({"display": -1} | fields))
        client_id = f"c-{self.position}".encode()
        self.do(codes.C_NEW_ORDER, body, client_id, account=account, instrument=instrument, actor=session)
        self.asked[self.answer.order] = beyond(body, session)
        return int(self.answer.order)

    def group(self, account: int, instrument: int, kind: int, legs: list[records.Record]) -> list[int]:
        """A group of orders; its legs' ids."""
        blob = b"".join(bytes(leg) for leg in legs) + f"g-{self.position}".encode()
        body = records.NewGroup(kind=kind, legs=len(legs))
        self.do(codes.C_NEW_GROUP, body, blob, account=account, instrument=instrument)
        ids = [records.make_id(0, self.position, leg) for leg in range(len(legs))]
        self.asked |= {order: beyond(leg, 0) for order, leg in zip(ids, legs, strict=True)}
        return ids


def beyond(body: records.Record, session: int) -> dict[str, int]:
    """What a NEW_ORDER body asks beyond the plain."""
    return {
        "budget": body.notional,
        "display": body.display,
        "expire_ts": body.expire_ts,
        "min_quantity": body.min_quantity,
        "post_only": bool(body.flags & codes.POST_ONLY),
        "session": session,
        "stp": body.stp,
    }


class RandomMarket(Market):
    """A market that does something at random, most of it orders, some of it refused."""

    def __init__(self, seed: int, instruments: int = 3, accounts: int = 6) -> None:
        super().__init__()
        self.dice = random.Random(seed)
        self.instruments = [self.list(f"SYM{number}") for number in range(instruments)]
        self.open(codes.KIND_HOUSE)
        self.do(codes.C_DEPOSIT, records.Amount(amount=10_000_000 * USD), account=HOUSE)
        for number in self.instruments:
            body = records.Issue(quantity=1_000_000 * SHARE, price=REFERENCE)
            self.do(codes.C_ISSUE, body, account=HOUSE, instrument=number)
        self.accounts: list[int] = []
        self.orders: list[tuple[int, int]] = []
        self.date = 20260101
        for _ in range(accounts):
            self.new_account()

    def run(self, steps: int) -> None:
        """Do `steps` random things."""
        moves = (self.transfer, self.deposit, self.withdraw)
        rare = (self.new_account, self.close, *moves, self.suspend, self.set_fees, self.bust)
        for _ in range(steps):
            roll = self.dice.random()
            if roll < 0.57:
                self.new_order()
            elif roll < 0.62:
                self.new_group()
            elif roll < 0.78:
                self.cancel()
            elif roll < 0.90:
                self.modify()
            elif roll < 0.92:
                self.do(codes.C_TICK)
            elif roll < 0.93:
                self.cancel_all()
            elif roll < 0.935:
                self.roll_day()
            else:
                self.dice.choice(rare)()

    def new_account(self) -> None:
        kind = self.dice.choice((codes.KIND_USER, codes.KIND_PARTICIPANT, codes.KIND_DEMO))
        account = self.open(kind, grant=self.dice.randint(1, 50_000) * USD)
        self.accounts.append(account)
        opened = records.Session(op=codes.SESSION_OPEN, span=50 * SECOND)
        self.do(codes.C_SESSION, opened, account=account, actor=1)
        for number in self.instruments:
            quantity = self.dice.randint(1, 200 * SHARE)
            body = records.Transfer(to_account=account, quantity=quantity)
            self.do(codes.C_TRANSFER, body, account=HOUSE, instrument=number)

    def new_order(self) -> None:
        dice = self.dice
        account, number = dice.choice(self.accounts), dice.choice(self.instruments)
        whole = dice.random() < 0.8
        fields = {
            "side": dice.choice((codes.BUY, codes.SELL)),
            "quantity": dice.randint(1, 20) * SHARE if whole else dice.randint(1, 20 * SHARE),
            "order_type": codes.LIMIT,
            "tif": dice.choice((codes.DAY, codes.GTC, codes.GTC, codes.IOC, codes.FOK)),
            "price": REFERENCE + dice.randint(-150, 150) * 100,
        }
        if dice.random() < 0.15:
            fields |= {"order_type": codes.MARKET, "price": 0, "tif": codes.IOC}
            if dice.random() < 0.5:
                fields |= {"quantity": 0, "notional": dice.randint(1, 20 * REFERENCE)}
        if dice.random() < 0.03:
            fields |= {"price": 12_345_678}
        if dice.random() < 0.2:
            fields |= self.stop(fields["price"])
        elif dice.random() < 0.4:
            fields |= self.terms(fields["quantity"])
        if dice.random() < 0.1:
            fields |= {"session": dice.choice((1, 1, 1, 2))}
        order = self.order(account, number, **fields)
        self.orders.append((account, order))

    def new_group(self) -> None:
        """Alternatives or a parent with its children, some of which the exchange does not take."""
        dice = self.dice
        kind, side = dice.choice((codes.OCO, codes.OTO, codes.BRACKET)), dice.choice((codes.BUY, codes.SELL))
        other = codes.SELL if side == codes.BUY else codes.BUY
        sides = {codes.OCO: (side, side), codes.OTO: (side, other), codes.BRACKET: (side, other, other)}[kind]
        quantity, legs = dice.randint(1, 10) * SHARE, []
        for number, of_leg in enumerate(sides):
            price = REFERENCE + dice.randint(-150, 150) * 100
            fields = {"side": of_leg, "quantity": quantity, "order_type": codes.LIMIT, "tif": codes.GTC}
            fields |= {"price": price, "display": -1}
            if number == len(sides) - 1 and dice.random() < 0.8:
                fields |= self.stop(price)
            legs.append(records.NewOrder(**fields))
        account = dice.choice(self.accounts)
        ids = self.group(account, dice.choice(self.instruments), kind, legs)
        self.orders += [(account, order) for order in ids]

    def terms(self, quantity: int) -> dict[str, int]:
        """Something beyond the plain, that the order may not be able to have."""
        later = START + (self.position + self.dice.randint(0, 100)) * SECOND
        return self.dice.choice(
            (
                {"display": self.dice.randint(0, max(1, quantity // SHARE)) * SHARE},
                {"display": 0, "min_quantity": self.dice.randint(0, quantity)},
                {"flags": codes.POST_ONLY},
                {"stp": self.dice.randint(0, 4)},
                {"tif": codes.GTD, "expire_ts": later},
            )
        )

    def stop(self, price: int) -> dict[str, int]:
        """What makes an order a stop."""
        kind = self.dice.choice((codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP))
        asked = REFERENCE + self.dice.randint(-150, 150) * 100
        if kind == codes.STOP_LIMIT:
            return {"order_type": kind, "stop_price": asked, "price": price}
        if kind == codes.STOP:
            return {"order_type": kind, "stop_price": asked, "price": 0}
        flags = self.dice.choice((0, codes.TRAIL_PERCENT))
        return {"order_type": kind, "stop_price": 200, "price": 0, "flags": flags}

    def some_order(self) -> tuple[int, int]:
        recent = self.orders[-60:]
        return self.dice.choice(recent) if recent else (self.accounts[0], 1)

    def cancel(self) -> None:
        account, order = self.some_order()
        self.do(codes.C_CANCEL, records.Cancel(order=order), account=account)

    def modify(self) -> None:
        account, order = self.some_order()
        body = records.Modify(order=order, if_filled=-1)
        if self.dice.random() < 0.6:
            body.flags |= codes.SET_PRICE
            body.price = REFERENCE + self.dice.randint(-150, 150) * 100
        if self.dice.random() < 0.6:
            body.flags |= codes.SET_QUANTITY
            body.quantity = self.dice.randint(1, 20) * SHARE
        if self.dice.random() < 0.2:
            body.flags |= codes.SET_STOP_PRICE
            body.stop_price = REFERENCE + self.dice.randint(-150, 150) * 100
        if self.dice.random() < 0.2:
            body.flags |= codes.SET_DISPLAY
            body.display = self.dice.choice((-1, 0, SHARE, 2 * SHARE))
        self.do(codes.C_MODIFY, body, account=account)

    def cancel_all(self) -> None:
        body = records.CancelAll(side=self.dice.choice((codes.BUY, codes.SELL, records.ANY_SIDE)))
        account = self.dice.choice(self.accounts)
        self.do(codes.C_CANCEL_ALL, body, account=account, instrument=records.ANY_INSTRUMENT)

    def roll_day(self) -> None:
        self.date += 1
        self.do(codes.C_DAY_ROLL, records.DayRoll(date=self.date))

    def close(self) -> None:
        if len(self.accounts) > 3:
            account = self.accounts.pop(self.dice.randrange(len(self.accounts)))
            self.do(codes.C_CLOSE_ACCOUNT, records.Close(to_account=HOUSE), account=account)

    def transfer(self) -> None:
        giver, taker = self.dice.sample(self.accounts, 2)
        body = records.Transfer(to_account=taker, cash=self.dice.randint(0, 500) * USD)
        body.quantity = self.dice.randint(0, 20 * SHARE)
        self.do(codes.C_TRANSFER, body, account=giver, instrument=self.dice.choice(self.instruments))

    def deposit(self) -> None:
        body = records.Amount(amount=self.dice.randint(1, 5_000 * USD))
        self.do(codes.C_DEPOSIT, body, account=self.dice.choice(self.accounts))

    def withdraw(self) -> None:
        body = records.Amount(amount=self.dice.randint(1, 5_000 * USD))
        self.do(codes.C_WITHDRAW, body, account=self.dice.choice(self.accounts))

    def set_fees(self) -> None:
        dice = self.dice
        body = records.SetFees(
            maker=dice.randint(0, 2000),
            taker=dice.randint(0, 5000),
            per_share=dice.choice((0, 30)),
            per_order=dice.choice((0, 0, USD)),
            least=dice.choice((0, USD // 2)),
        )
        number = dice.choice((records.ANY_INSTRUMENT, *self.instruments))
        self.do(codes.C_SET_FEES, body, b"{}", instrument=number)

    def bust(self) -> None:
        """Take one of the last trades back, if there was one."""
        traded = self.trades[-30:]
        if traded:
            body = records.Bust(trade=self.dice.choice(traded), second=2)
            self.do(codes.C_BUST, body, b"{}", actor=1)

    def suspend(self) -> None:
        number = self.dice.choice(self.instruments)
        self.do(codes.C_SUSPEND, instrument=number)
        self.order(self.accounts[0], number, side=codes.BUY, quantity=SHARE, price=REFERENCE, order_type=1)
        self.do(codes.C_RESUME, instrument=number)
