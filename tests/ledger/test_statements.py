"""Statements out of a random market: each month's closing is the next one's opening, and all adds up."""

from __future__ import annotations

from openbell.core import view
from openbell.ledger import tables
from openbell.ledger.reads import LedgerReads
from openbell.ledger.statements import Statement, fills_of_order, read_statement
from openbell.ledger.store import LedgerStore
from tests.ledger.market import RandomMarket
from tests.ledger.stream import START


def months(market: RandomMarket, store_steps: int) -> None:
    """Three months with days in each."""
    market.date = 20231110
    for date in (20231120, 20231130, 20231201, 20231215, 20240102, 20240110):
        market.run(store_steps)
        market.date = date - 1
        market.roll_day()
    market.run(store_steps)


async def read(reads: LedgerReads, account: int, month: int) -> Statement:
    found = await read_statement(reads, account, month)
    assert found is not None
    return found


async def test_statements_meet_and_add_up(store: LedgerStore, database: str) -> None:
    market = RandomMarket(21)
    months(market, 80)
    await store.apply(await store.adopt(market.genesis, START), market.units)
    reads = LedgerReads(database)
    account = 4
    while (shown := view.account(market.exchange, account)) is not None:
        found = [await read(reads, account, month) for month in (202311, 202312, 202401)]
        for one in found:
            assert one.opening.cash + sum(line["cash"] for line in one.lines) == one.closing.cash
        assert found[0].closing == found[1].opening
        assert found[1].closing == found[2].opening
        assert found[2].closing.cash == shown["cash"]
        held = {row["asset"]: (row["amount"], row["cost"]) for row in found[2].closing.holdings}
        assert held == {
            one["instrument"]: (one["quantity"], one["cost"]) for one in shown["positions"] if one["quantity"]
        }
        query = "SELECT cash + holdings AS value FROM ledger.equity WHERE date = 20231201 AND account = "
        rows = await reads.rows(query + str(account), {})
        assert [row["value"] for row in rows] in ([], [found[0].closing.value])
        account += 1
    assert account > 8
    assert await read_statement(reads, 4, 202402) is None
    await reads.close()


async def test_an_orders_fills_are_all_there_and_say_what_was_taken_back(
    store: LedgerStore, database: str
) -> None:
    market = RandomMarket(22)
    for _ in range(6):
        market.run(80)
        market.bust()
    await store.apply(await store.adopt(market.genesis, START), market.units)
    reads = LedgerReads(database)
    busted = filled = 0
    for account in range(5, 11):
        for order in await reads.orders(account, "FILLED", limit=1000):
            fills = await fills_of_order(
                reads, account, order["order"], order["created_ts"], order["updated_ts"]
            )
            assert sum(fill["quantity"] for fill in fills) == order["filled"]
            assert sum(fill["value"] for fill in fills) == order["notional"]
            busted += sum(fill["busted"] for fill in fills)
            filled += 1
    taken = await reads.rows(
        f"SELECT count(DISTINCT (account, trade)) AS n FROM ledger.moves WHERE kind = {tables.KIND_BUST}", {}
    )
    await reads.close()
    assert filled > 20
    assert 0 < busted <= taken[0]["n"]
