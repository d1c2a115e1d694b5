"""What a command of the admin door is made of: its name, its record, its fields.

A field's `target` says where its value goes: a name alone is the header's (`account`, `instrument`), one
with `body.` before it is the record's body.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from openbell.gateway.admin import kinds
from openbell.gateway.admin.kinds import Kind


class Field(NamedTuple):
    """One field of a command. `default` is as a person would write it; `absent` is what the record gets
    when it is left out. A `flag` is the bit of `body.flags` that says that the field is given: it may be
    left out, and then changes nothing. With none of the three it must be given."""

    name: str
    kind: Kind
    target: str
    help: str
    default: str | None = None
    absent: int | None = None
    flag: int = 0

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is None and self.absent is None and not self.flag

    @property
    def camel(self) -> str:
        """Its name in JSON."""
        return re.sub(r"_(\w)", lambda match: match[1].upper(), self.name)

    @property
    def option(self) -> str:
        """Its name on the terminal."""
        return "--" + self.name.replace("_", "-")


class AdminCommand(NamedTuple):
    """One command: its name outside, its record's type, what it does."""

    name: str
    type: int
    help: str
    fields: tuple[Field, ...]
    fixed: tuple[tuple[str, int], ...] = ()


def account(help_: str = "whose") -> Field:
    """The account that a command is about."""
    return Field("account", kinds.ACCOUNT, "account", help_)


SYMBOL = Field("symbol", kinds.SYMBOL, "instrument", "the instrument")
FIRM = Field("firm", kinds.COUNT, "firm", "the firm's number")
