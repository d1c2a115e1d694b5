"""A batch's events by column, for batches so large that a loop over events would hold the ledger up.

`Projection` says what each event means; this and `order_columns`, `settlement` make the same rows of the
kinds of events that come by the thousand, and leave the others to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from openbell.core import codes, records
from openbell.ledger import events as ev
from openbell.ledger.balances import FEES, CannotApply
from openbell.ledger.projection import UNMOVING, UnitLike

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Unsigned 64 bits are read as signed: what PostgreSQL can hold. `Events` refuses those that differ by it.
NUMPY = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "u64": "<i8", "i64": "<i8"}


def dtype_of(*layouts: type[Any]) -> np.dtype[Any]:
    """Records that follow each other, by the names of their fields; a later one's name hides no earlier."""
    names = [(layout.__name__, name, NUMPY[kind]) for layout in layouts for name, kind in layout.FIELDS]
    return np.dtype([(f"{of}.{name}" if len(layouts) > 1 else name, kind) for of, name, kind in names])


EVENT = dtype_of(records.Event)
ENTERING = (codes.EV_ACCEPTED, codes.EV_REJECTED)
CHANGING = (codes.EV_FILL, codes.EV_CANCELLED, codes.EV_EXPIRED, codes.EV_MODIFIED, codes.EV_ELECTED)
# Events that balances or the tables of instruments need in their order, one by one.
SINGLE = (codes.EV_ACCOUNT, codes.EV_CASH, codes.EV_SHARES, codes.EV_BUST, codes.EV_INSTRUMENT)
KNOWN = np.zeros(256, bool)
KNOWN[[*ENTERING, *CHANGING, *SINGLE, codes.EV_TRADE, *UNMOVING]] = True
# Ids that are never negative in what moved something.
IDS = ("order", "account", "other_order", "other_account", "trade")


class Events:
    """The events of units that follow each other, none of which rolled the day.

    Attributes:
        array: the events, fields by name.
        kind: their types.
        unit: of each the place of its unit among `units`.
        seq, ts: log position and time (ns UTC) of its command.

    Raises:
        CannotApply: there is an event that cannot be taken by column; `Projection` knows whether at all.
    """

    def __init__(self, units: Sequence[UnitLike]) -> None:
        self.units = units
        sizes = np.fromiter((len(unit.events) for unit in units), np.int64, len(units))
        if (sizes % ev.EVENT_SIZE).any():
            raise CannotApply("the events of a command are cut off in the middle of one")
        self.array: Array = np.frombuffer(b"".join([unit.events for unit in units]), EVENT)
        self.kind = np.ascontiguousarray(self.array["type"])
        self.unit: Ints = np.repeat(np.arange(len(units)), sizes // ev.EVENT_SIZE)
        self.seq: Ints = self.unit + units[0].seq
        self.ts: Ints = np.fromiter((unit.ts for unit in units), np.int64, len(units))[self.unit]
        if not KNOWN[self.kind].all():
            raise CannotApply("an event is of a type that is not taken by column")
        moving = self.array[self.of(codes.EV_TRADE, *CHANGING, *SINGLE)]
        entering = self.array["order"][self.of(*ENTERING)]
        if (entering < 0).any() or any((moving[name] < 0).any() for name in IDS):
            raise CannotApply("an event names an id beyond 63 bits")

    def of(self, *kinds: int) -> Ints:
        """The places of the events of these types, in their order."""
        chosen: Flags = np.zeros(256, bool)
        chosen[list(kinds)] = True
        return np.flatnonzero(chosen[self.kind])

    def touched(self) -> tuple[set[int], set[tuple[int, int]]]:
        """As `projection.touched`."""
        fills = self.array[self.of(codes.EV_FILL)]
        cash = self.array[self.of(codes.EV_CASH, codes.EV_ACCOUNT)]
        shares = self.array[self.of(codes.EV_SHARES)]
        accounts = set(fills["account"].tolist()) | set(cash["account"].tolist())
        if fills["limit"].any():
            accounts.add(FEES)
        pairs = set(zip(fills["account"].tolist(), fills["instrument"].tolist(), strict=True))
        return accounts, pairs | set(
            zip(shares["account"].tolist(), shares["instrument"].tolist(), strict=True)
        )
