"""The admin token: one file of the data folder, readable by its owner alone. Who can read it is staff."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from openbell.identity.key import SessionKeyError
from openbell.ops.secret import make_once

LENGTH_MIN = 32


def load_admin_token(path: Path) -> str:
    """The token in `path`, made there first where it is missing. Safe for processes that start together.

    Raises:
        SessionKeyError: readable by others, or too short to be a secret.
        OSError: it cannot be read or made.
    """
    if not path.exists():
        make_once(path, secrets.token_urlsafe(32).encode() + b"\n")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise SessionKeyError(f"admin token {path} has mode {mode:03o}: others may read it; chmod 600 {path}")
    token = path.read_text().strip()
    if len(token) < LENGTH_MIN:
        raise SessionKeyError(
            f"admin token {path} is too short ({len(token)} characters); remove it to get a new one"
        )
    return token


def is_admin_token(token: str, given: str) -> bool:
    """Whether `given` is the token; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(token.encode(), given.encode())
