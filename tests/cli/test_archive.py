"""`openbell archive`: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openbell.cli.main import main
from openbell.cli.rerun import Rerun
from openbell.compliance.archive import segment_name
from tests.compliance.made import Log, archive_of, archiver_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    log = Log(folder, 60)
    archiver_of(folder).step()
    log.close()
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end:
        main(["archive", *(str(one) for one in arguments)])
    code = end.value.code
    assert isinstance(code, int)
    return code, capsys.readouterr().out


def test_verify_says_what_is_sound_and_with_which_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, "verify", "--data-dir", folder)
    assert code == 0
    assert "3 roots, 0 snapshots, 0 entries of the register: nothing is wrong" in said
    assert str(folder / "archive.key") in said
    code, said = run(capsys, "verify", "--data-dir", folder, "--json")
    assert json.loads(said)["roots"] == 3


def test_verify_ends_with_1_and_names_the_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive_of(folder).blobs.put_bytes(segment_name(2), b"spoilt")
    code, said = run(capsys, "verify", "--data-dir", folder)
    assert (code, said) == (1, "wrong: segments/0000000002.log.zst: it has 6 bytes, its seal says "
                               f"{archive_of(folder).seal(2).stored}\n")  # fmt: skip


def test_an_archive_alone_is_enough_to_restore_a_log_that_replays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = folder.parent / "two"
    code, said = run(capsys, "restore", "--archive-url", folder / "archive", "--data-dir", two)
    assert code == 0
    assert "the archive itself (keys/" in said
    rerun = Rerun(two / "journal")
    count = 1 + sum(len(units) for units in rerun.units(()))
    rerun.close()
    assert f"commands 1 to {count:,}" in said
    code, said = run(capsys, "restore", "--archive-url", folder / "archive", "--data-dir", two)
    assert (code, "is not empty" in said) == (2, True)


def test_a_hold_is_entered_listed_and_released(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data-dir", folder, "--who", "a court", "--why", "case 7")
    assert run(capsys, "hold", "segments/0000000002.log.zst", *words)[0] == 0
    code, said = run(capsys, "list", "--data-dir", folder)
    assert code == 0
    assert "hold segments/0000000002: a court: case 7" in said
    assert said.count(", held: segments/0000000002") == 1
    assert "until 2029-11-1" in said
    assert run(capsys, "release", "segments/0000000002", *words) == (
        0, "segments/0000000002 is released (entry 2)\n")  # fmt: skip
    assert run(capsys, "release", "segments/0000000002", *words)[0] == 2
    assert run(capsys, "verify", "--data-dir", folder)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "--archive-url", "nowhere://x"), "cannot be used"),
        (("verify", "--archive-url", "/none/at/all"), "there is no log in the archive"),
        (("hold", "it", "--who", "a", "--why", "b"), "name a segment"),
        (("hold", "all", "--who", " ", "--why", "b"), "--who must be"),
    ],
)
def test_what_cannot_be_done_is_named(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(capsys, *arguments, "--data-dir", tmp_path)
    assert code == 2
    assert said in out
