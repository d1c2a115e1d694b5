"""The archive's key: made once, for its owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.compliance.key import load_public_key, load_signing_key
from openbell.ops.secret import SecretError


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "archive.key"
    key = load_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signing_key(path).public.hex == key.public.hex
    assert key.public.signed(key.sign(b"data"), b"data")
    assert not key.public.signed(key.sign(b"data"), b"date")


def test_a_key_that_others_may_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive.key"
    load_signing_key(path)
    path.chmod(0o640)
    with pytest.raises(SecretError, match=r"has mode 640: others may read it; chmod 600"):
        load_signing_key(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(SecretError, match="has 5 bytes, expected 32"):
        load_signing_key(path)
    with pytest.raises(SecretError, match="holds no key of an archive"):
        load_public_key(path)


def test_the_public_half_is_read_from_either_file(tmp_path: Path) -> None:
    key = load_signing_key(tmp_path / "archive.key")
    (tmp_path / "archive.pub").write_text(key.public.hex + "\n")
    assert load_public_key(tmp_path / "archive.key").hex == key.public.hex
    assert load_public_key(tmp_path / "archive.pub").hex == key.public.hex
