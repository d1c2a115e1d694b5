"""Which stocks there are and what they cost, asked of the exchange itself."""

from __future__ import annotations

import asyncio

from openbell.simulator import messages
from openbell.simulator.client import Client, LostError
from openbell.simulator.stock import Stock, cents

PAGE = 100
PATIENCE_S = 60.0
RETRY_S = 0.25


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
