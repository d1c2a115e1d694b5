"""What the exchange's refusals are called outside: status, code and sentence of every `codes.E_*`.

`{limit}` and `{observed}` in a sentence are the two numbers of the refusal, written for people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from openbell.core import codes
from openbell.gateway import decimals
from openbell.gateway.problems import Problem


class Unit(NamedTuple):
    """How a refusal's numbers are written: exactly (in the answer's fields), and for people."""

    exact: Callable[[int], str]
    spoken: Callable[[int], str]


MONEY = Unit(decimals.money, decimals.dollars)
SHARES = Unit(decimals.quantity, decimals.shares)
COUNT = Unit(str, lambda number: f"{number:,}")


class Refusal(NamedTuple):
    """One kind of refusal. `unit` None: it has no numbers to show."""

    status: int
    code: str
    title: str
    sentence: str
    unit: Unit | None = None
    retryable: bool = False

    def detail(self, limit: int, observed: int) -> str:
        """The sentence with its numbers (raw units)."""
        if self.unit is None:
            return self.sentence
        return self.sentence.format(limit=self.unit.spoken(limit), observed=self.unit.spoken(observed))


_OURS = "The exchange could not take this request; the fault is ours."

REFUSALS: dict[int, Refusal] = {
    codes.E_BAD_RECORD: Refusal(500, "SERVER_ERROR", "Server error", _OURS),
    codes.E_BAD_PRICE: Refusal(
        422, "INVALID_PRICE", "Invalid price", "A price of {observed} is out of range.", MONEY
    ),
    codes.E_BAD_QUANTITY: Refusal(
        422, "INVALID_QUANTITY", "Invalid quantity", "A quantity of {observed} is out of range.", SHARES
    ),
    codes.E_BAD_NOTIONAL: Refusal(
        422, "INVALID_NOTIONAL", "Invalid value", "An order value of {observed} is out of range.", MONEY
    ),
    codes.E_BAD_SIDE: Refusal(422, "INVALID_SIDE", "Invalid side", "An order's side is BUY or SELL."),
    codes.E_BAD_TYPE: Refusal(
        422, "INVALID_TYPE", "Invalid type", "The exchange does not know this type of order."
    ),
    codes.E_BAD_TIME_IN_FORCE: Refusal(
        422,
        "INVALID_TIME_IN_FORCE",
        "Invalid time in force",
        "This time in force does not go with the order.",
    ),
    codes.E_UNSUPPORTED: Refusal(
        422, "UNSUPPORTED", "Not offered", "The exchange does not offer this combination of fields yet."
    ),
    codes.E_BAD_AMOUNT: Refusal(
        422, "INVALID_AMOUNT", "Invalid amount", "An amount of {observed} is out of range.", MONEY
    ),
    codes.E_BAD_EXPIRY: Refusal(
        422,
        "INVALID_EXPIRY",
        "Invalid expiry",
        "An order good till a date needs a time after now and within a year; no other order takes one.",
    ),
    codes.E_BAD_DISPLAY: Refusal(
        422,
        "INVALID_DISPLAY_QUANTITY",
        "Invalid display quantity",
        "A display quantity of {observed} does not go with this order; the limit is {limit}.",
        SHARES,
    ),
    codes.E_BAD_MIN_QUANTITY: Refusal(
        422,
        "INVALID_MIN_QUANTITY",
        "Invalid minimum quantity",
        "Only a hidden order has a minimum, and at most its quantity: {observed} does not go with this one.",
        SHARES,
    ),
    codes.E_BAD_STOP_PRICE: Refusal(
        422,
        "INVALID_STOP_PRICE",
        "Invalid stop price",
        "A stop price of {observed} is out of range, or the order waits for none any more.",
        MONEY,
    ),
    codes.E_BAD_TRAIL: Refusal(
        422, "INVALID_TRAIL", "Invalid trail", "A trail is at least one tick, or 0.01 to 99.99 percent."
    ),
    codes.E_BAD_MODE: Refusal(
        422,
        "INVALID_SELF_TRADE_PREVENTION",
        "Invalid self-trade prevention",
        "The exchange does not know this mode of self-trade prevention, or not for this order.",
    ),
    codes.E_BAD_GROUP: Refusal(
        422, "INVALID_GROUP", "Invalid group", "An OCO and an OTO have two orders, a bracket has three."
    ),
    codes.E_SIBLING_REFUSED: Refusal(
        422, "SIBLING_REFUSED", "Not taken", "Another order of its group was refused, and none was taken."
    ),
    codes.E_UNKNOWN_ACCOUNT: Refusal(
        401, "UNAUTHENTICATED", "Not signed in", "This session's account does not exist here; sign in again."
    ),
    codes.E_ACCOUNT_LOCKED: Refusal(403, "ACCOUNT_LOCKED", "Account locked", "This account is locked."),
    codes.E_ACCOUNT_CLOSED: Refusal(
        403, "ACCOUNT_CLOSED", "Account closed", "This account is closed; open a new one."
    ),
    codes.E_WRONG_REALM: Refusal(
        403, "WRONG_REALM", "Not allowed", "This account may not trade this instrument."
    ),
    codes.E_KEY_REUSED: Refusal(
        409,
        "IDEMPOTENCY_KEY_REUSED",
        "Id used before",
        "This id was used for another request. Nothing was done; use a new id.",
    ),
    codes.E_OPEN_ORDERS: Refusal(
        422,
        "TOO_MANY_OPEN_ORDERS",
        "Too many open orders",
        "You may have {limit} open orders; cancel one first.",
        COUNT,
    ),
    codes.E_ORDER_QUANTITY: Refusal(
        422,
        "ORDER_TOO_LARGE",
        "Order too large",
        "An order may be for {limit} at most; this one is for {observed}.",
        SHARES,
    ),
    codes.E_ORDER_VALUE: Refusal(
        422,
        "ORDER_VALUE_TOO_LARGE",
        "Order too large",
        "An order may be worth {limit} at most; this one is worth {observed}.",
        MONEY,
    ),
    codes.E_INSUFFICIENT_FUNDS: Refusal(
        422, "INSUFFICIENT_FUNDS", "Insufficient funds", "You need {observed} and have {limit}.", MONEY
    ),
    codes.E_INSUFFICIENT_SHARES: Refusal(
        422,
        "INSUFFICIENT_SHARES",
        "Insufficient shares",
        "You want to sell {observed} and have {limit} to sell.",
        SHARES,
    ),
    codes.E_NOT_ALLOWED: Refusal(403, "FORBIDDEN", "Not allowed", "This account may not do that."),
    codes.E_KYC: Refusal(
        403, "NOT_APPROVED", "Not approved", "This account is not approved for trading yet."
    ),
    codes.E_RESTRICTED: Refusal(
        422, "RESTRICTED", "Restricted", "This account may not trade this instrument at present."
    ),
    codes.E_MESSAGE_RATE: Refusal(
        429,
        "MESSAGE_RATE",
        "Too many messages",
        "This account may send {limit} orders and changes a second; cancels always pass.",
        COUNT,
        retryable=True,
    ),
    codes.E_DUPLICATE: Refusal(
        422,
        "DUPLICATE_ORDER",
        "Sent twice",
        "The same order was sent a moment ago; nothing was done. Send it again if you mean it.",
    ),
    codes.E_EXPOSURE: Refusal(
        422,
        "EXPOSURE",
        "Too much at once",
        "Your open orders may be worth {limit} together; with this one they would be {observed}.",
        MONEY,
    ),
    codes.E_FIRM_EXPOSURE: Refusal(
        422,
        "FIRM_EXPOSURE",
        "Too much at once",
        "The open orders of your firm may be worth {limit} together; with this one they would be {observed}.",
        MONEY,
    ),
    codes.E_KILLED: Refusal(
        422,
        "KILLED",
        "Trading stopped",
        "Trading was stopped here; only cancels are taken.",
    ),
    codes.E_UNKNOWN_FIRM: Refusal(422, "UNKNOWN_FIRM", "Unknown firm", "The exchange knows no such firm."),
    codes.E_UNSETTLED: Refusal(
        422,
        "UNSETTLED",
        "Not settled yet",
        "You may take out {limit} now, not {observed}: what you sold settles on the next business day.",
        MONEY,
    ),
    codes.E_UNKNOWN_INSTRUMENT: Refusal(
        404, "UNKNOWN_SYMBOL", "Unknown symbol", "The exchange does not list this instrument."
    ),
    codes.E_UNKNOWN_ORDER: Refusal(404, "ORDER_NOT_FOUND", "Not found", "You have no such order."),
    codes.E_ORDER_ENDED: Refusal(
        409, "ORDER_ENDED", "Order ended", "The order has ended; it can no longer be changed."
    ),
    codes.E_FILLED_SINCE: Refusal(
        409,
        "FILLED_SINCE",
        "Filled meanwhile",
        "The order has filled {observed} since, not {limit}; look at it again.",
        SHARES,
    ),
    codes.E_SUSPENDED: Refusal(
        422,
        "SUSPENDED",
        "Trading suspended",
        "Trading in this instrument is suspended; only cancels are taken.",
    ),
    codes.E_TICK_SIZE: Refusal(
        422,
        "TICK_SIZE",
        "Price off the tick",
        "Prices move in steps of {limit}; {observed} lies between.",
        MONEY,
    ),
    codes.E_LOT_SIZE: Refusal(
        422,
        "LOT_SIZE",
        "Quantity off the lot",
        "Orders are in multiples of {limit}; this is {observed}.",
        SHARES,
    ),
    codes.E_MIN_NOTIONAL: Refusal(
        422,
        "ORDER_VALUE_TOO_SMALL",
        "Order too small",
        "An order must be worth {limit} at least; this one is worth {observed}.",
        MONEY,
    ),
    codes.E_PRICE_COLLAR: Refusal(
        422,
        "PRICE_OUTSIDE_COLLAR",
        "Price too far from the market",
        "A price of {observed} is too far from the market; up to {limit} is taken now.",
        MONEY,
    ),
    codes.E_BOOK_FULL: Refusal(
        422, "BOOK_FULL", "Book full", "This side of the book has all its {limit} price levels in use.", COUNT
    ),
    codes.E_DUPLICATE_SYMBOL: Refusal(
        422, "DUPLICATE_SYMBOL", "Symbol in use", "An instrument of this symbol is listed already."
    ),
    codes.E_NOT_SUSPENDED: Refusal(
        422, "NOT_SUSPENDED", "Not suspended", "Trading in this instrument is not suspended."
    ),
    codes.E_DAY_ORDER: Refusal(422, "DAY_ORDER", "Day out of order", "That day does not follow the last."),
    codes.E_POST_ONLY: Refusal(
        422,
        "POST_ONLY",
        "Would trade at once",
        "A post-only order at {observed} would trade at once with {limit}.",
        MONEY,
    ),
    codes.E_MARKET_CLOSED: Refusal(
        422, "MARKET_CLOSED", "Market closed", "Such an order is not taken in the present phase of trading."
    ),
    codes.E_NO_AUCTION: Refusal(
        422, "NO_AUCTION", "No auction", "This instrument has no auctions to enter an order for."
    ),
    codes.E_LOCKED_AUCTION: Refusal(
        422, "LOCKED_AUCTION", "Auction locked", "The auction is about to begin and takes no new orders."
    ),
    codes.E_UNKNOWN_TRADE: Refusal(
        404, "UNKNOWN_TRADE", "Unknown trade", "The exchange knows no such trade, or no longer."
    ),
    codes.E_UNKNOWN_SESSION: Refusal(
        404,
        "UNKNOWN_SESSION",
        "Unknown session",
        "You keep no such order session, or it has ended; its orders are cancelled or on their own.",
    ),
    codes.E_ACCOUNTS_FULL: Refusal(
        503, "ACCOUNTS_FULL", "No account free", "The exchange can open no more accounts at present."
    ),
    codes.E_POSITIONS_FULL: Refusal(
        503, "POSITIONS_FULL", "Exchange full", "The exchange can keep no more positions at present."
    ),
    codes.E_ORDERS_FULL: Refusal(
        503,
        "ORDERS_FULL",
        "Exchange full",
        "The exchange can hold no more orders at present; try again in a moment.",
        retryable=True,
    ),
    codes.E_INSTRUMENTS_FULL: Refusal(
        503, "INSTRUMENTS_FULL", "Exchange full", "The exchange can list no more instruments."
    ),
    codes.E_REQUESTS_FULL: Refusal(
        503,
        "REQUESTS_FULL",
        "Exchange full",
        "The exchange can remember no more request ids at present; try again in a moment.",
        retryable=True,
    ),
    codes.E_OVERFLOW: Refusal(
        422, "OUT_OF_RANGE", "Out of range", "These numbers are larger than the exchange counts."
    ),
    codes.E_FIRMS_FULL: Refusal(503, "FIRMS_FULL", "Exchange full", "The exchange can take no more firms."),
    codes.E_FEES_FULL: Refusal(
        503, "FEES_FULL", "Exchange full", "The exchange can hold no more schedules of fees."
    ),
    codes.E_TIMERS_FULL: Refusal(
        422, "TIMERS_FULL", "Too many sessions", "At most {limit} order sessions are kept at once.", COUNT
    ),
    codes.E_RESTRICTIONS_FULL: Refusal(
        503, "RESTRICTIONS_FULL", "Exchange full", "The restricted lists can hold no more instruments."
    ),
    codes.E_GROUPS_FULL: Refusal(
        503, "GROUPS_FULL", "Exchange full", "The exchange can take no more groups of orders now."
    ),
    codes.E_TOO_LATE: Refusal(
        503,
        "TOO_LATE",
        "Too late",
        "The request waited too long and was not carried out; send it again.",
        retryable=True,
    ),
    codes.E_LOG_FULL: Refusal(
        503,
        "LOG_FULL",
        "No space left",
        "The exchange takes no new orders because its disk is full; cancels still work.",
        retryable=True,
    ),
    codes.E_OVERLOADED: Refusal(
        503, "OVERLOADED", "Overloaded", "The exchange is too busy; try again in a moment.", retryable=True
    ),
    codes.E_BAD_FRAME: Refusal(500, "SERVER_ERROR", "Server error", _OURS),
    codes.E_RECOVERING: Refusal(
        503, "UNAVAILABLE", "Unavailable", "The exchange is starting; try again in a moment.", retryable=True
    ),
}

UNKNOWN = Refusal(500, "SERVER_ERROR", "Server error", _OURS)


def refusal(code: int) -> Refusal:
    """The refusal of number `code`."""
    return REFUSALS.get(code, UNKNOWN)


def problem(code: int, limit: int, observed: int, order_id: str | None = None) -> Problem:
    """The answer to a request that the exchange refused with `code`; numbers in raw units."""
    return as_problem(refusal(code), limit, observed, order_id)


def as_problem(found: Refusal, limit: int, observed: int, order_id: str | None = None) -> Problem:
    """The answer that says `found` with its numbers, in raw units."""
    return Problem(
        found.status,
        found.code,
        found.detail(limit, observed),
        title=found.title,
        retryable=found.retryable,
        order_id=order_id,
        limit=found.unit.exact(limit) if found.unit else None,
        observed=found.unit.exact(observed) if found.unit else None,
        retry_after=1 if found.retryable else None,
    )
