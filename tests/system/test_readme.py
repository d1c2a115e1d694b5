"""The README's examples run as printed, against an exchange on the address that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.venue import Venue
from tests.system.conftest import MakeVenue

README = Path(__file__).parents[2] / "README.md"
PRINTED = "127.0.0.1:8000"
EXAMPLE_S = 60


def example(language: str) -> str:
    """All fenced blocks of a language, one after the other, as a person would type them."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL))


@pytest.fixture
def market(venue: MakeVenue) -> Venue:
    one = venue()
    one.start()
    return one


def run(command: list[str], text: str, one: Venue, folder: Path) -> str:
    """Run an example in an empty folder; only the port is put in, so that tests need not own 8000."""
    text = text.replace(PRINTED, f"127.0.0.1:{one.port}")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*command, text],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=EXAMPLE_S,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_examples_show_every_step_of_a_trade() -> None:
    for language in ("bash", "python"):
        text = example(language)
        assert PRINTED in text
        for what in ("auth/demo", "assets/top", "quotes/", "/orders", "/portfolio", "delete"):
            assert what in text.lower(), f"no example of {what} in {language}"
    assert "/stream" in example("python")


@pytest.mark.slow
def test_the_examples_run_as_printed(market: Venue, tmp_path: Path) -> None:
    said = run(["bash", "-euo", "pipefail", "-c"], example("bash"), market, tmp_path)
    assert "urn:openbell:problem" not in said, said
    assert "FILLED" in said
    assert "CANCELLED" in said
    said = run([sys.executable, "-c"], example("python"), market, tmp_path)
    assert "TICK" in said
    assert "ORDER_UPDATE" in said
    assert "order" in said
