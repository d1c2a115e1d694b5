"""Which stocks there are, what they cost, and what phase the market is in, asked of the exchange itself."""

from __future__ import annotations

import asyncio

from openbell.simulator import messages
from openbell.simulator.client import Client, LostError
from openbell.simulator.stock import Stock, cents

PAGE = 100
PATIENCE_S = 60.0
RETRY_S = 0.25
LOOK_EVERY_S = 60.0
AFTER_CHANGE_S = 0.1


async def discover(client: Client) -> list[Stock]:
    """All listed stocks, by market cap; each starts at its last price and reverts to the last close.

    Raises:
        TimeoutError: the exchange named no stocks in PATIENCE_S seconds.
    """
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                stocks = await _pages(client)
            except LostError:
                stocks = []
            if stocks:
                return stocks
            await asyncio.sleep(RETRY_S)


async def clock(client: Client) -> tuple[str, float]:
    """The market's phase, and the seconds for which that is true at least.

    Raises:
        LostError: the exchange did not say.
    """
    reply = await client.request(b"GET", b"/v1/clock")
    if reply.status != 200:
        raise LostError(f"clock answered {reply.status}")
    said = messages.clock.decode(reply.body)
    left = LOOK_EVERY_S
    if said.nextChange is not None:
        left = min(left, (said.nextChange.at - said.timestamp).total_seconds())
    return said.phase, max(0.0, left) + AFTER_CHANGE_S


async def _pages(client: Client) -> list[Stock]:
    stocks: dict[str, Stock] = {}
    offset, total = 0, 1
    while offset < total:
        reply = await client.request(b"GET", b"/v1/assets/top?limit=%d&offset=%d" % (PAGE, offset))
        if reply.status != 200:
            raise LostError(f"assets/top answered {reply.status}")
        page = messages.asset_page.decode(reply.body)
        for asset in page.data:
            stocks[asset.symbol] = stock(asset)
        total = page.meta.total
        offset += PAGE
    return list(stocks.values())


def stock(asset: messages.Asset) -> Stock:
    """The stock of one row of assets/top."""
    price = max(1, cents(asset.price))
    reference = max(1, cents(asset.previousClose)) if asset.previousClose else price
    cap = int(asset.marketCap.partition(".")[0]) if asset.marketCap else 0
    return Stock(asset.symbol, asset.sector, cap, reference, price)
