"""The secret that signs sessions: one file of the data folder, readable by its owner alone."""

from __future__ import annotations

import secrets
from pathlib import Path

from openbell.ops.secret import make_once

KEY_LENGTH = 32


class SessionKeyError(Exception):
    """The key file cannot be used; the message names it and says what to do."""


def load_key(path: Path) -> bytes:
    """The key in `path`, made there first where it is missing. Safe for processes that start together.

    Raises:
        SessionKeyError: of another length, or readable by others.
        OSError: it cannot be read or made.
    """
    if not path.exists():
        make_once(path, secrets.token_bytes(KEY_LENGTH))
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise SessionKeyError(f"session key {path} has mode {mode:03o}: others may read it; chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_LENGTH:
        raise SessionKeyError(
            f"session key {path} has {len(key)} bytes, expected {KEY_LENGTH}; remove it to get a new one"
        )
    return key
