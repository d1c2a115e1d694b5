"""What the log holds and what comes out: command header and bodies, events, answers, ids.

Units everywhere: price = 1/10,000 USD, quantity = 1/100,000,000 share, cash and notional =
1/10,000 USD, time = nanoseconds UTC. All little-endian, all fixed-size, reserved bytes zero.
"""

from __future__ import annotations

from openbell.core import codes
from openbell.core.layout import Record, record

LAYOUT_VERSION = 1
RULES_VERSION = 1

PRICE_SCALE = 10_000
QUANTITY_SCALE = 100_000_000
CASH_SCALE = 10_000
PRICE_MAX = 10**12
QUANTITY_MAX = 10**16
NOTIONAL_MAX = 10**15
CASH_MAX = 4 * 10**18

ANY_INSTRUMENT = 0xFFFFFFFF
ANY_SIDE = 255
CLEARING_ACCOUNT = 1
FEE_ACCOUNT = 2
ERROR_ACCOUNT = 3
FIRST_ACCOUNT = 4

COMMAND_LENGTH_MAX = 1024
BLOB_LENGTH_MAX = 512
CLIENT_ID_LENGTH_MAX = 48

# Every command starts so. `crc` is CRC-32C of the whole record with `crc` itself zero. `length` counts
# header, body and blob. `valid_until` is checked by the sequencer, before the log. A zero request key
# means none (commands of the exchange itself).
Header = record(
    "Header",
    """
    length u16
    type u8
    layout u8
    flags u16
    shard u16
    term u32
    source u32
    seq u64
    ts i64
    received_ns i64
    source_seq u64
    key_low u64
    key_high u64
    account u64
    firm u32
    actor u32
    instrument u32
    crc u32
    valid_until i64
    """,
)

# The first command: what the state is made of. The blob is UTF-8 JSON: name, calendar, seed.
Genesis = record(
    "Genesis",
    """
    rules u32
    shard u32
    accounts u32
    instruments u32
    positions u32
    orders u32
    ended_orders u32
    requests u32
    levels u32
    open_orders_per_account u32
    ended_per_account u32
    slice u32
    request_ttl_ns i64
    order_quantity_max i64
    order_value_max i64
    """,
)

# An instrument; header.instrument is unused, the answer gives the number. Collars in basis points. `market`
# is the number of the calendar that its phases follow, `tier` chooses its price bands (0: none).
List = record(
    "List",
    """
    symbol_low u64
    symbol_high u64
    tick_size i64
    lot_size i64
    min_notional i64
    reference_price i64
    last_lot i64
    market_collar u32
    limit_collar u32
    flags u32
    realm u32
    market u32
    tier u32
    """,
)

# What changes of header.instrument's listing, by `flags` (LISTING_*). The tick only while its book is empty.
# An order limit of 0 is none. The blob, as in every command of the exchange's own people, says who and why.
SetListing = record(
    "SetListing",
    """
    tick_size i64
    min_notional i64
    order_quantity_max i64
    order_value_max i64
    market_collar u32
    limit_collar u32
    flags u32
    tier u32
    """,
)

# What orders pay that an account of `tier` enters from now on in header.instrument, or (ANY_INSTRUMENT) in
# every one that has no schedule of its own. Rates in millionths of value; `least` for an order that trades.
SetFees = record(
    "SetFees",
    """
    per_share i64
    per_order i64
    least i64
    maker u32
    taker u32
    auction u32
    tier u32
    """,
)

# Shares come into being on header.account, at `price` each as their cost.
Issue = record("Issue", "quantity i64\nprice i64")

# A new account; `grant` is paid to it by `source_account` (0: no grant). The answer gives the number.
OpenAccount = record(
    "OpenAccount",
    """
    grant i64
    source_account u64
    group u64
    kind u32
    realm u32
    """,
)

Amount = record("Amount", "amount i64\nreserved u64")  # DEPOSIT, WITHDRAW

# Cash, shares of header.instrument, or both, from header.account to `to_account`. Shares carry their cost.
Transfer = record("Transfer", "to_account u64\ncash i64\nquantity i64\nreserved u64")

# CLOSE_ACCOUNT: cancels its orders and returns cash and shares to `to_account`.
Close = record("Close", "to_account u64\nreserved u64")

# What changes, by `flags` (LIMIT_*), of the limits of header.account, header.firm or the venue; 0: no limit.
# The firm after the last known one is a new one. `tier` is the account's, for its fees. `kyc` 0: not
# approved. `restricted`: header.instrument is put on the restricted list (1) or taken off it (0).
SetLimits = record(
    "SetLimits",
    """
    order_quantity_max i64
    order_value_max i64
    exposure_max i64
    duplicate_ns i64
    open_orders_max u32
    message_rate u32
    flags u32
    scope u8
    kyc u8
    restricted u8
    tier u8
    """,
)

# KILL cancels what is open in the scope and refuses what is new, until LIFT.
Kill = record("Kill", "scope u8\nreserved u8\nreserved2 u16\nreserved3 u32")

# The blob is the client's own order id. `display` -1: all of it, 0: hidden. A trailing stop has its trail in
# `stop_price`: an amount or, with TRAIL_PERCENT, basis points.
NewOrder = record(
    "NewOrder",
    """
    price i64
    quantity i64
    stop_price i64
    display i64
    min_quantity i64
    notional i64
    expire_ts i64
    side u8
    order_type u8
    tif u8
    stp u8
    flags u32
    """,
)

# A group of orders for one instrument, all or none: `legs` NEW_ORDER bodies at the start of the blob, the
# client's own id behind them. An OCO has two legs, an OTO parent and child, a BRACKET parent, take-profit
# and stop-loss. Their order ids are those of the command's things 0, 1, 2; the first names the group.
NewGroup = record("NewGroup", "kind u8\nlegs u8\nreserved u16\nreserved2 u32")

Cancel = record("Cancel", "order u64\nreserved u64")

# `quantity` is the order's new total, filled part included. `if_filled` -1: whatever was filled. `display` as
# in a NEW_ORDER, set where the flags say so. A trailing stop's new trail is in `stop_price`.
Modify = record(
    "Modify",
    """
    order u64
    price i64
    quantity i64
    stop_price i64
    if_filled i64
    display i64
    flags u64
    """,
)

# header.account's orders, narrowed by header.instrument (ANY_INSTRUMENT) and side (ANY_SIDE).
CancelAll = record("CancelAll", "side u8\nreason u8\nreserved u16\nreserved2 u32")

# header.actor is the session of header.account that this is about. OPEN: it is there for `span` nanoseconds;
# KEEP: for `span` (0: as before) from now; END: it is over, its orders stay; LOST: they are cancelled.
Session = record("Session", "span i64\nop u8\nreserved u8\nreserved2 u16\nreserved3 u32")

# Take a trade back. header.actor and `second` are the two persons who say so.
Bust = record("Bust", "trade u64\nsecond u32\nreserved u32")

DayRoll = record("DayRoll", "date u32\nmarket u32")  # date: yyyymmdd, the day that begins

# Commands of the exchange's own people: the blob says who and why, and is not empty.
EXPLAINED = (
    codes.C_SET_LISTING, codes.C_SET_FEES, codes.C_SET_LIMITS, codes.C_KILL, codes.C_LIFT, codes.C_BUST,
)  # fmt: skip

# The phase that begins: of header.instrument, or of all instruments of `market` (ANY_INSTRUMENT). `ends_ts`
# is when it is scheduled to end (0: not known); for `lock_ns` before that no OPG or CLS order is taken.
Phase = record(
    "Phase",
    """
    phase u8
    reserved u8
    reserved2 u16
    market u32
    date u32
    reserved3 u32
    ends_ts i64
    lock_ns i64
    """,
)

BODIES: dict[int, type[Record] | None] = {
    codes.C_GENESIS: Genesis,
    codes.C_TICK: None,
    codes.C_CLOCK_JUMP: None,
    codes.C_LIST: List,
    codes.C_ISSUE: Issue,
    codes.C_SUSPEND: None,
    codes.C_RESUME: None,
    codes.C_SET_LISTING: SetListing,
    codes.C_PHASE: Phase,
    codes.C_SET_FEES: SetFees,
    codes.C_OPEN_ACCOUNT: OpenAccount,
    codes.C_DEPOSIT: Amount,
    codes.C_WITHDRAW: Amount,
    codes.C_TRANSFER: Transfer,
    codes.C_LOCK_ACCOUNT: None,
    codes.C_UNLOCK_ACCOUNT: None,
    codes.C_CLOSE_ACCOUNT: Close,
    codes.C_SET_LIMITS: SetLimits,
    codes.C_KILL: Kill,
    codes.C_LIFT: Kill,
    codes.C_NEW_ORDER: NewOrder,
    codes.C_NEW_GROUP: NewGroup,
    codes.C_CANCEL: Cancel,
    codes.C_MODIFY: Modify,
    codes.C_CANCEL_ALL: CancelAll,
    codes.C_SESSION: Session,
    codes.C_DAY_ROLL: DayRoll,
    codes.C_BUST: Bust,
}

# One layout for every event; which fields mean what, by type:
#   ACCEPTED   order account instrument side order_type tif price(limit or market cap) quantity leaves status
#              a stop that waits: status=PENDING limit=stop price observed=trail code=TRAIL_PERCENT or 0
#              a leg of a group: other_order=the group's first order reason=ROLE_*
#   ELECTED    order account side order_type tif status price=of the electing trade quantity leaves
#              limit=the order's limit from now on observed=stop price; a child that begins: observed=0
#   REJECTED   as ACCEPTED, and code limit observed
#   TRADE      order=taker account=taker's side=taker's price quantity notional=value leaves=taker's
#              other_order other_account other_leaves = maker's, trade, status=1: eligible (moves `last`)
#   FILL       order account side price quantity=this fill filled=so far leaves notional=value so far
#              observed=value of this fill limit=fee of this fill reason=MAKER|TAKER|AUCTION trade status
#              other_order other_account = the counterparty's, other_leaves=settlement date (yyyymmdd)
#   CANCELLED, EXPIRED  order account side order_type tif price quantity=total filled leaves=what ended
#              notional=value filled reason status
#   MODIFIED   order account side price quantity=new total filled leaves notional=value filled status
#              reason=PRIORITY_KEPT or 0; a stop that waits: limit=stop price observed=trail
#   LEVEL      instrument side price quantity=size now (0: gone) leaves=orders now
#   REFUSED    order_type=command type, code limit observed, account, order where it names one
#   ACCOUNT    account status=AC_* order_type=KIND_* quantity=realm
#   CASH       account quantity=signed amount notional=balance after other_account=counterparty (0: outside)
#              reason=command type
#   SHARES     account instrument quantity=signed notional=signed cost moved with them
#              other_account (0: issued) reason=command type
#   INSTRUMENT instrument status=LISTED|SUSPENDED|RESUMED price=reference price; CHANGED: also quantity=tick
#              notional=least notional filled=market collar leaves=limit collar limit=largest quantity
#              observed=largest value; LISTED, CHANGED: also reason=tier
#   CLOSE      instrument price=official close quantity=date notional=day's volume
#   DAY        quantity=date
#   LIMITS     order_type=SCOPE_* account other_account=firm; as they are now: quantity=largest quantity
#              notional=largest value filled=open orders leaves=messages a second limit=exposure
#              observed=duplicate window status=1: not approved tif=tier; instrument reason=1: restricted
#   BUST       trade instrument account=buyer other_account=seller price quantity notional=value limit=buyer's
#              fee observed=seller's fee leaves=shares and other_leaves=cash that the error account gave
#   SESSION    account observed=session order_type=SESSION_* quantity=orders cancelled notional=span
#              limit=until when it is kept (0: it is over)
#   FEES       instrument (ANY_INSTRUMENT: all) status=tier price=per share quantity=per order notional=least
#              filled=maker leaves=taker limit=auction
#   KILLED     order_type=SCOPE_* account other_account=firm instrument status=1: set, 0: lifted
#              quantity=orders cancelled
#   PHASE      instrument status=phase (IN_*) reason=phase before price=reference quantity=date
#              limit=when it ends (0: not known)
#   AUCTION    instrument status=phase price=indicative (0: none) quantity=paired leaves=imbalance
#              side=its side limit=reference observed=nanoseconds to the uncross (0: not known, or now)
#              reason=AUCTION when the uncross follows, else 0
#   BAND       instrument price=reference (0: no bands) limit=upper observed=lower reason=1: doubled
#              status=limit state (AT_*) leaves=when that becomes a call (0: there is none)
Event = record(
    "Event",
    """
    type u8
    side u8
    order_type u8
    tif u8
    status u8
    reason u8
    code u16
    seq u64
    index u32
    instrument u32
    order u64
    account u64
    price i64
    quantity i64
    filled i64
    leaves i64
    notional i64
    other_order u64
    other_account u64
    other_leaves i64
    trade u64
    limit i64
    observed i64
    """,
)

# One per command, in the order of the commands. `order` names the order; for OPEN_ACCOUNT `account`, for
# LIST `instrument`, is the new number. `count`: orders that a CANCEL_ALL cancelled. `events`: events of
# the command in the event stream. `limit` and `observed` explain a refusal.
Answer = record(
    "Answer",
    """
    seq u64
    ts i64
    order u64
    account u64
    price i64
    quantity i64
    filled i64
    leaves i64
    notional i64
    limit i64
    observed i64
    code u16
    status u8
    reason u8
    flags u8
    side u8
    order_type u8
    tif u8
    instrument u32
    events u32
    count u64
    """,
)

ID_SHARD_BITS = 10
ID_POSITION_BITS = 45
ID_INDEX_BITS = 8
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts as the numbers do


def make_id(shard: int, position: int, index: int = 0) -> int:
    """The 63-bit id of the `index`th thing that the command at log `position` of `shard` made."""
    return shard << (ID_POSITION_BITS + ID_INDEX_BITS) | position << ID_INDEX_BITS | index


def encode_id(number: int) -> str:
    """An id's public form: 13 characters that sort by creation."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def decode_id(text: str) -> int:
    """The number behind a public id.

    Raises:
        ValueError: not 13 characters of the alphabet, or above 63 bits.
    """
    if len(text) != 13:
        raise ValueError(f"id {text[:32]!r} has {len(text)} characters; an id has 13")
    number = 0
    for character in text:
        digit = ALPHABET.find(character)
        if digit < 0:
            raise ValueError(f"id {text!r} holds {character!r}; ids use {ALPHABET}")
        number = number << 5 | digit
    if number >> 63:
        raise ValueError(f"id {text!r} is out of range")
    return number


def pack(type_: int, body: bytes = b"", blob: bytes = b"", **header: int) -> bytearray:
    """A command record before sequencing; `header` sets header fields by name.

    Raises:
        ValueError: an unknown type, a body of another size, or a blob over BLOB_LENGTH_MAX.
    """
    if type_ not in BODIES:
        raise ValueError(f"command type {type_} is unknown; known: {sorted(BODIES)}")
    layout = BODIES[type_]
    size = layout.SIZE if layout else 0
    if len(body) != size:
        raise ValueError(f"{codes.COMMAND_NAMES[type_]} body has {len(body)} bytes, expected {size}")
    if len(blob) > BLOB_LENGTH_MAX:
        raise ValueError(f"blob has {len(blob)} bytes, at most {BLOB_LENGTH_MAX}")
    padding = -len(blob) % 8
    length = Header.SIZE + size + len(blob) + padding
    head = Header(length=length, type=type_, layout=LAYOUT_VERSION, flags=padding, **header)
    return bytearray(bytes(head) + body + blob + bytes(padding))


def blob_of(record_bytes: bytes | bytearray | memoryview) -> bytes:
    """The blob of a command record, without its padding."""
    head = Header.from_buffer_copy(record_bytes)
    layout = BODIES[head.type]
    start = Header.SIZE + (layout.SIZE if layout else 0)
    return bytes(record_bytes[start : head.length - (head.flags & 7)])


def symbol_words(symbol: str) -> tuple[int, int]:
    """A symbol of 1 to 16 ASCII characters as the two words a LIST carries.

    Raises:
        ValueError: empty, longer than 16, or not printable ASCII.
    """
    if not 1 <= len(symbol) <= 16 or not symbol.isascii() or not symbol.isprintable():
        raise ValueError(f"symbol {symbol!r} must be 1 to 16 printable ASCII characters")
    raw = symbol.encode().ljust(16, b"\0")
    return int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little")


def symbol_text(low: int, high: int) -> str:
    """The symbol that `symbol_words` packed."""
    return (low.to_bytes(8, "little") + high.to_bytes(8, "little")).rstrip(b"\0").decode("ascii")
