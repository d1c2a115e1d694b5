"""A participant's desk for the tests of decisions: it writes down what it is told to send."""

from __future__ import annotations

from collections.abc import Sequence

from openbell.simulator.blotter import Blotter, Order
from openbell.simulator.maker import CANCEL, CHANGE, Intent
from openbell.simulator.stock import Stock

AAPL = Stock("AAPL", "Information Technology", 4_500_000_000_000, 30_935, 30_935)
TINY = Stock("TINY", "Utilities", 8_000_000_000, 1_250, 1_250)


class Desk:
    """Collects messages and lets each resting order rest, as an empty book would."""

    def __init__(self, shares: dict[str, int], cash: int = 10**12) -> None:
        self.blotter = Blotter()
        self.blotter.reset([], shares, cash)
        self.sent: list[Intent] = []
        self.open = True

    def can_send(self, symbol: str) -> bool:
        return self.open

    def send(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            self.sent.append(intent)
            if intent.order is None:
                if intent.time_in_force != "IOC":
                    name = f"{len(self.sent):013d}"
                    order = Order(
                        name, intent.symbol, intent.side, intent.price, intent.quantity, intent.level
                    )
                    self.blotter.add(order)
            elif intent.kind == CANCEL:
                self.blotter.drop(intent.order)
            elif intent.kind == CHANGE:
                intent.order.price, intent.order.quantity = intent.price, intent.quantity
