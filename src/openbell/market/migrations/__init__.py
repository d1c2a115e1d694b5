"""Alembic's migrations of the schema `market`, run at the role's start."""
