"""What is asked of an export of ticks, and what it answers: for those who ask without loading pyarrow."""

from __future__ import annotations

from msgspec import Struct

MODULE = "openbell.market.ticks.export"  # run it with an Ask as its argument


class Ask(Struct, kw_only=True, frozen=True):
    """The ticks of one instrument with `start` <= time < `end`, ns UTC, at most `rows_max`.

    `folder` is the store's, `archives` are where its old files may be, each with the folder there, in the
    order in which they go there; `descriptor` is where the file goes.
    """

    folder: str
    archives: list[tuple[str, str]]
    symbol: str
    instrument: int
    start: int
    end: int
    rows_max: int
    seconds_max: int
    descriptor: int


class Exported(Struct, kw_only=True, frozen=True):
    """How many rows there are; up to which log position ticks were in files. `full_at` is 0, or the time of
    the first tick that was too many: then nothing was written."""

    rows: int
    position: int
    full_at: int
