"""Objects in a store that speaks S3, over its protocol."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable

import pytest

from openbell.ops.blobs import ArchiveError, Blobs

MIB = 1 << 20


@pytest.fixture
def blobs(s3: Callable[[str], str]) -> Blobs:
    return Blobs(s3("cold"), "log")


@pytest.mark.parametrize(("name", "size"), [("a/one", 0), ("a/one.log.zst", 1000), ("a/b/one.gz", 25 * MIB)])
def test_an_object_comes_back_byte_for_byte(blobs: Blobs, name: str, size: int) -> None:
    data = secrets.token_bytes(size)
    blobs.put("other", io.BytesIO(b"other"), 5)
    blobs.put(name, io.BytesIO(data), size)
    assert blobs.get(name) == data
    assert blobs.sizes() == {name: size, "other": 5}
    assert blobs.sizes("a") == {name: size}
    assert blobs.sizes("b") == {}
    assert blobs.folders() == ["a"]
    blobs.remove(name)
    assert blobs.sizes() == {"other": 5}
    with pytest.raises(FileNotFoundError):
        blobs.get(name)


def test_a_put_of_fewer_bytes_than_said_fails(blobs: Blobs) -> None:
    with pytest.raises(OSError, match="has 3 bytes in the archive and 4 here"):
        blobs.put("a/one", io.BytesIO(b"abc"), 4)


def test_nothing_is_there_of_what_was_never_put(blobs: Blobs) -> None:
    assert (blobs.sizes(), blobs.folders()) == ({}, [])


def test_a_bucket_is_named(s3: Callable[[str], str]) -> None:
    with pytest.raises(ArchiveError):
        Blobs("s3://?region=us-east-1", "log")
