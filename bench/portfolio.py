"""Reads of a portfolio with 200 holdings and 100,000 trades at a steady rate, against a bare handler.

A whole exchange is started in a folder of its own, simulator and all. An account buys and sells 200 stocks
one share a trade, and every execution is read back and counted. Then its portfolio is read at times that no
answer delays, while others trade its stocks at other prices. At a tenth of the rate the newest page of its
history is read, and one in the middle; at a 200th its curve of the day. The bare handler answers as many
bytes under the same load. A portfolio of ten holdings and a quote are read as fast as a gateway can, and its
processor time is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import reading
from commands import connected, sent
from door import PRICE, listing
from reads import at_rate, bare, send
from venue import Session, Venue, VenueError

from openbell.core import codes, records
from openbell.identity.account_id import decode_account

P99_MS_MAX = 20.0
GRANT = Decimal(100_000)  # of a demo account
SHARE = records.QUANTITY_SCALE
CASH = 10**12
BOUGHT_PART = 0.6  # of an instrument's trades; the rest sell some of it again
TYPICAL = 10
AT_ONCE_SECONDS = 5.0
BARE_SECONDS = 10.0
OLDER_SECONDS = 5.0
MOVES_PER_SECOND = 50  # trades of others meanwhile, each at another price
CATCH_UP_S = 120.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--holdings", type=int, default=200, help="stocks that the account holds (200)")
    parser.add_argument("--trades", type=int, default=100_000, help="its trades (100,000)")
    parser.add_argument("--rate", type=float, default=200.0, help="reads per second (200)")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a run (20)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; the result's `value` is the P99 of the portfolio's reads in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir="/tmp") as name:
        folder = Path(name)
        with Venue(folder / "data", environment={"OPENBELL_READ_RATE": "1000000"}) as venue:
            large, account = venue.demo()
            small, other = venue.demo()
            begun = time.monotonic()
            market = asyncio.run(trade(venue, account, other, args.holdings, args.trades // args.holdings))
            wait(large)
            trading_s = time.monotonic() - begun
            proof = prove(large, args.trades // args.holdings * args.holdings, args.holdings)
            with moving(venue, market):
                found = at_rate(venue.port, large, "/v1/portfolio", args.rate, args.seconds)
                reads = {
                    what: at_rate(venue.port, large, path, args.rate * part, OLDER_SECONDS)
                    for what, (path, part) in older(large).items()
                }
            typical = {
                "portfolio_of_10": at_once(venue, small, "/v1/portfolio", folder),
                "quote": at_once(venue, small, "/v1/quotes/AAPL", folder),
            }
            body = large.request("GET", "/v1/portfolio").body
            with bare(folder, body) as (port, _):
                reference = at_rate(port, large, "/bare", args.rate, min(args.seconds, BARE_SECONDS))
    return {
        "value": found["p99"],
        "unit": f"ms from due time to answer, P99 at {args.rate:g} reads/s",
        **found,
        "reference": {"name": "bare uvicorn handler, as many bytes", "value": reference["p99"], **reference},
        "ratio": round(found["p99"] / reference["p99"], 2),
        "holds": found["p99"] < P99_MS_MAX,
        "older": reads,
        "at_once": typical,
        "bytes": len(body),
        "seconds_of_trading": round(trading_s, 1),
        "proof": proof,
    }


# --- what is read ---------------------------------------------------------------------------------


class Market(NamedTuple):
    """The stocks, and two accounts that trade them with others."""

    instruments: list[int]
    peers: list[int]


async def trade(venue: Venue, account: str, other: str, holdings: int, each: int) -> Market:
    """Let `account` trade every one of `holdings` new stocks `each` times, and `other` buy some of ten."""
    client = await connected(venue)
    try:
        large, small = decode_account(account), decode_account(other)
        body = records.OpenAccount(kind=codes.KIND_PARTICIPANT, realm=1)
        opened = await sent(client, [records.pack(codes.C_OPEN_ACCOUNT, bytes(body))] * 2)
        peers = [int(answer.account) for answer in opened]
        money = bytes(records.Amount(amount=CASH))
        funded = [records.pack(codes.C_DEPOSIT, money, account=one) for one in (large, small, *peers)]
        await sent(client, funded)
        listed = await sent(client, [listing(f"BENCH{number}") for number in range(holdings)])
        numbers = [int(answer.instrument) for answer in listed]
        bought = int(each * BOUGHT_PART)
        issue = bytes(records.Issue(quantity=2 * each * SHARE, price=PRICE))
        for peer in peers:
            packed = [records.pack(codes.C_ISSUE, issue, account=peer, instrument=one) for one in numbers]
            await sent(client, packed)
        peer = peers[0]
        for place, number in enumerate(numbers):
            extra = int(place < TYPICAL)
            commands = [order(peer, number, codes.SELL, bought + extra, PRICE)]
            commands += [order(large, number, codes.BUY, 1, PRICE)] * bought
            commands += [order(small, number, codes.BUY, 1, PRICE)] * extra
            commands += [order(peer, number, codes.BUY, each - bought, PRICE + 100 * place)]
            commands += [order(large, number, codes.SELL, 1, PRICE + 100 * place)] * (each - bought)
            await sent(client, commands)
        return Market(numbers, peers)
    finally:
        await client.close()


@contextmanager
def moving(venue: Venue, market: Market) -> Iterator[None]:
    """Meanwhile the peers trade with each other, so that prices of what is held move."""
    over = threading.Event()

    async def move() -> None:
        client = await connected(venue)
        dice = random.Random(7)
        try:
            while not over.is_set():
                number, price = dice.choice(market.instruments), PRICE + dice.randint(-50, 50) * 100
                sell, buy = (
                    order(peer, number, side, 1, price)
                    for peer, side in zip(market.peers, (codes.SELL, codes.BUY), strict=True)
                )
                await sent(client, [sell, buy])
                await asyncio.sleep(1 / MOVES_PER_SECOND)
        finally:
            await client.close()

    with ThreadPoolExecutor(1) as pool:
        moves = pool.submit(asyncio.run, move())
        try:
            yield
        finally:
            over.set()
            moves.result()


def order(account: int, instrument: int, side: int, shares: int, price: int) -> bytearray:
    """A limit order without a request key."""
    body = records.NewOrder(price=price, quantity=shares * SHARE, display=-1, side=side)
    body.order_type, body.tif = codes.LIMIT, codes.GTC
    return records.pack(codes.C_NEW_ORDER, bytes(body), account=account, instrument=instrument)


def wait(session: Session) -> None:
    """Return when the ledger has all that the account did.

    Raises:
        VenueError: it does not catch up.
    """
    until = time.monotonic() + CATCH_UP_S
    while not session.get("/v1/portfolio/history?limit=1")["complete"]:
        if time.monotonic() > until:
            raise VenueError(f"the ledger is not there after {CATCH_UP_S:g} s")
        time.sleep(0.2)


def prove(session: Session, trades: int, holdings: int) -> dict[str, Any]:
    """Count cash and shares from every execution, and hold the portfolio against them.

    Raises:
        AssertionError: they differ, or executions are missing.
    """
    curve = session.get("/v1/portfolio/performance?range=ALL")
    seen, cash, shares = set(), Decimal(0), Counter[str]()
    for row in session.pages("/v1/portfolio/history?limit=500", "trades"):
        sign = 1 if row["side"] == "BUY" else -1
        seen.add(row["execId"])
        cash -= sign * Decimal(row["value"]) + Decimal(row["fee"])
        shares[row["symbol"]] += sign * int(row["quantity"])
    assert len(seen) == trades, f"{len(seen)} executions of {trades}"
    portfolio = session.get("/v1/portfolio")
    held = {row["symbol"]: int(row["quantity"]) for row in portfolio["holdings"]}
    assert held == {name: count for name, count in shares.items() if count}, "shares differ"
    assert len(held) == holdings, f"{len(held)} holdings"
    worth = sum(Decimal(row["marketValue"]) for row in portfolio["holdings"])
    assert Decimal(portfolio["totalValue"]) == Decimal(portfolio["cashBalance"]) + worth
    paid_in = Decimal(portfolio["cashBalance"]) - cash
    assert curve["complete"] and paid_in == Decimal(CASH) / records.CASH_SCALE + GRANT, f"paid in {paid_in}"
    return {"executions_read": trades, "holdings_counted": len(held), "cash_counted": str(cash)}


def older(session: Session) -> dict[str, tuple[str, float]]:
    """Reads of the account's past, and the part of the rate that they are asked at."""
    cursor = ""
    for _ in range(100):
        page = session.get(f"/v1/portfolio/history?limit=500{cursor}")
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    return {
        "history_newest_100": ("/v1/portfolio/history?limit=100", 0.1),
        "history_100_in_the_middle": (f"/v1/portfolio/history?limit=100{cursor}", 0.1),
        "performance_1d": ("/v1/portfolio/performance?range=1D", 0.005),
    }


# --- reading --------------------------------------------------------------------------------------


def at_once(venue: Venue, session: Session, path: str, folder: Path) -> dict[str, Any]:
    """Reads a second of a gateway's processor time, beside the bare handler's with as many bytes."""
    mine = per_second(venue.port, venue.role("gateway"), session, path)
    with bare(folder, session.request("GET", path).body) as (port, process):
        theirs = per_second(port, process, session, path)
    return {"reads_per_core": round(mine), "bare": round(theirs), "ratio": round(mine / theirs, 3)}


def per_second(port: int, process: psutil.Process, session: Session, path: str) -> float:
    """Reads for each second that `process` was running on a processor."""
    before = process.cpu_times()
    result = send(reading.Job(port, [path], session.token, 0.0, AT_ONCE_SECONDS))
    after = process.cpu_times()
    return len(result.micros) / (after.user + after.system - before.user - before.system)
