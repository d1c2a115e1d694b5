"""Accounts as answers show them: session, portfolio, executions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import Struct, field

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.decimals import money, quantity, value
from openbell.gateway.market_body import AssetBody, MetaBody, asset_fields
from openbell.gateway.times import rfc3339
from openbell.gateway.words import AccountKind, AccountStatus, Decimal, Liquidity, Side, Time
from openbell.identity.account_id import encode_account
from openbell.market.board import Board
from openbell.market.instruments import find
from openbell.market.ticker import Ticker

CURRENCY = "USD"
HOLDINGS_KEPT = 8_192  # of about 1 KiB each
LIQUIDITY_NAMES = {codes.MAKER: "MAKER", codes.TAKER: "TAKER", codes.AUCTION: "AUCTION"}
STATUS_NAMES = {codes.AC_OPEN: "OPEN", codes.AC_LOCKED: "LOCKED", codes.AC_CLOSED: "CLOSED"}


class SessionBody(Struct, rename="camel", kw_only=True):
    """The answer to auth/demo: a session of a new account."""

    token: str
    token_type: str
    expires_at: Time
    account_id: str
    csrf_token: str
    kind: AccountKind
    grant: Decimal
    currency: str = CURRENCY


class MeBody(Struct, rename="camel", kw_only=True):
    """Whose session this is. `rate_limit` is trading messages a second."""

    account_id: str
    kind: AccountKind
    status: AccountStatus
    created_at: Time
    expires_at: Time
    csrf_token: str
    rate_limit: int
    seq: int
    currency: str = CURRENCY


class HoldingBody(Struct, rename="camel", kw_only=True):
    """One instrument in an account. `shares` is `quantity`; amounts are of the whole holding."""

    symbol: str
    ticker: str
    name: str
    quantity: Decimal
    shares: Decimal
    reserved_quantity: Decimal
    available_quantity: Decimal
    average_cost: Decimal | None
    cost: Decimal
    price: Decimal
    market_value: Decimal
    unrealised_pnl: Decimal = field(name="unrealisedPnL")
    unrealised_pnl_percent: Decimal = field(name="unrealisedPnLPercent")
    realised_pnl: Decimal = field(name="realisedPnL")
    day_change: Decimal
    change: Decimal
    change_percent: Decimal


class PortfolioBody(Struct, rename="camel", kw_only=True):
    """What an account has and what it is worth, at log position `seq`.

    `withdrawable_cash` is what may leave now: neither reserved nor the proceeds of sales that settle later.
    `fees_paid` is all that was ever charged; it is outside cost and profit, and in the cash already.
    """

    account_id: str
    currency: str
    cash_balance: Decimal
    reserved_cash: Decimal
    buying_power: Decimal
    withdrawable_cash: Decimal
    fees_paid: Decimal
    holdings_value: Decimal
    total_value: Decimal
    day_pnl: Decimal = field(name="dayPnL")
    day_pnl_percent: Decimal = field(name="dayPnLPercent")
    unrealised_pnl: Decimal = field(name="unrealisedPnL")
    realised_pnl: Decimal = field(name="realisedPnL")
    total_pnl: Decimal = field(name="totalPnL")
    holdings: Sequence[HoldingBody]
    timestamp: Time
    seq: int
    simulated: bool = True


class MyAssetBody(AssetBody, kw_only=True):
    """An asset that the account owns."""

    shares: Decimal
    average_cost: Decimal | None
    market_value: Decimal
    unrealised_pnl: Decimal = field(name="unrealisedPnL")
    unrealised_pnl_percent: Decimal = field(name="unrealisedPnLPercent")


class MyAssetListBody(Struct):
    """A page of what the account owns."""

    data: Sequence[MyAssetBody]
    meta: MetaBody


class ExecutionBody(Struct, rename="camel", kw_only=True):
    """One fill of one of the account's orders."""

    exec_id: str
    trade_id: str
    order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal
    liquidity: Liquidity
    timestamp: Time
    seq: int


class ExecutionListBody(Struct, rename="camel", kw_only=True):
    """A page of executions. `complete` is false while the ledger has not caught up with the account."""

    trades: Sequence[ExecutionBody]
    next_cursor: str | None
    complete: bool


def execution_id(trade: int, side: int) -> str:
    """The id of one side of a trade."""
    return encode_id(trade) + codes.SIDE_NAMES[side][0]


class Valued(NamedTuple):
    """A position of the node's `account` query, its instrument, and its worth in 1/10,000 USD."""

    worth: int
    position: Mapping[str, Any]
    ticker: Ticker


def valued(account: Mapping[str, Any], board: Board) -> list[Valued]:
    """All positions of the node's `account` query, those without shares too, at the board's prices."""
    found = []
    for position in account["positions"]:
        ticker = board.ticker(position["instrument"])
        found.append(Valued(value(ticker.price, position["quantity"]), position, ticker))
    return found


def owned(positions: Iterable[Valued]) -> list[Valued]:
    """Those that hold shares, the most valuable first."""
    held = [one for one in positions if one.position["quantity"]]
    held.sort(key=attrgetter("worth"), reverse=True)
    return held


def holding_body(one: Valued) -> HoldingBody:
    """A position as a holding. To be read only: answers share it."""
    position, ticker = one.position, one.ticker
    return _holding(
        ticker.symbol,
        position["quantity"],
        position["reserved"],
        position["cost"],
        position["realised"],
        ticker.price,
        ticker.close,
    )


@lru_cache(HOLDINGS_KEPT)
def _holding(
    symbol: str, units: int, reserved: int, cost: int, realised: int, price: int, close: int
) -> HoldingBody:
    """A holding at a price; most are asked for again before anything of it has changed."""
    listing = find(symbol)
    worth, shares = value(price, units), quantity(units)
    change = price - close
    return HoldingBody(
        symbol=symbol,
        ticker=symbol,
        name=listing.name if listing else symbol,
        quantity=shares,
        shares=shares,
        reserved_quantity=quantity(reserved),
        available_quantity=quantity(units - reserved),
        average_cost=decimals.average_price(cost, units),
        cost=money(cost),
        price=money(price),
        market_value=money(worth),
        unrealised_pnl=money(worth - cost),
        unrealised_pnl_percent=decimals.percent(worth - cost, cost),
        realised_pnl=money(realised),
        day_change=money(worth - value(close, units)),
        change=money(change),
        change_percent=decimals.percent(change, close),
    )


def holdings_value(positions: Iterable[Valued]) -> int:
    """What all shares are worth together, in 1/10,000 USD."""
    return sum(one.worth for one in positions)


def day_profit(account: Mapping[str, Any], positions: Iterable[Valued]) -> tuple[int, int]:
    """The account's profit since the last day roll, and what it had then, deposits and transfers counted in.

    dayPnL = equity now - equity at the roll - net deposits - net share transfers, shares that moved
    without a trade valued at the official close. Of a closed account it is not known: what it had is gone.
    """
    if account["status"] == codes.AC_CLOSED:
        return 0, 0
    equity, base = account["cash"], account["start_cash"] + account["net_deposits"]
    for worth, position, ticker in positions:
        equity += worth
        base += value(ticker.close, position["start_quantity"] + position["net_transfers"])
    return equity - base, base


def portfolio_body(account: Mapping[str, Any], seq: int, ts: int, board: Board) -> PortfolioBody:
    """An account of the node's query at position `seq`, valued at the board's prices."""
    positions = valued(account, board)
    held, worth = owned(positions), holdings_value(positions)
    unrealised = worth - sum(one.position["cost"] for one in held)
    profit, base = day_profit(account, positions)
    return PortfolioBody(
        account_id=encode_account(account["account"]),
        currency=CURRENCY,
        cash_balance=money(account["cash"]),
        reserved_cash=money(account["reserved"]),
        buying_power=money(account["cash"] - account["reserved"]),
        withdrawable_cash=money(max(0, account["cash"] - account["reserved"] - account["unsettled"])),
        fees_paid=money(account["fees"]),
        holdings_value=money(worth),
        total_value=money(account["cash"] + worth),
        day_pnl=money(profit),
        day_pnl_percent=decimals.percent(profit, base),
        unrealised_pnl=money(unrealised),
        realised_pnl=money(account["realised"]),
        total_pnl=money(unrealised + account["realised"]),
        holdings=[holding_body(one) for one in held],
        timestamp=rfc3339(ts),
        seq=seq,
    )


def my_asset_body(one: Valued) -> MyAssetBody:
    """An owned position as the asset it is."""
    holding = holding_body(one)
    return MyAssetBody(
        **asset_fields(one.ticker),
        shares=holding.shares,
        average_cost=holding.average_cost,
        market_value=holding.market_value,
        unrealised_pnl=holding.unrealised_pnl,
        unrealised_pnl_percent=holding.unrealised_pnl_percent,
    )


def execution_body(row: Mapping[str, Any], symbol: str) -> ExecutionBody:
    """A fill of the ledger."""
    return ExecutionBody(
        exec_id=execution_id(row["trade"], row["side"]),
        trade_id=encode_id(row["trade"]),
        order_id=encode_id(row["order"]),
        symbol=symbol,
        side=codes.SIDE_NAMES[row["side"]],
        quantity=quantity(row["quantity"]),
        price=money(row["price"]),
        value=money(row["value"]),
        fee=money(row["fee"]),
        liquidity=LIQUIDITY_NAMES[row["liquidity"]],
        timestamp=rfc3339(row["ts"]),
        seq=row["seq"],
    )
