"""Who trades: the accounts and tokens that the exchange handed out to its participants."""

from __future__ import annotations

from pathlib import Path

import msgspec

ROLES = ("maker", "trader")


class Participant(msgspec.Struct, frozen=True):
    """One account that trades here. `role` is "maker" or "trader"."""

    account: str
    token: str
    role: str


class _File(msgspec.Struct, frozen=True):
    participants: list[Participant]


def read(path: Path) -> list[Participant]:
    """The participants of the file at `path`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not the expected JSON, an unknown role, or no maker or no trader in it.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File).participants
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not a participants file: {error}") from error
    for participant in found:
        if participant.role not in ROLES:
            raise ValueError(f"{path}: role {participant.role!r} is unknown; use one of {', '.join(ROLES)}")
    for role in ROLES:
        if not any(participant.role == role for participant in found):
            raise ValueError(f"{path} names no {role}; the simulator needs at least one")
    return found
