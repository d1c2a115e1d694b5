"""The schema `ledger` in this build's form."""

from __future__ import annotations

from pathlib import Path

from openbell.ledger.tables import SCHEMA
from openbell.ops import migrate as ops


def migrate(database_url: str) -> None:
    """Upgrade the schema to the newest migration; see `openbell.ops.migrate`."""
    ops.migrate(database_url, SCHEMA, Path(__file__).with_name("migrations"))
