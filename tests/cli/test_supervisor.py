"""The supervisor with real processes: readiness, restarts, and a stop that ends everything."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openbell.cli.service import RoleProcess, ServiceFailed
from openbell.cli.supervisor import Supervisor
from openbell.ops.process import alive
from openbell.ops.settings import Settings

# A role in a few lines: it is ready at once, and on SIGTERM it says so and ends.
ROLE = """
import os, signal, sys, time
from pathlib import Path
from openbell.ops.ready import mark_ready
name, mode = sys.argv[1:]
print("hello from", name, flush=True)
if mode == "fails":
    sys.exit("cannot go on: no disk")
def leave(*_):
    sys.exit(print("bye", flush=True))
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "deaf" else leave)
mark_ready(Path(os.environ["OPENBELL_DATA_DIR"]) / "run", name)
while True:
    time.sleep(1)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({}, data_dir=tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
async def supervisor(said: list[str]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(said.append)
    yield supervisor
    await supervisor.stop()


def role(settings: Settings, name: str, mode: str = "works") -> RoleProcess:
    return RoleProcess(settings, name, command=[sys.executable, "-c", ROLE, name, mode])


async def until(condition: object, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_killed_service_is_started_again(
    supervisor: Supervisor, settings: Settings, said: list[str]
) -> None:
    node = role(settings, "node")
    await supervisor.start([node])
    first = node.pid
    assert first
    os.kill(first, signal.SIGKILL)
    await until(lambda: any("is back" in line for line in said))
    assert node.pid and node.pid != first
    assert "the node was ended by SIGKILL; starting it again in 0.1 s" in said[0]


async def test_a_service_is_kept_whatever_goes_wrong_in_a_start(
    supervisor: Supervisor, settings: Settings, said: list[str]
) -> None:
    class Flaky(RoleProcess):
        starts = 0

        async def start(self) -> None:
            self.starts += 1
            if self.starts == 2:
                raise ValueError("nobody thought of this")
            await super().start()

    node = Flaky(settings, "node", command=[sys.executable, "-c", ROLE, "node", "works"])
    await supervisor.start([node])
    assert node.pid
    os.kill(node.pid, signal.SIGKILL)
    await until(lambda: any("is back" in line for line in said))
    assert "the node could not be started: ValueError: nobody thought of this" in said


async def test_a_service_that_cannot_start_is_named_with_its_last_words(
    supervisor: Supervisor, settings: Settings
) -> None:
    with pytest.raises(
        ServiceFailed, match=r"the worker ended with exit code 1; .*cannot go on: no disk.*worker.log"
    ):
        await supervisor.start([role(settings, "node"), role(settings, "worker", "fails")])


@pytest.mark.alone
async def test_stop_ends_every_service_within_five_seconds_also_a_deaf_one(
    settings: Settings, said: list[str]
) -> None:
    supervisor = Supervisor(said.append)
    services = [role(settings, "node"), role(settings, "worker", "deaf"), role(settings, "simulator", "deaf")]
    await supervisor.start(services)
    pids = [one.pid for one in services]
    begun = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - begun < 5
    assert not any(pid and alive(pid) for pid in pids)
    assert said == []
    assert not list(settings.run_dir.glob("*.ready"))


async def test_what_a_service_prints_is_in_its_log(supervisor: Supervisor, settings: Settings) -> None:
    node = role(settings, "node")
    await supervisor.start([node])
    await node.stop(1.0)
    await until(lambda: "bye" in node.log.read_text())
    assert node.log.read_text() == "hello from node\nbye\n"


async def test_ctrl_c_in_the_group_does_not_reach_a_service(
    supervisor: Supervisor, settings: Settings
) -> None:
    node = role(settings, "node")
    await supervisor.start([node])
    assert node.pid
    os.kill(node.pid, signal.SIGINT)
    await asyncio.sleep(0.2)
    assert alive(node.pid)
    assert os.getpgid(node.pid) != os.getpgrp()


STARTER = """
import asyncio, sys
from openbell.cli.service import RoleProcess
from openbell.ops.settings import Settings
async def main():
    node = RoleProcess(Settings.load(), "node", command=[sys.executable, "-c", sys.argv[1], "node", "deaf"])
    await node.start()
    print(node.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_service_dies_with_its_supervisor(settings: Settings) -> None:
    command = [sys.executable, "-c", STARTER, ROLE]
    environment = os.environ | settings.environment()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as starter:
        assert starter.stdout
        pid = int(await asyncio.to_thread(starter.stdout.readline))
        assert alive(pid)
        starter.kill()
    await until(lambda: not alive(pid), 5)
    assert not alive(pid)
