"""The reference's working orders, found by id, by account, and by whether they end at a time."""

from __future__ import annotations

from collections import UserDict, defaultdict
from collections.abc import ValuesView
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.core.oracle.state import Order


class Working(UserDict[int, "Order"]):
    """By id, in the order of entry; who asks for an account's need not look at everybody's."""

    def __init__(self) -> None:
        super().__init__()
        self.by_account: dict[int, dict[int, Order]] = defaultdict(dict)
        self.timed: dict[int, Order] = {}

    def __setitem__(self, number: int, order: Order) -> None:
        self.data[number] = self.by_account[order.account][number] = order
        if order.expire_ts:
            self.timed[number] = order

    def __delitem__(self, number: int) -> None:
        order = self.data.pop(number)
        del self.by_account[order.account][number]
        self.timed.pop(number, None)

    def values(self) -> ValuesView[Order]:
        return self.data.values()

    def of(self, account: int) -> list[Order]:
        """An account's, in the order of entry."""
        return list(self.by_account[account].values())

    def due(self, now: int) -> list[Order]:
        """Those that end at their own time, by now."""
        return [order for order in self.timed.values() if order.expire_ts <= now]
