"""docs/limits.md says the bounds that the code keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.gateway import (
    account_routes,
    call,
    commands,
    curve,
    http_protocol,
    lot_routes,
    market_routes,
    server,
    static,
    tail,
    tick_files,
)
from openbell.gateway.statements import pdf_file, routes
from openbell.gateway.stream import connection, group, hub
from openbell.ledger import statements
from openbell.ops.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
DEFAULTS = Settings()


def row(what: str) -> str:
    """The row of the page that begins with `what`."""
    found = [line for line in PAGE.splitlines() if line.startswith(f"| {what}")]
    assert len(found) == 1, what
    return found[0]


@pytest.mark.parametrize(
    ("what", "numbers"),
    [
        ("body of a request", [call.BODY_BYTES_MAX]),
        ("line and headers", [http_protocol.HEAD_BYTES_MAX]),
        ("time for a request's head", [http_protocol.HEAD_SECONDS_MAX]),
        ("time for a request's body", [call.BODY_SECONDS_MAX]),
        ("idle connection", [server.KEEP_ALIVE_S]),
        ("HTTP connections", [server.CONNECTIONS_MAX]),
        ("trading messages", [DEFAULTS.order_rate]),
        ("other requests a second", [DEFAULTS.read_rate]),
        ("demo accounts a minute", [DEFAULTS.demo_rate]),
        ("open demo accounts", [DEFAULTS.demo_accounts]),
        ("idle time of a demo", [DEFAULTS.demo_idle_hours]),
        ("session", [DEFAULTS.session_days]),
        ("time from the gateway", [commands.VALID_FOR_NS / 1e9]),
        ("symbols of one quotes", [market_routes.SYMBOLS_MAX]),
        ("executions, lots a page", [account_routes.PAGE_MAX, lot_routes.PAGE_MAX]),
        ("marks of a day", [curve.MARKS_MAX]),
        ("lines of a statement", [statements.LINES_MAX]),
        ("lines of one table", [pdf_file.ROWS_MAX]),
        ("statements and confirmations", [routes.MAKING_MAX, routes.TURN_S]),
        ("ticks of a download", [tick_files.ROWS_MAX]),
        ("downloads of ticks made", [tick_files.MAKING_MAX, tick_files.TURN_S, tick_files.MAKING_S]),
        ("downloads of ticks open", [tick_files.DOWNLOADS_MAX, tick_files.DOWNLOAD_S]),
        ("web app", [static.FOLDER_BYTES_MAX]),
        ("a message of a client", [connection.MESSAGE_BYTES_MAX]),
        (
            "messages of a client",
            [connection.MESSAGES_A_SECOND_MAX, connection.MESSAGES_AT_ONCE_MAX, connection.REFUSED_MAX],
        ),
        ("symbols of one subscribe", [connection.SYMBOLS_A_MESSAGE_MAX]),
        ("interval", [connection.INTERVAL_MS_MIN, connection.INTERVAL_MS_MAX]),
        ("trades of a symbol", [group.TRADES_A_FLUSH_MAX]),
        ("unsent market data", [connection.BEHIND_BYTES]),
        ("unsent data", [connection.STALLED_BYTES, connection.STALLED_S]),
        ("order updates kept", [tail.ENTRIES_AN_ACCOUNT_MAX, tail.ENTRIES_MAX]),
        ("connections of a gateway", [hub.CONNECTIONS_MAX, hub.CONNECTIONS_AN_ADDRESS_MAX]),
    ],
)
def test_a_row_says_what_the_code_keeps(what: str, numbers: list[float]) -> None:
    for number in numbers:
        assert f"{int(number):,}" in row(what)
