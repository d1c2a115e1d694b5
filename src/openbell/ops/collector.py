"""Garbage collection in processes that answer: seldom, and never over what was loaded at the start."""

from __future__ import annotations

import gc


def quiet_collector() -> None:
    """Leave what was loaded out of garbage collection, and collect the young less often.

    Call it when all that stays is loaded: a full collection over a gateway's board and routes, or over the
    blocks that a node has in memory, takes longer than a hundred orders.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
