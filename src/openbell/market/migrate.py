"""Bring the schema `market` to this build's form: Alembic, one migration at a time, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from openbell.market.tables import SCHEMA

LOCK = 0x6D61726B6574  # "market": the advisory lock that one migrating process holds


def migrate(database_url: str) -> None:
    """Upgrade the schema to the newest migration; does nothing when it is there already.

    Blocks while another process migrates. Call it from a thread of its own (`asyncio.to_thread`).

    Raises:
        sqlalchemy.exc.OperationalError: PostgreSQL cannot be reached.
        alembic.util.CommandError: the schema is of a newer build than this one.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
