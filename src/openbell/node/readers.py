"""Named readers' positions: what each will never ask for again, kept across restarts."""

from __future__ import annotations

import json
import re
from pathlib import Path

from openbell.ops.durable import replace

NAMES_MAX = 64
NAME = re.compile(r"[A-Za-z0-9._-]{1,48}")


class Readers:
    """Positions by name, in one small file. A reader counts from its first subscription on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.positions: dict[str, int] = {}
        self.changed = False
        if path.exists():
            self.positions = {str(name): int(seq) for name, seq in json.loads(path.read_text()).items()}
        self.saved = dict(self.positions)

    def subscribed(self, name: str, position: int) -> None:
        """A reader asks for what is after `position`: nothing later may be forgotten before it says so.

        Raises:
            ValueError: the name is no name, or there are too many.
        """
        if not NAME.fullmatch(name):
            raise ValueError(
                f"a reader's name has 1 to 48 characters of A-Z a-z 0-9 . _ -, not {name[:60]!r}"
            )
        if name not in self.positions and len(self.positions) >= NAMES_MAX:
            raise ValueError(f"{len(self.positions)} named readers are the most there can be")
        if self.positions.get(name, position + 1) > position:
            self.positions[name] = position
            self.changed = True

    def acknowledged(self, name: str, position: int) -> None:
        """A reader has what is up to `position` safely."""
        if self.positions.get(name) != position:
            self.positions[name] = position
            self.changed = True

    def slowest(self) -> int | None:
        """The position that every reader has passed, as far as it is saved; None without readers."""
        return min(self.saved.values(), default=None)

    def save(self) -> None:
        """Write the positions durably; only then may anything be forgotten because of them."""
        positions, self.changed = dict(self.positions), False
        replace(self.path, json.dumps(positions).encode())
        self.saved = positions
