"""Logging: one line a message on standard error, for a person (plain) or for a collector (json).

The supervisor reads its roles' lines and writes them to files; a role knows nothing of files.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, TextIO

import msgspec

if TYPE_CHECKING:
    from openbell.ops.settings import Settings

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure(settings: Settings, role: str, stream: TextIO | None = None) -> None:
    """Send every logger's messages as single lines to `stream` (standard error).

    What a call passes in `extra` follows the message as fields: `log.info("Cut", extra={"bytes": 12})`.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(role) if settings.log_format == "json" else PlainLines(role))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("alembic").setLevel(max(root.level, logging.WARNING))  # it tells every plugin it loads
    logging.captureWarnings(True)


def fields(record: logging.LogRecord) -> dict[str, object]:
    """What the call gave in `extra`."""
    return {key: value for key, value in vars(record).items() if key not in STANDARD}


class PlainLines(logging.Formatter):
    """`2026-01-05T14:30:00.123Z INFO node: Cut a torn tail (bytes=512, file=...)`."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback's lines are joined by ` | `."""
        line = f"{timestamp(record.created)} {record.levelname} {self.role}: {record.getMessage()}"
        if extra := fields(record):
            line += " (" + ", ".join(f"{key}={value}" for key, value in extra.items()) + ")"
        if record.exc_info:
            line += " | " + self.formatException(record.exc_info)
        return " | ".join(line.splitlines())


class JsonLines(logging.Formatter):
    """One JSON object: time, level, role, logger, message, the call's fields, error."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; what JSON cannot say is put as text."""
        body: dict[str, object] = {
            "time": timestamp(record.created),
            "level": record.levelname.lower(),
            "role": self.role,
            "logger": record.name,
            "message": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            body["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(body, enc_hook=str).decode()


def timestamp(seconds: float) -> str:
    """Unix seconds as RFC 3339 UTC with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
