"""What the words of vector folders are in our records: one table for each, and one place where they meet.

Order types that the exchange refuses as unsupported stay in the tables: the day it takes them, cases with
them run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from openbell.cli.vectors import Case, Order
from openbell.core import codes, records
from openbell.core.layout import Record

NS = 1_000_000_000
ALL_DISPLAYED = -1
NONE_DISPLAYED = 0
DAY = datetime(2026, 1, 5, tzinfo=UTC)  # of cases that name no date


class Words(NamedTuple):
    """What an order type of the vectors is here. `stops`: it waits for its stop price."""

    order_type: int
    display: int = ALL_DISPLAYED
    priced: bool = True
    stops: bool = False


TYPES = {
    "1": Words(codes.MARKET, priced=False),
    "2": Words(codes.LIMIT),
    "3": Words(codes.STOP, priced=False, stops=True),
    "4": Words(codes.STOP_LIMIT, stops=True),
}
HIDDEN = Words(codes.LIMIT, display=NONE_DISPLAYED)  # every other type

TIMES_IN_FORCE = {
    "": codes.DAY,
    "0": codes.DAY,
    "1": codes.GTC,
    "3": codes.IOC,
    "4": codes.FOK,
    "5": codes.OPG,
    "6": codes.GTD,
    "8": codes.GTD,  # good till time: until a moment of the day
    "10": codes.CLS,
}

# What rows of Input ask for, by a word in the folder's names or in the case's description.
CANCEL, REPLACE = "CANCEL", "REPLACE"
REQUESTS = {"cancel": CANCEL, "replace": REPLACE, "amend": REPLACE, "modify": REPLACE}


class Unsupported(Exception):
    """A case needs what the exchange does not have; the message says what."""


class Scale(NamedTuple):
    """How a case's prices become integers: `factor` is the power of ten that leaves no decimals."""

    factor: Decimal

    @classmethod
    def of(cls, case: Case) -> Scale:
        """The smallest that holds every price and the tick of `case`."""
        orders = [*case.opening, *case.coming, *case.left]
        prices = [price for order in orders for price in (order.price, order.stop) if price is not None]
        numbers = [case.tick, *prices, *(trade.price for trade in case.trades)]
        decimals = [-int(number.normalize().as_tuple().exponent) for number in numbers]
        return cls(Decimal(10) ** max(0, *decimals))

    def price(self, number: Decimal | None, where: str) -> int:
        """A price in the exchange's units; 0 for none."""
        price = int((number or Decimal(0)) * self.factor)
        if price > records.PRICE_MAX:
            raise Unsupported(f"{where}: the price {number} is above the exchange's {records.PRICE_MAX:,}")
        return price

    def shown(self, price: int) -> str:
        """A price as the files write it."""
        return plain(Decimal(price) / self.factor)


def plain(number: Decimal) -> str:
    """A number without an exponent and without zeros at its end."""
    return format(number.normalize(), "f")


def shares(quantity: int) -> str:
    """A quantity of the exchange as the files write it."""
    return plain(Decimal(quantity) / records.QUANTITY_SCALE)


def words(order: Order) -> Words:
    """What the row's order type is here."""
    return TYPES.get(order.type, HIDDEN)


def stop_price(order: Order) -> Decimal | None:
    """A lone price of a stop is its stop price."""
    if not words(order).stops:
        return None
    return order.price if order.stop is None else order.stop


def quantity(number: Decimal | None, where: str) -> int:
    """A number of shares in the exchange's units; 0 for none."""
    found = (number or Decimal(0)) * records.QUANTITY_SCALE
    if found > records.QUANTITY_MAX or found != int(found):
        raise Unsupported(f"{where}: {number} shares are too many or too small a part")
    return int(found)


def new_order(order: Order, scale: Scale) -> Record:
    """The body of the NEW_ORDER that a row asks for.

    Raises:
        Unsupported: a time in force that is not in the table, or numbers that are out of range.
    """
    if order.tif not in TIMES_IN_FORCE:
        raise Unsupported(f"{order.where}: TimeInForce {order.tif!r} is not known")
    kind = words(order)
    tif = TIMES_IN_FORCE[order.tif]
    return records.NewOrder(
        price=scale.price(order.price, order.where) if kind.priced else 0,
        quantity=quantity(order.size, order.where),
        stop_price=scale.price(stop_price(order), order.where),
        display=kind.display,
        min_quantity=quantity(order.mes, order.where),
        expire_ts=moment(order.expire, order.where) if tif == codes.GTD else 0,
        side=order.side,
        order_type=kind.order_type,
        tif=tif,
    )


def replacement(old: Order, new: Order, number: int, scale: Scale) -> Record:
    """The body of the MODIFY that turns `old`, our order `number`, into `new`.

    Raises:
        Unsupported: they differ in more than price, stop price and size.
    """
    changed = [
        column
        for column, before, after in (
            ("Type", old.type, new.type or old.type),
            ("MES", old.mes or Decimal(0), old.mes or Decimal(0) if new.mes is None else new.mes),
            ("TimeInForce", old.tif or "0", new.tif or old.tif or "0"),
            ("ExpireTime", old.expire, new.expire or old.expire),
        )
        if before != after
    ]
    if changed:
        raise Unsupported(f"{new.where}: a modify does not change {', '.join(changed)}")
    flags, change = codes.SET_QUANTITY, records.Modify(order=number, if_filled=-1)
    change.quantity = quantity(new.size, new.where)
    if words(old).priced and new.price is not None:
        flags |= codes.SET_PRICE
        change.price = scale.price(new.price, new.where)
    if words(old).stops and stop_price(new) != stop_price(old):
        flags |= codes.SET_STOP_PRICE
        change.stop_price = scale.price(stop_price(new), new.where)
    change.flags = flags
    return change


def request(case: Case, order: Order, known: bool) -> str | None:
    """Whether a row of Input cancels or replaces an order, and else None: it is a new one.

    In a folder that is about cancels every row is one; elsewhere the description may say it of a known order.
    """
    for word, asked in REQUESTS.items():
        if word in case.kind or (known and word in case.description.lower()):
            return asked
    return CANCEL if known and order.size is None else None


def moment(text: str, where: str) -> int:
    """A time of day, or a date and a time, in ns UTC; 0 for an empty text or a 0."""
    if text.strip() in ("", "0"):
        return 0
    date, _, clock = text.strip().replace("T", " ").rpartition(" ")
    try:
        day = datetime.fromisoformat(date).replace(tzinfo=UTC) if date else DAY
        hours, minutes, seconds = [*map(Decimal, clock.split(":")), Decimal(0), Decimal(0)][:3]
        passed = int((hours * 3_600 + minutes * 60 + seconds) * NS)
    except (ValueError, ArithmeticError):
        raise Unsupported(f"{where}: the time {text!r} is neither 10:00 nor 2015-03-15 10:00:00") from None
    return int(day.timestamp()) * NS + passed


def day_of(case: Case) -> timedelta:
    """How far from the usual day the case's orders are entered: on the day before which nothing expires."""
    dated = [order.expire for order in (*case.opening, *case.coming) if " " in order.expire.strip()]
    if not dated:
        return timedelta(0)
    first = min(moment(text, "ExpireTime") for text in dated)
    return datetime.fromtimestamp(first // NS, UTC).replace(hour=0, minute=0, second=0) - DAY
