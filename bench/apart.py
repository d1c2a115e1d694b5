"""Loads that run in a process of their own, so that what they measure does not wait for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

Made = TypeVar("Made")
GRACE_S = 60.0


class Job(Protocol):
    """What a load is told: a struct that has its length in seconds."""

    seconds: float


def apart(script: str, job: Job, made: type[Made]) -> Made:
    """Run a script of this folder with `job` on its input; the result that it prints."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script))],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        timeout=job.seconds + GRACE_S,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=made)
