"""Portfolios equal the ledger equals the core: every account, every figure, after anything that can happen.

The bodies are those that the gateway answers; each figure is summed again from the ledger's own rows, and
the past from what the exchange itself said then.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbell.core import codes
from openbell.gateway import curve
from openbell.gateway.account_body import PortfolioBody, day_profit, holdings_value, portfolio_body, valued
from openbell.gateway.curve import Closes, Flow, Held, Point
from openbell.gateway.day_flows import Day, DayFlows
from openbell.gateway.decimals import average_price, money, quantity, value
from openbell.gateway.performance_body import performance_body
from openbell.ledger import tables
from openbell.ledger.balances import ERRORS
from openbell.ledger.lots import read_lots
from openbell.ledger.portfolio_reads import PortfolioReads
from openbell.ledger.reads import LedgerReads
from openbell.ledger.statements import BEGINNING, Balance, Bound, balance, read_statement
from openbell.ledger.store import LedgerStore
from tests.ledger.busy_market import DEEDS, MARK, BusyMarket, drawn
from tests.ledger.conftest import MakeDatabase
from tests.ledger.stream import SHARE, START
from tests.ledger.test_core import apply_in_batches, differences

Row = dict[str, Any]


class Sums:
    """One applied market, and every row that an account's figures are summed from."""

    def __init__(self, market: BusyMarket, ledger: LedgerReads) -> None:
        self.market = market
        self.ledger = ledger
        self.reads = PortfolioReads(ledger)
        self.views = market.views()
        self.board = market.board()
        self.now = market.units[-1].ts

    async def one(self, query: str, **arguments: int) -> Any:
        """The only value of a query."""
        (row,) = await self.ledger.rows(query, arguments)
        (found,) = row.values()
        return found

    async def check(self, number: int) -> None:
        """Every figure of one account."""
        shown = self.views[number]
        body = portfolio_body(shown, self.market.position, self.now, self.board)
        await self.check_cash(number, body)
        await self.check_holdings(number, body)
        if number <= ERRORS:  # the exchange's own take fees and errors that are no movements of theirs
            return
        roll = await self.reads.last_roll(self.market.position, self.now)
        if roll is not None and roll["ts"] >= shown["opened_ts"]:
            bound = Bound(roll["seq"], roll["ts"], roll["date"])
            opening = await balance(self.ledger, number, bound, bound.ts)
        else:
            bound, opening = BEGINNING, Balance(0, [])
        await self.check_day(number, body, bound, opening)
        await self.check_curve(number, body)
        await self.check_marks(number, bound, opening)
        await self.check_statement(number, body)

    async def check_cash(self, number: int, body: PortfolioBody) -> None:
        posted = (
            "SELECT coalesce(sum(amount), 0) FROM ledger.postings WHERE account = %(number)s AND asset = -1"
        )
        cash = int(await self.one(posted, number=number))
        fees = await self.one(
            "SELECT coalesce(sum(fee), 0)::bigint FROM ledger.fills WHERE account = %(number)s "
            f"AND trade NOT IN (SELECT trade FROM ledger.moves WHERE kind = {tables.KIND_BUST})",
            number=number,
        )
        realised = await self.one(
            "SELECT coalesce(sum(realised), 0)::bigint FROM ledger.fills WHERE account = %(number)s",
            number=number,
        )
        assert body.cash_balance == money(cash)
        assert body.fees_paid == money(fees)
        assert body.realised_pnl == money(realised)
        working = await self.ledger.orders(number, "working", limit=1_000)
        reserved = self.views[number]["reserved"]
        plain = [row for row in working if row["side"] == codes.BUY and row["order_type"] == codes.LIMIT]
        least = sum(value(row["price"], row["leaves"]) for row in plain if not row["group"])
        assert least <= reserved <= max(cash, 0)
        if not any(row["side"] == codes.BUY for row in working):
            assert reserved == 0
        assert (body.reserved_cash, body.buying_power) == (money(reserved), money(cash - reserved))

    async def check_holdings(self, number: int, body: PortfolioBody) -> None:
        rows = await self.ledger.rows(
            "SELECT h.*, i.symbol FROM ledger.holdings h JOIN ledger.instruments i USING (instrument) "
            "WHERE account = %(number)s AND quantity <> 0",
            {"number": number},
        )
        working = await self.ledger.orders(number, "working", limit=1_000)
        shown = {holding.symbol: holding for holding in body.holdings}
        assert set(shown) == {row["symbol"] for row in rows}
        for row in rows:
            held = shown[row["symbol"]]
            price = self.board.ticker(row["instrument"]).price
            assert (held.quantity, held.cost) == (quantity(row["quantity"]), money(row["cost"]))
            assert held.average_cost == average_price(row["cost"], row["quantity"])
            assert held.market_value == money(value(price, row["quantity"]))
            assert held.unrealised_pnl == money(value(price, row["quantity"]) - row["cost"])
            assert held.realised_pnl == money(row["realised"])
            sells = [
                one for one in working if one["side"] == codes.SELL and one["instrument"] == row["instrument"]
            ]
            if not any(one["group"] for one in sells):
                assert held.reserved_quantity == quantity(sum(one["leaves"] for one in sells))
            if number > ERRORS:
                await self.check_lots(number, row)
        worth = sum(value(self.board.ticker(row["instrument"]).price, row["quantity"]) for row in rows)
        cash = self.views[number]["cash"]
        unrealised = worth - sum(row["cost"] for row in rows)
        assert (body.holdings_value, body.total_value) == (money(worth), money(cash + worth))
        assert body.unrealised_pnl == money(unrealised)
        assert body.total_pnl == money(unrealised + self.views[number]["realised"])

    async def check_lots(self, number: int, row: Row) -> None:
        found = await read_lots(self.ledger, number, row["instrument"], limit=100_000)
        assert (found.held, found.held_cost) == (row["quantity"], row["cost"])
        assert sum(lot.open for lot in found.lots) == row["quantity"]
        costs = [lot.open_cost for lot in found.lots]
        assert all(cost is not None and cost >= 0 for cost in costs)
        left = await self.one(
            "SELECT (SELECT count(*) FROM ledger.fills WHERE account = %(number)s AND instrument = %(asset)s "
            f"AND side = {codes.SELL}) + (SELECT count(*) FROM ledger.moves WHERE account = %(number)s "
            "AND asset = %(asset)s AND amount < 0)",
            number=number,
            asset=row["instrument"],
        )
        if not left:  # nothing has ever left: both ways of counting say the same
            assert sum(cost or 0 for cost in costs) == row["cost"]

    async def check_day(self, number: int, body: PortfolioBody, roll: Bound, opening: Balance) -> None:
        """dayPnL by the formula, from what there was at the roll and what moved since."""
        moved = Counter[int]()
        for flow in await self.reads.flows(number, roll.seq, roll.ts, self.market.position, []):
            moved[flow["asset"]] += flow["moved"]
        begun = {row["asset"]: row["amount"] for row in opening.holdings}
        base = opening.cash + moved.pop(tables.CASH, 0)
        for asset in {*begun, *moved}:
            base += value(self.board.ticker(asset).close, begun.get(asset, 0) + moved[asset])
        shown = self.views[number]
        total = shown["cash"] + sum(
            value(self.board.ticker(one["instrument"]).price, one["quantity"]) for one in shown["positions"]
        )
        closed = shown["status"] == codes.AC_CLOSED
        assert body.day_pnl == ("0.00" if closed else money(total - base))

    async def check_curve(self, number: int, body: PortfolioBody) -> None:
        """The curve leads from the grant over what there was at each roll to the portfolio."""
        shown = self.views[number]
        days = await self.reads.days(number, shown["opened_ts"], self.market.position)
        grant = await self.reads.grant(number, shown["opened_ts"])
        positions = valued(shown, self.board)
        profit, _ = day_profit(shown, positions)
        points = curve.daily(Point(shown["opened_ts"], grant, 0, 0), days)
        assert points[0].cash == self.market.grants[number]
        for day, point in zip(days, points[1:], strict=True):
            assert point.cash == self.market.at_rolls[day["date"]][number]["cash"]
        before = points[-1].profit
        points = curve.ended(points, self.now, shown["cash"], holdings_value(positions), profit)
        made = performance_body("ALL", points, True, self.market.position)
        assert made.end_value == made.points[-1].total_value == body.total_value
        assert made.points[-1].cash_balance == body.cash_balance
        assert money(points[-1].profit - before) == body.day_pnl

    async def check_marks(self, number: int, roll: Bound, opening: Balance) -> None:
        """Each mark of the day has what the exchange itself showed then, valued at the official closes."""
        shown = self.views[number]
        start = max(roll.ts, shown["opened_ts"]) if roll.seq else shown["opened_ts"]
        _, length, times = curve.marks(start, self.now)
        assert length == MARK
        day = Day(number, roll.seq, start, times[0] if times else 0, length)
        flows = await self.day_flows(day, times)
        quantities = {row["asset"]: row["amount"] for row in opening.holdings}
        quantities |= {flow.asset: 0 for flow in flows if flow.asset not in {*quantities, tables.CASH}}
        held = {asset: Held(units, self.board.ticker(asset).close) for asset, units in quantities.items()}
        prices = {asset: Closes(one.close, ()) for asset, one in held.items()}
        for point in curve.intraday(opening.cash, held, times, flows, prices):
            then = self.market.at_marks[point.ts][number]
            worth = base = 0
            for one in then["positions"]:
                close = self.board.ticker(one["instrument"]).close
                worth += value(close, one["quantity"])
                base += value(close, one["start_quantity"] + one["net_transfers"])
            assert (point.cash, point.holdings) == (then["cash"], worth)
            if then["status"] == codes.AC_CLOSED:  # by then the exchange has forgotten what was moved in
                continue
            assert point.profit == then["cash"] + worth - then["start_cash"] - then["net_deposits"] - base

    async def day_flows(self, day: Day, times: list[int]) -> list[Flow]:
        """The day's flows read at once, which are those read mark by mark."""
        seq, grown = self.market.position, DayFlows()
        whole = await DayFlows().read(self.reads, day, seq, times, settled=True)
        for count in range(1, len(times) + 1):
            found = await grown.read(self.reads, day, seq, times[:count], settled=True)
            assert found == [flow for flow in whole if flow.bucket < count]
        return whole

    async def check_statement(self, number: int, body: PortfolioBody) -> None:
        """The statement of the month under way closes with the portfolio."""
        date = await self.one("SELECT coalesce(max(date), 20231101)::bigint FROM ledger.days")
        found = await read_statement(self.ledger, number, date // 100)
        assert found is not None
        assert found.end is None
        assert money(found.closing.cash) == body.cash_balance
        assert found.opening.cash + sum(line["cash"] for line in found.lines) == found.closing.cash
        assert {
            row["asset"]: (quantity(row["amount"]), money(row["cost"])) for row in found.closing.holdings
        } == {
            self.board.number(holding.symbol): (holding.quantity, holding.cost) for holding in body.holdings
        }

    async def check_all(self) -> None:
        """Every account, and that together they have what came in."""
        for number in self.views:
            await self.check(number)
        came = "SELECT -coalesce(sum(amount), 0) FROM ledger.postings WHERE account = 0 AND asset = %(asset)s"
        for asset in (tables.CASH, *self.market.instruments):
            assert sum(self.has(number, asset) for number in self.views) == await self.one(came, asset=asset)

    def has(self, number: int, asset: int) -> int:
        """What the exchange shows of an asset."""
        shown = self.views[number]
        if asset == tables.CASH:
            return int(shown["cash"])
        return sum(one["quantity"] for one in shown["positions"] if one["instrument"] == asset)


async def checked(market: BusyMarket, url: str, seed: int) -> None:
    """Apply the market to an empty ledger and hold everything against everything."""
    store = await LedgerStore.connect(url)
    await apply_in_batches(store, market, seed)
    await store.close()
    assert differences(url, market) == []
    ledger = LedgerReads(url)
    try:
        await Sums(market, ledger).check_all()
    finally:
        await ledger.close()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), deeds=st.lists(st.sampled_from(DEEDS), min_size=5, max_size=60))
async def test_portfolios_equal_the_ledger_equals_the_exchange_after_any_deeds(
    make_database: MakeDatabase, seed: int, deeds: list[str]
) -> None:
    await checked(drawn(seed, deeds), make_database(), seed)


@pytest.fixture
def long_day() -> BusyMarket:
    """Six hundred steps with fees and orders in parts; days, months and marks pass."""
    market = BusyMarket(31)
    market.rich()
    for step in range(75):
        if step % 10 == 0:
            market.set_fees()
        if step in (20, 40):
            market.roll_day()
        market.split() if step % 2 else market.sweep()
        market.run(3)
    return market


async def test_a_long_day_of_fees_parts_busts_and_rolls_adds_up(long_day: BusyMarket, database: str) -> None:
    await checked(long_day, database, 31)
    ledger = LedgerReads(database)
    parts = await ledger.rows(
        "SELECT count(*) AS parts, count(DISTINCT o.account) AS others FROM ledger.fills f "
        "JOIN ledger.fills o ON o.trade = f.trade AND o.order_id <> f.order_id GROUP BY f.order_id "
        "ORDER BY 1 DESC LIMIT 10",
        {},
    )
    kinds = await ledger.rows("SELECT kind, count(*) AS n FROM ledger.moves GROUP BY 1", {})
    fees = await ledger.rows("SELECT count(*) AS n FROM ledger.fills WHERE fee > 0", {})
    await ledger.close()
    # What the name says has happened, or the sums above would say little.
    assert parts[0]["parts"] >= 5
    assert parts[0]["others"] >= 4
    assert {row["kind"] for row in kinds} >= {tables.KIND_BUST, tables.KIND_GRANT}
    assert fees[0]["n"] > 100
    assert len(long_day.at_marks) >= 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger.fills SET fee = fee + 1 WHERE trade = (SELECT max(trade) FROM ledger.fills)",
        "UPDATE ledger.holdings SET cost = cost + 1 WHERE account = 4",
        f"UPDATE ledger.holdings SET quantity = quantity + {SHARE} WHERE account = 5",
        "UPDATE ledger.equity SET cash = cash + 1 WHERE account = 4",
        f"DELETE FROM ledger.moves WHERE kind = {tables.KIND_GRANT} AND amount > 0 AND ts > {START}",
    ],
)
async def test_a_ledger_that_says_otherwise_fails(database: str, change: str) -> None:
    market = drawn(7, ["set_fees", "split", "roll_day", "sweep", "split"] * 3)
    store = await LedgerStore.connect(database)
    await apply_in_batches(store, market, 7)
    await store.connection.execute(change.encode())
    await store.close()
    ledger = LedgerReads(database)
    try:
        with pytest.raises(AssertionError):
            await Sums(market, ledger).check_all()
    finally:
        await ledger.close()
