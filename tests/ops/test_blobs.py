"""Objects by name: whole or not there, in a folder and through the streams that object stores have."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from openbell.ops.blobs import ArchiveError, Blobs


@pytest.fixture(params=["folder", "streams"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    made = Blobs(tmp_path / "cold", "log")
    if request.param == "streams":  # what S3 gets; a folder needs its folders made
        made.is_folder = False
        (tmp_path / "cold" / "log" / "a").mkdir(parents=True)
    return made


@pytest.mark.parametrize("name", ["a/one", "a/one.log.zst", "a/one.gz"])
def test_an_object_comes_back_byte_for_byte_whatever_its_name_ends_in(blobs: Blobs, name: str) -> None:
    data = bytes(range(256)) * 100
    blobs.put_bytes(name, data)
    assert Path(blobs.path(name)).read_bytes() == data
    assert blobs.get(name) == data
    assert blobs.sizes() == {name: len(data)}
    assert blobs.sizes("a") == {name: len(data)}
    assert blobs.sizes("b") == {}
    blobs.remove(name)
    assert blobs.sizes() == {}
    with pytest.raises(FileNotFoundError):
        blobs.get(name)


def test_a_put_of_fewer_bytes_than_said_fails(blobs: Blobs) -> None:
    with pytest.raises(OSError, match="has 3 bytes in the archive and 4 here"):
        blobs.put("a/one", io.BytesIO(b"abc"), 4)


def test_folders_are_told_and_what_is_unfinished_is_no_object(blobs: Blobs) -> None:
    blobs.put_bytes("a/one", b"1")
    Path(blobs.path("a/two.tmp")).write_bytes(b"half")
    assert blobs.folders() == ["a"]
    assert blobs.sizes() == {"a/one": 1}


def test_private_objects_are_for_their_owner_alone(tmp_path: Path) -> None:
    for private in (True, False):
        blobs = Blobs(tmp_path, "log", private=private)
        blobs.put_bytes("one", b"1")
        assert (Path(blobs.path("one")).stat().st_mode & 0o077 == 0) == private


def test_a_folder_is_named_by_path_or_url(tmp_path: Path) -> None:
    Blobs(tmp_path, "log").put_bytes("one", b"1")
    assert Blobs(str(tmp_path), "log").get("one") == b"1"
    assert Blobs(tmp_path.as_uri(), "log").get("one") == b"1"
    with pytest.raises(ArchiveError, match="name a folder or s3://bucket/folder"):
        Blobs("nowhere://bucket", "log")
