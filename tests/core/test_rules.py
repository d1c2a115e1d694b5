"""Every page of docs/rules says what the exchange does: its scenarios run, through core and oracle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core import scenario

RULES = Path(__file__).parents[2] / "docs" / "rules"
PAGES = sorted(path for path in RULES.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_rules_scenarios_come_out_as_its_page_says(page: Path) -> None:
    assert scenario.run(page) > 0, f"{page.name} has no scenario"


def test_the_list_of_rules_names_every_page_and_nothing_else() -> None:
    listed = [line.split("](")[1].split(")")[0] for line in read_list() if "](" in line]
    assert sorted(listed) == [page.name for page in PAGES]


def read_list() -> list[str]:
    return [line for line in (RULES / "README.md").read_text().splitlines() if line.startswith("| [")]


def test_a_page_that_says_otherwise_fails(tmp_path: Path) -> None:
    page = tmp_path / "wrong.md"
    page.write_text("```scenario\nA has 10 USD\nA buys 1 @ 9.00\n  #1 accepted: BUY 2 @ 9.00\n```\n")
    with pytest.raises(AssertionError, match="line 3"):
        scenario.run(page)
