"""What a client asks for, read from JSON into raw units; every wrong field is named with a pointer."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct, field

from openbell.core import codes
from openbell.core.records import NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX, QUANTITY_SCALE
from openbell.gateway import decimals
from openbell.gateway.decimals import DecimalError, parse_decimal
from openbell.gateway.problems import FieldProblem, Problem, bad_json, malformed
from openbell.gateway.times import parse_time

FOREVER = (1 << 63) - 1  # nanoseconds; no log lasts so long
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,48}")
SESSION_ID = re.compile("[0-9a-f]{8}")
CLIENT_ID_RULE = "is 1 to 48 of A-Z a-z 0-9 . _ : -"

SIDES = {name: number for number, name in codes.SIDE_NAMES.items()}
TYPES = {name: number for number, name in codes.TYPE_NAMES.items()}
MODES = {name: number for number, name in codes.STP_NAMES.items()}
TIMES_IN_FORCE = {name: number for number, name in codes.TIF_NAMES.items()}
STOP_KINDS = (codes.STOP, codes.STOP_LIMIT)
PERCENT_DECIMALS = 2  # trails are stored in basis points
TRAIL_BASIS_MAX = 9_999

AMOUNT_SCHEMA = {"type": ["string", "number"], "examples": ["213.45", 10], "format": "decimal"}
Amount = Annotated[Raw, Meta(extra_json_schema=AMOUNT_SCHEMA)]
ClientId = Annotated[str | None, Meta(extra_json_schema={"pattern": f"^{CLIENT_ID.pattern}$"})]

VALIDATION = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?")
FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`")

ALL_SHOWN = -1
ABSENT = (b"", b"null")

T = TypeVar("T")


class NewOrderBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of POST /v1/orders. Amounts may be strings or numbers."""

    symbol: str
    side: Annotated[str, Meta(description="BUY or SELL, in any case")]
    type: Annotated[str, Meta(description="MARKET, LIMIT, STOP, STOP_LIMIT or TRAILING_STOP, in any case")]
    quantity: Amount = field(default_factory=Raw)
    notional: Amount = field(default_factory=Raw)
    price: Amount = field(default_factory=Raw)
    stop_price: Amount = field(default_factory=Raw)
    trail_amount: Amount = field(default_factory=Raw)
    trail_percent: Amount = field(default_factory=Raw)
    time_in_force: Annotated[
        str | None, Meta(description="DAY (default), GTC, GTD, IOC, FOK, in any case")
    ] = None
    valid_until: Annotated[
        str | None,
        Meta(description="RFC 3339: when a GTD order ends", extra_json_schema={"format": "date-time"}),
    ] = None
    post_only: Annotated[bool | None, Meta(description="refuse the order rather than let it take")] = None
    self_trade_prevention: Annotated[
        str | None, Meta(description="CANCEL_NEWEST (default), CANCEL_OLDEST, CANCEL_BOTH, DECREMENT")
    ] = None
    display_quantity: Amount = field(default_factory=Raw)
    min_quantity: Amount = field(default_factory=Raw)
    session_id: Annotated[str | None, Meta(description="the order session that it goes with")] = None
    client_order_id: ClientId = None


class PlaceOrderBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of POST /v1/transactions/place-order; without `quantity` it is 1 share."""

    symbol: str
    side: Annotated[str, Meta(description="buy or sell")]
    type: Annotated[str, Meta(description="market or limit")]
    quantity: Amount = field(default_factory=Raw)
    limit_price: Amount = field(default_factory=Raw)
    client_order_id: ClientId = None


class ModifyOrderBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of PATCH /v1/orders/{orderId}; `quantity` is the new total, filled part included.

    A STOP order that waits takes a lone `price` as its stop price.
    """

    quantity: Amount = field(default_factory=Raw)
    price: Amount = field(default_factory=Raw)
    stop_price: Amount = field(default_factory=Raw)
    display_quantity: Amount = field(default_factory=Raw)
    trail_amount: Amount = field(default_factory=Raw)
    trail_percent: Amount = field(default_factory=Raw)
    if_filled: Amount = field(default_factory=Raw)


class OrderRequest(Struct, frozen=True):
    """A new order in raw units; 0 where a number is not given. `client_id` None: the gateway makes one.

    `trail` is in basis points if `trail_percent`.
    """

    symbol: str
    side: int
    order_type: int
    tif: int
    quantity: int
    notional: int
    price: int
    stop_price: int
    client_id: str | None
    expire_ts: int = 0
    display: int = ALL_SHOWN
    min_quantity: int = 0
    stp: int = codes.CANCEL_NEWEST
    flags: int = 0
    trail: int = 0
    session: int = 0

    @property
    def trail_percent(self) -> bool:
        return bool(self.flags & codes.TRAIL_PERCENT)


class ModifyRequest(Struct, frozen=True):
    """A change in raw units; `flags` are codes.SET_*, `if_filled` -1 means whatever was filled.

    `stop_price` is the new trail if `trails` is the name of a field that gives one.
    """

    flags: int
    price: int
    quantity: int
    stop_price: int
    if_filled: int
    display: int = 0
    trails: str = ""


_new_order = msgspec.json.Decoder(NewOrderBody)
_place_order = msgspec.json.Decoder(PlaceOrderBody)
_modify_order = msgspec.json.Decoder(ModifyOrderBody)


def read_new_order(body: bytes) -> OrderRequest:
    """The order in the body of POST /v1/orders.

    Raises:
        Problem: 400, with every wrong field.
    """
    return order_of(decode(_new_order, body))


def read_place_order(body: bytes) -> OrderRequest:
    """The order in the body of POST /v1/transactions/place-order.

    Raises:
        Problem: 400, with every wrong field.
    """
    given = decode(_place_order, body)
    one_share = Raw(b"1") if bytes(given.quantity) in ABSENT else given.quantity
    full = NewOrderBody(
        symbol=given.symbol,
        side=given.side,
        type=given.type,
        quantity=one_share,
        price=given.limit_price,
        client_order_id=given.client_order_id,
    )
    return order_of(full, "limitPrice")


def read_modify_order(body: bytes) -> ModifyRequest:
    """The change in the body of PATCH /v1/orders/{orderId}.

    Raises:
        Problem: 400, with every wrong field.
    """
    given = decode(_modify_order, body)
    errors: list[FieldProblem] = []
    price = _price(given.price, "price", errors)
    stop_price = _price(given.stop_price, "stopPrice", errors)
    trail, percent = _trail(given.trail_amount, given.trail_percent, errors)
    if trail and stop_price:
        errors.append(FieldProblem("/stopPrice", "STOP_PRICE_NOT_ALLOWED", "Give a stopPrice or a trail."))
    trails = ("trailPercent" if percent else "trailAmount") if trail else ""
    stop_price = trail or stop_price
    quantity = _quantity(given.quantity, "quantity", errors)
    display = _shown(given.display_quantity, "displayQuantity", errors)
    filled = _units(given.if_filled, "ifFilled", decimals.QUANTITY_DECIMALS, "INVALID_QUANTITY", errors)
    if filled is not None and not 0 <= filled <= QUANTITY_MAX:
        errors.append(FieldProblem("/ifFilled", "INVALID_QUANTITY", "ifFilled is out of range."))
    flags = (
        (codes.SET_PRICE if price else 0)
        | (codes.SET_QUANTITY if quantity else 0)
        | (codes.SET_STOP_PRICE if stop_price else 0)
        | (codes.SET_DISPLAY if display is not None else 0)
    )
    if not flags and not errors:
        errors.append(FieldProblem("/quantity", "REQUIRED", "Give a new quantity, price or displayQuantity."))
    if errors:
        raise malformed(errors)
    expected = -1 if filled is None else filled
    return ModifyRequest(flags, price or 0, quantity or 0, stop_price or 0, expected, display or 0, trails)


def read_client_id(text: str, pointer: str) -> str:
    """`text` as a client's id for a request.

    Raises:
        Problem: 400, too long or with other characters.
    """
    if CLIENT_ID.fullmatch(text) is None:
        name = pointer.rpartition("/")[2]
        raise malformed([FieldProblem(pointer, "INVALID_CLIENT_ORDER_ID", f"{name} {CLIENT_ID_RULE}.")])
    return text


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The JSON `body` as what `decoder` makes.

    Raises:
        Problem: 400; for a field of the wrong kind, unknown or missing, with its pointer.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _validation_problem(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise bad_json(f"The body is not JSON: {what}.") from None


def _validation_problem(message: str) -> Problem:
    match = VALIDATION.fullmatch(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    pointer = path.replace(".", "/").replace("[", "/").replace("]", "")
    if field := FIELD.fullmatch(what):
        name, missing = field["name"][:64], field["what"] == "missing required"
        code = "REQUIRED" if missing else "UNKNOWN_FIELD"
        detail = f"The field {name} is required." if missing else f"There is no field {name} here."
        return malformed([FieldProblem(f"{pointer}/{name}", code, detail)])
    if not pointer:
        return bad_json(f"The body is not what is asked for: {what}.")
    return malformed([FieldProblem(pointer, "INVALID_TYPE_OF_VALUE", f"{pointer[1:]}: {what}.")])


def order_of(given: NewOrderBody, price_name: str = "price") -> OrderRequest:
    """The order that a body gives; `price_name` is what it calls the price.

    Raises:
        Problem: 400, with every wrong field.
    """
    errors: list[FieldProblem] = []
    if not 1 <= len(given.symbol) <= 16:
        errors.append(
            FieldProblem("/symbol", "INVALID_SYMBOL", "symbol is 1 to 16 characters, AAPL for one.")
        )
    side = _word(given.side, "side", SIDES, errors)
    order_type = _word(given.type, "type", TYPES, errors)
    tif = _word(given.time_in_force or "DAY", "timeInForce", TIMES_IN_FORCE, errors)
    quantity = _quantity(given.quantity, "quantity", errors)
    notional = _notional(given.notional, errors)
    price = _price(given.price, price_name, errors)
    stop_price = _price(given.stop_price, "stopPrice", errors)
    trail, percent = _trail(given.trail_amount, given.trail_percent, errors)
    if given.client_order_id is not None and CLIENT_ID.fullmatch(given.client_order_id) is None:
        errors.append(
            FieldProblem("/clientOrderId", "INVALID_CLIENT_ORDER_ID", f"clientOrderId {CLIENT_ID_RULE}.")
        )
    if order_type == codes.STOP and stop_price is None:
        # A STOP order's lone price is where it is elected.
        price, stop_price = None, price
    mode = _mode(given.self_trade_prevention, errors)
    ends = _ends(given.valid_until, tif, errors)
    display = _shown(given.display_quantity, "displayQuantity", errors)
    least = _shown(given.min_quantity, "minQuantity", errors)
    session = session_number(given.session_id, errors)
    if not errors:
        _combination(order_type, quantity, notional, price, stop_price, price_name, errors)
        _trailing(order_type, trail, errors)
    if errors:
        raise malformed(errors)
    return OrderRequest(
        given.symbol.upper(),
        side,
        order_type,
        tif,
        quantity or 0,
        notional or 0,
        price or 0,
        stop_price or 0,
        given.client_order_id,
        ends,
        ALL_SHOWN if display is None else display,
        least or 0,
        mode,
        (codes.POST_ONLY if given.post_only else 0) | (codes.TRAIL_PERCENT if percent else 0),
        trail or 0,
        session,
    )


def session_number(text: str | None, errors: list[FieldProblem]) -> int:
    """The number of the order session that an order names, 0 for none."""
    if text is None:
        return 0
    if SESSION_ID.fullmatch(text) is None or int(text, 16) == 0:
        detail = "sessionId is the sessionId of an order session of yours."
        errors.append(FieldProblem("/sessionId", "INVALID_SESSION_ID", detail))
        return 0
    return int(text, 16)


def _mode(text: str | None, errors: list[FieldProblem]) -> int:
    """The mode of self-trade prevention."""
    mode = MODES.get((text or "CANCEL_NEWEST").upper())
    if mode is None:
        detail = f"selfTradePrevention is one of {', '.join(MODES)}, not {(text or '')[:32]!r}."
        errors.append(FieldProblem("/selfTradePrevention", "INVALID_SELF_TRADE_PREVENTION", detail))
    return mode or 0


def _ends(text: str | None, tif: int, errors: list[FieldProblem]) -> int:
    """When a GTD order ends, in nanoseconds; 0 for any other."""
    if text is None:
        if tif == codes.GTD:
            errors.append(FieldProblem("/validUntil", "REQUIRED", "A GTD order needs validUntil."))
        return 0
    if tif != codes.GTD:
        detail = "validUntil goes with timeInForce GTD alone."
        errors.append(FieldProblem("/validUntil", "INVALID_EXPIRY", detail))
        return 0
    try:
        return min(parse_time(text), FOREVER)
    except ValueError:
        detail = f"validUntil is a time such as 2026-03-05T14:30:00Z, not {text[:40]!r}."
        errors.append(FieldProblem("/validUntil", "INVALID_EXPIRY", detail))
        return 0


def _trailing(order_type: int, trail: int | None, errors: list[FieldProblem]) -> None:
    """A TRAILING_STOP, and no other order, has a trail."""
    if order_type == codes.TRAILING_STOP and trail is None:
        detail = "A TRAILING_STOP order needs a trailAmount or a trailPercent."
        errors.append(FieldProblem("/trailAmount", "TRAIL_REQUIRED", detail))
    elif order_type != codes.TRAILING_STOP and trail is not None:
        detail = f"A {codes.TYPE_NAMES[order_type]} order takes no trail."
        errors.append(FieldProblem("/trailAmount", "TRAIL_NOT_ALLOWED", detail))


def _combination(
    order_type: int,
    quantity: int | None,
    notional: int | None,
    price: int | None,
    stop_price: int | None,
    price_name: str,
    errors: list[FieldProblem],
) -> None:
    """Which fields the type of order asks for, and which it does not take."""

    def wrong(name: str, code: str, detail: str) -> None:
        errors.append(FieldProblem(f"/{name}", code, detail))

    word = codes.TYPE_NAMES[order_type]
    if quantity is None and notional is None:
        wrong("quantity", "QUANTITY_REQUIRED", "Say how many shares: quantity is missing.")
    elif quantity is not None and notional is not None:
        wrong("notional", "NOTIONAL_NOT_ALLOWED", "Give quantity or notional, not both.")
    elif notional is not None and order_type != codes.MARKET:
        wrong("notional", "NOTIONAL_NOT_ALLOWED", f"A {word} order takes quantity, not notional.")
    limited = order_type in (codes.LIMIT, codes.STOP_LIMIT)
    if limited and price is None:
        wrong(price_name, "PRICE_REQUIRED", f"A {word} order needs a {price_name}.")
    elif price is not None and not limited:
        wrong(price_name, "PRICE_NOT_ALLOWED", f"A {word} order takes no {price_name}; use type LIMIT.")
    if order_type in STOP_KINDS and stop_price is None:
        wrong("stopPrice", "STOP_PRICE_REQUIRED", f"A {word} order needs a stopPrice.")
    elif stop_price is not None and order_type not in STOP_KINDS:
        wrong("stopPrice", "STOP_PRICE_NOT_ALLOWED", f"A {word} order takes no stopPrice.")


def _word(text: str, name: str, words: dict[str, int], errors: list[FieldProblem]) -> int:
    number = words.get(text.upper())
    if number is None:
        code = {"side": "INVALID_SIDE", "type": "INVALID_TYPE"}.get(name, "INVALID_TIME_IN_FORCE")
        known = ", ".join(words)
        errors.append(FieldProblem(f"/{name}", code, f"{name} is one of {known}, not {text[:32]!r}."))
        return -1
    return number


def _units(raw: Raw, name: str, places: int, code: str, errors: list[FieldProblem]) -> int | None:
    """The amount in raw units; None if it is absent, null, or wrong (then `errors` says so)."""
    text = bytes(raw)
    if text in ABSENT:
        return None
    try:
        return parse_decimal(text, places)
    except DecimalError as error:
        errors.append(FieldProblem(f"/{name}", code, f"{name} {error}."))
        return None


def _quantity(raw: Raw, name: str, errors: list[FieldProblem]) -> int | None:
    units = _units(raw, name, decimals.QUANTITY_DECIMALS, "INVALID_QUANTITY", errors)
    if units is not None and not 0 < units <= QUANTITY_MAX:
        most = QUANTITY_MAX // QUANTITY_SCALE
        detail = f"{name} must be more than 0 and at most {most:,}."
        errors.append(FieldProblem(f"/{name}", "INVALID_QUANTITY", detail))
    return units


def _shown(raw: Raw, name: str, errors: list[FieldProblem]) -> int | None:
    """A quantity that may be 0."""
    units = _units(raw, name, decimals.QUANTITY_DECIMALS, "INVALID_QUANTITY", errors)
    if units is not None and not 0 <= units <= QUANTITY_MAX:
        detail = f"{name} must be 0 or more and at most {QUANTITY_MAX // QUANTITY_SCALE:,}."
        errors.append(FieldProblem(f"/{name}", "INVALID_QUANTITY", detail))
    return units


def _price(raw: Raw, name: str, errors: list[FieldProblem]) -> int | None:
    units = _units(raw, name, decimals.PRICE_DECIMALS, "INVALID_PRICE", errors)
    if units is not None and not 0 < units <= PRICE_MAX:
        detail = f"{name} must be more than 0 and at most {decimals.dollars(PRICE_MAX)}."
        errors.append(FieldProblem(f"/{name}", "INVALID_PRICE", detail))
    return units


def _trail(amount: Raw, percent: Raw, errors: list[FieldProblem]) -> tuple[int | None, bool]:
    """(the trail in raw units or basis points, None without one; whether it is in basis points)."""
    by_amount = _price(amount, "trailAmount", errors)
    points = _units(percent, "trailPercent", PERCENT_DECIMALS, "INVALID_TRAIL", errors)
    if points is not None and not 0 < points <= TRAIL_BASIS_MAX:
        detail = "trailPercent must be more than 0 and at most 99.99."
        errors.append(FieldProblem("/trailPercent", "INVALID_TRAIL", detail))
    if by_amount is not None and points is not None:
        detail = "Give trailAmount or trailPercent, not both."
        errors.append(FieldProblem("/trailPercent", "TRAIL_NOT_ALLOWED", detail))
    return (by_amount, False) if points is None else (points, True)


def _notional(raw: Raw, errors: list[FieldProblem]) -> int | None:
    units = _units(raw, "notional", decimals.PRICE_DECIMALS, "INVALID_NOTIONAL", errors)
    if units is not None and not 0 < units <= NOTIONAL_MAX:
        detail = f"notional must be more than 0 and at most {decimals.dollars(NOTIONAL_MAX)}."
        errors.append(FieldProblem("/notional", "INVALID_NOTIONAL", detail))
    return units
