"""The command being applied, and its answer.

A record of the log is copied word by word onto a fixed desk of 1,024 bytes, over which one view per body
layout lies; so the same code reads it interpreted and compiled, and never past the record's end.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import cython

from openbell.core import records

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        C_BUST,
        C_CANCEL,
        C_CANCEL_ALL,
        C_CLOSE_ACCOUNT,
        C_DEPOSIT,
        C_KILL,
        C_LIFT,
        C_MODIFY,
        C_NEW_GROUP,
        C_NEW_ORDER,
        C_PHASE,
        C_SESSION,
        C_SET_FEES,
        C_SET_LIMITS,
        C_SET_LISTING,
        C_TRANSFER,
        C_WITHDRAW,
        E_BAD_RECORD,
        E_BAD_SIDE,
        E_OK,
        SELL,
    )
    from openbell.core.records import ANY_SIDE, LAYOUT_VERSION
    from openbell.core.state import DESK_BYTES, HEADER_WORDS
    from openbell.core.types import GOLDEN, WORD, copy_words, i64, u64


class Command:
    """Views of the desk: `head[0]` and one body view per command type."""

    def __init__(self, memory: Any, shard: int) -> None:
        self.desk = mmap.mmap(-1, 4096)
        self.words = (ctypes.c_uint64 * (DESK_BYTES // 8)).from_buffer(self.desk)
        self.head = (records.Header * 1).from_buffer(self.desk)
        body = records.Header.SIZE
        self.listing = (records.List * 1).from_buffer(self.desk, body)
        self.issue = (records.Issue * 1).from_buffer(self.desk, body)
        self.open_account = (records.OpenAccount * 1).from_buffer(self.desk, body)
        self.amount = (records.Amount * 1).from_buffer(self.desk, body)
        self.transfer = (records.Transfer * 1).from_buffer(self.desk, body)
        self.close = (records.Close * 1).from_buffer(self.desk, body)
        self.new_order = (records.NewOrder * 1).from_buffer(self.desk, body)
        self.new_group = (records.NewGroup * 1).from_buffer(self.desk, body)
        self.cancel = (records.Cancel * 1).from_buffer(self.desk, body)
        self.modify = (records.Modify * 1).from_buffer(self.desk, body)
        self.cancel_all = (records.CancelAll * 1).from_buffer(self.desk, body)
        self.set_listing = (records.SetListing * 1).from_buffer(self.desk, body)
        self.session = (records.Session * 1).from_buffer(self.desk, body)
        self.bust = (records.Bust * 1).from_buffer(self.desk, body)
        self.set_fees = (records.SetFees * 1).from_buffer(self.desk, body)
        self.set_limits = (records.SetLimits * 1).from_buffer(self.desk, body)
        self.kill = (records.Kill * 1).from_buffer(self.desk, body)
        self.phase = (records.Phase * 1).from_buffer(self.desk, body)
        self.day_roll = (records.DayRoll * 1).from_buffer(self.desk, body)
        self.answers = memory["answers"]
        self.shard = shard
        self.count = 0
        self.size = 0
        self.capacity = len(self.answers)
        self.room = DESK_BYTES // 8

    def load(self, source: Any, at: i64, stop: i64) -> i64:
        """Copy the record at word `at` of `source`; returns its words, or -1 if its length is impossible."""
        if stop - at < HEADER_WORDS:
            return -1
        size: i64 = source[at] & 0xFFFF
        if size % 8 != 0 or size // 8 < HEADER_WORDS or size // 8 > self.room or size // 8 > stop - at:
            return -1
        size = size // 8
        if cython.compiled:
            copy_words(cython.address(self.words[0]), cython.address(source[at]), size)
        else:
            self.words[:size] = source[at : at + size].tolist()
        self.size = size
        return size

    def check(self, body_words: i64) -> i64:
        """Whether layout, shard, flags, the body's size and its reserved bytes are as its type has them."""
        if self.head[0].layout != LAYOUT_VERSION or self.head[0].shard != self.shard:
            return E_BAD_RECORD
        if self.head[0].flags & ~7:
            return E_BAD_RECORD
        if body_words < 0 or self.size < HEADER_WORDS + body_words:
            return E_BAD_RECORD
        kind: i64 = self.head[0].type
        if kind == C_NEW_ORDER or kind == C_MODIFY:
            return E_OK
        if self.reserved(kind) != 0:
            return E_BAD_RECORD
        if self.size == HEADER_WORDS + body_words and self.explained(kind):
            return E_BAD_RECORD
        if kind == C_CANCEL_ALL:
            side: i64 = self.cancel_all[0].side
            if side != BUY and side != SELL and side != ANY_SIDE:
                return E_BAD_SIDE
        return E_OK

    def explained(self, kind: i64) -> bool:
        """Whether the blob of this type must say who and why."""
        if kind == C_SET_FEES or kind == C_BUST:
            return True
        return kind == C_SET_LIMITS or kind == C_KILL or kind == C_LIFT or kind == C_SET_LISTING

    def reserved(self, kind: i64) -> u64:
        """What lies in the reserved bytes of a body: zero in every record of this layout."""
        if kind == C_CANCEL:
            return self.cancel[0].reserved
        if kind == C_CANCEL_ALL:
            return self.cancel_all[0].reserved | self.cancel_all[0].reserved2
        if kind == C_DEPOSIT or kind == C_WITHDRAW:
            return self.amount[0].reserved
        if kind == C_NEW_GROUP:
            return self.new_group[0].reserved | self.new_group[0].reserved2
        if kind == C_TRANSFER:
            return self.transfer[0].reserved
        if kind == C_CLOSE_ACCOUNT:
            return self.close[0].reserved
        if kind == C_BUST:
            return self.bust[0].reserved
        if kind == C_SESSION:
            return self.session[0].reserved | self.session[0].reserved2 | self.session[0].reserved3
        if kind == C_KILL or kind == C_LIFT:
            return self.kill[0].reserved | self.kill[0].reserved2 | self.kill[0].reserved3
        if kind == C_PHASE:
            return self.phase[0].reserved | self.phase[0].reserved2 | self.phase[0].reserved3
        return 0

    def text(self, body_words: i64, i: i64) -> u64:
        """Word `i` of the blob, 0 beyond its end."""
        at: i64 = HEADER_WORDS + body_words + i
        if at >= self.size:
            return 0
        return self.words[at]

    def body_hash(self) -> u64:
        """A 64-bit mix of what a repeat of this request must repeat: type, actor, instrument, body, blob.

        Every word has a factor of its own and is folded, so that no small changes of two words cancel out.
        """
        kind: u64 = self.head[0].type
        who: u64 = self.head[0].actor
        mixed: u64 = (kind << 32 | self.head[0].instrument) ^ ((who * GOLDEN) & WORD)
        factor: u64 = GOLDEN
        i: i64
        for i in range(HEADER_WORDS, self.size):
            part: u64 = (self.words[i] * factor) & WORD
            mixed = (mixed + (part ^ (part >> 32)) * factor) & WORD
            factor = (factor * GOLDEN) & WORD
        return ((mixed ^ (mixed >> 32)) * GOLDEN) & WORD

    def begin(self) -> i64:
        """The index of a fresh answer to the command on the desk."""
        a: i64 = self.count
        self.answers[a].seq = self.head[0].seq
        self.answers[a].ts = self.head[0].ts
        self.answers[a].order = 0
        self.answers[a].account = self.head[0].account
        self.answers[a].price = 0
        self.answers[a].quantity = 0
        self.answers[a].filled = 0
        self.answers[a].leaves = 0
        self.answers[a].notional = 0
        self.answers[a].limit = 0
        self.answers[a].observed = 0
        self.answers[a].code = E_OK
        self.answers[a].status = 0
        self.answers[a].reason = 0
        self.answers[a].flags = 0
        self.answers[a].side = 0
        self.answers[a].order_type = 0
        self.answers[a].tif = 0
        self.answers[a].instrument = self.head[0].instrument
        self.answers[a].events = 0
        self.answers[a].count = 0
        self.count = a + 1
        return a

    def fail(self, code: i64, limit: i64, observed: i64) -> None:
        """The answer being made is a refusal."""
        a: i64 = self.count - 1
        self.answers[a].code = code
        self.answers[a].limit = limit
        self.answers[a].observed = observed
