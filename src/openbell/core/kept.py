"""First answers, kept with their requests for as long as these are.

An answer is copied one command after it was made. Copied at once, the wide loads of the copy would wait for
the narrow stores that made it, and with them for every earlier store of the command to reach memory.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import REPLAYED
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Kept:
    """The first answer of every request, at the request's own index."""

    def __init__(self, memory: Any) -> None:
        self.answers = memory["answers"]
        self.kept = memory["kept"]
        self.request = NIL
        self.answer = 0

    def keep(self, r: i64, a: i64) -> None:
        """Answer `a`, when it is whole, is the first of request `r`."""
        self.settle()
        self.request = r
        self.answer = a

    def settle(self) -> None:
        """Copy the answer that waits; its number of events belongs to the command, not to a repeat."""
        if self.request == NIL:
            return
        self.kept[self.request] = self.answers[self.answer]
        self.kept[self.request].events = 0
        self.request = NIL

    def repeat(self, r: i64, a: i64) -> None:
        """Answer `a` is the first answer of request `r` again."""
        self.settle()
        self.answers[a] = self.kept[r]
        self.answers[a].flags |= REPLAYED
