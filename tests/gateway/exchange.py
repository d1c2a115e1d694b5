"""A small exchange for the gateway's tests: real node, worker and database, two gateways on two ports."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from bench.venue import Session
from openbell.cli import bootstrap
from openbell.identity.tokens import Signer
from openbell.node.client import NodeClient
from openbell.ops.process import leash
from openbell.ops.ready import is_ready
from openbell.ops.settings import Settings
from tests.midnight import next_midnight

READY_S = 60.0
STOP_S = 10.0
GATEWAYS = 2
PORTS = 4  # one for a gateway that a test starts and stops, one for a feed


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that nobody listens on, below those that the system hands out."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for port in range(16_000 + os.getpid() % 10_000, 32_000):
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise RuntimeError("no free ports")


class LocalExchange:
    """Use as a context manager: open inside, stopped after.

    Args:
        folder: the data folder, of a short path. database: the URL of an empty database.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.ports = free_ports(PORTS)
        self.settings = Settings.load(
            {},
            data_dir=folder,
            database_url=database,
            makers=1,
            traders=1,
            ticks_flush_s=0.5,
            feed_listen=str(self.ports[-1]),
            feed_name="lab",
            genesis_accounts=4_096,
            genesis_positions=65_536,
            genesis_orders=16_384,
            genesis_ended_orders=32_768,
            genesis_requests=65_536,
            genesis_ended_per_account=50,
        )
        # Each demo account is opened from an address of its own: one address may open 20 a minute.
        self._sources = (f"127.1.{k // 250}.{k % 250 + 1}" for k in itertools.count())
        self._sessions: list[Session] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self.start("node")
            asyncio.run(self._bootstrap())
            self.start("worker")
            for number in range(GATEWAYS):
                self.start("gateway", number + 1)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _bootstrap(self) -> None:
        client = await NodeClient.connect(self.settings.node_socket, name="tests", role="admin")
        try:
            await bootstrap.run(client, self.settings, lambda done, total: None)
        finally:
            await client.close()

    async def _until_day(self, date: int) -> None:
        client = await NodeClient.connect(self.settings.node_socket, name="tests", role="test")
        try:
            async with asyncio.timeout(READY_S):
                while (await client.query("totals"))["data"]["day"] < date:
                    await asyncio.sleep(0.05)
        finally:
            await client.close()

    def let_the_day_end(self, within_s: float) -> None:
        """If midnight UTC is nearer than `within_s` seconds, wait until the next day has begun here."""
        midnight, left = next_midnight()
        if left < within_s:
            time.sleep(left)
            asyncio.run(self._until_day(int(midnight.strftime("%Y%m%d"))))

    def start(self, role: str, instance: int | None = None) -> None:
        """Start a role's process and wait until it is ready; from the main thread, with which it ends."""
        name = role if instance is None else f"{role}-{instance}"
        environment = os.environ | self.settings.environment()
        if instance is not None:
            environment |= {
                "OPENBELL_INSTANCE": str(instance),
                "OPENBELL_PORT": str(self.ports[instance - 1]),
            }
        log = self.settings.log_dir / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "openbell.cli", "run", role],
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
                preexec_fn=leash(),
            )
        self._processes[name] = process
        deadline = time.monotonic() + READY_S
        while not is_ready(self.settings.run_dir, name):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not get ready: {log.read_text()[-2000:]}")
            time.sleep(0.05)

    def end(self, name: str, *, kill: bool = False) -> None:
        """Stop the process `name`, with SIGKILL or SIGTERM."""
        process = self._processes.pop(name)
        if kill:
            process.kill()
        else:
            process.terminate()
        process.wait(STOP_S)

    def freeze(self, name: str) -> None:
        """Let the process `name` do nothing more, until `thaw`; `end` with `kill` works on it."""
        self._processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        self._processes[name].send_signal(signal.SIGCONT)

    def runs(self, name: str) -> bool:
        """Whether the process `name` was started and not ended here."""
        return name in self._processes

    def stop(self) -> None:
        """Stop everything, the node last."""
        for name in reversed(list(self._processes)):
            process = self._processes.pop(name)
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_S)

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.settings.log_dir / f"{name}.log").read_text()

    def session(self, token: str = "", gateway: int = 0) -> Session:
        """Requests to one of the gateways."""
        return self._kept(Session(self.ports[gateway], token))

    def _kept(self, session: Session) -> Session:
        self._sessions.append(session)
        return session

    def close_sessions(self) -> None:
        """Close the connections of all sessions; one that is used again opens another."""
        for session in self._sessions:
            session.close()

    def participant(self, role: str) -> Session:
        """Requests of an account that has shares to sell: the "maker" of every stock, or the "trader"."""
        rows = json.loads(self.settings.participants_file.read_text())["participants"]
        return self.session(next(row["token"] for row in rows if row["role"] == role))

    def signer(self) -> Signer:
        """What signs this exchange's sessions."""
        return Signer(self.settings.session_key_file)

    def demo(self, gateway: int = 0) -> Session:
        """Requests of a new demo account."""
        return self.session(self.open_demo()["token"], gateway)

    def open_demo(self) -> dict[str, Any]:
        """The answer to auth/demo."""
        session = self._kept(Session(self.ports[0], source=next(self._sources)))
        reply = session.request("POST", "/v1/auth/demo")
        assert reply.status == 201, reply.body
        opened: dict[str, Any] = reply.json
        return opened
