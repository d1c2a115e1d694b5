"""The log's archive in a store that speaks S3: brought, verified, spoilt, restored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openbell.compliance.archive import segment_name
from openbell.compliance.documents import Wrong
from openbell.compliance.restore import restore
from openbell.compliance.verify import verify
from openbell.log.reader import chain_at
from tests.compliance.made import Log, archive_of, archiver_of


@pytest.fixture
def where(s3: Callable[[str], str], tmp_path: Path) -> str:
    """An archive of a log of 60 batches."""
    place = s3("of/the/exchange")
    log = Log(tmp_path / "one", 20)
    log.snapshot()
    log.add(40)
    archiver_of(tmp_path / "one", place).step()
    log.close()
    return place


def test_it_is_sound_and_a_second_look_brings_nothing(where: str, tmp_path: Path) -> None:
    assert verify(archive_of(tmp_path / "one", where)).snapshots == 1
    assert archiver_of(tmp_path / "one", where).step() == (0, 0, 0)


def test_a_log_comes_back_from_it(where: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    done = restore(archive_of(one, where), two / "journal", two / "snapshots")
    assert done.last > 2_000
    assert chain_at(two / "journal", done.last) == chain_at(one / "journal", done.last)
    assert list((two / "snapshots").iterdir())


def test_a_spoilt_object_is_found(where: str, tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "one", where)
    name = segment_name(archive.sealed()[1])
    data = bytearray(archive.blobs.get(name))
    data[len(data) // 2] ^= 1
    archive.blobs.put_bytes(name, bytes(data))
    with pytest.raises(Wrong, match=name):
        verify(archive)
