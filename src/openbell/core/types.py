"""C integer types' names for the interpreted core; compiled, they are the real ones of `layouts.pxd`."""

from __future__ import annotations

from typing import Any, TypeAlias

u8: TypeAlias = int
u16: TypeAlias = int
u32: TypeAlias = int
i32: TypeAlias = int
u64: TypeAlias = int
i64: TypeAlias = int
i128: TypeAlias = int

EASY = 2_000_000_000  # two factors up to this multiply within 63 bits
CASH_TOP = 4 * 10**18  # no product is ever larger; two of them add within 63 bits
WORD = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: spreads consecutive keys
BLOCK_BITS = 3
BLOCK = (1 << BLOCK_BITS) - 1  # log positions whose orders lie side by side in a table, without the first
NEAR = 8  # rungs looked at one by one, from the best, before a binary search
CLOSES = 2  # the list of CLS orders; those of market orders are BUY and SELL
RESUME = 1  # flag of M_PHASE: a suspension ends
BASIS = 10_000  # basis points in one
SECOND_NS = 1_000_000_000
POSITIVE = (1 << 63) - 1
MILLION = 1_000_000
DUPLICATE_NS_MAX = 60_000_000_000  # the longest duplicate window
AUCTION_COLLAR = 1_000  # basis points around the reference beyond which a call is extended, then collared
CALL_NS = 300 * 10**9  # how long a call lasts that the exchange itself began or extended
COLLAR_MAX = 100_000_000  # basis points; the widest collar a listing may have
NEVER = (1 << 63) - 1  # later than every time of a log
TIME_MAX = 1 << 62  # no log goes on so long (2116): a time and every span after it fit into a word
AFTER_ORDERS = -(1 << 63)  # the highest bit of a timer's key: what happens after all orders due at its time
DAY_NS = 86_400 * 10**9
EXPIRY_DAYS = 366  # how far ahead a GTD order may end
GROUP_MAX = 0xFFFFFFFF  # owners' numbers, for self-trade prevention
SLICES_MAX = 1000  # slices that one iceberg may show one after the other
MARKS = 16  # marks of commands ahead; a power of two above CELLS_AHEAD and OLD_AHEAD
CELLS_AHEAD = 10  # commands ahead whose cells are asked for
ROWS_AHEAD = 8  # commands ahead whose records are asked for
LINKS_AHEAD = 6  # commands ahead whose records' neighbours are asked for
MAKERS_AHEAD = 4  # commands ahead whose first counterparty is asked for
OWNERS_AHEAD = 2  # commands ahead for whose first counterparty all is asked for that a trade touches
OLD_AHEAD = 8  # ended requests asked for before they are forgotten


def prefetch(place: Any) -> None:
    """Compiled, it asks the processor for the memory at `place`; interpreted there is nothing to ask."""


def copy_words(to: Any, words: Any, count: int) -> None:
    """Compiled, it copies 64-bit words; interpreted a slice does."""


def power_of_two(n: int) -> int:
    """The smallest power of two that is at least 2 * n, and at least 16."""
    return max(16, 1 << (2 * n - 1).bit_length())
