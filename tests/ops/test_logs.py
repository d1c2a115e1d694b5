"""Log lines: one a message, with its fields, whatever the message holds."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from openbell.ops import logs
from openbell.ops.settings import Settings


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_a_plain_line_names_time_level_role_and_fields(stream: io.StringIO) -> None:
    logs.configure(Settings.load({}), "node", stream)
    logging.getLogger("openbell.log").warning("Cut a torn tail", extra={"bytes": 512})
    assert stream.getvalue().endswith("Z WARNING node: Cut a torn tail (bytes=512)\n")


def test_a_traceback_stays_on_the_line(stream: io.StringIO) -> None:
    logs.configure(Settings.load({}), "node", stream)
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("x").exception("Failed")
    assert stream.getvalue().count("\n") == 1
    assert "ValueError: first | second" in stream.getvalue()


def test_a_json_line_is_one_object(stream: io.StringIO) -> None:
    logs.configure(Settings.load({}, log_format="json"), "gateway", stream)
    logging.getLogger("x").info("Said %d", 3, extra={"path": Settings.load({}).data_dir})
    body = json.loads(stream.getvalue())
    assert (body["level"], body["role"], body["logger"], body["message"]) == (
        "info",
        "gateway",
        "x",
        "Said 3",
    )
    assert body["path"].endswith("/var")


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    logs.configure(Settings.load({}, log_level="warning"), "node", stream)
    logging.getLogger("x").info("quiet")
    assert stream.getvalue() == ""
