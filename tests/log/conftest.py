"""Every test of the journal runs on the real disk and on the faulty one."""

from __future__ import annotations

import pytest

from openbell.log.disk import Disk, RealDisk
from openbell.log.faulty import FaultyDisk


@pytest.fixture(params=["real", "faulty"])
def disk(request: pytest.FixtureRequest) -> Disk:
    return RealDisk() if request.param == "real" else FaultyDisk(1)
