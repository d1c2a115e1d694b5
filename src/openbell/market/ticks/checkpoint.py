"""How far a store of ticks is, and what its writer needs to go on from there: one small file, replaced whole.

Replacing it is what commits a flush: files beyond its position are of a flush that never ended.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from openbell.ops.durable import replace

VERSION = 1


class StoreError(Exception):
    """The folder cannot be used as this store of ticks; the message says why and what to do."""


class Checkpoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything up to `position` is in files. `source` names the log (or feed) that it is of, `symbols` are
    by instrument number, `state` is the writer's own."""

    version: int = VERSION
    source: str
    position: int = 0
    symbols: list[str] = []
    state: bytes = b""


def load(path: Path) -> Checkpoint | None:
    """The checkpoint in `path`; None if there is none.

    Raises:
        StoreError: it is not one, or one of a version that this build does not know.
    """
    try:
        found = msgspec.msgpack.decode(path.read_bytes(), type=Checkpoint)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{path} is no checkpoint of ticks: {error}; restore it or remove its folder"
        ) from None
    if found.version != VERSION:
        raise StoreError(f"{path} has version {found.version}; this build knows {VERSION}")
    return found


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Replace the checkpoint in `path`, durably."""
    replace(path, msgspec.msgpack.encode(checkpoint))
