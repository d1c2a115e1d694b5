"""A whole exchange in its own processes, for measurements and for tests: started, asked, stopped, killed."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from openbell.ops.process import leash

OPEN_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 15.0
OPEN_LINE = "OpenBell is open"
DEMOS_AN_ADDRESS = 20  # demo accounts that one address may open in a minute
LOGS_SHOWN = 3_000


class VenueError(RuntimeError):
    """The exchange did not do what it was asked to; the message holds what it said."""


class Reply:
    """An HTTP answer: status, headers in lower case, and the JSON (or None)."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is empty."""
        return json.loads(self.body) if self.body else None


class Session:
    """Requests of one account, each on the connection before it or on a new one.

    Args:
        port: where on 127.0.0.1. token: the bearer token, "" for none. source: the address to come from.
    """

    def __init__(self, port: int, token: str = "", source: str = "127.0.0.1") -> None:
        self.token = token
        self._port = port
        self._source = source
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str] | None = None
    ) -> Reply:
        """Send one request; `body` is bytes as they are, or anything JSON takes.

        Raises:
            OSError, http.client.HTTPException: no answer came; it may have had effect.
        """
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=10, source_address=(self._source, 0)
            )
        try:
            self._connection.request(method, path, raw, sent)
            answer = self._connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, read)

    def get(self, path: str) -> Any:
        """The JSON of a GET that must answer 200.

        Raises:
            VenueError: it answered something else.
        """
        reply = self.request("GET", path)
        if reply.status != 200:
            raise VenueError(f"GET {path} answered {reply.status}: {reply.body[:300]!r}")
        return reply.json

    def pages(self, path: str, key: str) -> Iterator[Any]:
        """All rows of a list with cursors."""
        cursor = ""
        while True:
            page = self.get(path + cursor)
            yield from page[key]
            if page["nextCursor"] is None:
                return
            cursor = ("&" if "?" in path else "?") + "cursor=" + page["nextCursor"]

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Venue:
    """`openbell up` over a folder of its own; use as a context manager.

    Args:
        folder: the data folder. port: the port, 0 for a free one. arguments: more flags of `openbell up`.
        environment: variables for it beside this process's own.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._arguments = arguments
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._sources = (f"127.0.{k // 250}.{k % 250 + 2}" for k in itertools.count())
        self._source = next(self._sources)
        self._opened_here = 0
        self._sessions: list[Session] = []
        self.said = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self, patience_s: float = OPEN_SECONDS_MAX) -> float:
        """Start it from the main thread, with which it ends; wait until it is open. The seconds that took.

        Raises:
            VenueError: it ended, or is not open after `patience_s` seconds.
        """
        begun = time.monotonic()
        command = [sys.executable, "-m", "openbell.cli", "up", "--data-dir", str(self.folder)]
        command += ["--port", str(self.port), *self._arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env=self._environment, preexec_fn=leash(),
        )  # fmt: skip
        self.said = ""
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while OPEN_LINE not in self.said:
                left = begun + patience_s - time.monotonic()
                if left <= 0:
                    raise VenueError(f"not open after {patience_s:.0f} s; it said: {self.words()}")
                if selector.select(min(left, 0.5)):
                    read = self._process.stdout.read()
                    if not read and self._process.poll() is not None:
                        raise VenueError(f"it ended before it was open; it said: {self.words()}")
                    self.said += (read or b"").decode(errors="replace")
        return time.monotonic() - begun

    def words(self) -> str:
        """What it printed, and the ends of its logs."""
        logs = [
            f"\n--- {path.name}\n{path.read_text(errors='replace')[-LOGS_SHOWN:]}"
            for path in sorted((self.folder / "log").glob("*.log"))
        ]
        return self.said + "".join(logs)

    @property
    def supervisor(self) -> psutil.Process:
        """The process of `openbell up`."""
        assert self._process is not None, "start() comes first"
        return psutil.Process(self._process.pid)

    def processes(self) -> list[psutil.Process]:
        """All living processes of the exchange, the supervisor first."""
        if self._process is None or self._process.poll() is not None:
            return []
        try:
            supervisor = self.supervisor
            return [supervisor, *supervisor.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def role(self, name: str) -> psutil.Process:
        """The process of a role, by its name in the command line: `simulator`, `node`, `gateway`.

        Raises:
            VenueError: it does not run.
        """
        for process in self.processes():
            try:
                words = process.cmdline()
            except psutil.NoSuchProcess:
                continue
            if words[-2:] == ["run", name]:
                return process
        raise VenueError(f"no process of role {name} runs")

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        """Stop it as Ctrl-C does; the seconds until its last process was gone.

        Raises:
            VenueError: a process was left after STOP_SECONDS_MAX.
        """
        everyone = self.processes()
        begun = time.monotonic()
        if everyone:
            everyone[0].send_signal(how)
        _, left = psutil.wait_procs(everyone, timeout=STOP_SECONDS_MAX)
        seconds = time.monotonic() - begun
        if left:
            names = [" ".join(process.cmdline()) for process in left if process.is_running()]
            self.kill()
            raise VenueError(f"left after {STOP_SECONDS_MAX:.0f} s: {names}")
        self._reap()
        return seconds

    def kill(self) -> None:
        """SIGKILL to every process at once."""
        everyone = self.processes()
        for process in everyone:
            try:
                process.suspend()  # so that none can act on another's end
            except psutil.NoSuchProcess:
                continue
        for process in everyone:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(everyone, timeout=STOP_SECONDS_MAX)
        self._reap()

    def _reap(self) -> None:
        for session in self._sessions:
            session.close()
        if self._process is not None:
            self._process.wait(STOP_SECONDS_MAX)
            if self._process.stdout is not None:
                self.said += (self._process.stdout.read() or b"").decode(errors="replace")
                self._process.stdout.close()
            self._process = None

    def session(self, token: str = "") -> Session:
        """A session with a token of its own; it is closed with the exchange."""
        made = Session(self.port, token)
        self._sessions.append(made)
        return made

    def demo(self) -> tuple[Session, str]:
        """A session of a new demo account, and the account's id.

        Raises:
            VenueError: no account was opened.
        """
        if self._opened_here >= DEMOS_AN_ADDRESS:
            self._source, self._opened_here = next(self._sources), 0
        self._opened_here += 1
        door = Session(self.port, source=self._source)
        reply = door.request("POST", "/v1/auth/demo")
        door.close()
        if reply.status != 201:
            raise VenueError(f"auth/demo answered {reply.status}: {reply.body[:300]!r}")
        return self.session(reply.json["token"]), reply.json["accountId"]

    def verify(self) -> subprocess.CompletedProcess[str]:
        """Run `openbell verify` over the folder."""
        command = [sys.executable, "-m", "openbell.cli", "verify", "--data-dir", str(self.folder), "--json"]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def free_port() -> int:
    """A port of 127.0.0.1, below the ones that the system hands out by itself, that nobody listens on.

    Raises:
        VenueError: none was found.
    """
    for port in itertools.chain(range(20_000 + os.getpid() % 5_000, 32_000), range(15_000, 20_000)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise VenueError("no free port between 15000 and 32000")
