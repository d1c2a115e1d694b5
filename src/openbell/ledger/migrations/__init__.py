"""Alembic's migrations of the schema `ledger`, run at the role's start."""
