"""A real exchange for a browser to visit: `openbell up` on a port and in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from openbell.ops.process import leash

OPEN_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 15.0
VISITORS_A_MINUTE = 10_000  # each test is a new visitor from this one address
PORTS = range(8800, 8900)


def free_port(but: int | None = None) -> int:
    """A port of the tests' range that nobody listens on, another one than `but`."""
    for port in PORTS:
        with socket.socket() as probe:
            if port != but and probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError(f"every port from {PORTS.start} to {PORTS.stop - 1} is taken")


@contextlib.contextmanager
def running_exchange(folder: Path, feed: int | None = None) -> Iterator[str]:
    """The address of an open market; it ends with the block. `OPENBELL_URL` names one that runs already.

    Args:
        folder: where its data folder `d` is made. feed: the port on which it takes in prices from elsewhere.

    Raises:
        RuntimeError: the market did not open in time; the message has the end of what it said.
    """
    running = os.environ.get("OPENBELL_URL")
    if running:
        yield running.rstrip("/")
        return
    port = free_port(but=feed)
    said = folder / "up.log"
    command = [
        sys.executable,
        "-m",
        "openbell.cli",
        "up",
        "--port",
        str(port),
        "--data-dir",
        str(folder / "d"),
        *(() if feed is None else ("--feed", str(feed))),
    ]
    many = {**os.environ, "OPENBELL_DEMO_RATE": str(VISITORS_A_MINUTE)}
    with said.open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=many, preexec_fn=leash()
        )
    try:
        _wait_until_open(f"http://127.0.0.1:{port}", process, said)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_open(url: str, process: subprocess.Popen[bytes], said: Path) -> None:
    """Wait until the market is ready and its first company has both a bid and an ask."""
    deadline = time.monotonic() + OPEN_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(f"{url}/v1/assets/AAPL", timeout=2) as answer:
                body = answer.read()
            if b'"bid":null' not in body and b'"ask":null' not in body:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the market at {url} did not open; it said:\n{said.read_text()[-3000:]}")
