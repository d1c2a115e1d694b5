"""A trader's next order: buys what looks cheap, sells what looks dear, and sometimes just wants to trade."""

from __future__ import annotations

from random import Random

from openbell.simulator.maker import NEW, Intent
from openbell.simulator.quoting import lognormal_shares
from openbell.simulator.stock import Stock

INFORMED = 0.4  # how often the fair value decides the side
MARKET_PART = 0.5  # market orders among all; the rest are limits just through the best price
CLIPS_MAX = 3.0  # no order is worth more than so many usual ones


def decide(
    stock: Stock,
    fair: float,
    bid: int,
    ask: int,
    shares: int,
    cash: int,
    random: Random,
    time_in_force: str = "IOC",
) -> Intent | None:
    """The order to send, or None when the account can carry none.

    Args:
        fair: the trader's opinion, in cents. bid, ask: the best prices, in cents.
        shares: what it can sell. cash: what it can spend, in cents.
        time_in_force: how long it stands; none rests in continuous trading.
    """
    middle = (bid + ask) / 2
    if random.random() < INFORMED:
        buys = fair > middle
    else:
        buys = random.random() < 0.5
    quantity = lognormal_shares(stock.clip, ask, random)
    quantity = min(quantity, max(1, int(CLIPS_MAX * stock.clip / ask)))
    if not buys and shares < 1:
        buys = True
    if buys and cash < quantity * ask * 2:
        buys = False
    if not buys:
        quantity = min(quantity, shares)
    if quantity < 1:
        return None
    side = "BUY" if buys else "SELL"
    if random.random() < MARKET_PART:
        return Intent(NEW, stock.symbol, side, -1, 0, quantity, None, "MARKET", time_in_force)
    through = random.randrange(3)
    price = ask + through if buys else max(1, bid - through)
    return Intent(NEW, stock.symbol, side, -1, price, quantity, None, "LIMIT", time_in_force)
