"""Scans over all accounts, compiled: a question about everybody must not hold up the commands behind it."""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import AC_NONE, AC_OPEN
    from openbell.core.types import i64


def count_cash(accounts: Any, stop: i64) -> tuple[int, int]:
    """(cash, number) of the accounts there are among `accounts[1:stop]`."""
    cash: i64 = 0
    live: i64 = 0
    number: i64
    for number in range(1, stop):
        if accounts[number].status != AC_NONE:
            cash += accounts[number].cash
            live += 1
    return cash, live


def find_idle(accounts: Any, stop: i64, kind: i64, before: i64, limit: i64) -> list[int]:
    """The first `limit` open accounts of a kind among `accounts[1:stop]` with no command since `before`."""
    found: list[int] = []
    left: i64 = limit
    number: i64
    for number in range(1, stop):
        if left <= 0:
            break
        if (
            accounts[number].kind == kind
            and accounts[number].status == AC_OPEN
            and accounts[number].last_activity < before
        ):
            found.append(number)
            left -= 1
    return found
