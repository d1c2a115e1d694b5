"""What can be asked of the node's memory: one table from a query's name to a read of the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openbell.core import codes, controls_view, view
from openbell.core.exchange import Exchange
from openbell.node.errors import QueryError

ORDERS_MAX = 1_000
ACCOUNTS_MAX = 10_000
U64 = 1 << 64

Read = Callable[[Exchange, dict[str, Any]], Any]


def whole(arguments: dict[str, Any], name: str, below: int = 1 << 63) -> int:
    """Argument `name` as an integer in 0 .. `below` - 1.

    Raises:
        QueryError: it is missing, no integer, or out of range.
    """
    value = arguments.get(name)
    if type(value) is not int or not 0 <= value < below:
        raise QueryError(
            "BAD_QUERY", f"argument {name}={value!r:.60} must be an integer from 0 below {below}"
        )
    return value


def optional(arguments: dict[str, Any], name: str) -> int | None:
    """As `whole`, or None if it is missing or None."""
    return None if arguments.get(name) is None else whole(arguments, name)


def word(arguments: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
    """Argument `name`, one of the words in `known`.

    Raises:
        QueryError: it is none of them.
    """
    value = arguments.get(name)
    if value not in known:
        raise QueryError("BAD_QUERY", f"argument {name}={value!r:.60} must be one of {', '.join(known)}")
    return str(value)


def _orders(ex: Exchange, a: dict[str, Any]) -> Any:
    return view.orders(
        ex,
        whole(a, "account"),
        word(a, "status", ("working", "ended", "all")),
        optional(a, "instrument"),
        optional(a, "before") or 0,
        min(whole(a, "limit"), ORDERS_MAX),
    )


READS: dict[str, Read] = {
    "account": lambda ex, a: view.account(ex, whole(a, "account")),
    "order": lambda ex, a: view.order(ex, whole(a, "order")),
    "order_by_key": lambda ex, a: view.order_by_key(
        ex, whole(a, "account"), whole(a, "key_low", U64), whole(a, "key_high", U64)
    ),
    "orders": _orders,
    "session": lambda ex, a: view.session(ex, whole(a, "account", 1 << 31), whole(a, "session", 1 << 32)),
    "depth": lambda ex, a: view.depth(ex, whole(a, "instrument"), whole(a, "levels")),
    "instrument": lambda ex, a: view.instrument(ex, whole(a, "instrument")),
    "instruments": lambda ex, a: view.instruments(ex),
    "idle_accounts": lambda ex, a: view.idle_accounts(
        ex,
        whole(a, "kind", len(codes.KIND_NAMES)),
        whole(a, "before_ts"),
        min(whole(a, "limit"), ACCOUNTS_MAX),
    ),
    "limits": lambda ex, a: controls_view.limits(ex, whole(a, "scope"), whole(a, "number")),
    "totals": lambda ex, a: view.totals(ex),
}


def read(exchange: Exchange, arguments: Any) -> Any:
    """The data of a query, given as its msgpack map decoded.

    Raises:
        QueryError: it is no query, or its arguments are not what it takes.
    """
    if not isinstance(arguments, dict) or not isinstance(arguments.get("name"), str):
        raise QueryError("BAD_QUERY", "a query is a map with a name")
    name = arguments["name"]
    if name not in READS:
        raise QueryError(
            "UNKNOWN_QUERY", f"no query {name!r:.60}; there are: status, {', '.join(sorted(READS))}"
        )
    try:
        return READS[name](exchange, arguments)
    except (IndexError, OverflowError, ValueError) as error:
        raise QueryError("BAD_QUERY", f"{name}: {error}") from None
