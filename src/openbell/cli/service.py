"""What the supervisor keeps running: a role's process with its log file, or the embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from openbell.ops.postgres import Postgres, PostgresError
from openbell.ops.process import leash
from openbell.ops.ready import clear_ready, is_ready
from openbell.ops.settings import Settings

LOG_BYTES_MAX = 10_000_000
LAST_LINES = 20
WAL_MIB, WAL_MIB_MIN = 512, 48  # of the embedded database's own log, at most and at least


class ServiceFailed(RuntimeError):
    """A service ended before it was ready; the message holds its last words."""


class Service(Protocol):
    """Something that starts, runs until it ends, and can be stopped."""

    name: str
    log: Path

    async def start(self) -> None:
        """Start and wait until it is ready. Raises ServiceFailed if it ends before."""

    async def wait(self) -> int:
        """Wait for the end of what `start` started; its exit code, negative for a signal."""

    async def stop(self, seconds: float) -> None:
        """Stop it; after `seconds` it is killed."""


def small(cap_mib: int) -> dict[str, str]:
    """Parameters of a server in a data folder with a small cap: its own log takes a sixteenth of it."""
    wal_mib = max(WAL_MIB_MIN, cap_mib // 16)
    return {"max_wal_size": f"{wal_mib}MB", "min_wal_size": "32MB"} if cap_mib and wal_mib < WAL_MIB else {}


class Database:
    """The embedded PostgreSQL as a service."""

    name = "database"

    def __init__(self, settings: Settings) -> None:
        self._postgres = Postgres(settings.postgres_dir, small(settings.data_mib_max))
        self.log = self._postgres.log

    async def start(self) -> None:
        """Start the server; raises ServiceFailed."""
        try:
            await self._postgres.start()
        except PostgresError as error:
            raise ServiceFailed(str(error)) from None

    async def wait(self) -> int:
        """Wait for its end."""
        return await self._postgres.wait()

    async def stop(self, seconds: float) -> None:
        """Stop it, cleanly if it takes no longer than `seconds`."""
        await self._postgres.stop(seconds)


class RoleProcess:
    """A process that runs one role. Its lines go to `<data>/log/<name>.log`, which is kept under 10 MB.

    `instance` numbers the processes of a role that has several. `command` is another program to run.
    """

    def __init__(
        self, settings: Settings, role: str, instance: int | None = None, command: Sequence[str] | None = None
    ) -> None:
        self.name = role if instance is None else f"{role}-{instance}"
        self.settings = settings
        self.log = settings.log_dir / f"{self.name}.log"
        self._command = command or [sys.executable, "-m", "openbell.cli", "run", role]
        extra = {} if instance is None else {"OPENBELL_INSTANCE": str(instance)}
        self._environment = os.environ | settings.environment() | extra
        self._process: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None
        self._last: collections.deque[bytes] = collections.deque(maxlen=LAST_LINES)

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process and wait for its ready file, however long it takes while it lives."""
        clear_ready(self.settings.run_dir, self.name)
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
            preexec_fn=leash(),
        )
        self._process = process
        assert process.stdout
        self._pump = asyncio.create_task(self._keep_lines(process.stdout))
        while not is_ready(self.settings.run_dir, self.name):
            if process.returncode is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(self._pump), 0.5)
                raise ServiceFailed(f"{describe(process.returncode)}; {self.last_words()}")
            await asyncio.sleep(0.02)

    def last_words(self) -> str:
        """The last line it wrote, and where the rest is."""
        line = self._last[-1].decode(errors="replace").strip() if self._last else "it said nothing"
        return f"last line: {line} (all of it: {self.log})"

    async def wait(self) -> int:
        """Wait for its end."""
        assert self._process, "wait comes after start"
        return await self._process.wait()

    async def stop(self, seconds: float) -> None:
        """Ask with SIGTERM; after `seconds`, SIGKILL."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        for parting, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(parting)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
                break
        clear_ready(self.settings.run_dir, self.name)

    async def _keep_lines(self, stream: asyncio.StreamReader) -> None:
        file = self.log.open("ab")
        try:
            while block := await stream.read(1 << 16):
                file.write(block)
                file.flush()
                self._last.extend(line for line in block.splitlines() if line.strip())
                if file.tell() > LOG_BYTES_MAX // 2:
                    file.close()
                    self.log.replace(self.log.with_suffix(".log.1"))
                    file = self.log.open("ab")
        finally:
            file.close()


def describe(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
