"""The pages about formats say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openbell.core.layout import Record
from openbell.core.records import Header
from openbell.log.formats import BatchHeader, SegmentHeader
from openbell.node import protocol, queries
from openbell.node.events import BlockHeader

DOCS = Path(__file__).parents[2] / "docs"


def rows(text: str, start: str) -> list[list[str]]:
    """The rows of the first table after `start`, without its head."""
    lines = text[text.index(start) :].splitlines()
    table: list[str] = []
    for line in lines:
        if line.startswith("|"):
            table.append(line)
        elif table:
            break
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.mark.parametrize(
    ("layout", "start"),
    [
        (SegmentHeader, "`SegmentHeader`"),
        (BatchHeader, "`BatchHeader`"),
        (Header, "## Record"),
        (BlockHeader, "`BlockHeader`"),
    ],
)
def test_the_log_page_has_every_field_of_every_layout(layout: type[Record], start: str) -> None:
    found = rows((DOCS / "log-format.md").read_text(), start)
    assert [(name, kind) for name, kind, _ in found] == list(layout.FIELDS)


def test_the_protocol_page_has_every_kind_of_frame() -> None:
    found = rows((DOCS / "node-protocol.md").read_text(), "| kind | from |")
    kinds = ("HELLO", "COMMAND", "QUERY", "SUBSCRIBE", "ACK", "WELCOME", "ANSWER", "RESULT", "UNITS", "ERROR")
    assert [row[0] for row in found] == [f"{getattr(protocol, name)} {name}" for name in kinds]


def test_the_protocol_page_has_every_query() -> None:
    found = rows((DOCS / "node-protocol.md").read_text(), "## Queries")
    assert sorted(row[0] for row in found) == sorted([*queries.READS, "status"])


def test_the_protocol_page_has_every_error_that_the_code_gives() -> None:
    page = (DOCS / "node-protocol.md").read_text()
    source = Path(protocol.__file__).parent
    given = set()
    for path in source.glob("*.py"):
        given |= set(re.findall(r'(?:Refused|QueryError|_error)\(\s*"([A-Z_]+)"', path.read_text()))
    assert given >= {"BAD_FRAME", "BAD_QUERY", "VERSION"}
    assert not {code for code in given if f"`{code}`" not in page}
