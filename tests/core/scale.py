"""How much a run of these tests does: by default what is quick in the build that it tests.

OPENBELL_TEST_SCALE=100 makes it a hundred times as much.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.core import builds

SCALE = int(os.environ.get("OPENBELL_TEST_SCALE", "1"))
INTERPRETED = "interpreted" in builds.described()


def much(compiled: int, interpreted: int) -> int:
    """A number of things to try."""
    return SCALE * (interpreted if INTERPRETED else compiled)


def examples(compiled: int, interpreted: int) -> settings:
    """Settings of Hypothesis: so many examples, the same in every run."""
    return settings(
        max_examples=much(compiled, interpreted),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
