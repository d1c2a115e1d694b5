"""The embedded PostgreSQL: it starts, keeps what was committed, and never outlives its starter."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from openbell.ops import postgres as module
from openbell.ops.postgres import Postgres, PostgresError, unprivileged
from openbell.ops.process import alive, working_in
from openbell.ops.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({}, data_dir=tmp_path / "d")


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Postgres]:
    server = Postgres(settings.postgres_dir)
    await server.start()
    yield server
    await server.stop()


async def fetch(settings: Settings, query: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(settings.database, autocommit=True) as connection:
        cursor = await connection.execute(query)
        return await cursor.fetchall() if cursor.description else []


async def test_the_app_is_no_superuser_and_owns_its_database(server: Postgres, settings: Settings) -> None:
    rows = await fetch(
        settings, "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    assert rows == [("openbell", False, False)]
    await fetch(settings, "CREATE SCHEMA ledger")
    assert (await fetch(settings, "SHOW server_version"))[0][0].startswith("18.")


async def test_it_listens_on_no_port_and_its_secrets_are_private(
    server: Postgres, settings: Settings
) -> None:
    assert await fetch(settings, "SHOW listen_addresses") == [("",)]
    for name in ("admin.password", "app.pgpass"):
        assert (server.folder / name).stat().st_mode & 0o777 == 0o600
    assert not (server.folder / "initdb.password").exists()


async def test_without_the_password_nobody_gets_in(server: Postgres, settings: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        await psycopg.AsyncConnection.connect(
            host=str(server.socket), user="openbell", dbname="openbell", passfile="/dev/null"
        )


@pytest.mark.alone
async def test_what_was_committed_is_there_after_a_stop_and_a_start(
    server: Postgres, settings: Settings
) -> None:
    await fetch(settings, "CREATE TABLE kept AS SELECT 7 AS n")
    begun = time.monotonic()
    await server.stop()
    assert time.monotonic() - begun < 3
    assert server.pid is None
    await server.start()
    assert await fetch(settings, "SELECT n FROM kept") == [(7,)]


@pytest.mark.alone
async def test_after_kill_9_it_starts_again_over_what_lingers(server: Postgres, settings: Settings) -> None:
    await fetch(settings, "CREATE TABLE kept AS SELECT 7 AS n")
    sleeper = await psycopg.AsyncConnection.connect(settings.database, autocommit=True)
    task = asyncio.create_task(_swallow(sleeper.execute("SELECT pg_sleep(60)")))
    await asyncio.sleep(0.1)
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
    begun = time.monotonic()
    await server.start()
    assert time.monotonic() - begun < 10
    assert await fetch(settings, "SELECT n FROM kept") == [(7,)]
    await task


async def _swallow(query: object) -> None:
    try:
        await query  # type: ignore[misc]
    except psycopg.OperationalError:
        pass


async def test_a_server_that_is_killed_before_its_start_is_over_is_told_as_one_that_ended(
    server: Postgres, settings: Settings
) -> None:
    await server.stop()

    class Killed(Postgres):
        async def _grant(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
            assert self.pid
            for pid in (self.pid, connection.info.backend_pid):  # by kill -9, after it let us in
                os.kill(pid, signal.SIGKILL)
            await super()._grant(connection)

    with pytest.raises(PostgresError, match="PostgreSQL ended while starting"):
        await Killed(settings.postgres_dir).start()
    await server.start()
    assert await fetch(settings, "SELECT 1") == [(1,)]


async def test_a_pid_file_whose_number_is_another_program_stops_nothing(settings: Settings) -> None:
    server = Postgres(settings.postgres_dir)
    await server.start()
    await server.stop()
    lines = f"{os.getppid()}\n{server.data}\n1700000000\n5432\n{server.socket}\n\n0 0\nready\n"
    (server.data / "postmaster.pid").write_text(lines)
    await server.start()
    assert await fetch(settings, "SELECT 1") == [(1,)]
    await server.stop()


STARTER = """
import asyncio, sys
from pathlib import Path
from openbell.ops.postgres import Postgres
async def main():
    server = Postgres(Path(sys.argv[1]))
    await server.start()
    print(server.pid, flush=True)
    await server.wait()
asyncio.run(main())
"""


async def test_it_dies_with_the_process_that_started_it(settings: Settings) -> None:
    folder = settings.postgres_dir
    with subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        pid = int(await asyncio.to_thread(starter.stdout.readline))
        assert alive(pid)
        starter.kill()
        starter.wait()
    for _ in range(100):
        if not alive(pid) and not working_in(folder / "data"):
            break
        await asyncio.sleep(0.05)
    assert not alive(pid)
    assert working_in(folder / "data") == []


async def test_a_second_start_over_a_killed_starter_works(settings: Settings) -> None:
    folder = settings.postgres_dir
    with subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        await asyncio.to_thread(starter.stdout.readline)
        starter.kill()
    server = Postgres(folder)
    await server.start()
    assert await fetch(settings, "SELECT 1") == [(1,)]
    await server.stop()


async def test_data_of_another_version_is_refused_by_name(settings: Settings) -> None:
    server = Postgres(settings.postgres_dir)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 17, this is 18"):
        await server.start()


@pytest.fixture
def no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where user namespaces are forbidden, as in a container or a chroot."""
    if os.geteuid() != 0:
        pytest.skip("only root must become someone else")
    which = shutil.which
    monkeypatch.setattr(module.shutil, "which", lambda name: None if name == "unshare" else which(name))


@pytest.mark.usefixtures("no_namespaces")
async def test_where_user_namespaces_are_forbidden_root_becomes_nobody(settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o700)
    server = Postgres(settings.postgres_dir)
    await server.start()
    assert server.pid
    assert Path(f"/proc/{server.pid}").stat().st_uid == module.NOBODY
    assert await fetch(settings, "SELECT 1") == [(1,)]
    await server.stop()
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("no_namespaces")
async def test_what_nobody_cannot_reach_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.data_dir.mkdir(mode=0o700)
    plain = [word for word in unprivileged()[0] if "-caps" not in word]
    monkeypatch.setattr(module, "unprivileged", lambda: (plain, module.NOBODY))
    with pytest.raises(PostgresError, match=r"the user nobody cannot reach .* or set OPENBELL_DATABASE_URL"):
        await Postgres(settings.postgres_dir).start()


async def test_a_database_url_reaches_an_empty_database_of_ours(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        cursor = await connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert await cursor.fetchone() == (0,)
