"""Orders and their changes by column: the rows that `Projection` makes of them, in batches of thousands."""

from __future__ import annotations

import numpy as np

from openbell.core import codes, records
from openbell.ledger import events as ev
from openbell.ledger.balances import CannotApply
from openbell.ledger.columns import CHANGING, ENTERING, Array, Events, Flags, Ints, dtype_of
from openbell.ledger.pgcopy import layout_of
from openbell.ledger.projection import CHANGED, KEEP, order_row

HEAD = dtype_of(records.Header, records.NewOrder)
HEAD_SIZE = HEAD.itemsize
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
# Columns of an order that are 0 as it enters; of a stop or a group's leg `order_row` says better.
NOTHING_YET = ("filled", "notional", "stop_price", "trail", "trail_percent", "group", "role")
# Columns that are the event's field of the same name, or of another.
SAME = {
    name: name
    for name in ("instrument", "account", "price", "quantity", "side", "order_type", "tif", "status")
}
SAME["order_id"] = "order"
ASKED = {
    "budget": "NewOrder.notional",
    "expire_ts": "NewOrder.expire_ts",
    "display": "NewOrder.display",
    "min_quantity": "NewOrder.min_quantity",
    "session": "Header.actor",
    "stp": "NewOrder.stp",
}


class Orders:
    """Orders that entered in a batch, as they are at its end, and the changes of those from before it.

    Attributes:
        entered: columns of `tables.orders` by name, without `client_id`.
        client_ids: those, as UTF-8.
        changed: the order's id as `order_id`, and the columns CHANGED.

    Raises:
        CannotApply: it cannot be taken by column.
    """

    def __init__(self, events: Events) -> None:
        self.events = events
        self.at = events.of(*ENTERING)
        self.entered: dict[str, Ints] = {}
        self.client_ids: list[bytes] = []
        self._enter(events.array[self.at])
        self.changed = last_changes(events)
        self._change_entered()

    def _enter(self, array: Array) -> None:
        events, made = self.events, self.entered
        made.update({name: array[field].astype(np.int64) for name, field in SAME.items()})
        accepted = array["type"] == codes.EV_ACCEPTED
        explained = array["status"] != codes.ST_PENDING  # a stop's numbers are no refusal's
        made["leaves"] = np.where(accepted, array["leaves"], 0)
        made["reason"] = np.where(accepted, 0, array["reason"]).astype(np.int64)
        made["limit_value"] = np.where(explained, array["limit"], 0)
        made["observed"] = np.where(explained, array["observed"], 0)
        made["code"] = np.where(explained, array["code"], 0).astype(np.int64)
        made["seq"] = events.seq[self.at]
        made["created_ts"] = events.ts[self.at]
        made["updated_ts"] = made["created_ts"].copy()
        made.update({name: np.zeros(len(array), np.int64) for name in NOTHING_YET})
        commands = [events.units[place].command for place in events.unit[self.at].tolist()]
        types = np.fromiter((command[2] for command in commands), np.int64, len(commands))
        plain = (types == codes.C_NEW_ORDER) & ~np.isin(array["order_type"], STOPS)
        self._ask(commands, plain)
        for place in np.flatnonzero(~plain).tolist():
            self._enter_one(place, commands[place])

    def _ask(self, commands: list[bytes], plain: Flags) -> None:
        """What the commands ask beyond the plain, and the clients' ids."""
        heads = [command[:HEAD_SIZE] for command in commands]
        for place in np.flatnonzero(~plain).tolist():
            heads[place] = bytes(HEAD_SIZE)
        joined = b"".join(heads)
        if len(joined) != HEAD_SIZE * len(heads):
            raise CannotApply("a command that entered an order is too short")
        head: Array = np.frombuffer(joined, HEAD)
        self.entered.update({name: head[field].astype(np.int64) for name, field in ASKED.items()})
        self.entered["post_only"] = (head["NewOrder.flags"] & codes.POST_ONLY != 0).astype(np.int64)
        ends = head["Header.length"].astype(np.int64) - (head["Header.flags"] & 7)
        self.client_ids = [
            command[HEAD_SIZE:end] for command, end in zip(commands, ends.tolist(), strict=True)
        ]
        written = b"".join(self.client_ids)
        if not written.isascii() or b"\0" in written:
            self.client_ids = [ev.as_text(raw).encode() for raw in self.client_ids]

    def _enter_one(self, place: int, command: bytes) -> None:
        """A stop, or an order that no NEW_ORDER entered."""
        at = int(self.at[place])
        event = ev.EVENT.unpack(self.events.array[at : at + 1].tobytes())
        row = order_row(event, command, int(self.events.seq[at]), int(self.events.ts[at]))
        for (name, _), value in zip(layout_of("orders"), row, strict=True):
            if isinstance(value, str):
                self.client_ids[place] = value.encode()
            else:
                self.entered[name][place] = value

    def _change_entered(self) -> None:
        """Give the changes of orders of this batch to them; the others are left."""
        ids = self.entered["order_id"]
        if not len(ids):
            return
        order = np.argsort(ids, kind="stable")
        place = np.searchsorted(ids, self.changed["order_id"], sorter=order)
        place = order[np.minimum(place, len(ids) - 1)]
        mine = ids[place] == self.changed["order_id"]
        if (self.changed["first"][mine] < self.at[place[mine]]).any():
            raise CannotApply("an order changes before it enters")
        for name in CHANGED:
            values, into = self.changed[name][mine], place[mine]
            keep = values != KEEP if name in KEEPING else slice(None)
            self.entered[name][into[keep]] = values[keep]
        self.changed = {name: column[~mine] for name, column in self.changed.items()}


KEEPING = {"price", "stop_price", "trail", "display"}


def last_changes(events: Events) -> dict[str, Ints]:
    """The last change of every order, as columns CHANGED, and `first`, the place of its first event."""
    at = events.of(*CHANGING)
    by_order = np.argsort(events.array["order"][at], kind="stable")
    at = at[by_order]
    array = events.array[at]
    ids: Ints = array["order"]
    last = np.flatnonzero(np.append(ids[1:] != ids[:-1], True)) if len(ids) else at
    first = np.append(0, last[:-1] + 1) if len(last) else last
    made = _asserted(events, at, array)
    found = {name: column[last] for name, column in made.items() if name not in KEEPING}
    for name in KEEPING:
        known = np.where(made[name] != KEEP, np.arange(len(at)), -1)
        newest = np.maximum.accumulate(known)[last] if len(last) else last
        found[name] = np.where(newest >= first, made[name][newest], KEEP)
    return found | {"order_id": ids[last], "first": at[first]}


def _asserted(events: Events, at: Ints, array: Array) -> dict[str, Ints]:
    """What each changing event says of the columns CHANGED; KEEP where it says nothing."""
    kind = array["type"]
    fill, elected, modified = (kind == one for one in (codes.EV_FILL, codes.EV_ELECTED, codes.EV_MODIFIED))
    ended = ~(fill | elected | modified)
    nothing = np.full(len(array), KEEP, np.int64)
    # A leg that its sibling's fill made smaller says nothing of its stop.
    stands = modified & (array["status"] == codes.ST_PENDING) & (array["limit"] != 0)
    made = {
        "price": np.where(fill, KEEP, np.where(elected, array["limit"], array["price"])),
        "quantity": np.where(fill, array["filled"] + array["leaves"], array["quantity"]),
        "filled": array["filled"],
        "leaves": np.where(ended, 0, array["leaves"]),
        "notional": array["notional"],
        "seq": events.seq[at],
        "updated_ts": events.ts[at],
        "status": array["status"].astype(np.int64),
        "reason": np.where(ended, array["reason"], codes.WHY_NONE).astype(np.int64),
        "stop_price": np.where(elected, array["observed"], np.where(stands, array["limit"], nothing)),
        "trail": np.where(stands, array["observed"], nothing),
        "display": nothing,
    }
    for place in np.flatnonzero(modified).tolist():
        command = events.units[int(events.unit[at[place]])].command
        shown = ev.display_set(ev.EVENT.unpack(array[place : place + 1].tobytes()), command)
        made["display"][place] = KEEP if shown is None else shown
    return made
