"""Progress: quick steps say nothing, slow ones how long they took."""

from __future__ import annotations

import asyncio
import io
import re
import time

import pytest

from openbell.cli import progress as module
from openbell.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_quick_step_prints_nothing() -> None:
    stream = io.StringIO()
    async with Progress(stream).step("database"):
        pass
    assert stream.getvalue() == ""


async def test_a_slow_step_tells_its_time_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
    stream = io.StringIO()
    progress = Progress(stream)
    async with progress.step("instruments"):
        progress.at(3, 1503)
        await asyncio.sleep(0.06)
    assert stream.getvalue().startswith("  instruments (1,503): 0.")


async def test_on_a_terminal_a_slow_step_moves_and_leaves_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
    stream = Terminal()
    progress, begun = Progress(stream), time.monotonic()
    async with progress.step("quotes"):
        progress.at(1, 4)
        await asyncio.sleep(0.1)
    took = time.monotonic() - begun
    assert "quotes [######------------------] 1 of 4" in stream.getvalue()
    last = re.search(r"\r\033\[K  quotes \(4\): (\d+\.\d) s\n$", stream.getvalue())
    assert last and 0.1 <= float(last[1]) <= round(took, 1)


def test_a_bar_never_runs_over() -> None:
    progress = Progress(io.StringIO())
    progress.at(9, 4)
    assert "[########################] 9 of 4" in progress.line(1.0)
