"""Reads of 1,000 candles of every interval, from now back to before the first start, at a steady rate.

A whole exchange is started in a folder of its own, simulator and all, whose first command is a year old. A
year of minutes of one stock is stored through the worker's own writer, seconds for the newest hours, and some
of other stocks. Then `/v1/history` is read at times that no answer delays, for each interval: the newest
candles, those in the middle of what is stored, those around the first start (half simulated, half stored;
of seconds the oldest that are kept), and the same of other stocks in turn. A bare handler answers as many
bytes at the same pace.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import reading
from commands import connected, sent
from door import listing
from history_flow import Span, Trade, span, store, trades
from history_proof import LIMIT, Proof, length
from reads import at_rate, bare, percentile, send
from venue import Session, Venue

from openbell.gateway.times import rfc3339
from openbell.log.journal import Journal
from openbell.market.calendar import DAY
from openbell.market.intervals import INTERVALS
from openbell.node.genesis import make_genesis
from openbell.ops.postgres import Postgres
from openbell.ops.settings import Settings

P99_MS_MAX = 50.0
SEED = 7
BARE_SECONDS = 10.0
# Minutes of the whole year, where a month is the default; and no bound to reads of one account.
ENVIRONMENT = {"OPENBELL_MINUTES_KEEP_DAYS": "0", "OPENBELL_READ_RATE": "1000000"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--days", type=int, default=365, help="days of stored candles (365)")
    parser.add_argument("--stocks", type=int, default=20, help="stocks with stored candles, 2 or more (20)")
    parser.add_argument("--reads", type=int, default=26, help="reads of each interval and range (26)")
    parser.add_argument("--rate", type=float, default=20.0, help="reads per second (20)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; the result's `value` is the P99 of the slowest interval in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir="/tmp") as name:
        folder = Path(name)
        venue = Venue(folder / "data", environment=ENVIRONMENT)
        began = time.time_ns() - args.days * DAY
        begin(venue, began)
        with venue:
            genesis, stocks = asyncio.run(listed(venue, max(2, args.stocks)))
            venue.stop()
            past = span(began, time.time_ns())
            made = trades(past, SEED)
            storing = time.monotonic()
            asyncio.run(stored(venue, genesis, past, stocks, made))
            storing_s = time.monotonic() - storing
            venue.start()
            session, _ = venue.demo()
            asked = plan(past, len(stocks))
            result, until = read(venue, session, asked, args.reads, args.rate)
            proof = prove(asked, result, past, made, until)
            body = max((one for found in result.answers.values() for one in found), key=len)
            with bare(folder, body) as (port, _):
                seconds = min(BARE_SECONDS, len(result.micros) / args.rate)
                reference = at_rate(port, session, "/bare", args.rate, seconds)
    each = figures(asked, result.micros)
    slowest = max(each, key=lambda one: each[one]["p99"])
    worst = each[slowest]["p99"]
    return {
        "value": worst,
        "unit": f"ms from due time to answer, P99 of the slowest interval at {args.rate:g} reads/s",
        "slowest": slowest,
        "p50": each[slowest]["p50"],
        "p99": worst,
        "reference": {"name": "bare uvicorn handler, as many bytes", "value": reference["p99"], **reference},
        "ratio": round(worst / reference["p99"], 2),
        "holds": worst < P99_MS_MAX,
        "intervals": each,
        "slowest_of_a_turn": percentile(turns(result.micros, len(asked)), 0.5),
        "sent_late_p99": result.late_us_p99 / 1000,
        "reads": len(result.micros),
        "bytes": len(body),
        "stored": {"days": args.days, "stocks": len(stocks), "trades": len(made)},
        "seconds_of_storing": round(storing_s, 1),
        "proof": proof,
    }


# --- a past ---------------------------------------------------------------------------------------


def begin(venue: Venue, began: int) -> None:
    """Give the exchange that is to be started there a first command at the time `began`, ns UTC."""
    settings = Settings.load({**os.environ, **ENVIRONMENT}, data_dir=str(venue.folder))
    journal = Journal.open(settings.journal_dir)
    try:
        journal.append(make_genesis(settings, began), 1, 1)
        assert journal.wait(1), journal.failed
    finally:
        journal.close()


async def listed(venue: Venue, count: int) -> tuple[bytes, list[int]]:
    """The exchange's first command, and the numbers of stocks that nobody trades."""
    client = await connected(venue)
    try:
        answers = await sent(client, [listing(f"BENCH{number}") for number in range(count)])
        return client.genesis, [int(answer.instrument) for answer in answers]
    finally:
        await client.close()


async def stored(venue: Venue, genesis: bytes, past: Span, stocks: list[int], made: list[Trade]) -> None:
    """Store the candles of the past while nothing of the exchange runs but its database."""
    settings = Settings.load({}, data_dir=str(venue.folder))
    postgres = Postgres(settings.postgres_dir)
    await postgres.start()
    try:
        await store(settings.database, genesis, past, stocks, made, SEED)
    finally:
        await postgres.stop()


# --- reading --------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A range of candles that is read: of which interval, where it lies, when it ends (0: now), and of which
    stocks, in turn."""

    interval: str
    where: str
    ends: int
    stocks: list[int]

    def path(self, turn: int) -> str:
        """The request that is sent in a turn."""
        stock = self.stocks[turn % len(self.stocks)]
        to = f"&to={rfc3339(self.ends)}" if self.ends else ""
        return f"/v1/history/BENCH{stock}?interval={self.interval}&limit={LIMIT}{to}"


def plan(past: Span, stocks: int) -> list[Asked]:
    """All that is read."""
    asked = []
    for name in INTERVALS:
        first, middle, where = past.begins, past.middle, "first start"
        ahead = LIMIT // 2 * length(name)
        if name[-1] == "s":
            first, where, ahead = past.seconds_from, "oldest", LIMIT * length(name)
            middle = (past.seconds_from + past.ends) // 2
        earliest = min(first + ahead, past.ends)
        asked += [Asked(name, "newest", 0, [0]), Asked(name, "middle", middle, [0])]
        asked.append(Asked(name, where, earliest, [0]))
        if name[-1] != "s":
            asked.append(Asked(name, "first start, other stocks", earliest, list(range(1, stocks))))
    return asked


def read(
    venue: Venue, session: Session, asked: list[Asked], reads: int, rate: float
) -> tuple[reading.Result, tuple[int, int]]:
    """Read all ranges in turn, so often; between which times, ns UTC, the reads were."""
    paths = [one.path(turn) for turn in range(reads) for one in asked]
    begun = time.time_ns()
    job = reading.Job(venue.port, paths, session.token, rate, len(paths) / rate, keep=True)
    result = send(job)
    return result, (begun, time.time_ns())


def figures(asked: list[Asked], micros: list[int]) -> dict[str, dict[str, Any]]:
    """Of each interval the percentiles in milliseconds of its reads, the longest, and the median of each
    range."""
    found: dict[str, dict[str, Any]] = {}
    for name in INTERVALS:
        places = [place for place, one in enumerate(asked) if one.interval == name]
        mine = [one for place in places for one in micros[place :: len(asked)]]
        found[name] = {"p50": percentile(mine, 0.5), "p99": percentile(mine, 0.99), "most": max(mine) / 1000}
        for place in places:
            found[name][asked[place].where] = percentile(micros[place :: len(asked)], 0.5)
    return found


def turns(micros: list[int], each: int) -> list[int]:
    """The slowest read of each turn through all ranges, of which there are `each`."""
    return [max(micros[at : at + each]) for at in range(0, len(micros), each)]


def prove(
    asked: list[Asked], result: reading.Result, past: Span, made: list[Trade], until: tuple[int, int]
) -> dict[str, Any]:
    """Hold every answer against the trades that were made up.

    Raises:
        Wrong: one differs.
    """
    proof, answers = Proof(past, made), 0
    for one in asked:
        ends = (one.ends, one.ends) if one.ends else until
        for path in {one.path(turn) for turn in range(len(one.stocks))}:
            for body in result.answers.get(path, []):
                proof.answer(body, one.interval, ends, traded=one.stocks == [0])
                answers += 1
    assert all(proof.compared.values()), f"candles of a kind were not among the answers: {proof.compared}"
    return {"answers": answers, "without_gaps": True, "candles_equal": proof.compared}
