"""Every number with a meaning that crosses a boundary: kinds, sides, statuses, reasons, refusals.

Plain module constants, because the compiled core turns each into a C constant (see `setup.py`).
The `*_NAMES` tables give the public word for each number. A number, once released, keeps its meaning.
"""

from __future__ import annotations

# --- commands ---------------------------------------------------------------------------------
C_GENESIS = 1
C_TERM = 2
C_TICK = 3
C_CLOCK_JUMP = 4
C_RULES = 5
C_LIST = 10
C_ISSUE = 11
C_SUSPEND = 12
C_RESUME = 13
C_SET_LISTING = 15
C_PHASE = 14
C_SET_FEES = 16
C_OPEN_ACCOUNT = 20
C_DEPOSIT = 21
C_WITHDRAW = 22
C_TRANSFER = 23
C_LOCK_ACCOUNT = 24
C_UNLOCK_ACCOUNT = 25
C_CLOSE_ACCOUNT = 26
C_SET_LIMITS = 27
C_KILL = 28
C_LIFT = 29
C_NEW_ORDER = 30
C_CANCEL = 31
C_MODIFY = 32
C_CANCEL_ALL = 33
C_NEW_GROUP = 34
C_SESSION = 35
C_DAY_ROLL = 40
C_BUST = 44

# --- events -----------------------------------------------------------------------------------
EV_ACCEPTED = 1  # an order passed the account's checks and its reserve is held
EV_REJECTED = 2  # an order was refused by a rule; it never had effect
EV_TRADE = 3  # two orders matched: the public print
EV_FILL = 4  # one order's side of a trade, settled: the private print (two per trade)
EV_CANCELLED = 5
EV_EXPIRED = 6
EV_MODIFIED = 7
EV_LEVEL = 8  # a price level's new total size and order count (0 = gone)
EV_REFUSED = 9  # a command other than a new order was refused
EV_ACCOUNT = 10  # an account was opened, locked, unlocked or closed
EV_CASH = 11  # cash entered, left or moved between accounts
EV_SHARES = 12  # shares were issued or moved between accounts
EV_INSTRUMENT = 13  # an instrument was listed, suspended, resumed or changed
EV_CLOSE = 14  # an instrument's official close, fixed by a day roll
EV_DAY = 15  # a day roll was completed
EV_ELECTED = 16  # a trade reached a stop's price: the order works from now on
EV_LIMITS = 20  # the limits of an account, a firm or the venue as they are now
EV_KILLED = 21  # a kill switch was set or lifted
EV_PHASE = 17  # an instrument's phase began, or its end was moved
EV_AUCTION = 18  # what an auction would do now, or did
EV_BAND = 19  # price bands moved, or a side came to one or left it
EV_FEES = 22  # a schedule of fees holds from now on
EV_BUST = 23  # a trade was taken back; what moves for it follows
EV_SESSION = 24  # a session was kept, or is over

# --- orders -----------------------------------------------------------------------------------
BUY = 0
SELL = 1

MARKET = 0
LIMIT = 1
STOP = 2
STOP_LIMIT = 3
TRAILING_STOP = 4

DAY = 0
GTC = 1
IOC = 2
FOK = 3
GTD = 4
OPG = 5
CLS = 6

ST_NONE = 0
ST_PENDING = 1
ST_OPEN = 2
ST_PARTIALLY_FILLED = 3
ST_FILLED = 4
ST_CANCELLED = 5
ST_EXPIRED = 6
ST_REJECTED = 7

WHY_NONE = 0
WHY_USER = 1
WHY_IOC = 2
WHY_FOK = 3
WHY_NO_LIQUIDITY = 4
WHY_COLLAR = 5
WHY_BAND = 6
WHY_SELF_TRADE = 7
WHY_SIBLING = 8
WHY_KILL = 9
WHY_HALT = 10
WHY_AUCTION_UNFILLED = 11
WHY_CORPORATE_ACTION = 12
WHY_DAY_END = 13
WHY_ACCOUNT_CLOSED = 14
WHY_EXPIRED = 15  # a GTD order's time came
WHY_BOOK_FULL = 16  # an elected stop found no price level to rest at
WHY_SESSION = 17  # the session that it came from is lost

MAKER = 1
TAKER = 2
AUCTION = 3  # neither: an auction's trade

# --- accounts, instruments --------------------------------------------------------------------
KIND_USER = 0
KIND_CLEARING = 1
KIND_FEES = 2
KIND_ERROR = 3
KIND_HOUSE = 4
KIND_PARTICIPANT = 5  # the simulator's market makers and traders
KIND_DEMO = 6

AC_NONE = 0
AC_OPEN = 1
AC_LOCKED = 2
AC_CLOSED = 3

IN_NONE = 0
IN_CONTINUOUS = 1
IN_SUSPENDED = 2
IN_CLOSED = 3
IN_PRE_OPEN = 4
IN_CLOSING_AUCTION = 5
IN_AUCTION_CALL = 6

LISTED = 1
SUSPENDED = 2
RESUMED = 3
CHANGED = 4

# Instrument flags
PROTECTIONS_OFF = 1  # no price collars, no minimum notional: replays of recorded flow, vectors, benches
AUCTIONS = 2  # its market has auctions: OPG and CLS orders are taken, a halt ends in an uncross

# Answer flags
REPLAYED = 1  # this request key was answered before; this is that first answer
PRIORITY_KEPT = 2  # a modify kept the order's place in its queue
UNCHANGED = 4  # a modify that changed nothing

# New order flags
POST_ONLY = 1  # refused rather than trade at entry
TRAIL_PERCENT = 2  # a trailing stop's `stop_price` is basis points of its mark, not an amount
FROM_APP = 4  # typed by a person: the duplicate window applies

# What a SET_LIMITS, KILL or LIFT is about
SCOPE_ACCOUNT = 1
SCOPE_FIRM = 2
SCOPE_VENUE = 3
SCOPE_INSTRUMENT = 4

# What is said of a session, and (LAPSED) what becomes of one that nobody kept.
SESSION_OPEN = 1
SESSION_KEEP = 2
SESSION_END = 3
SESSION_LOST = 4
SESSION_LAPSED = 5

# SetLimits flags: which fields are set
LIMIT_QUANTITY = 1
LIMIT_VALUE = 2
LIMIT_OPEN_ORDERS = 4
LIMIT_RATE = 8
LIMIT_EXPOSURE = 16
LIMIT_DUPLICATE = 32
LIMIT_KYC = 64
LIMIT_RESTRICTED = 128
LIMIT_TIER = 256

# SetListing flags: which fields are set
LISTING_TICK = 1
LISTING_MIN_NOTIONAL = 2
LISTING_QUANTITY = 4
LISTING_VALUE = 8
LISTING_MARKET_COLLAR = 16
LISTING_LIMIT_COLLAR = 32
LISTING_TIER = 64

# Limit states: the best bid is at the upper band, the best ask at the lower one
AT_UPPER = 1
AT_LOWER = 2

# Self-trade prevention: the incoming order's mode
CANCEL_NEWEST = 0
CANCEL_OLDEST = 1
CANCEL_BOTH = 2
DECREMENT = 3  # both lose the smaller open size

# Modify flags: which fields are set
SET_PRICE = 1
SET_QUANTITY = 2
SET_STOP_PRICE = 4
SET_DISPLAY = 8

# Groups of orders, and what an order is in its group
OCO = 1  # two alternatives
OTO = 2  # a parent, and a child that works for what the parent has filled
BRACKET = 3  # a parent, and two alternative children: take-profit and stop-loss
ROLE_NONE = 0
ROLE_LEG = 1
ROLE_PARENT = 2
ROLE_CHILD = 3
ROLE_TAKE_PROFIT = 4
ROLE_STOP_LOSS = 5

# --- refusals ---------------------------------------------------------------------------------
E_OK = 0
E_BAD_RECORD = 1  # length, layout, reserved bytes or an unknown command type
E_BAD_PRICE = 2
E_BAD_QUANTITY = 3
E_BAD_NOTIONAL = 4
E_BAD_SIDE = 5
E_BAD_TYPE = 6
E_BAD_TIME_IN_FORCE = 7
E_UNSUPPORTED = 8  # a combination that these rules do not offer
E_BAD_AMOUNT = 9
E_BAD_EXPIRY = 10  # GTD: not after now, or over 366 days ahead; another time in force takes none
E_BAD_DISPLAY = 11  # more than the order's quantity, or so little that it makes too many slices
E_BAD_MIN_QUANTITY = 12  # more than the order's quantity, or of an order that is not hidden
E_BAD_STOP_PRICE = 13
E_BAD_TRAIL = 14
E_BAD_MODE = 15  # no such mode of self-trade prevention
E_BAD_GROUP = 16  # no such kind of group, or not as many legs as it has
E_SIBLING_REFUSED = 17  # another leg of the group was refused, which `observed` counts from 0
E_UNKNOWN_ACCOUNT = 20
E_ACCOUNT_LOCKED = 21
E_ACCOUNT_CLOSED = 22
E_WRONG_REALM = 23
E_KEY_REUSED = 24  # the request key was used for another body
E_OPEN_ORDERS = 25
E_ORDER_QUANTITY = 26
E_ORDER_VALUE = 27
E_INSUFFICIENT_FUNDS = 28
E_INSUFFICIENT_SHARES = 29
E_NOT_ALLOWED = 30
E_KYC = 31  # the account's owner is not approved
E_RESTRICTED = 32  # the instrument is on the restricted list of the account, its firm or the venue
E_MESSAGE_RATE = 33  # new orders and modifies of the account in one second
E_DUPLICATE = 34  # the same order as the one before, too soon after it
E_EXPOSURE = 35
E_FIRM_EXPOSURE = 36
E_KILLED = 37  # a kill switch is set
E_UNKNOWN_FIRM = 38
E_UNSETTLED = 39  # proceeds of sales that settle later do not leave the exchange
E_UNKNOWN_INSTRUMENT = 40
E_UNKNOWN_ORDER = 41
E_ORDER_ENDED = 42
E_FILLED_SINCE = 43  # ifFilled: fills happened since
E_SUSPENDED = 44
E_TICK_SIZE = 45
E_LOT_SIZE = 46
E_MIN_NOTIONAL = 47
E_PRICE_COLLAR = 48
E_BOOK_FULL = 49  # price levels per side
E_DUPLICATE_SYMBOL = 50
E_NOT_SUSPENDED = 51
E_DAY_ORDER = 52  # a day roll for a day that is not after the last
E_UNKNOWN_TRADE = 56  # never made, or too long ago
E_POST_ONLY = 53  # it would trade: the limit is the price it would trade at
E_MARKET_CLOSED = 54  # the phase takes no such order; the limit is when the phase ends, 0 if unknown
E_NO_AUCTION = 55  # OPG, CLS where no auction is scheduled
E_LOCKED_AUCTION = 58  # OPG, CLS too near the auction; the limit is when the lock began
E_UNKNOWN_SESSION = 59  # never opened, or over
E_ACCOUNTS_FULL = 60
E_POSITIONS_FULL = 61
E_ORDERS_FULL = 62
E_INSTRUMENTS_FULL = 63
E_REQUESTS_FULL = 64
E_OVERFLOW = 65
E_FIRMS_FULL = 66
E_FEES_FULL = 67
E_TIMERS_FULL = 68
E_RESTRICTIONS_FULL = 69
E_GROUPS_FULL = 70
# Refused by the sequencer, before the log: nothing was recorded and nothing will happen.
E_TOO_LATE = 80  # validUntil has passed
E_LOG_FULL = 81
E_OVERLOADED = 82
E_BAD_FRAME = 83
E_RECOVERING = 84


def names(prefix: str) -> dict[int, str]:
    """The public word of each constant whose name starts with `prefix`, by number."""
    return {
        value: name[len(prefix) :]
        for name, value in sorted(globals().items())
        if name.startswith(prefix) and isinstance(value, int)
    }


COMMAND_NAMES = names("C_")
EVENT_NAMES = names("EV_")
STATUS_NAMES = names("ST_")
REASON_NAMES = names("WHY_")
REFUSAL_NAMES = names("E_")
KIND_NAMES = names("KIND_")
PHASE_NAMES = names("IN_")
ROLE_NAMES = names("ROLE_")
GROUP_NAMES = {OCO: "OCO", OTO: "OTO", BRACKET: "BRACKET"}
PHASES = (IN_CONTINUOUS, IN_SUSPENDED, IN_CLOSED, IN_PRE_OPEN, IN_CLOSING_AUCTION, IN_AUCTION_CALL)
SIDE_NAMES = {BUY: "BUY", SELL: "SELL"}
TYPE_NAMES = {
    MARKET: "MARKET",
    LIMIT: "LIMIT",
    STOP: "STOP",
    STOP_LIMIT: "STOP_LIMIT",
    TRAILING_STOP: "TRAILING_STOP",
}
TIF_NAMES = {DAY: "DAY", GTC: "GTC", IOC: "IOC", FOK: "FOK", GTD: "GTD", OPG: "OPG", CLS: "CLS"}
STP_NAMES = {
    CANCEL_NEWEST: "CANCEL_NEWEST",
    CANCEL_OLDEST: "CANCEL_OLDEST",
    CANCEL_BOTH: "CANCEL_BOTH",
    DECREMENT: "DECREMENT",
}
WORKING = (ST_PENDING, ST_OPEN, ST_PARTIALLY_FILLED)
