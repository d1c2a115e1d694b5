"""The list of statements as the answer shows it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from openbell.gateway.words import Time


class StatementBody(Struct, rename="camel", kw_only=True):
    """A month that there is a statement of. `complete`: the month has ended, its statement is final."""

    month: str
    complete: bool
    pdf: str
    csv: str


class StatementListBody(Struct, rename="camel", kw_only=True):
    """The account's months, newest first."""

    data: Sequence[StatementBody]
    opened_at: Time
