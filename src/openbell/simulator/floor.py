"""The floor: whose turn it is, and what they do. All decisions are made here, from one seed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from openbell.simulator.activity import Activity
from openbell.simulator.blotter import Blotter
from openbell.simulator.maker import SIDES, Intent, plan
from openbell.simulator.quoting import LEVELS, Means, ladder
from openbell.simulator.stock import Stock
from openbell.simulator.trader import decide
from openbell.simulator.walk import FairValues

CONTINUOUS, CLOSED = "CONTINUOUS", "CLOSED"
TRADE_PART = 0.15  # of all messages: orders of traders
CASH_PART = 0.9  # of a maker's cash: what its bids may use
FEW = 3  # traders of a stock that none of them holds yet
GATHERED_MAX = 20  # working orders of a trader while orders gather for an auction
DRAWS = 8  # stocks looked at in one turn before it is given up


class Participant(Protocol):
    """What the floor needs of an account."""

    blotter: Blotter

    def can_send(self, symbol: str) -> bool:
        """Whether messages for this stock can go now."""

    def send(self, intents: Sequence[Intent]) -> None:
        """Send messages in this order."""


class Floor:
    """Makers that quote every stock and traders that take, each turn decided by the seed.

    Args:
        stocks: what is listed.
        makers: accounts that quote; a stock belongs to the one that holds most of it.
        traders: accounts that take; in a stock those that hold it, else a few by turn.
        seed: decides everything together with what the exchange answers.
    """

    def __init__(
        self, stocks: list[Stock], makers: Sequence[Participant], traders: Sequence[Participant], seed: int
    ) -> None:
        self.phase = CONTINUOUS  # what the exchange's clock says
        self._random = Random(f"{seed}/floor")
        self._fair = FairValues(stocks, seed)
        self._activity = Activity(stocks, self._random)
        self._stocks = {stock.symbol: stock for stock in stocks}
        self._maker: dict[str, Participant] = {}
        self._traders: dict[str, list[Participant]] = {}
        for i, stock in enumerate(stocks):
            self._maker[stock.symbol] = max(
                (makers[(i + k) % len(makers)] for k in range(len(makers))),
                key=lambda maker, symbol=stock.symbol: maker.blotter.shares.get(symbol, 0),  # type: ignore[misc]
            )
            holders = [trader for trader in traders if trader.blotter.shares.get(stock.symbol, 0) > 0]
            some = [traders[(i + k) % len(traders)] for k in range(min(FEW, len(traders)))]
            self._traders[stock.symbol] = holders or some
        quoted = Counter(id(maker) for maker in self._maker.values())
        self._quoted = {symbol: quoted[id(maker)] for symbol, maker in self._maker.items()}
        self._targets: dict[str, int] = {}
        self._gaps: deque[str] = deque()
        self._waiting: set[str] = set()

    def gap(self, symbol: str) -> None:
        """Have a stock quoted again soon: an order in its ladder was filled whole."""
        if symbol in self._stocks and symbol not in self._waiting:
            self._waiting.add(symbol)
            self._gaps.append(symbol)

    def one_sided(self) -> list[Stock]:
        """Stocks without a quote of the makers on both sides, largest first."""
        return [stock for stock in self._stocks.values() if self._touch(stock) is None]

    def thin(self) -> list[Stock]:
        """Stocks without an order at every level of their ladder, largest first."""
        return [
            stock
            for stock in self._stocks.values()
            if not all(
                self._maker[stock.symbol].blotter.at(stock.symbol, side, level)
                for side in SIDES
                for level in range(LEVELS)
            )
        ]

    def turn(self, at_s: float) -> int:
        """Let one participant act on one stock; the number of messages sent, 0 when nobody could.

        Args:
            at_s: seconds since the start, by the count of messages rather than by a clock.
        """
        for _ in range(min(DRAWS, len(self._gaps))):
            symbol = self._gaps.popleft()
            self._waiting.discard(symbol)
            sent = self.quote(self._stocks[symbol], at_s)
            if sent:
                return sent
            self.gap(symbol)
        acts: Callable[[Stock, float], int] = (
            self._trade if self._random.random() < self._trade_chance() else self.quote
        )
        for _ in range(DRAWS):
            sent = acts(self._activity.draw(), at_s)
            if sent:
                return sent
        return 0

    def _trade_chance(self) -> float:
        # A maker's turn sends about three messages, a trader's one: to make TRADE_PART of the messages
        # traders' orders, they need a larger part of the turns.
        return 3 * TRADE_PART / (1 + 2 * TRADE_PART)

    def quote(self, stock: Stock, at_s: float, levels: int = LEVELS) -> int:
        """Bring a stock's best `levels` quotes to where they should be; the number of messages sent."""
        maker = self._maker[stock.symbol]
        if not maker.can_send(stock.symbol):
            return 0
        shares = maker.blotter.shares.get(stock.symbol, 0)
        target = self._targets.setdefault(stock.symbol, shares)
        cash = int(maker.blotter.cash * CASH_PART) // self._quoted[stock.symbol]
        means = Means(shares, target, cash)
        wanted = ladder(stock, self._fair.value(stock, at_s), means, self._random, levels)
        intents = plan(stock, wanted, maker.blotter, self._random)
        maker.send(intents)
        return len(intents)

    def _trade(self, stock: Stock, at_s: float) -> int:
        if self.phase == CLOSED:
            return 0
        touch = self._touch(stock)
        trader = self._random.choice(self._traders[stock.symbol])
        if touch is None or not trader.can_send(stock.symbol):
            return 0
        gathers = self.phase != CONTINUOUS
        if gathers and len(trader.blotter.orders) >= GATHERED_MAX:
            return 0
        fair = self._fair.value(stock, at_s)
        shares = trader.blotter.shares.get(stock.symbol, 0)
        stands = "DAY" if gathers else "IOC"
        intent = decide(stock, fair, *touch, shares, trader.blotter.cash, self._random, stands)
        if intent is None:
            return 0
        trader.send([intent])
        return 1

    def _touch(self, stock: Stock) -> tuple[int, int] | None:
        blotter = self._maker[stock.symbol].blotter
        bid, ask = blotter.best(stock.symbol, "BUY"), blotter.best(stock.symbol, "SELL")
        return None if bid is None or ask is None else (bid, ask)
