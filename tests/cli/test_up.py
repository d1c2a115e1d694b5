"""`openbell up` as a whole, every part real: it opens, mends itself, closes, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openbell.ops.process import alive
from openbell.ops.ready import is_ready

PATIENCE = 90.0


class Market:
    """One data folder and the `openbell up` over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def open(self) -> None:
        command = [
            sys.executable,
            "-m",
            "openbell.cli",
            "up",
            "--no-simulator",
            "--data-dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("OpenBell is open"):
                return
        pytest.fail(f"it did not open; it said: {''.join(self.said)}")

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def children(self) -> dict[str, int]:
        """The pids of the roles and of the database, by name."""
        found = {}
        for word in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            arguments = Path(f"/proc/{word}/cmdline").read_bytes().split(b"\0")
            name = arguments[arguments.index(b"run") + 1].decode() if b"run" in arguments else "postgres"
            found[name] = int(word)
        return found

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def demo(self) -> int:
        """The status of opening a demo account: it goes through gateway, node and log."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/auth/demo", method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def close(self, how: signal.Signals) -> float:
        """Send a signal to the supervisor; the seconds until it was gone."""
        assert self.process
        begun = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        return time.monotonic() - begun


def free_port() -> int:
    for port in range(8810, 8890):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    market = Market(tmp_path_factory.mktemp("up"))
    market.open()
    yield market
    if market.process and market.process.poll() is None:
        market.close(signal.SIGKILL)


@pytest.mark.timeout(180)
def test_it_opens_with_every_part_ready(market: Market) -> None:
    assert f"OpenBell is open: http://127.0.0.1:{market.port}\n" in market.said
    status, body = market.get("/readyz")
    assert (status, json.loads(body)["status"]) == (200, "ready")
    assert set(market.children()) == {"node", "gateway", "worker", "postgres"}


def test_every_company_is_listed_and_the_participants_have_private_tokens(market: Market) -> None:
    assert json.loads(market.get("/v1/assets/top")[1])["meta"]["total"] > 448
    path = market.folder / "participants.json"
    assert path.stat().st_mode & 0o777 == 0o600
    rows = json.loads(path.read_bytes())["participants"]
    assert len({row["account"] for row in rows}) == len(rows) == 120
    request = urllib.request.Request(
        f"http://127.0.0.1:{market.port}/v1/portfolio",
        headers={"Authorization": f"Bearer {rows[0]['token']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        portfolio = json.loads(answer.read())
    assert len(portfolio["holdings"]) >= 8
    assert float(portfolio["cashBalance"]) > 1_000_000


def test_a_second_one_is_told_who_holds_the_folder(market: Market) -> None:
    command = [sys.executable, "-m", "openbell.cli", "up", "--data-dir", str(market.folder), "--port", "8899"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert f"in use by process {market.pid} (openbell up, http://127.0.0.1:{market.port}" in second.stderr


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ["gateway", "worker", "postgres", "node"])
def test_a_killed_part_comes_back(market: Market, name: str) -> None:
    before = market.children()[name]
    os.kill(before, signal.SIGKILL)
    until(lambda: market.children().get(name, before) != before)
    if name != "postgres":
        until(lambda: is_ready(market.folder / "run", "gateway-1" if name == "gateway" else name))
    until(lambda: market.get("/readyz")[0] == 200)
    until(lambda: market.demo() == 201)


@pytest.mark.timeout(400)
def test_ctrl_c_ends_every_process_within_five_seconds_and_the_next_start_changes_nothing(
    market: Market,
) -> None:
    pids = [market.pid, *market.children().values()]
    participants = accounts(market)
    assert market.close(signal.SIGINT) < 5
    assert market.process and market.process.returncode == 0
    assert not [pid for pid in pids if alive(pid)]
    market.open()
    assert accounts(market) == participants
    assert json.loads(market.get("/readyz")[1])["status"] == "ready"


@pytest.mark.timeout(400)
def test_a_killed_supervisor_leaves_no_process_and_the_folder_opens_again(market: Market) -> None:
    pids = list(market.children().values())
    market.close(signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in pids), 5)
    market.open()
    assert market.demo() == 201
    assert market.close(signal.SIGTERM) < 5


def accounts(market: Market) -> list[str]:
    """The participants' accounts; their tokens are new at each start."""
    rows = json.loads((market.folder / "participants.json").read_bytes())["participants"]
    return [row["account"] for row in rows]
