"""Memory of a full exchange: millions of accounts with shares, ten thousand books with quotes on both sides.

The core takes the commands that open and pay every account, list every symbol, put levels on both sides of
every book and let accounts trade; then its resident memory is read. Beside it stands the least that the
records in use take: their number times their size. The question about all accounts at once (totals) and
the beginning of a snapshot process are timed too. Cash, shares and counts prove that all of it is there.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from door import PRICE, Bytes, Rows, listing
from recovery import resident_bytes

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from openbell.core.snapshot import used
from openbell.log.stamp import stamp
from openbell.node.genesis import make_genesis
from openbell.ops.settings import Settings

CHUNK = 16_384
LEVELS = 10  # each side of a book
HOUSE = records.FIRST_ACCOUNT


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--accounts", type=int, default=5_000_000, help="accounts (5000000)")
    parser.add_argument("--symbols", type=int, default=10_000, help="symbols (10000)")
    parser.add_argument("--limit-gib", type=float, default=4.0, help="what must be enough (4)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; `value` is resident GiB of the process with the exchange."""
    accounts, symbols = args.accounts, args.symbols
    exchange = Exchange(make_genesis(Settings.load({}, **capacities(accounts, symbols)), 1))
    empty = resident_bytes()
    begun = time.perf_counter()
    for rows in flow(accounts, symbols):
        apply(exchange, rows)
    del rows
    seconds = time.perf_counter() - begun
    resident = resident_bytes()
    totals = view.totals(exchange)
    prove(exchange, totals, accounts, symbols)
    least = sum(count * exchange.memory[name]._type_.SIZE for name, count in used(exchange))
    least += symbols * 2 * LEVELS * exchange.memory["rungs"]._type_.SIZE
    assert resident < args.limit_gib * 2**30, f"{resident / 2**30:.2f} GiB are more than {args.limit_gib}"
    return {
        "value": round(resident / 2**30, 3),
        "unit": "GiB resident",
        "reference": {"name": "GiB of the records in use", "value": round(least / 2**30, 3)},
        "ratio": round(resident / least, 2),
        "empty_gib": round(empty / 2**30, 3),
        "accounts": totals["accounts"],
        "symbols": symbols,
        "resting_orders": totals["working_orders"],
        "fill_s": round(seconds, 1),
        "totals_ms": median_ms(lambda: view.totals(exchange)),
        "new_process_ms": median_ms(spawn),
        "proof": f"{totals['accounts']} accounts, {totals['trades']} trades, {symbols} books of {LEVELS}"
        " levels a side; cash equals deposits, each symbol's shares what was issued",
    }


def capacities(accounts: int, symbols: int) -> dict[str, int]:
    """Room for what the bench makes, and some."""
    orders = 2 * LEVELS * symbols
    return {
        "genesis_accounts": accounts + 1_024,
        "genesis_instruments": symbols,
        "genesis_positions": accounts + 2 * symbols + 65_536,
        "genesis_orders": orders + 65_536,
        "genesis_ended_orders": 262_144,
        "genesis_requests": orders + 524_288,
        "genesis_levels": 64,
        "genesis_open_orders_per_account": orders + symbols,
    }


def flow(accounts: int, symbols: int) -> Iterator[Bytes]:
    """Frames of all commands, kind by kind."""
    everybody = np.arange(HOUSE, accounts)
    opened = records.OpenAccount(kind=codes.KIND_DEMO, realm=1)
    yield Rows(records.pack(codes.C_OPEN_ACCOUNT, bytes(opened)), len(everybody)).bytes
    paying = Rows(records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=10**10))), len(everybody))
    paying.head("account", everybody)
    yield paying.bytes
    del paying
    amount = records.Amount(amount=10**15)
    yield Rows(records.pack(codes.C_DEPOSIT, bytes(amount), account=HOUSE), 1).bytes
    listed = np.concatenate([Rows(listing(f"S{number}"), 1).bytes for number in range(symbols)])
    shares = records.Issue(quantity=accounts * records.QUANTITY_SCALE, price=PRICE)
    issuing = Rows(records.pack(codes.C_ISSUE, bytes(shares), account=HOUSE), symbols)
    issuing.put(16 + records.Header.instrument.offset, np.arange(symbols), "<u4")
    yield listed
    yield issuing.bytes
    yield from trading(everybody[1:], symbols)


def trading(buyers: Any, symbols: int) -> Iterator[Bytes]:
    """Every buyer gets a share of some symbol from the house; then the house quotes both sides of books."""
    sold = orders(symbols, codes.SELL, np.arange(symbols), np.full(symbols, PRICE), HOUSE)
    each = -(-len(buyers) // symbols)
    quantity = Rows.__new__(Rows)
    quantity.bytes, quantity.count = sold, symbols
    quantity.body(records.NewOrder.quantity, each * records.QUANTITY_SCALE)
    bought = orders(
        len(buyers), codes.BUY, np.arange(len(buyers)) % symbols, np.full(len(buyers), PRICE), buyers
    )
    yield sold
    yield bought
    del bought
    for side, sign in ((codes.BUY, -1), (codes.SELL, 1)):
        books = np.arange(symbols * LEVELS)
        prices = PRICE + sign * (1 + books // symbols) * 100
        yield orders(len(books), side, books % symbols, prices, HOUSE)


def orders(count: int, side: int, books: Any, prices: Any, accounts: Any) -> Bytes:
    """Frames of GTC LIMIT orders for one share, without request keys."""
    body = records.NewOrder(
        quantity=records.QUANTITY_SCALE, display=-1, order_type=codes.LIMIT, tif=codes.GTC, side=side
    )
    rows = Rows(records.pack(codes.C_NEW_ORDER, bytes(body)), count)
    rows.head("account", accounts)
    rows.put(16 + records.Header.instrument.offset, books, "<u4")
    rows.body(records.NewOrder.price, prices)
    return rows.bytes


def apply(exchange: Exchange, frames: Bytes) -> None:
    """Apply frames' commands; all must succeed."""
    code = records.Answer.code.offset
    for first in range(0, len(frames), CHUNK):
        batch = bytearray(frames[first : first + CHUNK, 16:].tobytes())
        stamp(batch, 0, len(batch), exchange.position + 1, exchange.time, 1)
        at = 0
        while at < len(batch):
            at = exchange.run(batch, at, len(batch))
            answers = np.frombuffer(exchange.answers(0, exchange.answer_count), np.uint8)
            found = answers.reshape(-1, records.Answer.SIZE)[:, code : code + 2]
            assert not found.any(), f"refused: {found[found.any(axis=1)][0]}"
            exchange.clear()


def prove(exchange: Exchange, totals: dict[str, Any], accounts: int, symbols: int) -> None:
    """Everything that was sent is there, and nothing else."""
    assert totals["accounts"] == accounts - 1, totals["accounts"]
    assert totals["cash"] == totals["deposits"], "cash was lost or made"
    assert totals["trades"] == accounts - HOUSE - 1, totals["trades"]
    for number in range(0, symbols, max(1, symbols // 100)):
        depth = view.depth(exchange, number, LEVELS)
        assert len(depth["bids"]) == LEVELS, number
        assert len(depth["asks"]) >= LEVELS, number
    rows = np.frombuffer(exchange.memory.maps["holdings"], np.uint8)
    rows = rows.reshape(-1, exchange.memory["holdings"]._type_.SIZE)[: used_of(exchange, "holdings")]
    quantity = np.ascontiguousarray(rows[:, 8:16]).view(np.int64).ravel()
    assert int(quantity.sum()) == symbols * accounts * records.QUANTITY_SCALE, "shares were lost or made"


def used_of(exchange: Exchange, name: str) -> int:
    """How many records of an array are in use."""
    return dict(used(exchange))[name]


def spawn() -> None:
    """Begin a process as the node does for a snapshot, and have it end."""
    subprocess.Popen([sys.executable, "-V"], stdout=subprocess.DEVNULL, start_new_session=True)


def median_ms(call: Any) -> float:
    """Milliseconds that a call takes, the median of some."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return round(statistics.median(times) * 1e3, 3)
