"""Bring a part's schema to this build's form: Alembic, one migration at a time."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

# Alembic keeps the migration that runs in globals of its own, so a process can run only one.
ONE_IN_THIS_PROCESS = threading.Lock()


def migrate(database_url: str, schema: str, migrations: Path) -> None:
    """Upgrade `schema` to the newest migration of the folder; does nothing when it is there already.

    Blocks while another thread or process migrates. Call it from a thread of its own (`asyncio.to_thread`).

    Raises:
        sqlalchemy.exc.OperationalError: PostgreSQL cannot be reached.
        alembic.util.CommandError: the schema is of a newer build than this one.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    config = Config()
    config.set_main_option("script_location", str(migrations))
    key = int.from_bytes(schema.encode()[:7], "big")
    with ONE_IN_THIS_PROCESS, engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
