"""Chooses the build of the core that a run tests: pytest tests/core --core=interpreted|compiled|checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.core import builds

unavailable = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--core", choices=builds.FORMS, help="the build of the core to test")
    parser.addoption("--write-golden", action="store_true", help="store what the interpreted core says")


def pytest_configure(config: pytest.Config) -> None:
    form = config.getoption("--core", None)
    if form is None:  # what an import finds: compiled where it was compiled
        return
    if form == "checked" and builds.compiler() is None:
        config.stash[unavailable] = "no C compiler here: the core cannot be built with bounds checks"
        return
    try:
        builds.install(form)
    except builds.BuildError as error:
        raise pytest.UsageError(f"--core={form}: {error}") from None


def pytest_report_header(config: pytest.Config) -> str:
    return config.stash.get(unavailable, "") or builds.described()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if reason := item.config.stash.get(unavailable, ""):
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """An error inside compiled code that cannot raise, as a failed bounds check, fails the test."""
    from tests.core import driver

    before = sys.unraisablehook
    driver.catch_unraisable()
    try:
        yield
    finally:
        sys.unraisablehook = before
    driver.assert_none_unraised()
