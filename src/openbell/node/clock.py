"""The sequencer's clock: the wall's time at start, carried on by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable

JUMP_NS = 5_000_000_000  # a larger step of log time is a command of its own


class ClockBehind(Exception):
    """The machine's clock shows a time long before the log's last command."""


def since_boot_ns() -> int:
    """Nanoseconds since the machine started, sleep included where the system can tell."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Clock:
    """Nanoseconds UTC that no later change of the machine's time moves."""

    def __init__(
        self, wall: Callable[[], int] = time.time_ns, boot: Callable[[], int] = since_boot_ns
    ) -> None:
        self._boot = boot
        self._offset = wall() - boot()

    def now(self) -> int:
        """The time now, nanoseconds UTC."""
        return self._offset + self._boot()

    def check_against(self, last: int) -> None:
        """Refuse a machine whose clock is wrong, before it stamps commands that would all be too late.

        Raises:
            ClockBehind: now is more than 5 s before `last`, the time of the log's last command.
        """
        behind = last - self.now()
        if behind > JUMP_NS:
            raise ClockBehind(
                f"this machine's clock is {behind / 1e9:.1f} s behind the log's last command; set the clock"
            )
