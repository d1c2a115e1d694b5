"""Alembic's environment: the connection is the caller's, inside its transaction (see `migrate`)."""

from __future__ import annotations

from alembic import context

from openbell.market.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="alembic_version",
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
