"""What the exchange remembers: the layouts of its arrays.

Every piece of state is a fixed-size record in a flat array, addressed by index, so that a snapshot is
a copy and a state hash is a scan. Nothing here grows: capacities come from genesis.
"""

from __future__ import annotations

from typing import Any

from openbell.core.layout import record
from openbell.core.records import (
    FIRST_ACCOUNT,
    ID_SHARD_BITS,
    RULES_VERSION,
    Amount,
    Bust,
    Cancel,
    CancelAll,
    Close,
    DayRoll,
    Genesis,
    Header,
    Issue,
    Kill,
    List,
    Modify,
    NewGroup,
    NewOrder,
    OpenAccount,
    Phase,
    Session,
    SetFees,
    SetLimits,
    SetListing,
    Transfer,
)
from openbell.core.types import TIME_MAX

NIL = 0xFFFFFFFF  # "no record", in any index

# Free-list heads, high-water marks, list ends, counters: one of these.
Scalars = record(
    "Scalars",
    """
    position i64
    time i64
    date i64
    day i64
    instruments i64
    accounts i64
    book_free i64
    book_used i64
    book_live i64
    level_free i64
    level_used i64
    ticket_free i64
    ticket_used i64
    tickets i64
    working i64
    holding_free i64
    holding_used i64
    holdings i64
    request_free i64
    request_used i64
    requests i64
    ended_head i64
    ended_tail i64
    trades i64
    slices i64
    deposits i64
    withdrawals i64
    firms i64
    watch i64
    controlled i64
    restriction_free i64
    restriction_used i64
    restrictions i64
    tariffs i64
    fee_free i64
    fee_used i64
    settlement i64
    settled_day i64
    stop_used i64
    arrivals i64
    sessions i64
    session_free i64
    session_used i64
    groups i64
    rounds i64
    turn_head i64
    turn_tail i64
    """,
)

# The book machine's view of an instrument.
Instrument = record(
    "Instrument",
    """
    symbol_low u64
    symbol_high u64
    tick_size i64
    lot_size i64
    reference_price i64
    last_lot i64
    close i64
    last i64
    last_size i64
    last_ts i64
    last_day i64
    day_open i64
    day_high i64
    day_low i64
    day_volume i64
    day_notional i64
    trades i64
    published i64
    market_collar u32
    limit_collar u32
    flags u32
    realm u32
    bids u32
    asks u32
    status u32
    market u32
    stops u32
    tier u32
    """,
)

# One price of one side, in the ladder's sorted array: `key` is price for bids and -price for asks.
Rung = record("Rung", "key i64\nlevel u32\nreserved u32")

# All resting orders at one price, oldest first; price 0: a list outside the ladders. `shaded`: how many of
# them show less than they have; only if it is not 0 the level's shade says more. A free level's `head` is
# the next free one.
Level = record(
    "Level",
    """
    price i64
    quantity i64
    head u32
    tail u32
    orders u32
    shaded u32
    """,
)

# What a level does not show: the size of its hidden orders and icebergs' rests, and the hidden ones' queue.
Shade = record("Shade", "hidden i64\nhead u32\ntail u32\norders u32\nreserved u32")

# A resting order: one cache line. `ref` is the account machine's ticket, given back in every message; `owner`
# is whose it is for self-trade prevention.
BookOrder = record(
    "BookOrder",
    """
    id u64
    price i64
    leaves i64
    filled i64
    prev u32
    next u32
    level u32
    instrument u32
    ref u32
    account u32
    side u8
    tif u8
    order_type u8
    flags u8
    owner u32
    """,
)

# What a resting order that shows less than it has keeps beside it: `rest` is an iceberg's size behind the
# shown slice, `display` the size of a slice (0: hidden), `least` what it trades at once at the least.
BookExtra = record("BookExtra", "rest i64\ndisplay i64\nleast i64\nreserved i64")

# The account machine's view of an instrument.
Asset = record(
    "Asset",
    """
    reference i64
    min_notional i64
    tick_size i64
    lot_size i64
    issued i64
    clearing i64
    market_collar u32
    flags u32
    realm u32
    market u32
    """,
)

# Line 1 is what orders and fills touch.
# `watch` tells what the plain way of an order must stop for (WATCH_*).
Account = record(
    "Account",
    """
    cash i64
    reserved i64
    group u64
    last_activity i64
    status u8
    kind u8
    realm u16
    day u32
    open_orders u32
    ended u32
    work_head u32
    work_tail u32
    watch u32
    ended_tail u32
    holdings u32
    firm u32
    closing_to u32
    ended_head u32
    realised i64
    start_cash i64
    net_deposits i64
    opened_ts i64
    fees i64
    unsettled i64
    """,
)

# What one account has of one instrument, in one cache line. `reserved` is shares that open sell orders hold.
Holding = record(
    "Holding",
    """
    account u32
    instrument u32
    quantity i64
    reserved i64
    cost i64
    realised i64
    start_quantity i64
    net_transfers i64
    day u32
    next u32
    """,
)

# The account machine's order: what its owner sees. Line 1 is what a fill touches. While modifies are under
# way (`pending`), `top_*` are the highest price and total that they may come to.
Ticket = record(
    "Ticket",
    """
    id u64
    account u32
    instrument u32
    price i64
    quantity i64
    filled i64
    notional i64
    reserved i64
    holding u32
    request u32
    prev u32
    next u32
    status u8
    reason u8
    side u8
    order_type u8
    tif u8
    pending u8
    code u16
    seq u64
    created_ts i64
    updated_ts i64
    limit i64
    observed i64
    flags u32
    session u32
    text0 u64
    text1 u64
    text2 u64
    text3 u64
    text4 u64
    text5 u64
    top_price i64
    top_quantity i64
    """,
)

# What an order asks beyond side, price, size and time in force; one per ticket, there only if the ticket's
# flags have F_TERMS.
OrderTerms = record("OrderTerms", "expire_ts i64\ndisplay i64\nmin_quantity i64\nnotional i64")

# Something that happens at a time of the log: `ref` says to what. `slot` of row i is the timer at place i
# of the heap, and `place` is where a timer stands in it.
Timer = record("Timer", "due i64\nkey u64\nref u32\nplace u32\nslot u32\nreserved u32")
# A session that is kept: `key` names account and number (0: a free slot), `timer` is the one that ends it.
SessionTimer = record("SessionTimer", "key u64\ndue i64\nspan i64\ntimer u32\nnext u32")
SESSIONS_MAX = 65_536
SESSIONS_AN_ACCOUNT = 16
# How many sessions an account keeps; counted anew when a snapshot is loaded.
SessionCount = record("SessionCount", "count u32\nreserved u32")

# Of each ticket: the slot of the timer that ends it, plus 1; 0: none.
Alarm = record("Alarm", "timer u32\nreserved u32")

# A request key and what became of it; `answers` of the same index holds the first answer.
Request = record(
    "Request",
    """
    key_low u64
    key_high u64
    body u64
    account u32
    ticket u32
    next u32
    ended_prev u32
    ended_next u32
    reserved u32
    ended_ts i64
    ended u64
    """,
)

# An open-addressing cell: key 0 is empty.
Cell = record("Cell", "key u64\nvalue u32\nreserved u32")

# What is special about an order: in its ticket, its ENTER and its place in the book. A plain order has 0.
F_ICEBERG = 1
F_HIDDEN = 2
F_SHADED = 3  # either
F_POST_ONLY = 4
F_STP = 24  # two bits: the mode of self-trade prevention
F_STP_SHIFT = 3
F_NOTIONAL = 32  # a MARKET order for so much money; `quantity` follows its fills
F_TERMS = 64  # the ticket's alone: its row of the terms says more

# Between the two machines: accounts -> books (up to LEG), books -> accounts (the rest).
M_ENTER = 1
M_CANCEL = 2
M_MODIFY = 3
M_PHASE = 4
M_LEG = 5
M_FILL = 11
M_END = 12
M_REFUSED = 13
M_MODIFIED = 14
M_NOT_MODIFIED = 15
M_NOT_FOUND = 16
M_REFERENCE = 17
M_STATUS = 18
M_REDUCED = 19
M_ELECTED = 20
M_PRICED = 21

Message = record(
    "Message",
    """
    kind u8
    side u8
    order_type u8
    tif u8
    reason u8
    flags u8
    code u16
    from_shard u16
    to_shard u16
    instrument u32
    channel_seq u64
    cause u64
    order u64
    ref u32
    account u32
    price i64
    quantity i64
    leaves i64
    value i64
    other_order u64
    other_account u64
    trade u64
    limit i64
    observed i64
    """,
)

# What the scout found about a command ahead (see scout.py); `old` is about a request that goes soon.
Mark = record("Mark", "at i64\nkind u32\naccount u32\nticket u32\nslot u32\nlevel u32\nold u32")

# The answer while a command is applied, and the command itself, as words; see exchange.py.
FAULT_LENGTH = 1
FAULT_SEQUENCE = 2
FAULT_CHANNEL = 3
FAULT_TIME = 4
FAULTS = {
    FAULT_LENGTH: "a record's length is impossible",
    FAULT_SEQUENCE: "a record's sequence is not the one after the last",
    FAULT_CHANNEL: "a message between the machines is missing",
    FAULT_TIME: "a record's time lies before the last one's, or after all time",
}

DESK_BYTES = 1024
HEADER_WORDS = 12
LIST_WORDS = List.SIZE // 8
ISSUE_WORDS = Issue.SIZE // 8
OPEN_ACCOUNT_WORDS = OpenAccount.SIZE // 8
AMOUNT_WORDS = Amount.SIZE // 8
TRANSFER_WORDS = Transfer.SIZE // 8
CLOSE_WORDS = Close.SIZE // 8
NEW_ORDER_WORDS = NewOrder.SIZE // 8
CANCEL_WORDS = Cancel.SIZE // 8
NEW_GROUP_WORDS = NewGroup.SIZE // 8
MODIFY_WORDS = Modify.SIZE // 8
CANCEL_ALL_WORDS = CancelAll.SIZE // 8
DAY_ROLL_WORDS = DayRoll.SIZE // 8
SESSION_WORDS = Session.SIZE // 8
BUST_WORDS = Bust.SIZE // 8
SET_LISTING_WORDS = SetListing.SIZE // 8
SET_FEES_WORDS = SetFees.SIZE // 8
SET_LIMITS_WORDS = SetLimits.SIZE // 8
KILL_WORDS = Kill.SIZE // 8
PHASE_WORDS = Phase.SIZE // 8
OUTPUT_RECORDS = 65_536  # above this many events `run` hands over between commands


def flaw(genesis: Any, ts: int) -> str:
    """What is impossible in a genesis body or its time, in words; nothing if all is well."""
    if not 0 <= ts <= TIME_MAX:
        return f"time is {ts}, from 0 to {TIME_MAX} is possible"
    if genesis.rules != RULES_VERSION:
        return f"rules version is {genesis.rules}; this build knows {RULES_VERSION}"
    least = {"accounts": FIRST_ACCOUNT, "request_ttl_ns": 0}
    least |= dict.fromkeys(("instruments", "positions", "orders", "requests", "levels", "slice"), 1)
    for name, value in least.items():
        if getattr(genesis, name) < value:
            return f"{name} is {getattr(genesis, name)}, at least {value} is needed"
    if genesis.shard >> ID_SHARD_BITS:
        return f"shard is {genesis.shard}, at most {(1 << ID_SHARD_BITS) - 1} is possible"
    return ""


def genesis_of(command: bytes) -> Any:
    """The genesis body of a GENESIS command record."""
    return Genesis.from_buffer_copy(command, Header.SIZE)
