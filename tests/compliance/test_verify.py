"""Whatever is done to an archive, `verify` names the first object that is wrong."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from openbell.compliance.archive import LogArchive, entry_name, root_name, segment_name, segment_seal_name
from openbell.compliance.documents import Root, Seal, Wrong, write
from openbell.compliance.key import PublicKey, SigningKey, load_signing_key
from openbell.compliance.register import HOLD, RELEASE, enter
from openbell.compliance.verify import verify
from tests.compliance.made import Log, archive_of, archiver_of, objects

SNAPSHOT = "snapshots/*.zst"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose archive has segments, a snapshot, three roots and two entries of the register."""
    tmp_path = tmp_path_factory.mktemp("sound")
    log = Log(tmp_path, 20)
    log.snapshot()
    log.add(50)
    archiver_of(tmp_path).step()
    archive, key = archive_of(tmp_path), load_signing_key(tmp_path / "archive.key")
    for action in (HOLD, RELEASE):
        enter(archive, key, tmp_path / "register.lock", action, "all", "a court", "case 7")
    assert verify(archive)._replace(last=0, beyond="")[2:] == (1, 0, 3, 1, 2, "", 0)
    log.close()
    return tmp_path


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(sound, tmp_path / "data"))


def path_of(folder: Path, name: str) -> tuple[str, Path]:
    """The object's whole name, and its file."""
    found = [(one, path) for one, path in objects(folder / "archive").items() if Path(one).match(name)]
    return found[0]


OBJECTS = [
    "segments/0000000001.log.zst",
    "segments/0000000003.log.zst",
    "segments/0000000002.seal",
    "roots/2023-11-14",
    "register/00000001",
    "snapshots/*.zst",
    "snapshots/*.seal",
]


@pytest.mark.parametrize("place", [0, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("pattern", OBJECTS)
def test_a_bit_flipped_anywhere_is_named_with_its_object(folder: Path, pattern: str, place: float) -> None:
    name, path = path_of(folder, pattern)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(Wrong) as found:
        verify(archive_of(folder))
    assert found.value.name == name


@pytest.mark.parametrize("left", [0, 1, 100, -1])
@pytest.mark.parametrize("pattern", OBJECTS)
def test_a_truncated_object_is_named(folder: Path, pattern: str, left: int) -> None:
    name, path = path_of(folder, pattern)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(Wrong) as found:
        verify(archive_of(folder))
    assert found.value.name == name


@pytest.mark.parametrize("pattern", ["segments/0000000002.log.zst", "segments/0000000001.seal",
                                     "segments/0000000002.seal", SNAPSHOT, "register/00000001"])  # fmt: skip
def test_a_missing_object_is_named(folder: Path, pattern: str) -> None:
    name, path = path_of(folder, pattern)
    path.unlink()
    with pytest.raises(Wrong, match="missing") as found:
        verify(archive_of(folder))
    assert found.value.name == name


def test_a_missing_root_is_told_by_the_one_after_it(folder: Path) -> None:
    path_of(folder, "roots/2023-11-14")[1].unlink()
    with pytest.raises(Wrong, match="roots/2023-11-15: it does not name the root before it"):
        verify(archive_of(folder))


def test_the_end_of_the_log_cut_off_is_told_by_the_root_that_lists_it(folder: Path) -> None:
    archive = archive_of(folder)
    through = archive.document(root_name("2023-11-15"), Root)[0].through
    for number in archive.sealed():
        if number >= through:
            archive.blobs.remove(segment_name(number))
            archive.blobs.remove(segment_seal_name(number))
    with pytest.raises(Wrong, match=rf"{through:010d}.seal: it is missing; roots/2023-11-15 lists it"):
        verify(archive)


def forged(folder: Path, name: str, kind: type[Seal] | type[Root], key: SigningKey,
           change: Callable[[dict[str, object]], dict[str, object]]) -> None:  # fmt: skip
    """Write the document `name` anew with some of it changed, signed by `key`."""
    archive = archive_of(folder)
    document = archive.document(name, kind)[0]
    fields = {field: getattr(document, field) for field in document.__struct_fields__}
    archive.blobs.put_bytes(name, write(kind(**(fields | change(fields))), key))


@pytest.mark.parametrize(("name", "kind"), [(segment_seal_name(2), Seal), (root_name("2023-11-15"), Root)])
def test_another_key_is_named_even_where_it_signs_well(
    folder: Path, name: str, kind: type[Seal] | type[Root]
) -> None:
    forged(folder, name, kind, SigningKey(secrets.token_bytes(32)), lambda fields: {})
    with pytest.raises(Wrong, match=rf"{name}: it is signed by the key"):
        verify(archive_of(folder))


def test_a_signature_of_something_else_is_wrong(folder: Path) -> None:
    archive = archive_of(folder)
    one, other = (archive.blobs.get(segment_seal_name(number)) for number in (1, 2))
    archive.blobs.put_bytes(segment_seal_name(1), one.partition(b"\n")[0] + b"\n" + other.partition(b"\n")[2])
    with pytest.raises(Wrong, match=r"0000000001.seal: its signature is wrong"):
        verify(archive)


def test_an_object_under_anothers_name_is_wrong(folder: Path) -> None:
    archive = archive_of(folder)
    archive.blobs.put_bytes(segment_seal_name(1), archive.blobs.get(segment_seal_name(2)))
    with pytest.raises(Wrong, match=r"0000000001.seal: it is of segment 2"):
        verify(archive)


def test_who_has_the_key_cannot_change_what_a_day_came_to(folder: Path) -> None:
    key = load_signing_key(folder / "archive.key")
    forged(folder, segment_seal_name(1), Seal, key, lambda fields: {"classes": ("orders",)})
    with pytest.raises(Wrong, match=r"0000000001.seal: it is not the one that roots/2023-11-1\d lists"):
        verify(archive_of(folder))


def test_a_root_of_another_log_is_told_by_the_chain(folder: Path) -> None:
    key = load_signing_key(folder / "archive.key")
    forged(folder, root_name("2023-11-16"), Root, key, lambda fields: {"chain": "00" * 32})
    with pytest.raises(Wrong, match="roots/2023-11-16: the log has another chain value at 2452"):
        verify(archive_of(folder))


def test_what_nobody_put_there_is_named(folder: Path) -> None:
    archive = archive_of(folder)
    archive.blobs.put_bytes("notes.txt", b"hello")
    with pytest.raises(Wrong, match=r"notes.txt: it is no object of an archive"):
        verify(archive)


def test_documents_of_another_exchange_are_refused(folder: Path) -> None:
    archive = archive_of(folder)
    other = LogArchive(folder / "archive", archive.exchange[:16] + "0" * 48, archive.key)
    with pytest.raises(Wrong, match=f"{entry_name(1)}: it is of the exchange"):
        verify(other)


def test_the_public_key_is_enough(folder: Path) -> None:
    archive = archive_of(folder)
    text = archive.blobs.get(f"keys/{archive.key.hex[:16]}.pub")
    key = PublicKey(bytes.fromhex(text.decode().strip()))
    assert verify(LogArchive(folder / "archive", archive.exchange[:16], key)).roots == 3
