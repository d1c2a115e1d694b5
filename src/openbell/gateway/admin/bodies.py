"""What the admin door answers: a command's outcome, and accounts, instruments and totals as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from openbell.core import codes
from openbell.core.layout import Record
from openbell.gateway.account_body import STATUS_NAMES
from openbell.gateway.decimals import money, money_or_none, quantity
from openbell.gateway.ledger_state import LedgerState
from openbell.gateway.market_body import STATUS_NAMES as PHASE_NAMES
from openbell.gateway.times import rfc3339
from openbell.gateway.words import AccountKind, AccountStatus, Decimal, Time, TradingStatus
from openbell.identity.account_id import encode_account


class AdminAnswerBody(Struct, rename="camel", kw_only=True):
    """A command that took effect, at log position `seq`. The same `key` again answers this again.

    `instruments`: how many began a phase.
    """

    command: str
    key: str
    seq: int
    timestamp: Time
    replayed: bool
    account_id: str | None
    instrument: int | None
    instruments: int | None
    cancelled: int


class AdminPositionBody(Struct, rename="camel", kw_only=True):
    """One instrument in an account."""

    symbol: str
    quantity: Decimal
    reserved_quantity: Decimal
    cost: Decimal
    realised_pnl: Decimal


class AdminAccountBody(Struct, rename="camel", kw_only=True):
    """An account as the core has it. `fees` were paid so far; `withdrawable_cash` may leave now."""

    account_id: str
    kind: AccountKind
    status: AccountStatus
    realm: int
    cash: Decimal
    reserved_cash: Decimal
    withdrawable_cash: Decimal
    fees: Decimal
    firm: int
    open_orders: int
    created_at: Time
    last_activity_at: Time
    positions: Sequence[AdminPositionBody]
    seq: int


class AdminInstrumentBody(Struct, rename="camel", kw_only=True):
    """An instrument with its rules and its day."""

    symbol: str
    instrument: int
    status: TradingStatus
    realm: int
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal
    reference_price: Decimal
    market_collar_percent: Decimal
    limit_collar_percent: Decimal
    tier: int
    band_low: Decimal | None
    band_high: Decimal | None
    protections: bool
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    official_close: Decimal
    day_volume: Decimal
    trades: int
    issued: Decimal
    seq: int


class AdminLimitsBody(Struct, rename="camel", kw_only=True):
    """What staff set for an account, a firm, an instrument or the venue; null where there is no limit.

    `exposure` is what open orders could take now, kept where something limits it. `tier` is for fees.
    """

    order_quantity_max: Decimal | None
    order_value_max: Decimal | None
    open_orders_max: int | None
    message_rate_max: int | None
    exposure_max: Decimal | None
    exposure: Decimal
    duplicate_window_ms: int | None
    tier: int
    approved: bool
    killed: bool
    restricted: Sequence[str]
    seq: int


class AdminTotalsBody(Struct, rename="camel", kw_only=True):
    """Sums over the whole exchange. `cash` of all accounts is deposits less withdrawals."""

    cash: Decimal
    deposits: Decimal
    withdrawals: Decimal
    accounts: int
    orders: int
    working_orders: int
    trades: int
    requests: int
    trading_date: str
    seq: int


class AdminStatusBody(Struct, rename="camel", kw_only=True):
    """The node: where its log is, what of it is on disk, its clock. The ledger: `ok`, `degraded` (PostgreSQL
    is away) or `stopped` (it cannot apply a command); how far it is, before which command it stopped, why."""

    seq: int
    durable: int
    term: int
    timestamp: Time
    ledger: str
    ledger_position: int | None
    ledger_stopped_before: int | None
    ledger_reason: str | None


def answer_body(command: str, key: str, answer: Record) -> AdminAnswerBody:
    """The outcome of a command that the core accepted."""
    listed = command == "list"
    return AdminAnswerBody(
        command=command,
        key=key,
        seq=answer.seq,
        timestamp=rfc3339(answer.ts),
        replayed=bool(answer.flags & codes.REPLAYED),
        account_id=encode_account(answer.account) if answer.account else None,
        instrument=answer.instrument if listed else None,
        instruments=answer.count if command == "phase" else None,
        cancelled=0 if command == "phase" else answer.count,
    )


def account_body(row: Mapping[str, Any], symbols: Mapping[int, str], seq: int) -> AdminAccountBody:
    """An account of the node's query."""
    return AdminAccountBody(
        account_id=encode_account(row["account"]),
        kind=codes.KIND_NAMES[row["kind"]],
        status=STATUS_NAMES[row["status"]],
        realm=row["realm"],
        cash=money(row["cash"]),
        reserved_cash=money(row["reserved"]),
        withdrawable_cash=money(max(0, row["cash"] - row["reserved"] - row["unsettled"])),
        fees=money(row["fees"]),
        firm=row["firm"],
        open_orders=row["open_orders"],
        created_at=rfc3339(row["opened_ts"]),
        last_activity_at=rfc3339(row["last_activity"]),
        positions=[
            AdminPositionBody(
                symbol=symbols[one["instrument"]],
                quantity=quantity(one["quantity"]),
                reserved_quantity=quantity(one["reserved"]),
                cost=money(one["cost"]),
                realised_pnl=money(one["realised"]),
            )
            for one in row["positions"]
        ],
        seq=seq,
    )


def instrument_body(row: Mapping[str, Any], seq: int) -> AdminInstrumentBody:
    """An instrument of the node's query."""
    return AdminInstrumentBody(
        symbol=row["symbol"],
        instrument=row["instrument"],
        status=PHASE_NAMES[row["status"]],
        realm=row["realm"],
        tick_size=money(row["tick_size"]),
        lot_size=quantity(row["lot_size"]),
        min_notional=money(row["min_notional"]),
        reference_price=money(row["reference_price"]),
        market_collar_percent=f"{row['market_collar'] // 100}.{row['market_collar'] % 100:02d}",
        limit_collar_percent=f"{row['limit_collar'] // 100}.{row['limit_collar'] % 100:02d}",
        tier=row["tier"],
        band_low=money_or_none(row["band_low"]),
        band_high=money_or_none(row["band_high"]),
        protections=not row["flags"] & codes.PROTECTIONS_OFF,
        bid=money_or_none(row["bid"]),
        ask=money_or_none(row["ask"]),
        last=money_or_none(row["last"]),
        official_close=money(row["close"]),
        day_volume=quantity(row["day_volume"]),
        trades=row["trades"],
        issued=quantity(row["issued"]),
        seq=seq,
    )


def limits_body(row: Mapping[str, Any], symbols: Mapping[int, str], seq: int) -> AdminLimitsBody:
    """The node's limits of somebody."""
    quantity_max = row["quantity_max"]
    return AdminLimitsBody(
        order_quantity_max=quantity(quantity_max) if quantity_max else None,
        order_value_max=money_or_none(row["value_max"]),
        open_orders_max=row["open_orders_max"] or None,
        message_rate_max=row["rate_max"] or None,
        exposure_max=money_or_none(row["exposure_max"]),
        exposure=money(row["exposure"]),
        duplicate_window_ms=row["duplicate_ns"] // 1_000_000 or None,
        tier=row["tier"],
        approved=row["approved"],
        killed=row["killed"],
        restricted=[symbols[number] for number in row["restricted"]],
        seq=seq,
    )


def totals_body(row: Mapping[str, Any], seq: int) -> AdminTotalsBody:
    """The node's totals."""
    day = row["day"]
    return AdminTotalsBody(
        cash=money(row["cash"]),
        deposits=money(row["deposits"]),
        withdrawals=money(row["withdrawals"]),
        accounts=row["accounts"],
        orders=row["orders"],
        working_orders=row["working_orders"],
        trades=row["trades"],
        requests=row["requests"],
        trading_date=f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}",
        seq=seq,
    )


def status_body(row: Mapping[str, Any], ledger: LedgerState) -> AdminStatusBody:
    """The node's status, and the ledger's."""
    return AdminStatusBody(
        seq=row["seq"],
        durable=row["durable"],
        term=row["term"],
        timestamp=rfc3339(row["time"]),
        ledger=ledger.word,
        ledger_position=ledger.position,
        ledger_stopped_before=ledger.stopped_before,
        ledger_reason=ledger.reason,
    )
