"""`openbell admin` against a running node: commands that act once, and what it shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbell.cli.main import main, parser
from openbell.gateway.admin.commands import COMMANDS
from openbell.ops.ready import is_ready
from openbell.ops.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text()
SIGNED = ("--who", "Ada", "--why", "a test")
READY_S = 30.0


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """A small exchange's node, with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Settings.load(
            {},
            data_dir=folder,
            genesis_accounts=64,
            genesis_instruments=4,
            genesis_positions=64,
            genesis_orders=64,
            genesis_ended_orders=64,
            genesis_requests=256,
            genesis_levels=64,
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "openbell.cli", "run", "node"], env=os.environ | made.environment()
        )
        try:
            deadline = time.monotonic() + READY_S
            while not is_ready(made.run_dir, "node"):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
            yield made
        finally:
            process.terminate()
            process.wait(10)


class Terminal:
    """Runs `openbell admin` here and keeps what it printed."""

    def __init__(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        self._settings = settings
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, output and complaints."""
        with pytest.raises(SystemExit) as ended:
            main(["admin", *arguments, "--data-dir", str(self._settings.data_dir)])
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    def json(self, *arguments: str) -> Any:
        """What a command that must work answers."""
        code, out, error = self.run(*arguments, "--json")
        assert code == 0, error
        return json.loads(out)


@pytest.fixture
def terminal(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(settings, capsys)


def test_an_instrument_is_listed_halted_and_shown(terminal: Terminal) -> None:
    listed = terminal.json("list", "--symbol", "ACME", "--reference-price", "12.50", *SIGNED)
    assert listed["command"] == "list"
    terminal.json("suspend", "--symbol", "ACME", *SIGNED)
    shown = terminal.json("show", "instrument", "acme")
    assert (shown["symbol"], shown["status"], shown["referencePrice"]) == ("ACME", "SUSPENDED", "12.50")
    terminal.json("resume", "--symbol", "ACME", *SIGNED)
    assert terminal.json("show", "instrument", "ACME")["status"] == "CONTINUOUS"


def test_the_same_key_acts_once(terminal: Terminal) -> None:
    command = ("deposit", "--account", "A00000002", "--amount", "5.25", "--key", "k-1", *SIGNED)
    first, second = terminal.json(*command), terminal.json(*command)
    assert second == first | {"replayed": True}
    assert terminal.json("show", "account", "A00000002")["cash"] == "5.25"
    assert terminal.json("show", "totals")["deposits"] == "5.25"


def test_a_person_gets_a_line_a_fact(terminal: Terminal) -> None:
    code, out, _ = terminal.run("show", "status")
    assert code == 0
    facts = dict(line.split() for line in out.splitlines())
    assert set(facts) == {"seq", "durable", "term", "timestamp", "ledger"}
    assert facts["ledger"] == "degraded"  # there is no database


def test_what_is_refused_says_why_and_ends_with_one(terminal: Terminal) -> None:
    code, out, error = terminal.run("withdraw", "--account", "A00000003", "--amount", "1", *SIGNED)
    assert (code, out) == (1, "")
    assert error == (
        "openbell: The account has $0.00 that is not reserved, not $1.00. [INSUFFICIENT_FUNDS]\n"
    )
    code, _, error = terminal.run("deposit", "--account", "4", "--amount", "x", *SIGNED)
    assert code == 1
    assert "account is an account id like A00000004." in error
    assert "amount is not a decimal number." in error


def test_who_and_why_are_required(terminal: Terminal) -> None:
    code, _, error = terminal.run("suspend", "--symbol", "ACME")
    assert code == 2
    assert "--who, --why" in error


def test_without_a_running_exchange_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbell.cli.admin.CONNECT_S", 0.2)
    with pytest.raises(SystemExit) as ended:
        main(["admin", "show", "totals", "--data-dir", str(tmp_path)])
    assert ended.value.code == 1
    assert "is `openbell up` running on this data folder?" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_at_the_terminal_and_on_the_page(name: str) -> None:
    command = COMMANDS[name]
    given = [text for field in command.fields for text in (field.option, field.kind.example)]
    options = parser().parse_args(["admin", name, *given, *SIGNED])
    assert options.admin == name
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert command.help in row
    for field in command.fields:
        assert f"`{field.camel}`" in row
