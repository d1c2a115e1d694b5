"""The pages about formats say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openbell.core.layout import Record
from openbell.core.records import Header
from openbell.log.formats import BatchHeader, SegmentHeader
from openbell.node import event_writer, intake, protocol, queries, sequencer, server, stream
from openbell.node.events import BlockHeader
from openbell.node.node import Limits

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


def test_the_pages_name_the_bounds_that_the_code_has() -> None:
    mib = 1 << 20
    bounds = dict(row[:2] for row in rows((DOCS / "node-protocol.md").read_text(), "## Bounds"))
    assert bounds == {
        "commands waiting": f"{intake.COUNT_MAX:,} or {intake.BYTES_MAX // mib} MiB",
        "commands in flight of a connection": f"{server.COMMANDS_IN_FLIGHT:,}",
        "query results held for a connection": f"{server.HELD_BYTES // mib} MiB",
        "bytes not yet read by a client": f"{server.WRITE_BUFFER // mib} MiB",
        "units in memory": f"{stream.RING_BYTES // mib} MiB",
        "units not yet in the event files": f"{event_writer.WAITING_MAX // mib} MiB",
        "a batch": f"{sequencer.BATCH_COUNT:,} commands or {sequencer.BATCH_BYTES // mib} MiB",
        "batches not yet durable": f"{sequencer.BATCHES_IN_FLIGHT}",
    }
    kept = " ".join(row[1] for row in rows((DOCS / "log-format.md").read_text(), "## What is kept"))
    limits = Limits()
    for size in (limits.events_bytes, limits.events_bytes_max, limits.journal_bytes):
        assert (f"{size >> 30} GiB" if size >> 30 else f"{size // mib} MiB") in kept


def test_the_protocol_page_has_every_error_that_the_code_gives() -> None:
    page = (DOCS / "node-protocol.md").read_text()
    source = Path(protocol.__file__).parent
    given = set()
    for path in source.glob("*.py"):
        given |= set(re.findall(r'(?:Refused|QueryError|_error)\(\s*"([A-Z_]+)"', path.read_text()))
    assert given >= {"BAD_FRAME", "BAD_QUERY", "VERSION"}
    assert not {code for code in given if f"`{code}`" not in page}
