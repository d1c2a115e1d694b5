"""A database as an earlier build left it."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

import openbell.market.migrations
from openbell.ops.migrate import ONE_IN_THIS_PROCESS


def leave(database_url: str, revision: str) -> None:
    """Bring schema `market` back to the form it had with the migration `revision`."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    config = Config()
    config.set_main_option("script_location", openbell.market.migrations.__path__[0])
    with ONE_IN_THIS_PROCESS, create_engine(url, poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
