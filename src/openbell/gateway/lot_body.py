"""Tax lots as the answer shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct, field

from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.account_body import CURRENCY
from openbell.gateway.decimals import money, quantity, value
from openbell.gateway.times import rfc3339
from openbell.gateway.words import Decimal, Time, one_of
from openbell.ledger import tables
from openbell.ledger.lots import Lot, Lots, Place

Source = Annotated[
    str,
    one_of(
        *(
            tables.ENTRY_KINDS[kind]
            for kind in (
                tables.KIND_TRADE,
                tables.KIND_TRANSFER,
                tables.KIND_ISSUE,
                tables.KIND_CLOSING,
                tables.KIND_BUST,
            )
        )
    ),
]


class LotBody(Struct, rename="camel", kw_only=True):
    """What is left of one acquisition, when what came first leaves first. `cost` is that of `open_quantity`,
    and null, as is all that follows from it, where it was not kept when the shares came."""

    lot_id: str
    acquired_at: Time
    source: Source
    order_id: str | None
    trade_id: str | None
    quantity: Decimal
    open_quantity: Decimal
    price: Decimal | None
    cost: Decimal | None
    market_value: Decimal
    unrealised_pnl: Decimal | None = field(name="unrealisedPnL")


class LotListBody(Struct, rename="camel", kw_only=True):
    """A page of open lots, newest first, beside the holding by average cost. `complete` is false while the
    ledger has not caught up with the account."""

    symbol: str
    currency: str
    quantity: Decimal
    average_cost: Decimal | None
    cost: Decimal
    data: Sequence[LotBody]
    next_cursor: str | None
    complete: bool


def place_text(place: Place) -> str:
    """A lot's id, which is a page's cursor too."""
    return ".".join(str(number) for number in place)


def lot_body(lot: Lot, price: int) -> LotBody:
    """A lot at a share's `price` now."""
    worth, cost = value(price, lot.open), lot.open_cost
    return LotBody(
        lot_id=place_text(lot.place),
        acquired_at=rfc3339(lot.ts),
        source=tables.ENTRY_KINDS[lot.kind],
        order_id=encode_id(lot.order) if lot.order else None,
        trade_id=encode_id(lot.trade) if lot.trade else None,
        quantity=quantity(lot.quantity),
        open_quantity=quantity(lot.open),
        price=None if lot.cost is None else decimals.average_price(lot.cost, lot.quantity),
        cost=None if cost is None else money(cost),
        market_value=money(worth),
        unrealised_pnl=None if cost is None else money(worth - cost),
    )


def lot_list_body(symbol: str, price: int, found: Lots, limit: int, complete: bool) -> LotListBody:
    """A page of at most `limit` lots; `found` has one more if there is a page after it."""
    page = found.lots[:limit]
    return LotListBody(
        symbol=symbol,
        currency=CURRENCY,
        quantity=quantity(found.held),
        average_cost=decimals.average_price(found.held_cost, found.held),
        cost=money(found.held_cost),
        data=[lot_body(lot, price) for lot in page],
        next_cursor=place_text(page[-1].place) if len(found.lots) > limit else None,
        complete=complete,
    )
