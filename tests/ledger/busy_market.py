"""A random market in which orders fill in many parts by many others; what every account had at its marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openbell.core import codes, records, view
from openbell.gateway.curve import MINUTE
from openbell.market.board import Board
from tests.ledger.market import HOUSE, REFERENCE, RandomMarket
from tests.ledger.stream import SHARE, USD, Unit

MARK = 5 * MINUTE
# What a drawn market does, by name; `split` and `sweep` are orders that fill in parts.
DEEDS = (
    "bust", "cancel", "cancel_all", "close", "deposit", "modify", "new_account", "new_group", "new_order",
    "roll_day", "set_fees", "split", "suspend", "sweep", "transfer", "withdraw",
)  # fmt: skip

View = Mapping[str, Any]


class BusyMarket(RandomMarket):
    """Keeps every account's view at each round five minutes, before the first command from then on, and
    before each day roll; and the cash that accounts were opened with."""

    def __init__(self, seed: int) -> None:
        self.at_marks: dict[int, dict[int, View]] = {}
        self.at_rolls: dict[int, dict[int, View]] = {}
        self.grants: dict[int, int] = {}
        super().__init__(seed)

    def do(self, type_: int, body: records.Record | None = None, blob: bytes = b"", **header: int) -> Unit:
        before, last = self.views() if self.units else {}, self.units[-1].ts if self.units else 0
        unit = super().do(type_, body, blob, **header)
        if last and unit.ts // MARK != last // MARK:
            self.at_marks[unit.ts - unit.ts % MARK] = before
        return unit

    def open(self, kind: int = codes.KIND_USER, grant: int = 0) -> int:
        account = super().open(kind, grant)
        self.grants[account] = self.views()[account]["cash"]
        return account

    def roll_day(self) -> None:
        self.at_rolls[self.date + 1] = self.views()
        super().roll_day()

    def views(self) -> dict[int, View]:
        """Every account as the exchange shows it now, by its number."""
        found: dict[int, View] = {}
        while (account := view.account(self.exchange, len(found) + 1)) is not None:
            found[len(found) + 1] = account
        return found

    def board(self) -> Board:
        """The prices now."""
        board = Board()
        for row in view.instruments(self.exchange):
            board.add(row, self.position)
        return board

    def limit(self, account: int, number: int, side: int, shares: int, price: int) -> None:
        """A limit order that stays."""
        order = self.order(
            account, number, side=side, quantity=shares, order_type=codes.LIMIT, tif=codes.GTC, price=price
        )
        self.orders.append((account, order))

    def others(self) -> tuple[int, list[int]]:
        """One account, and the others in any order."""
        chosen = self.dice.sample([*self.accounts, HOUSE], len(self.accounts) + 1)
        return chosen[0], chosen[1:]

    def split(self) -> None:
        """An order that rests, and is filled bit by bit by many others."""
        dice, number = self.dice, self.dice.choice(self.instruments)
        taken, others = self.others()
        side = dice.choice((codes.BUY, codes.SELL))
        price = REFERENCE + dice.randint(-150, 150) * 100
        self.limit(taken, number, side, dice.randint(5, 40) * SHARE, price)
        for account in others:
            taker = codes.SELL if side == codes.BUY else codes.BUY
            self.limit(account, number, taker, dice.randint(1, 7 * SHARE), price)

    def sweep(self) -> None:
        """An order that takes what many others have left at many prices, and rests with what is over."""
        dice, number = self.dice, self.dice.choice(self.instruments)
        taker, others = self.others()
        side = dice.choice((codes.BUY, codes.SELL))
        worse = 100 if side == codes.SELL else -100
        for step, account in enumerate(others):
            self.limit(account, number, side, dice.randint(1, 5 * SHARE), REFERENCE + step * worse)
        against = codes.SELL if side == codes.BUY else codes.BUY
        self.limit(taker, number, against, dice.randint(5, 30) * SHARE, REFERENCE + len(others) * worse)

    def rich(self) -> None:
        """Give some accounts enough to trade with."""
        for account in self.accounts[::2]:
            self.do(codes.C_DEPOSIT, records.Amount(amount=200_000 * USD), account=account)


def drawn(seed: int, deeds: list[str]) -> BusyMarket:
    """A market that did these deeds, between others at random."""
    market = BusyMarket(seed)
    market.rich()
    for deed in deeds:
        getattr(market, deed)()
        market.run(3)
    return market
