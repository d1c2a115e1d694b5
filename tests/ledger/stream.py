"""Units as the node streams them, packed by hand: one method for each thing that happens to a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from openbell.core import codes, records

SHARE = records.QUANTITY_SCALE
USD = records.CASH_SCALE
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@dataclass
class Unit:
    """One command and its packed events."""

    seq: int
    ts: int
    command: bytes
    events: bytes


def genesis() -> bytes:
    """A GENESIS command record."""
    body = records.Genesis(rules=1, accounts=16, instruments=4)
    return bytes(records.pack(codes.C_GENESIS, bytes(body), b"{}", seq=1, ts=START))


class Stream:
    """The units of one exchange from position 2 on, in `units`."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.events: list[records.Record] = []
        self.trades = 0
        self.cash: dict[int, int] = {}

    @property
    def position(self) -> int:
        return len(self.units) + 1

    def event(self, kind: int, **fields: int) -> None:
        """Add an event to the unit that `unit` ends."""
        seq, index = self.position + 1, len(self.events)
        self.events.append(records.Event(type=kind, seq=seq, index=index, **fields))

    def unit(self, type_: int, body: bytes = b"", blob: bytes = b"", **header: int) -> Unit:
        """End a unit: the command, and the events added since the last one."""
        seq = self.position + 1
        command = records.pack(type_, body, blob, seq=seq, ts=START + seq * SECOND, **header)
        packed = b"".join(bytes(event) for event in self.events)
        made = Unit(seq, START + seq * SECOND, bytes(command), packed)
        self.units.append(made)
        self.events = []
        return made

    def tick(self) -> Unit:
        return self.unit(codes.C_TICK)

    def list(self, number: int, symbol: str, price: int = 100 * USD) -> Unit:
        low, high = records.symbol_words(symbol)
        body = records.List(symbol_low=low, symbol_high=high, reference_price=price, realm=1)
        self.event(codes.EV_INSTRUMENT, instrument=number, status=codes.LISTED, price=price)
        return self.unit(codes.C_LIST, bytes(body))

    def open(self, account: int, kind: int = codes.KIND_USER) -> Unit:
        self.cash[account] = 0
        self.event(codes.EV_ACCOUNT, account=account, status=codes.AC_OPEN, order_type=kind)
        return self.unit(codes.C_OPEN_ACCOUNT, bytes(records.OpenAccount(kind=kind, realm=1)))

    def deposit(self, account: int, amount: int) -> Unit:
        self.cash[account] += amount
        self.cash_event(account, amount, 0, codes.C_DEPOSIT)
        return self.unit(codes.C_DEPOSIT, bytes(records.Amount(amount=amount)), account=account)

    def cash_event(self, account: int, amount: int, other: int, reason: int) -> None:
        self.event(
            codes.EV_CASH,
            account=account,
            quantity=amount,
            notional=self.cash[account],
            other_account=other,
            reason=reason,
        )

    def transfer(self, giver: int, taker: int, amount: int) -> Unit:
        self.cash[giver] -= amount
        self.cash[taker] += amount
        self.cash_event(giver, -amount, taker, codes.C_TRANSFER)
        self.cash_event(taker, amount, giver, codes.C_TRANSFER)
        return self.unit(codes.C_TRANSFER, bytes(records.Transfer(to_account=taker, cash=amount)))

    def issue(self, account: int, instrument: int, quantity: int, cost: int) -> Unit:
        self.event(
            codes.EV_SHARES,
            account=account,
            instrument=instrument,
            quantity=quantity,
            notional=cost,
            reason=codes.C_ISSUE,
        )
        return self.unit(codes.C_ISSUE, bytes(records.Issue(quantity=quantity, price=cost)))

    def order(
        self, account: int, side: int, quantity: int, price: int, client_id: str = "", instrument: int = 0
    ) -> int:
        """A LIMIT GTC order that rests; returns its id."""
        return self.orders(account, side, quantity, price, client_id, instrument)[0]

    def orders(
        self, account: int, side: int, quantity: int, price: int, client_id: str, instrument: int
    ) -> tuple[int, Unit]:
        number = records.make_id(0, self.position + 1)
        self.accepted(number, account, side, quantity, price, instrument)
        return number, self.new_order(account, client_id)

    def accepted(
        self, number: int, account: int, side: int, quantity: int, price: int, instrument: int = 0
    ) -> None:
        self.event(
            codes.EV_ACCEPTED,
            order=number,
            account=account,
            instrument=instrument,
            side=side,
            order_type=codes.LIMIT,
            tif=codes.GTC,
            price=price,
            quantity=quantity,
            leaves=quantity,
            status=codes.ST_OPEN,
        )

    def new_order(self, account: int, client_id: str = "") -> Unit:
        return self.unit(
            codes.C_NEW_ORDER, bytes(records.NewOrder(display=-1)), client_id.encode(), account=account
        )

    def buy_from(
        self,
        maker: int,
        seller: int,
        buyer: int,
        quantity: int,
        price: int,
        fee: int = 0,
        instrument: int = 0,
    ) -> int:
        """`buyer` takes `quantity` of the resting sell order `maker`, whole; returns the taker's order id."""
        taker = records.make_id(0, self.position + 1)
        value = price * quantity // SHARE
        self.accepted(taker, buyer, codes.BUY, quantity, price, instrument)
        self.trades += 1
        both = {"instrument": instrument, "price": price, "quantity": quantity, "trade": self.trades}
        self.event(
            codes.EV_TRADE,
            order=taker,
            account=buyer,
            side=codes.BUY,
            notional=value,
            other_order=maker,
            other_account=seller,
            status=1,
            **both,
        )
        for order, account, other, other_account, side, reason in (
            (taker, buyer, maker, seller, codes.BUY, codes.TAKER),
            (maker, seller, taker, buyer, codes.SELL, codes.MAKER),
        ):
            self.event(
                codes.EV_FILL,
                order=order,
                account=account,
                side=side,
                filled=quantity,
                notional=value,
                observed=value,
                limit=fee,
                reason=reason,
                status=codes.ST_FILLED,
                other_order=other,
                other_account=other_account,
                **both,
            )
            self.cash[account] += (-value if side == codes.BUY else value) - fee
        self.new_order(buyer)
        return taker

    def cancel(self, order: int, account: int, side: int, quantity: int, price: int) -> Unit:
        self.event(
            codes.EV_CANCELLED,
            order=order,
            account=account,
            side=side,
            price=price,
            quantity=quantity,
            leaves=quantity,
            reason=codes.WHY_USER,
            status=codes.ST_CANCELLED,
        )
        return self.unit(codes.C_CANCEL, bytes(records.Cancel(order=order)), account=account)


def opened_market(size: int = 1) -> Stream:
    """A stream with one instrument, a seller (4) with 1,000 shares and a buyer (5) with 100,000 USD.

    `size` times as many of each.
    """
    stream = Stream()
    stream.list(0, "ACME")
    stream.open(4, codes.KIND_HOUSE)
    stream.open(5)
    stream.deposit(5, size * 100_000 * USD)
    stream.issue(4, 0, size * 1_000 * SHARE, size * 90_000 * USD)
    return stream


class PackedSource:
    """A stream's units as the node's client hands them out; more may be added while it is followed."""

    def __init__(self, stream: Stream, at_once: int = 16) -> None:
        self.stream = stream
        self.at_once = at_once
        self.genesis = genesis()
        self.acked = 0
        self.subscribed: list[int] = []

    async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
        assert name == "ledger"
        self.subscribed.append(position)
        while True:
            units = self.stream.units[position - 1 : position - 1 + self.at_once]
            if units:
                yield units
                position = units[-1].seq
            await asyncio.sleep(0 if units else 0.01)

    async def ack(self, position: int) -> None:
        self.acked = position
