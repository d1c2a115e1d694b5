"""The form of the core: what is said when it is not what its sources are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openbell.cli.form import complaint


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "core").mkdir()
    for name in ("book.py", "book.pxd", "layouts.pxd"):
        (tmp_path / "core" / name).touch()
    return tmp_path


def test_without_a_compiled_module_the_core_is_called_interpreted(package: Path) -> None:
    assert "runs interpreted" in complaint(package)


def test_a_compiled_module_older_than_its_source_is_named(package: Path) -> None:
    built = package / "core" / "book.cpython-311-x86_64-linux-gnu.so"
    built.touch()
    os.utime(built, (1, 1))
    assert complaint(package) == "book.py was edited after it was compiled: run `make setup`"


def test_a_fresh_build_is_nothing_to_speak_of(package: Path) -> None:
    (package / "core" / "book.cpython-311-x86_64-linux-gnu.so").touch()
    assert complaint(package) == ""
