"""docs/portfolio.md: its cases come out as the page says, through core, ledger and the API's answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.scenario import Step, blocks
from tests.ledger.conftest import MakeDatabase
from tests.ledger.portfolio_story import PortfolioStory

PAGE = Path(__file__).parents[2] / "docs" / "portfolio.md"
CASES = list(blocks(PAGE))


@pytest.mark.parametrize("steps", CASES, ids=lambda steps: f"line {steps[0].line}")
def test_a_case_comes_out_as_the_page_says(steps: list[Step], make_database: MakeDatabase) -> None:
    PortfolioStory(make_database).run(steps)


def test_every_case_shows_a_portfolio() -> None:
    assert len(CASES) >= 9
    for steps in CASES:
        assert any(step.words[1:2] == ["shows"] and step.expected for step in steps)
    assert any(step.words[1:2] == ["earned"] for steps in CASES for step in steps)


def test_a_page_that_says_otherwise_fails(tmp_path: Path, make_database: MakeDatabase) -> None:
    page = tmp_path / "wrong.md"
    page.write_text("```scenario\nA has 10.00 USD\nA shows\n  cash 11.00\n```\n")
    with pytest.raises(AssertionError, match="line 3"):
        PortfolioStory(make_database).run(next(blocks(page)))
