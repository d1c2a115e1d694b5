"""The admin token: one file of the data folder, readable by its owner alone. Who can read it is staff."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from openbell.ops.secret import SecretError, load

LENGTH_MIN = 32


def load_admin_token(path: Path) -> str:
    """The token in `path`, made there first where it is missing. Safe for processes that start together.

    Raises:
        SecretError: readable by others, or too short to be a secret.
        OSError: it cannot be read or made.
    """
    made = load(path, "admin token", lambda: secrets.token_urlsafe(32).encode() + b"\n")
    token = made.decode(errors="replace").strip()
    if len(token) < LENGTH_MIN:
        raise SecretError(
            f"admin token {path} is too short ({len(token)} characters); remove it to get a new one"
        )
    return token


def is_admin_token(token: str, given: str) -> bool:
    """Whether `given` is the token; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(token.encode(), given.encode())
