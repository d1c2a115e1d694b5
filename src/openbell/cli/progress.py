"""Progress on the terminal: what is being done, how far it is, and how long it took."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import TextIO

QUIET_SECONDS = 1.0
BAR_WIDTH = 24


class Progress:
    """Steps, one after the other. On a terminal a step that takes longer than a second shows a moving line.

    Elsewhere a step that takes longer than a second gets a line at its end, so that logs stay short.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._step = ""
        self._begun = 0.0
        self._done = self._total = 0
        self._shown = False

    def say(self, text: str) -> None:
        """Print a line of its own."""
        self._wipe()
        print(text, file=self.stream, flush=True)

    def at(self, done: int, total: int) -> None:
        """How far the running step is: `done` of `total`."""
        self._done, self._total = done, total

    @contextlib.asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Show `name` while the body runs."""
        self._step, self._begun, self._done, self._total = name, time.monotonic(), 0, 0
        painter = asyncio.create_task(self._paint()) if self.live else None
        try:
            yield
        finally:
            if painter:
                painter.cancel()
            self._wipe()
        seconds = time.monotonic() - self._begun
        if seconds >= QUIET_SECONDS:
            count = f" ({self._total:,})" if self._total else ""
            self.say(f"  {name}{count}: {seconds:.1f} s")

    async def _paint(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        while True:
            self.stream.write(f"\r\033[K  {self.line(time.monotonic() - self._begun)}")
            self.stream.flush()
            self._shown = True
            await asyncio.sleep(0.1)

    def line(self, seconds: float) -> str:
        """The moving line after `seconds` of the running step."""
        if not self._total:
            return f"{self._step} {'.' * (1 + int(seconds * 2) % 3):3} {seconds:.0f} s"
        filled = BAR_WIDTH * min(self._done, self._total) // self._total
        bar = "#" * filled + "-" * (BAR_WIDTH - filled)
        return f"{self._step} [{bar}] {self._done:,} of {self._total:,}, {seconds:.0f} s"

    def _wipe(self) -> None:
        if self._shown:
            self.stream.write("\r\033[K")
            self._shown = False
