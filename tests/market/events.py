"""Units and events for tests, made by hand in the layout of the event stream."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from openbell.core import codes
from openbell.core.records import Event, List, pack, symbol_words

SHARE = 100_000_000

numbers = itertools.count(1)  # of trades: each has its own, and later ones are greater


class Unit(NamedTuple):
    seq: int
    ts: int
    command: bytes
    events: bytes


def event(type_: int, **fields: int) -> bytes:
    return bytes(Event(type=type_, **fields))


def trade(instrument: int, price: int, quantity: int, eligible: bool = True, **fields: int) -> bytes:
    return event(
        codes.EV_TRADE,
        instrument=instrument,
        price=price,
        quantity=quantity,
        notional=price * quantity // SHARE,
        status=int(eligible),
        **{"trade": next(numbers), **fields},
    )


def bust(instrument: int, trade: int) -> bytes:
    return event(codes.EV_BUST, instrument=instrument, trade=trade)


def level(instrument: int, side: int, price: int, quantity: int, orders: int = 1) -> bytes:
    return event(
        codes.EV_LEVEL, instrument=instrument, side=side, price=price, quantity=quantity, leaves=orders
    )


def unit(seq: int, *events: bytes, ts: int = 0, command: bytes = b"") -> Unit:
    return Unit(seq, ts or seq * 1_000, command, b"".join(events))


def row(instrument: int = 0, symbol: str = "AAPL", **fields: int) -> dict[str, object]:
    """An instrument as the node's `instruments` query gives it, listed and not yet traded."""
    zero = dict.fromkeys(
        (
            "bid",
            "bid_size",
            "ask",
            "ask_size",
            "last",
            "last_size",
            "last_ts",
            "day_open",
            "day_high",
            "day_low",
            "band_low",
            "band_high",
            "limit_state",
        ),
        0,
    )
    return {
        "instrument": instrument,
        "symbol": symbol,
        "status": codes.IN_CONTINUOUS,
        "tick_size": 100,
        "lot_size": SHARE,
        "min_notional": 0,
        "reference_price": 1_000_000,
        "close": 1_000_000,
        "day_volume": 0,
        "day_notional": 0,
        "trades": 0,
        **zero,
        **fields,
    }


def list_command(symbol: str, reference_price: int) -> bytes:
    low, high = symbol_words(symbol)
    body = List(
        symbol_low=low, symbol_high=high, tick_size=100, lot_size=SHARE, reference_price=reference_price
    )
    return bytes(pack(codes.C_LIST, bytes(body)))
