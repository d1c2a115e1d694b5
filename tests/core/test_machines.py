"""Accounts and books are two machines: it does not matter how long their messages travel.

With every message held back for k commands, flows with ample cash and shares end in the same books and
balances. What is decided by what a machine knows at the time (market orders' collars, where a trailing stop
begins, refusals for want of cash, suspensions) is left out of these flows, as the rules leave it to the
machine.
"""

from __future__ import annotations

import random

import pytest

from openbell.core import codes, view
from openbell.core.exchange import Exchange
from openbell.core.records import ANY_INSTRUMENT
from tests.core import commands
from tests.core.commands import SHARE, START, USD
from tests.core.driver import assert_none_unraised
from tests.core.invariants import Invariants

HOUSE = 4
TRADERS = (5, 6, 7, 8)
SYMBOLS = ("AAPL", "MSFT", "NVDA")
LENGTH = 500
PHASES = (
    codes.IN_CLOSED, codes.IN_PRE_OPEN, *(codes.IN_CONTINUOUS,) * 3, codes.IN_CLOSING_AUCTION,
    codes.IN_AUCTION_CALL,
)  # fmt: skip
TYPES = (codes.LIMIT, codes.LIMIT, codes.STOP, codes.STOP_LIMIT)


def opening(cash: int = 10**8 * USD, stock: int = 10**5 * SHARE, tier: int = 0) -> list[bytearray]:
    """Three instruments, a house, and traders with so much cash and so many shares of each."""
    rules = {
        "limit_collar": 10**8,
        "flags": codes.AUCTIONS,
        "tier": tier,
        "tick_size": 5_000 if tier else 100,
    }
    made = [commands.listing(symbol, **rules) for symbol in SYMBOLS]
    made += [commands.open_account(codes.KIND_HOUSE), commands.deposit(HOUSE, 10**9 * USD)]
    made += [commands.issue(HOUSE, n, 10**6 * SHARE, 50 * USD) for n in range(len(SYMBOLS))]
    for account in TRADERS:
        made.append(commands.open_account(codes.KIND_DEMO, cash, HOUSE))
        for n in range(len(SYMBOLS)):
            made.append(commands.transfer(HOUSE, account, 0, n, stock))
    return made


def group(draw: random.Random, account: int) -> bytearray:
    """A group around the price, without what depends on when a machine knows what."""
    price = 100 * USD + draw.randint(-4, 4) * 100
    side, kind = draw.randrange(2), draw.choice((codes.OCO, codes.OTO, codes.BRACKET))
    other = side if kind == codes.OCO else 1 - side
    away = draw.randint(-1, 5) * (100 if other == codes.SELL else -100)
    size, tif = draw.randint(1, 9) * SHARE, draw.choice((codes.DAY, codes.GTC))
    parent = commands.leg(side, price, size, tif=tif if kind == codes.OCO else codes.IOC)
    if kind == codes.OCO or draw.random() < 0.7:
        parent = commands.leg(side, price, size, tif=tif)
    legs = [parent, commands.leg(other, price + away, size, tif=tif)]
    stop = commands.leg(other, 0, size, codes.STOP, codes.GTC, stop_price=price - away)
    legs = [legs[0], stop] if kind != codes.BRACKET and draw.random() < 0.5 else [*legs, stop]
    return commands.group(account, draw.randrange(3), kind, legs[: 3 if kind == codes.BRACKET else 2])


def flow(
    seed: int,
    made: list[bytearray],
    phases: bool = False,
    stops: bool = False,
    groups: bool = False,
    step_size: int = 100,
) -> list[bytes]:
    """New orders, modifies, cancels, cancel-alls and days, on few prices, after what was made already.

    With `phases` there are phases instead of days, and orders for one auction. With `stops` there are no
    days: which trades are the day's last ones is decided as they arrive. With `groups` there are groups.
    """
    draw = random.Random(seed)
    placed: list[tuple[int, int]] = []
    for step in range(LENGTH):
        stray = 14 if step_size > 100 and draw.random() < 0.3 else 4  # beyond the bands
        account = draw.choice(TRADERS)
        kind = draw.random()
        if groups and kind < 0.25:
            placed += [((len(made) + 2 << 8) + index, account) for index in range(3)]
            made.append(group(draw, account))
        elif kind < 0.6 or not placed:
            placed.append((len(made) + 2 << 8, account))
            tif = draw.choice((codes.DAY, codes.GTC, codes.GTC, codes.IOC, codes.FOK))
            if phases and draw.random() < 0.2:
                tif = draw.choice((codes.OPG, codes.CLS))
            price = 100 * USD + draw.randint(-stray, stray) * step_size
            order_type = draw.choice(TYPES) if stops else codes.LIMIT
            stop = 0 if order_type == codes.LIMIT else 100 * USD + draw.randint(-5, 5) * 100
            made.append(
                commands.order(
                    account,
                    draw.randrange(3),
                    draw.randrange(2),
                    0 if order_type == codes.STOP else price,
                    draw.randint(1, 9) * SHARE,
                    order_type,
                    tif,
                    stop_price=stop,
                )
            )
        elif kind < 0.75:
            order, owner = draw.choice(placed[-12:])
            made.append(commands.cancel(owner, order))
        elif kind < 0.95:
            order, owner = draw.choice(placed[-12:])
            which = draw.randint(1, 3)
            new_price = 100 * USD + draw.randint(-stray, stray) * step_size if which & 1 else None
            total = draw.randint(0, 12) * SHARE if which & 2 else None
            guard = draw.choice((-1, -1, -1, 0, 2 * SHARE))
            stop = 100 * USD + draw.randint(-5, 5) * 100 if stops and draw.random() < 0.3 else None
            made.append(commands.modify(owner, order, new_price, total, guard, stop))
        elif phases and kind < 0.99:
            made.append(commands.phase(draw.choice(PHASES), draw.choice((0, 1, 2, ANY_INSTRUMENT))))
        elif kind < 0.99 or (stops and not phases):
            made.append(commands.cancel_all(account))
        elif phases:
            made.append(commands.plain(codes.C_TICK))
        else:
            made.append(commands.day_roll(step + 1))
    return [commands.sequenced(command, seq, START + seq) for seq, command in enumerate(made, 2)]


def run(records: list[bytes], delay: int) -> Exchange:
    exchange = Exchange(commands.genesis(open_orders_per_account=500, orders=8192))
    exchange.delay = delay
    for record in records:
        assert exchange.run(record, 0, len(record)) == len(record)
        exchange.clear()
        for account in TRADERS:
            row = exchange.memory["accounts"][account]
            assert 0 <= row.reserved <= row.cash, f"account {account} spends what it has not"
    exchange.flush()
    exchange.clear()
    assert_none_unraised()
    return exchange


def books_and_balances(exchange: Exchange) -> list[object]:
    """Every level, every account with what it holds, and every working order."""
    orders = ("order", "price", "quantity", "filled", "notional", "status")
    found: list[object] = [view.depth(exchange, n, 1000) for n in range(len(SYMBOLS))]
    for account in range(1, TRADERS[-1] + 1):
        row = view.account(exchange, account)
        assert row
        found.append({name: row[name] for name in ("cash", "reserved", "realised", "open_orders", "status")})
        found.append(
            [
                {name: held[name] for name in ("instrument", "quantity", "reserved", "cost", "realised")}
                for held in sorted(row["positions"], key=lambda held: int(held["instrument"]))
            ]
        )
        working = view.orders(exchange, account, "working", None, 0, 10_000)
        found.append([[order[name] for name in orders] for order in working])
    return found


def bands(exchange: Exchange) -> list[list[int]]:
    """Where each instrument may trade, and whether a side stands there."""
    names = ("band_reference", "band_low", "band_high", "limit_state")
    return [[one[name] for name in names] for one in view.instruments(exchange)]


@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("delay", [1, 2, 7, 40])
@pytest.mark.parametrize("seed", range(1, 7))
def test_delayed_messages_end_in_the_same_books_and_balances(seed: int, delay: int, stops: bool) -> None:
    records = flow(seed, opening(), stops=stops)
    delayed = run(records, delay)
    assert books_and_balances(delayed) == books_and_balances(run(records, 0))
    assert delayed.post.sent == delayed.post.taken and delayed.mail.sent == delayed.mail.taken


@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("delay", [1, 7, 40])
@pytest.mark.parametrize("seed", range(21, 25))
def test_delayed_phases_end_in_the_same_auctions(seed: int, delay: int, stops: bool) -> None:
    records = flow(seed, opening(), phases=True, stops=stops)
    delayed, at_once = run(records, delay), run(records, 0)
    assert books_and_balances(delayed) == books_and_balances(at_once)
    assert delayed.memory["scalars"][0].trades == at_once.memory["scalars"][0].trades > 0


@pytest.mark.parametrize("phases", [False, True])
@pytest.mark.parametrize("delay", [1, 7, 40])
@pytest.mark.parametrize("seed", range(31, 35))
def test_delayed_messages_meet_the_same_bands(seed: int, delay: int, phases: bool) -> None:
    """Bands that stand still: moved by time, they are what the books know when a message comes."""
    made = flow(seed, opening(tier=1), phases=phases, stops=True, step_size=5_000)
    delayed, at_once = run(made, delay), run(made, 0)
    assert books_and_balances(delayed) == books_and_balances(at_once)
    assert bands(delayed) == bands(at_once)


@pytest.mark.parametrize("phases", [False, True])
@pytest.mark.parametrize("delay", [1, 2, 7, 40])
@pytest.mark.parametrize("seed", range(31, 35))
def test_delayed_groups_end_in_the_same_books_and_balances(seed: int, delay: int, phases: bool) -> None:
    records = flow(seed, opening(), phases=phases, stops=True, groups=True)
    delayed, at_once = run(records, delay), run(records, 0)
    assert books_and_balances(delayed) == books_and_balances(at_once)
    assert delayed.memory["scalars"][0].trades == at_once.memory["scalars"][0].trades > 0
    assert at_once.memory["scalars"][0].groups == delayed.memory["scalars"][0].groups > 0


@pytest.mark.parametrize("delay", [1, 7, 40])
@pytest.mark.parametrize("seed", range(11, 15))
def test_delayed_messages_never_spend_what_is_not_there(seed: int, delay: int) -> None:
    """With little cash and few shares refusals differ; what must hold holds all the same."""
    records = flow(seed, opening(cash=2_000 * USD, stock=20 * SHARE), groups=seed % 2 == 0)
    exchange = run(records, delay)
    invariants = Invariants(exchange)
    invariants.arrivals = Arrivals()
    invariants.check([])


class Arrivals(dict[int, int]):
    """Nobody looked: any order may have come at any time."""

    def __missing__(self, order: int) -> int:
        return 0


def test_a_closing_account_closes_when_its_last_message_came() -> None:
    made = [*opening(), commands.order(5, 0, codes.BUY, 99 * USD, SHARE), commands.close_account(5, HOUSE)]
    made += [commands.plain(codes.C_TICK)] * 3
    records = [commands.sequenced(command, seq, START + seq) for seq, command in enumerate(made, 2)]
    exchange = Exchange(commands.genesis())
    exchange.delay = 3
    statuses = []
    for record in records:
        exchange.run(record, 0, len(record))
        exchange.clear()
        account = view.account(exchange, 5)
        statuses.append(account["status"] if account else 0)
    assert statuses[-4:] == [codes.AC_LOCKED] * 3 + [codes.AC_CLOSED]
    Invariants(exchange).check([])
