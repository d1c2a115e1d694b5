"""Finding orders: the node's memory first, what it has let go of in the ledger.

The node keeps the latest ended orders of an account; the ledger takes everything in, a moment later. What
one has let go of and the other has not taken in yet is waited for, and said to be unavailable rather than
unknown: an acknowledged order is never a 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openbell.core import codes
from openbell.core.records import (
    ID_INDEX_BITS,
    ID_POSITION_BITS,
    Genesis,
    Header,
    decode_id,
    encode_id,
)
from openbell.gateway import commands
from openbell.gateway.problems import not_found, order_not_found, unavailable
from openbell.gateway.services import Seen, Services
from openbell.gateway.words import ENDED
from openbell.ledger.events import ROLES
from openbell.ledger.reads import LedgerUnavailable

# What `status` may say -> what the node and the ledger are asked for.
STATUSES = {
    "ALL": ("all", "all"),
    "OPEN": ("working", "working"),
    "ENDED": ("ended", "ended"),
    "PENDING": ("working", "PENDING"),
    **{codes.STATUS_NAMES[status]: ("ended", codes.STATUS_NAMES[status]) for status in ENDED},
}
# Rows of the node to look through for one ended status.
NODE_ROWS = 1_000
# An account with fewer ended orders than this in the node's memory has lost none of them.
FEW = 200
CATCH_UP_S = 1.0
LEGS_MAX = max(map(len, ROLES.values()))

Row = dict[str, Any]


def read_order_id(text: str) -> int:
    """The number behind a public order id.

    Raises:
        Problem: 404; what is no id names no order.
    """
    try:
        return decode_id(text)
    except ValueError:
        raise order_not_found(text) from None


async def find_order(services: Services, account: int, order_id: int, seen: Seen | None = None) -> Row:
    """An order of `account`.

    Args:
        seen: what the node has of it, if it was asked already.

    Raises:
        Problem: 404, for another account's order too; 503 when it cannot be read now.
    """
    seq, row = seen or await services.query("order", order=order_id)
    if row is None:
        row = await services.ledger_read(services.ledger.order(order_id))
        position = order_id >> ID_INDEX_BITS & (1 << ID_POSITION_BITS) - 1
        if (row is None and position <= seq) or _is_old(row):
            await _catch_up(services, position if row is None else seq)
            row = await services.ledger_read(services.ledger.order(order_id))
    if row is None or row["account"] != account:
        raise order_not_found(encode_id(order_id))
    found: Row = row
    return found


async def find_group(services: Services, account: int, group: int) -> list[Row]:
    """The orders of the group of `account` whose first order is number `group`, in their order.

    Raises:
        Problem: 404, for another account's group too; 503 when they cannot be read now.
    """
    # All that the node has of them as of one moment; their numbers follow each other.
    _, rows = await services.query(
        "orders", account=account, status="all", instrument=None, before=group + LEGS_MAX, limit=LEGS_MAX
    )
    known = {row["order"]: row for row in rows if row["group"] == group}
    first = known.get(group) or await find_order(services, account, group)
    if first["group"] != group:
        raise not_found(f"You have no group of orders {encode_id(group)!r}.", "GROUP_NOT_FOUND")
    found = [first]
    for number in range(group + 1, group + LEGS_MAX):
        row = known.get(number)
        if row is None and len(found) < legs_of(found):
            row = await find_order(services, account, number)
        if row is not None:
            found.append(row)
    return found


def legs_of(rows: Sequence[Row]) -> int:
    """How many orders the group has whose first ones are `rows`, as far as these tell."""
    roles = [row["role"] for row in rows]
    return LEGS_MAX if codes.ROLE_TAKE_PROFIT in roles else LEGS_MAX - 1


async def find_by_client_id(services: Services, account: int, client_id: str) -> Row:
    """The order of `account` that carries `client_id`.

    Raises:
        Problem: 404; 503 when it cannot be read now.
    """
    low, high = commands.request_key(client_id)
    seq, row = await services.query("order_by_key", account=account, key_low=low, key_high=high)
    if row is None or row["client_id"] != client_id:
        row = await services.ledger_read(services.ledger.order_by_client_id(account, client_id))
        if _is_old(row) or (row is None and not await _remembers_all(services, account)):
            await _catch_up(services, seq)
            row = await services.ledger_read(services.ledger.order_by_client_id(account, client_id))
    if row is None:
        raise order_not_found(client_id)
    found: Row = row
    return found


async def find_orders(
    services: Services, account: int, word: str, instrument: int | None, before: int, limit: int
) -> tuple[int, list[Row], bool]:
    """(log position, up to `limit` rows, newest first, whether older ones could be read).

    The node is asked first. Where both know an order the node's word counts, which is never older.

    Args:
        word: one of STATUSES.
        before: only orders with a smaller number; 0: from the newest.

    Raises:
        Problem: 503 while the node is away.
    """
    of_node, of_ledger = STATUSES[word]
    # The node does not tell one status from another: take more, and leave out the others.
    rows_max = limit if of_node == of_ledger else NODE_ROWS
    seq, rows = await services.query(
        "orders", account=account, status=of_node, instrument=instrument, before=before, limit=rows_max
    )
    known = {row["order"]: row for row in rows}
    complete = True
    if of_node != "working":
        try:
            if len(rows) < rows_max and not await _remembers_all(services, account):
                complete = await services.ledger.wait_for(seq, CATCH_UP_S)
            past = await services.ledger.orders(account, of_ledger, instrument, before, limit)
            if complete and any(_is_old(row) and row["order"] not in known for row in past):
                complete = await services.ledger.wait_for(seq, CATCH_UP_S)
                past = await services.ledger.orders(account, of_ledger, instrument, before, limit)
            known = {row["order"]: row for row in past if complete or not _is_old(row)} | known
        except LedgerUnavailable:
            complete = False
    newest = sorted(known.values(), key=lambda row: -int(row["order"]))
    if of_node != of_ledger:
        newest = [row for row in newest if codes.STATUS_NAMES[row["status"]] == of_ledger]
    return seq, newest[:limit], complete


def _is_old(row: Row | None) -> bool:
    """Whether a row of the ledger shows an order of which the node knows nothing, as it was before it ended:
    the node knows every order that works."""
    return row is not None and row["status"] in codes.WORKING


async def _remembers_all(services: Services, account: int) -> bool:
    """Whether the node's memory surely holds every order of the account's last 24 hours."""
    kept: int = Genesis.from_buffer_copy(services.node.genesis, Header.SIZE).ended_per_account
    few = min(FEW, kept)
    rows: list[Row]
    _, rows = await services.query(
        "orders", account=account, status="ended", instrument=None, before=0, limit=few
    )
    return len(rows) < few


async def _catch_up(services: Services, seq: int) -> None:
    """Wait until the ledger holds position `seq`.

    Raises:
        Problem: 503 when it does not in time.
    """
    if not await services.ledger_read(services.ledger.wait_for(seq, CATCH_UP_S)):
        raise unavailable("This order cannot be read just now; it is not lost. Try again in a moment.")
