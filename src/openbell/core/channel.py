"""An ordered channel of messages from one machine to the other.

Between shards a message travels through the receiver's log; inside one process it waits here. Either
way the receiver takes exactly the number after the last it took, so nothing is lost, doubled or swapped.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.types import i64


class Channel:
    """A ring of messages that begins anew when it is empty; the array's length must be a power of two."""

    def __init__(self, messages: Any, shard: int) -> None:
        self.messages = messages
        self.mask = len(messages) - 1
        self.shard = shard
        self.sent = 0
        self.taken = 0
        self.base = 0

    def post(self, kind: i64, instrument: i64, account: i64, order: i64, cause: i64) -> i64:
        """The index of a new message with these fields set and all others zero."""
        if self.taken == self.sent:  # from the start again: the same few cache lines for every command
            self.base = self.sent
        i: i64 = (self.sent - self.base) & self.mask
        self.sent += 1
        self.messages[i].kind = kind
        self.messages[i].side = 0
        self.messages[i].order_type = 0
        self.messages[i].tif = 0
        self.messages[i].reason = 0
        self.messages[i].flags = 0
        self.messages[i].code = 0
        self.messages[i].from_shard = self.shard
        self.messages[i].to_shard = self.shard
        self.messages[i].instrument = instrument
        self.messages[i].channel_seq = self.sent
        self.messages[i].cause = cause
        self.messages[i].order = order
        self.messages[i].ref = 0
        self.messages[i].account = account
        self.messages[i].price = 0
        self.messages[i].quantity = 0
        self.messages[i].leaves = 0
        self.messages[i].value = 0
        self.messages[i].other_order = 0
        self.messages[i].other_account = 0
        self.messages[i].trade = 0
        self.messages[i].limit = 0
        self.messages[i].observed = 0
        return i

    def next(self) -> i64:
        """The index of the next message to take, if there is one."""
        return (self.taken - self.base) & self.mask

    def take(self, until: i64) -> i64:
        """The index of the next message whose cause is at most `until`, or -1; -2 if one is missing."""
        if self.taken == self.sent:
            return -1
        i: i64 = self.next()
        cause: i64 = self.messages[i].cause
        if cause > until:
            return -1
        if self.messages[i].channel_seq != self.taken + 1:
            return -2
        self.taken += 1
        return i
