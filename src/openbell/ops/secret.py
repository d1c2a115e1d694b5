"""Secrets in files of the data folder that their owner alone can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

KEY_LENGTH = 32


class SecretError(Exception):
    """A file with a secret cannot be used; the message names it and says what to do."""


def load_key(path: Path, name: str, otherwise: str) -> bytes:
    """The KEY_LENGTH random bytes in `path`, made there first where it is missing.

    Args:
        name: what the key is called in messages. otherwise: what to do where it is of another length.

    Raises:
        SecretError: of another length, or readable by others.
        OSError: it cannot be read or made.
    """
    key = load(path, name, lambda: secrets.token_bytes(KEY_LENGTH))
    if len(key) != KEY_LENGTH:
        raise SecretError(f"{name} {path} has {len(key)} bytes, expected {KEY_LENGTH}; {otherwise}")
    return key


def load(path: Path, name: str, made: Callable[[], bytes]) -> bytes:
    """The secret in `path`, `made` there first where it is missing. Safe for processes that start together.

    Raises:
        SecretError: readable by others.
        OSError: it cannot be read or made.
    """
    if not path.exists():
        make_once(path, made())
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise SecretError(f"{name} {path} has mode {mode:03o}: others may read it; chmod 600 {path}")
    return path.read_bytes()


def make_once(path: Path, content: bytes) -> None:
    """Write a secret (0600) beside `path` and link it there: another process's stays if it came first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        draft.unlink()
