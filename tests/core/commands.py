"""Command records by hand: one short function per command, in the units of the records."""

from __future__ import annotations

from typing import Any

from openbell.core import codes, records

USD = records.PRICE_SCALE
SHARE = records.QUANTITY_SCALE
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND

ROOMY = {
    "rules": records.RULES_VERSION,
    "accounts": 64,
    "instruments": 16,
    "positions": 256,
    "orders": 512,
    "ended_orders": 512,
    "requests": 2048,
    "levels": 64,
    "open_orders_per_account": 100,
    "ended_per_account": 200,
    "slice": 16,
    "request_ttl_ns": 24 * 3600 * SECOND,
    "order_quantity_max": records.QUANTITY_MAX,
    "order_value_max": records.NOTIONAL_MAX,
}


def genesis(**limits: int) -> bytes:
    """A GENESIS record, sequenced first; `limits` replace those of a roomy exchange."""
    body = records.Genesis(**(ROOMY | limits))
    return bytes(records.pack(codes.C_GENESIS, bytes(body), b"{}", seq=1, ts=START, shard=body.shard))


def sequenced(command: bytes | bytearray, seq: int, ts: int) -> bytes:
    """The command as the log holds it."""
    copy = bytearray(command)
    head = records.Header.from_buffer(copy)
    head.seq, head.ts = seq, ts
    return bytes(copy)


def plain(type_: int, **header: Any) -> bytearray:
    """A command without a body."""
    return records.pack(type_, **header)


def listing(symbol: str, header: dict[str, Any] | None = None, **fields: Any) -> bytearray:
    """LIST with whole shares, cent ticks and the default collars unless `fields` say otherwise."""
    low, high = records.symbol_words(symbol)
    made = {
        "symbol_low": low,
        "symbol_high": high,
        "tick_size": 100,
        "lot_size": SHARE,
        "min_notional": 0,
        "reference_price": 100 * USD,
        "last_lot": SHARE,
        "market_collar": 500,
        "limit_collar": 1000,
        "flags": 0,
        "realm": 1,
    }
    return records.pack(codes.C_LIST, bytes(records.List(**(made | fields))), **(header or {}))


WHO = b"ada: because"


def set_listing(
    instrument: int, blob: bytes = WHO, header: dict[str, Any] | None = None, **fields: int
) -> bytearray:
    """SET_LISTING of what is given."""
    flags = {
        "tick_size": codes.LISTING_TICK,
        "min_notional": codes.LISTING_MIN_NOTIONAL,
        "order_quantity_max": codes.LISTING_QUANTITY,
        "order_value_max": codes.LISTING_VALUE,
        "market_collar": codes.LISTING_MARKET_COLLAR,
        "limit_collar": codes.LISTING_LIMIT_COLLAR,
        "tier": codes.LISTING_TIER,
    }
    body = records.SetListing(flags=sum(flags[name] for name in fields), **fields)
    return records.pack(codes.C_SET_LISTING, bytes(body), blob, instrument=instrument, **(header or {}))


def set_limits(
    account: int = 0,
    firm: int = 0,
    instrument: int = 0,
    blob: bytes = WHO,
    header: dict[str, Any] | None = None,
    **fields: int,
) -> bytearray:
    """SET_LIMITS of an account, of a firm, or of the venue: of what is given."""
    flags = {
        "order_quantity_max": codes.LIMIT_QUANTITY,
        "order_value_max": codes.LIMIT_VALUE,
        "open_orders_max": codes.LIMIT_OPEN_ORDERS,
        "message_rate": codes.LIMIT_RATE,
        "exposure_max": codes.LIMIT_EXPOSURE,
        "duplicate_ns": codes.LIMIT_DUPLICATE,
        "kyc": codes.LIMIT_KYC,
        "restricted": codes.LIMIT_RESTRICTED,
        "tier": codes.LIMIT_TIER,
    }
    scope = codes.SCOPE_ACCOUNT if account else codes.SCOPE_FIRM if firm else codes.SCOPE_VENUE
    body = records.SetLimits(scope=scope, flags=sum(flags[name] for name in fields), **fields)
    return records.pack(
        codes.C_SET_LIMITS,
        bytes(body),
        blob,
        account=account,
        firm=firm,
        instrument=instrument,
        **(header or {}),
    )


def set_fees(
    instrument: int = records.ANY_INSTRUMENT,
    blob: bytes = WHO,
    header: dict[str, Any] | None = None,
    **fields: int,
) -> bytearray:
    """SET_FEES; rates in millionths, amounts in cash units."""
    body = bytes(records.SetFees(**fields))
    return records.pack(codes.C_SET_FEES, body, blob, instrument=instrument, **(header or {}))


def bust(trade: int, first: int = 1, second: int = 2, blob: bytes = WHO, **header: int) -> bytearray:
    """BUST, with the two persons who say so."""
    body = bytes(records.Bust(trade=trade, second=second))
    return records.pack(codes.C_BUST, body, blob, actor=first, **header)


def session(account: int, number: int, op: int, span: int = 0, **header: int) -> bytearray:
    """SESSION; the span in nanoseconds."""
    body = bytes(records.Session(op=op, span=span))
    return records.pack(codes.C_SESSION, body, account=account, actor=number, **header)


def switch(type_: int, scope: int, blob: bytes = WHO, **header: int) -> bytearray:
    """KILL or LIFT."""
    return records.pack(type_, bytes(records.Kill(scope=scope)), blob, **header)


def kill(scope: int, **header: int) -> bytearray:
    return switch(codes.C_KILL, scope, **header)


def lift(scope: int, **header: int) -> bytearray:
    return switch(codes.C_LIFT, scope, **header)


def open_account(
    kind: int = codes.KIND_USER,
    grant: int = 0,
    source: int = 0,
    realm: int = 1,
    group: int = 0,
    **header: Any,
) -> bytearray:
    body = records.OpenAccount(kind=kind, grant=grant, source_account=source, realm=realm, group=group)
    return records.pack(codes.C_OPEN_ACCOUNT, bytes(body), **header)


def deposit(account: int, amount: int, **header: Any) -> bytearray:
    return records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=amount)), account=account, **header)


def withdraw(account: int, amount: int, **header: Any) -> bytearray:
    return records.pack(codes.C_WITHDRAW, bytes(records.Amount(amount=amount)), account=account, **header)


def issue(account: int, instrument: int, quantity: int, price: int = 0, **header: Any) -> bytearray:
    body = records.Issue(quantity=quantity, price=price)
    return records.pack(codes.C_ISSUE, bytes(body), account=account, instrument=instrument, **header)


def transfer(
    account: int, to: int, cash: int = 0, instrument: int = 0, quantity: int = 0, **header: Any
) -> bytearray:
    body = records.Transfer(to_account=to, cash=cash, quantity=quantity)
    return records.pack(codes.C_TRANSFER, bytes(body), account=account, instrument=instrument, **header)


def close_account(account: int, to: int, **header: Any) -> bytearray:
    body = records.Close(to_account=to)
    return records.pack(codes.C_CLOSE_ACCOUNT, bytes(body), account=account, **header)


def order(
    account: int,
    instrument: int,
    side: int,
    price: int,
    quantity: int,
    order_type: int = codes.LIMIT,
    tif: int = codes.DAY,
    blob: bytes = b"",
    header: dict[str, Any] | None = None,
    **fields: Any,
) -> bytearray:
    """NEW_ORDER; `fields` are further fields of its body."""
    body = records.NewOrder(
        price=price,
        quantity=quantity,
        side=side,
        order_type=order_type,
        tif=tif,
        **({"display": -1} | fields),
    )
    return records.pack(
        codes.C_NEW_ORDER, bytes(body), blob, account=account, instrument=instrument, **(header or {})
    )


def leg(
    side: int,
    price: int,
    quantity: int,
    order_type: int = codes.LIMIT,
    tif: int = codes.DAY,
    **fields: Any,
) -> bytes:
    """One leg of a group."""
    fields = {"display": -1} | fields
    body = records.NewOrder(
        price=price, quantity=quantity, side=side, order_type=order_type, tif=tif, **fields
    )
    return bytes(body)


def group(
    account: int,
    instrument: int,
    kind: int,
    legs: list[bytes],
    blob: bytes = b"",
    header: dict[str, Any] | None = None,
    count: int | None = None,
) -> bytearray:
    """NEW_GROUP; `count` is what it says that its legs are."""
    body = records.NewGroup(kind=kind, legs=len(legs) if count is None else count)
    return records.pack(
        codes.C_NEW_GROUP, bytes(body), b"".join(legs) + blob,
        account=account, instrument=instrument, **(header or {}),
    )  # fmt: skip


def cancel(account: int, order_id: int, **header: Any) -> bytearray:
    return records.pack(codes.C_CANCEL, bytes(records.Cancel(order=order_id)), account=account, **header)


def modify(
    account: int,
    order_id: int,
    price: int | None = None,
    quantity: int | None = None,
    if_filled: int = -1,
    display: int | None = None,
    stop: int | None = None,
    **header: Any,
) -> bytearray:
    """MODIFY of what is given; `quantity` is the new total, `stop` the new stop price or trail."""
    flags = codes.SET_PRICE * (price is not None) | codes.SET_QUANTITY * (quantity is not None)
    flags |= codes.SET_DISPLAY * (display is not None)
    flags |= codes.SET_STOP_PRICE * (stop is not None)
    body = records.Modify(
        order=order_id,
        price=price or 0,
        quantity=quantity or 0,
        stop_price=stop or 0,
        if_filled=if_filled,
        display=display or 0,
        flags=flags,
    )
    return records.pack(codes.C_MODIFY, bytes(body), account=account, **header)


def cancel_all(
    account: int,
    instrument: int = records.ANY_INSTRUMENT,
    side: int = records.ANY_SIDE,
    **header: Any,
) -> bytearray:
    body = records.CancelAll(side=side)
    return records.pack(codes.C_CANCEL_ALL, bytes(body), account=account, instrument=instrument, **header)


def phase(
    phase: int,
    instrument: int = records.ANY_INSTRUMENT,
    market: int = 0,
    ends_ts: int = 0,
    lock_ns: int = 0,
    date: int = 0,
    **header: Any,
) -> bytearray:
    body = records.Phase(phase=phase, market=market, date=date, ends_ts=ends_ts, lock_ns=lock_ns)
    return records.pack(codes.C_PHASE, bytes(body), instrument=instrument, **header)


def day_roll(date: int, **header: Any) -> bytearray:
    return records.pack(codes.C_DAY_ROLL, bytes(records.DayRoll(date=date)), **header)
