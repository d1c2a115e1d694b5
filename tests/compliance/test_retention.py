"""What an archive keeps, what it lets go, and what a hold keeps beyond that."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from openbell.compliance.archive import SEGMENT, LogArchive, segment_name
from openbell.compliance.documents import Wrong
from openbell.compliance.keeper import Keeper
from openbell.compliance.key import SigningKey, load_signing_key
from openbell.compliance.register import (
    HOLD,
    RELEASE,
    CannotHold,
    Register,
    checked_words,
    enter,
    held_name,
)
from openbell.compliance.retention import Beginning, Retention, remove, sweep
from openbell.compliance.segment import SECOND
from openbell.compliance.verify import verify
from openbell.ops.settings import Settings
from tests.compliance.made import BEGIN, HOUR, Log, archive_of, archiver_of

DAY = 24 * HOUR
CLASSES = Retention(5, 6)


class Place:
    """An archive of segments over four days, with a snapshot on the third."""

    def __init__(self, folder: Path) -> None:
        log = Log(folder, 50)
        log.snapshot()
        log.add(30)
        archiver_of(folder).step()
        log.close()
        self.folder = folder
        self.archive: LogArchive = archive_of(folder)
        self.key: SigningKey = load_signing_key(folder / "archive.key")
        self.lock = folder / "register.lock"

    def enter(self, action: str, name: str) -> None:
        enter(self.archive, self.key, self.lock, action, name, "a court", "case 7")

    def past(self, now: int) -> int:
        return Beginning(self.archive).past(CLASSES, now)

    def kept(self) -> list[int]:
        return [int(one) for one in self.archive.found(SEGMENT)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_segment_goes_when_the_longest_of_its_classes_has_ended(place: Place) -> None:
    first = place.archive.seal(1)
    until = CLASSES.until(first)
    assert 6 * 365 * DAY <= until - first.ended <= 6 * 366 * DAY
    assert Retention(7, 6).until(first) > until
    assert place.past(until - 1) == 0
    assert place.past(until) == 1


def test_a_leap_day_counts_to_the_first_of_march(place: Place) -> None:
    leap = datetime(2024, 2, 29, 9, 30, tzinfo=UTC)
    seal = msgspec.structs.replace(place.archive.seal(1), ended=int(leap.timestamp()) * SECOND)
    end = datetime(2030, 3, 1, 9, 30, 1, tzinfo=UTC)
    assert CLASSES.until(seal) == int(end.timestamp()) * SECOND


def test_what_no_snapshot_can_replace_stays(place: Place) -> None:
    newest = place.archive.snapshots()[-1]
    through = place.past(BEGIN + 50 * 366 * DAY)
    assert place.archive.seal(through).last <= newest < place.archive.seal(through + 1).last


def test_a_hold_keeps_objects_past_their_class_until_it_is_released(place: Place) -> None:
    end = BEGIN + 10 * 366 * DAY
    free = place.past(end)
    assert free > 3
    place.enter(HOLD, "segments/0000000003")
    assert place.past(end) == 2
    place.enter(HOLD, "2023-11-14")
    assert place.past(end) == 0
    place.enter(RELEASE, "2023-11-14")
    place.enter(RELEASE, "segments/0000000003")
    place.enter(HOLD, "all")
    assert place.past(end) == 0
    place.enter(RELEASE, "all")
    assert place.past(end) == free
    assert verify(place.archive).entries == 6


def test_a_hold_that_comes_in_between_stops_a_removal(place: Place) -> None:
    through = place.past(BEGIN + 10 * 366 * DAY)
    place.enter(HOLD, "segments/0000000002")
    with pytest.raises(CannotHold, match="segment 2 is held by 'segments/0000000002' meanwhile"):
        remove(place.archive, place.key, place.lock, through, "a test")
    assert place.kept() == place.archive.sealed()


def test_removal_takes_objects_leaves_seals_and_is_in_the_register(place: Place) -> None:
    sealed = place.archive.sealed()
    remove(place.archive, place.key, place.lock, 2, "a test")
    assert place.kept() == sealed[2:]
    assert place.archive.sealed() == sealed
    assert Register(place.archive).removed == 2
    assert verify(place.archive).removed == 2
    with pytest.raises(CannotHold, match="was removed already"):
        place.enter(HOLD, "segments/0000000001")


def test_a_removal_that_a_kill_cut_short_is_finished(place: Place) -> None:
    copy = place.archive.blobs.get(segment_name(1))
    remove(place.archive, place.key, place.lock, 3, "a test")
    place.archive.blobs.put_bytes(segment_name(1), copy)
    assert sweep(place.archive) == 1
    assert place.kept()[0] == 4
    assert sweep(place.archive) == 0


def test_an_archive_that_began_after_the_log_did_can_lose_its_beginning_too(tmp_path: Path) -> None:
    log = Log(tmp_path, 50)
    archiver = archiver_of(tmp_path)
    position = log.snapshot()
    assert log.journal.drop(700) == 2
    log.add(10)
    archiver.step()
    archive, key = archiver.archive, archiver.key
    assert (archive.sealed()[0], verify(archive).first) == (3, archive.seal(3).first)
    remove(archive, key, tmp_path / "register.lock", 4, "a test")
    checked = verify(archive)
    assert (checked.removed, checked.first) == (2, archive.seal(5).first)
    for name in (f"snapshots/{position:020d}.seal", f"snapshots/{position:020d}.zst"):
        archive.blobs.remove(name)
    with pytest.raises(Wrong, match=rf"snapshots: none is at or after {archive.seal(4).last}"):
        verify(archive)
    archive.blobs.remove("segments/0000000003.seal")
    with pytest.raises(Wrong, match=r"segments/0000000003.seal: it is missing"):
        verify(archive)
    log.close()


def test_a_removal_that_the_register_does_not_know_is_wrong(place: Place) -> None:
    place.archive.blobs.remove(segment_name(1))
    with pytest.raises(Wrong, match=r"segments/0000000001.log.zst: it is missing"):
        verify(place.archive)


@pytest.mark.parametrize("name", ["", "everything", "segments/7", "2023-11", "../x", "roots/2023-11-14"])
def test_what_cannot_be_held_is_told_what_can(name: str) -> None:
    with pytest.raises(CannotHold, match="name a segment"):
        held_name(name)


def test_a_release_needs_a_hold_and_words_need_to_be_words(place: Place) -> None:
    with pytest.raises(CannotHold, match="all is not held; held: nothing"):
        place.enter(RELEASE, "all")
    for text in (" ", "x" * 501, "a\nb"):
        with pytest.raises(CannotHold, match="--why must be 1 to 500"):
            checked_words("--why", text)


def keeper_of(folder: Path, **flags: object) -> Keeper:
    data = (folder / "journal" / "0000000001.log").read_bytes()[4096 + 72 :]
    settings = Settings.load({}, data_dir=folder, **flags)
    return Keeper(settings, data[: int.from_bytes(data[:2], "little")])


def test_the_keeper_prunes_its_own_archive_only_where_the_folder_has_no_room(tmp_path: Path) -> None:
    log = Log(tmp_path, 50)
    log.snapshot()
    log.add(30)
    (tmp_path / "filler").write_bytes(os.urandom(4 << 20))
    keeper_of(tmp_path, data_mib_max=64).keep()
    archive = archive_of(tmp_path)
    assert Register(archive).removed == 0
    keeper = keeper_of(tmp_path, data_mib_max=4)
    keeper.keep()
    assert keeper.said == ""
    assert Register(archive).removed > 2
    assert verify(archive).removed == Register(archive).removed
    log.close()


def test_the_keeper_leaves_room_for_snapshots_that_are_large_beside_the_cap(tmp_path: Path) -> None:
    log = Log(tmp_path, 50)
    log.snapshot()
    log.add(30)
    keeper_of(tmp_path, data_mib_max=64).keep()
    large = tmp_path / "snapshots" / f"{40:020d}.snapshot"
    large.write_bytes(os.urandom(5 << 20))
    keeper_of(tmp_path, data_mib_max=16).keep()
    assert Register(archive_of(tmp_path)).removed == 0  # two of them find room beside what is there
    large.write_bytes(os.urandom(7 << 20))
    keeper_of(tmp_path, data_mib_max=16).keep()
    assert Register(archive_of(tmp_path)).removed > 2
    log.close()


def test_an_archive_of_ones_own_is_not_pruned_for_room(tmp_path: Path) -> None:
    folder, where = tmp_path / "data", tmp_path / "cold"
    log = Log(folder, 50)
    log.snapshot()
    log.add(30)
    (folder / "filler").write_bytes(os.urandom(4 << 20))
    keeper = keeper_of(folder, data_mib_max=4, archive_url=str(where), retention_ledger_years=100)
    keeper.keep()
    assert keeper.said == ""
    archive = archive_of(folder, where)
    assert Register(archive).removed == 0
    assert verify(archive).segments == len(archive.sealed()) > 5
    log.close()


def test_the_keeper_says_once_what_is_wrong_and_goes_on_when_it_is_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = Log(tmp_path, 40)
    archive = archive_of(tmp_path)
    archive.blobs.put_bytes(segment_name(2), b"something else")
    keeper = keeper_of(tmp_path)
    keeper.keep()
    keeper.keep()
    assert "segments/0000000002.log.zst is in the archive already" in keeper.said
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1
    archive.blobs.remove(segment_name(2))
    keeper.keep()
    assert keeper.said == ""
    verify(archive)
    log.close()
