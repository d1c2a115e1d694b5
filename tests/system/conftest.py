"""Whole exchanges for the tests of this folder: `openbell up` in folders and on ports of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.venue import Venue

MakeVenue = Callable[..., Venue]


@pytest.fixture
def venue() -> Iterator[MakeVenue]:
    """Makes exchanges, not started yet: `venue("--gateways", "2")`; all are killed at the end. Keywords are
    variables of their environment.

    The folders are in /tmp: the paths of the sockets in them must be short.
    """
    made: list[Venue] = []
    with tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp", ignore_cleanup_errors=True) as folder:

        def make(*arguments: str, **environment: str) -> Venue:
            one = Venue(Path(folder) / str(len(made)), arguments=arguments, environment=environment)
            made.append(one)
            return one

        yield make
        for one in made:
            one.kill()


@pytest.fixture(scope="module")
def open_venue() -> Iterator[Venue]:
    """One open exchange for a whole file of tests, without participants."""
    with tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        one = Venue(Path(folder), arguments=("--no-simulator",))
        with one:
            yield one
