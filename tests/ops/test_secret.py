"""Secrets in files: made once, for their owner alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openbell.ops.secret import KEY_LENGTH, SecretError, load, load_key


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one"
    key = load_key(path, "key", "")
    assert len(key) == KEY_LENGTH
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, "key", "") == key
    assert [one.name for one in path.parent.iterdir()] == ["one"]


def test_all_who_start_together_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_key(tmp_path / "key", "key", ""), range(64)))
    assert len(set(found)) == 1


def test_a_file_that_others_may_read_or_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short")
    path.chmod(0o604)
    with pytest.raises(SecretError, match=rf"^test key {path} has mode 604: others may read it; chmod 600"):
        load(path, "test key", lambda: b"never made")
    path.chmod(0o600)
    with pytest.raises(SecretError, match=rf"^test key {path} has 5 bytes, expected 32; find another$"):
        load_key(path, "test key", "find another")
