"""The command line: what it offers, and what it says to wrong arguments."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from openbell.cli.main import main, parser
from openbell.cli.up import PortInUse, require_port
from openbell.ops.settings import Settings


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openbell.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | variables)


def test_help_lists_every_command() -> None:
    shown = parser().format_help()
    assert all(f"    {name} " in shown for name in ("up", "run", "verify", "replay", "bench"))


def test_up_takes_its_settings_from_flags() -> None:
    options = parser().parse_args(
        ["up", "--port", "8100", "--data-dir", "d", "--no-simulator", "--rate", "50", "--seed", "3"]
    )
    given = {name: value for name, value in vars(options).items() if name in Settings.__struct_fields__}
    settings = Settings.load({}, **given)
    assert (settings.port, settings.simulator, settings.rate, settings.seed) == (8100, False, 50.0, 3)
    assert settings.data_dir == Path.cwd() / "d"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "--port", "eighty"), "--port='eighty' cannot be used"),
        (("up", "--rate", "0"), "--rate='0' cannot be used"),
        (("bench", "nothing"), "no bench 'nothing'; there is:"),
        (("run", "everything"), "invalid choice: 'everything'"),
    ],
)
def test_what_cannot_be_used_is_named_with_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_variable_that_cannot_be_used_is_named_too(tmp_path: Path) -> None:
    done = run("up", "--data-dir", str(tmp_path), OPENBELL_GATEWAYS="many")
    assert done.returncode == 2
    assert "OPENBELL_GATEWAYS='many' cannot be used" in done.stderr


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == "openbell 0.1.0\n"


def test_a_port_in_use_is_named_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"cannot listen on 127.0.0.1:{port} .*choose another --port"):
            require_port("127.0.0.1", port, patience=0.1)
    require_port("127.0.0.1", port)


def test_verify_without_a_log_says_so(tmp_path: Path) -> None:
    done = run("verify", "--data-dir", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "there is no log in" in done.stdout
