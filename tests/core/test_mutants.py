"""The mutation run finds what it should: places to change, and who lives."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core import mutants
from tests.core.mutants import Places

SOURCE = """
def f(self, a: i64) -> i64:
    if a < 3 and not self.done:
        self.count += 1
        self.tell(a)
    if cython.compiled:
        self.ask(5)
    return a - 1
"""


def changes(source: str) -> list[str]:
    places = Places()
    places.visit(ast.parse(source))
    return [text for _, text in places.found]


def test_every_kind_of_change_is_found_and_what_only_the_compiled_core_does_is_left_alone() -> None:
    assert changes(SOURCE) == [
        "if a < 3 and (not self.done): the other branch",
        "a < 3 and (not self.done): or",
        "a < 3: LtE",
        "a < 3: GtE",
        "3: 4",
        "not self.done: without not",
        "without self.count += 1",
        "self.count += 1: Sub",
        "1: 2",
        "without self.tell(a)",
        "a - 1: Add",
        "1: 2",
    ]


@pytest.mark.parametrize("index", range(12))
def test_each_change_changes_the_module_in_one_place(index: int) -> None:
    changed = ast.unparse(Places(index).visit(ast.parse(SOURCE)))
    plain = ast.unparse(ast.parse(SOURCE))
    lines = [(a, b) for a, b in zip(changed.splitlines(), plain.splitlines(), strict=True) if a != b]
    assert len(lines) == 1


def test_a_seed_chooses_the_same_mutants_of_the_whole_core() -> None:
    args = mutants.arguments(["--count", "50", "--seed", "3"])
    assert mutants.chosen(args) == mutants.chosen(args)
    assert len({mutant.name for mutant in mutants.chosen(args)}) > 10
    assert "scout" not in {mutant.name for mutant in mutants.mutants(mutants.names())}


@pytest.mark.timeout(600)
def test_a_mutant_that_the_flows_notice_dies_and_the_core_as_it_is_lives(tmp_path: Path) -> None:
    """In processes of their own, where nothing of this one's core was imported."""
    script = tmp_path / "trial.py"
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.core import mutants
mutant = None
if sys.argv[1:]:
    mutant = next(one for one in mutants.mutants(["numbers"]) if one.text == sys.argv[1])
print(mutants.trial(mutant, "quick", mutants.QUICK_SECONDS) or "lives")
"""
    )
    assert run(script) == "lives"
    assert run(script, mutants.mutants(["numbers"])[0].text) in ("differs", "fails", "hangs")


def run(script: Path, *arguments: str) -> str:

    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
