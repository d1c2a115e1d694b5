"""The arrays of one exchange, and the memory that holds them."""

from __future__ import annotations

import contextlib
import mmap
from typing import Any

from openbell.core import band_layouts, group_layouts, rulebook, stop_layouts
from openbell.core.layout import Record
from openbell.core.records import Answer, Event
from openbell.core.schedule import Schedule
from openbell.core.state import (
    OUTPUT_RECORDS,
    SESSIONS_MAX,
    Account,
    Alarm,
    Asset,
    BookExtra,
    BookOrder,
    Cell,
    Holding,
    Instrument,
    Level,
    Mark,
    Message,
    OrderTerms,
    Request,
    Rung,
    Scalars,
    SessionCount,
    SessionTimer,
    Shade,
    Ticket,
    Timer,
)
from openbell.core.types import MARKS, power_of_two

MAP_NORESERVE = 0x4000  # Linux; capacities are address space until they are used
MADV_POPULATE_WRITE = 23  # Linux 5.14
PASSING = ("events", "answers", "mail", "post", "marks")  # forgotten after each batch


class Memory:
    """The arrays of one exchange, by name, each in private anonymous memory of its own.

    Private, so that a forked child keeps the state of the moment it was forked.
    """

    def __init__(self, genesis: Any) -> None:
        orders = genesis.orders
        tickets = orders + genesis.ended_orders
        legs = group_layouts.LEGS_MAX * group_layouts.groups_max(genesis)
        output = 15 * orders // 2 + 10 * legs + 6 * genesis.instruments + OUTPUT_RECORDS + 8 * genesis.slice
        self.maps: dict[str, mmap.mmap] = {}
        self.arrays: dict[str, Any] = {}
        # state: saved in snapshots, up to the named high-water mark
        self.add("scalars", Scalars, 1)
        self.add("instruments", Instrument, genesis.instruments)
        self.add("rungs", Rung, genesis.instruments * 2 * genesis.levels)
        self.add("levels", Level, orders)
        self.add("book_orders", BookOrder, orders)
        self.add("shades", Shade, orders)
        self.add("extras", BookExtra, orders)
        self.add("schedules", Schedule, genesis.instruments)
        self.add("assets", Asset, genesis.instruments)
        self.add("accounts", Account, genesis.accounts)
        self.add("holdings", Holding, genesis.positions)
        self.add("tickets", Ticket, tickets)
        self.add("terms", OrderTerms, tickets)
        sessions = min(genesis.accounts, SESSIONS_MAX)
        self.add("sessions", SessionTimer, sessions)
        more = rulebook.arrays(genesis, tickets) + stop_layouts.arrays(genesis, tickets)
        more += group_layouts.arrays(genesis, tickets)
        for name, layout, count in more + band_layouts.arrays(genesis):
            self.add(name, layout, count)
        self.add("requests", Request, genesis.requests)
        self.add("kept", Answer, genesis.requests)
        # derived: rebuilt when a snapshot is loaded
        self.add("book_cells", Cell, power_of_two(orders))
        self.add("ticket_cells", Cell, power_of_two(tickets))
        self.add("holding_cells", Cell, power_of_two(genesis.positions))
        self.add("request_cells", Cell, power_of_two(genesis.requests))
        self.add("tours", group_layouts.Tour, orders)
        self.add("timers", Timer, orders + sessions)
        self.add("alarms", Alarm, tickets)
        self.add("session_counts", SessionCount, genesis.accounts)
        self.add("session_cells", Cell, power_of_two(sessions))
        self.add("restriction_cells", Cell, power_of_two(len(self["restrictions"])))
        self.add("tariff_cells", Cell, power_of_two(len(self["tariffs"])))
        # output and mail: forgotten after each batch
        self.add("events", Event, output)
        self.add("answers", Answer, OUTPUT_RECORDS)
        self.add("mail", Message, power_of_two(2 * orders + 3 * legs + genesis.instruments + 1))
        self.add("post", Message, power_of_two(4 * genesis.slice))
        self.add("marks", Mark, MARKS)

    def add(self, name: str, layout: type[Record], count: int) -> None:
        """Allocate `count` zeroed records of `layout`; untouched pages cost nothing."""
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        area = mmap.mmap(-1, max(layout.SIZE * count, mmap.PAGESIZE), flags=flags)
        with contextlib.suppress(OSError):  # a kernel without huge pages
            area.madvise(mmap.MADV_HUGEPAGE)
        self.maps[name] = area
        self.arrays[name] = (layout * count).from_buffer(area)

    def touch(self) -> None:
        """Take every page now, so that no command waits for one later; not of output and mail, which begin
        anew at their first pages."""
        for name, area in self.maps.items():
            if name not in PASSING:
                area.madvise(MADV_POPULATE_WRITE)

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name]

    def bytes_of(self, name: str, first: int, count: int) -> bytes:
        """A copy of `count` records of an array from index `first`."""
        size = self.arrays[name]._type_.SIZE
        return self.maps[name][first * size : (first + count) * size]
