"""What a command costs as the market grows: 1 symbol and 1,000 resting orders, to 10,000 and 1,000,000.

At each size the same mix (45 new orders, 45 cancels, 10 that trade, of every hundred) goes through the whole
core in batches of 128, anywhere in the market. Beside each size a random walk from cache line to cache line
goes through as many bytes as the records in use have. Both are counted in time of the processor, percentiles
in time of the clock. Memory far away costs more, whoever asks for it: `value` is how much more the growth of
the command's cost is than that of the walk's step.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from capacity import used_of
from core import quantile
from door import PRICE, listing
from recovery import resident_bytes
from walk import Walk

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from openbell.core.snapshot import used
from openbell.log.stamp import stamp

BATCH = 128
OWNERS = 10  # accounts that trade a symbol
LEVELS = 10  # prices a side
MAKER = 100_000 * records.QUANTITY_SCALE  # more than all takers of a run take
SHARE = records.QUANTITY_SCALE
STEPS = 2_000_000  # of a walk
START_NS = 1_700_000_000_000_000_000
GOLDEN = 0x9E3779B97F4A7C15
WORD = (1 << 64) - 1
CHUNK = 1 << 22
SIZES = ((1, 1_000), (100, 10_000), (1_000, 100_000), (10_000, 1_000_000))


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--commands", type=int, default=200_000, help="measured at each size (200000)")
    parser.add_argument("--most", type=int, default=1_000_000, help="the most resting orders (1000000)")
    parser.add_argument(
        "--limit-gib", type=float, default=4.0, help="resident memory that must be enough (4)"
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; `value` is the growth of a command over the growth of a walk's step."""
    args.commands -= args.commands % 200
    sizes = [measure(*size, args) for size in SIZES if size[1] <= args.most]
    first, last = sizes[0], sizes[-1]
    command = last["command_ns"] / first["command_ns"]
    step = last["step_ns"] / first["step_ns"]
    return {
        "value": round(command / step, 2),
        "unit": "growth of a command's processor time over that of a random walk's step",
        "p50": last["p50"],
        "p99": last["p99"],
        "p999": last["p999"],
        "percentiles of": f"microseconds per {BATCH}-command batch at the largest size",
        "reference": {
            "name": "growth of a step of a random walk over the same bytes",
            "value": round(step, 2),
        },
        "growth": round(command, 2),
        "ratio": round(command / step, 2),
        "sizes": sizes,
        "proof": f"at each size every answer OK, {args.commands:,} commands' trades and orders as the flow"
        " makes them, every book's orders counted, cash equals deposits, shares what was issued",
    }


@dataclass
class Order:
    """One that rests: where it is in the log, and whose."""

    seq: int
    account: int
    symbol: int


class Market:
    """An exchange of so many symbols with so many orders at rest, and the flow that keeps it so."""

    def __init__(self, symbols: int, resting: int, commands: int) -> None:
        self.symbols, self.resting = symbols, resting
        self.random = random.Random(symbols)
        self.exchange = Exchange(genesis(symbols, resting, commands))
        self.exchange.memory.touch()  # first-touch page faults are not what is measured
        self.live: list[Order] = []
        self.trades = 0
        self.accounts = symbols * OWNERS
        self.apply(self.furniture())
        self.apply(self.new(symbol % symbols) for symbol in range(resting))

    # -- commands ------------------------------------------------------------------------------------

    def furniture(self) -> Any:
        """Symbols, and their owners with cash and shares."""
        opened = bytes(records.OpenAccount(kind=codes.KIND_USER, realm=1))
        cash = bytes(records.Amount(amount=min(10**15, 10**18 // self.accounts)))
        shares = bytes(records.Issue(quantity=records.QUANTITY_MAX, price=PRICE))
        for number in range(self.symbols):
            yield listing(f"S{number}")
        for number in range(self.accounts):
            account = records.FIRST_ACCOUNT + number
            yield records.pack(codes.C_OPEN_ACCOUNT, opened)
            yield records.pack(codes.C_DEPOSIT, cash, account=account)
            yield records.pack(codes.C_ISSUE, shares, account=account, instrument=number // OWNERS)

    def order(self, symbol: int, side: int, price: int, quantity: int, tif: int) -> bytearray:
        account = records.FIRST_ACCOUNT + symbol * OWNERS + self.random.randrange(OWNERS)
        body = records.NewOrder(
            price=price, quantity=quantity, display=-1, side=side, order_type=codes.LIMIT, tif=tif
        )
        key = self.random.getrandbits(64) | 1
        return records.pack(
            codes.C_NEW_ORDER, bytes(body), account=account, instrument=symbol, key_low=key, key_high=1
        )

    def new(self, symbol: int) -> bytearray:
        """One more that rests."""
        side = self.random.randrange(2)
        away = 100 * self.random.randint(1, LEVELS)
        price = PRICE - away if side == codes.BUY else PRICE + away
        made = self.order(symbol, side, price, MAKER, codes.GTC)
        account = records.Header.from_buffer_copy(made).account
        self.live.append(Order(self.seq, account, symbol))
        return made

    def cancel(self) -> bytearray:
        """Of any that rests."""
        index = self.random.randrange(len(self.live))
        self.live[index], self.live[-1] = self.live[-1], self.live[index]
        gone = self.live.pop()
        body = bytes(records.Cancel(order=records.make_id(0, gone.seq)))
        return records.pack(codes.C_CANCEL, body, account=gone.account, instrument=gone.symbol)

    def take(self, symbol: int) -> bytearray:
        """Trades a share with whoever is first."""
        self.trades += 1
        side = self.random.randrange(2)
        far = 100 * LEVELS
        price = PRICE + far if side == codes.BUY else PRICE - far
        return self.order(symbol, side, price, SHARE, codes.IOC)

    def flow(self, count: int) -> Any:
        """The mix; as many are cancelled as enter."""
        for number in range(count):
            symbol = self.random.randrange(self.symbols)
            if number % 20 >= 18:
                yield self.take(symbol)
            elif number % 2:
                yield self.new(symbol)
            else:
                yield self.cancel()

    def sequenced(self, commands: Any) -> list[bytearray]:
        """Commands as records of the log."""
        made = []
        self.seq = int(self.exchange.position) + 1
        for command in commands:
            stamp(command, 0, len(command), self.seq, START_NS, 1)
            made.append(command)
            self.seq += 1
        return made

    def apply(self, commands: Any) -> None:
        """What is not measured; all of it must succeed."""
        self.seq = int(self.exchange.position) + 1
        batch = bytearray()
        for command in commands:
            stamp(command, 0, len(command), self.seq, START_NS, 1)
            batch += command
            self.seq += 1
            if len(batch) > CHUNK:
                self.run(bytes(batch))
                batch.clear()
        self.run(bytes(batch))

    def run(self, batch: bytes) -> tuple[int, int]:
        """Apply a batch; returns the nanoseconds of the core: of its time, and of the processor's."""
        at = taken = worked = 0
        while at < len(batch):
            started, working = time.perf_counter_ns(), time.thread_time_ns()
            at = self.exchange.run(batch, at, len(batch))
            worked += time.thread_time_ns() - working
            taken += time.perf_counter_ns() - started
            codes_ = {a[11] for a in records.Answer.STRUCT.iter_unpack(self.answers())}
            assert codes_ <= {codes.E_OK}, f"refused: {[codes.REFUSAL_NAMES[code] for code in codes_]}"
            self.exchange.clear()
        return taken, worked

    def answers(self) -> bytes:
        return bytes(self.exchange.answers(0, self.exchange.answer_count))

    # -- the proof -----------------------------------------------------------------------------------

    def prove(self) -> None:
        """Everything is there that the flow left, and nothing else."""
        ex = self.exchange
        totals = view.totals(ex)
        assert totals["cash"] == totals["deposits"], "cash was lost or made"
        assert totals["trades"] == self.trades, f"{totals['trades']} trades, not {self.trades}"
        assert totals["working_orders"] == len(self.live) == self.resting, totals["working_orders"]
        orders = Counter(order.symbol for order in self.live)
        held: Counter[int] = Counter()
        holdings = ex.memory["holdings"]
        for number in range(used_of(ex, "holdings")):
            held[holdings[number].instrument] += holdings[number].quantity
        for symbol in range(self.symbols):
            depth = view.depth(ex, symbol, 2 * LEVELS)
            found = sum(level[2] for side in ("bids", "asks") for level in depth[side])
            assert found == orders[symbol], f"{found} orders in book {symbol}, not {orders[symbol]}"
            assert held[symbol] == OWNERS * records.QUANTITY_MAX, f"shares of {symbol} were lost or made"


def genesis(symbols: int, resting: int, commands: int) -> bytes:
    body = records.Genesis(
        rules=records.RULES_VERSION,
        accounts=symbols * OWNERS + 16,
        instruments=symbols,
        positions=symbols * OWNERS + 16,
        orders=resting + 1024,
        ended_orders=2 * commands,
        requests=resting + 2 * commands + 1024,
        levels=2 * LEVELS,
        open_orders_per_account=10_000,
        ended_per_account=10_000,
        slice=1024,
        request_ttl_ns=86_400 * 10**9,
        order_quantity_max=records.QUANTITY_MAX,
        order_value_max=records.NOTIONAL_MAX,
    )
    return bytes(records.pack(codes.C_GENESIS, bytes(body), seq=1, ts=START_NS))


def measure(symbols: int, resting: int, args: argparse.Namespace) -> dict[str, Any]:
    """One size: a market, what its commands cost, and what memory of that size costs."""
    market = Market(symbols, resting, args.commands)
    market.apply(market.flow(args.commands // 10))
    flow = market.sequenced(market.flow(args.commands))
    size = sum(count * market.exchange.memory[name]._type_.SIZE for name, count in used(market.exchange))
    walk = Walk(size, symbols)
    assert walk.is_circle(), "the walk does not go through all lines"
    steps, batches = [walk.step_ns(STEPS)], []
    for first in range(0, len(flow), BATCH):
        batches.append(market.run(b"".join(flow[first : first + BATCH])))
        if first in (len(flow) // 3 // BATCH * BATCH, len(flow) * 2 // 3 // BATCH * BATCH):
            steps.append(walk.step_ns(STEPS))  # in between, so that a slow moment of the machine meets both
    market.prove()
    resident = resident_bytes() / 2**30
    assert resident < args.limit_gib, f"{resident:.2f} GiB are more than {args.limit_gib}"
    ordered = sorted(taken for taken, _ in batches)
    return {
        "symbols": symbols,
        "resting": resting,
        "command_ns": round(sum(worked for _, worked in batches) / len(flow), 1),
        "step_ns": round(statistics.median(steps), 1),
        "p50": quantile(ordered, 0.5),
        "p99": quantile(ordered, 0.99),
        "p999": quantile(ordered, 0.999),
        "mib": round(size / 2**20),
        "resident_gib": round(resident, 2),
    }
