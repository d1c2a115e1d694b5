"""Reads over HTTP that a process of its own sends, and the bare handler that they are held against."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import reading
from apart import apart
from venue import Session, VenueError, free_port

PARTS = {"50": 0.5, "99": 0.99, "999": 0.999}


def at_rate(port: int, session: Session, path: str, rate: float, seconds: float) -> dict[str, Any]:
    """Percentiles in milliseconds of reads at a steady rate, all of which must be answered 200."""
    job = reading.Job(port, [path], session.token, rate, seconds)
    result = send(job)
    found = {f"p{name}": percentile(result.micros, part) for name, part in PARTS.items()}
    each = max(1, int(rate))
    seconds_p99 = sorted(
        percentile(result.micros[at : at + each], 0.99) for at in range(0, len(result.micros), each)
    )
    found |= {"least_p99_of_a_second": seconds_p99[0], "middle": seconds_p99[len(seconds_p99) // 2]}
    return found | {"rate": rate, "sent_late_p99": result.late_us_p99 / 1000, "reads": len(result.micros)}


def percentile(micros: list[int], part: float) -> float:
    """The value in milliseconds below which `part` of the microseconds lie."""
    return sorted(micros)[min(len(micros) - 1, int(part * len(micros)))] / 1000


def send(job: reading.Job) -> reading.Result:
    """Run the load in a process of its own; everything must be answered 200.

    Raises:
        VenueError: it was not.
    """
    result = apart("reading.py", job, reading.Result)
    if result.lost or set(result.statuses) != {"200"}:
        raise VenueError(f"{job.paths[0]} and others were answered {result.statuses}, {result.lost} lost")
    return result


@contextmanager
def bare(folder: Path, body: bytes) -> Iterator[tuple[int, psutil.Process]]:
    """The bare handler in its own process, answering `body`: its port and process."""
    port, answer = free_port(), folder / "body.json"
    answer.write_bytes(body)
    command = [sys.executable, str(Path(__file__).with_name("bare.py")), str(port), str(answer)]
    process = subprocess.Popen(command)
    try:
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)
