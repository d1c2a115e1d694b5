"""Stamping and checking: the same in C and in Python, and nothing bad passes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core.records import Header
from openbell.log import crc, stamp
from tests.log.batches import batch, command


def interpreted(module: ModuleType) -> ModuleType:
    """The same module's source, not compiled."""
    path = Path(str(module.__file__)).parent / f"{module.__name__.rpartition('.')[2]}.py"
    spec = importlib.util.spec_from_file_location(f"interpreted_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


PLAIN_CRC = interpreted(crc)
PLAIN_STAMP = interpreted(stamp)


def test_crc_of_the_published_check_string_is_the_published_value() -> None:
    assert crc.crc32c(b"123456789") == 0xE3069283


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_crc_is_googles_by_instruction_by_table_and_in_pieces(one: bytes, two: bytes) -> None:
    wanted = google_crc32c.value(one + two)
    try:
        for allowed in (True, False):
            crc.use_chip(allowed)
            assert crc.crc32c(one + two) == wanted
            assert crc.extend(crc.crc32c(one), two, 0, len(two)) == wanted
    finally:
        crc.use_chip(True)
    assert PLAIN_CRC.crc32c(one + two) == wanted


def test_the_crc_field_lies_where_the_loops_expect_it() -> None:
    assert (Header.crc.offset, Header.crc.size, Header.SIZE) == (84, 4, 96)


@given(
    st.lists(st.binary(max_size=100), min_size=1, max_size=5),
    st.integers(1, 2**45),
    st.integers(0, 2**62),
    st.integers(0, 2**32 - 1),
)
def test_stamping_is_the_same_in_c_and_in_python(blobs: list[bytes], seq: int, ts: int, term: int) -> None:
    raw = b"".join(command(number, blob) for number, blob in enumerate(blobs))
    compiled, plain = bytearray(raw), bytearray(raw)
    assert stamp.stamp(compiled, 0, len(raw), seq, ts, term) == seq + len(blobs)
    assert PLAIN_STAMP.stamp(plain, 0, len(raw), seq, ts, term) == seq + len(blobs)
    assert compiled == plain
    head = Header.from_buffer_copy(compiled)
    assert (head.seq, head.ts, head.term) == (seq, ts, term)
    for module in (stamp, PLAIN_STAMP):
        assert module.check(compiled, 0, len(raw), seq) == (len(raw), seq + len(blobs))


@given(st.data())
def test_any_flipped_bit_is_found_at_its_record(data: st.DataObject) -> None:
    good = batch(7, 3)
    size = len(good) // 3
    bit = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    broken = bit // 8 // size
    for module in (stamp, PLAIN_STAMP):
        assert module.check(bad, 0, len(bad), 7) == (broken * size, 7 + broken)


@given(st.binary(max_size=400))
def test_checking_garbage_ends_inside_it(garbage: bytes) -> None:
    for module in (stamp, PLAIN_STAMP):
        offset, _ = module.check(garbage, 0, len(garbage), 1)
        assert 0 <= offset <= len(garbage)


@pytest.mark.parametrize("length", [0, 95, 1032, 65535])
def test_stamping_refuses_a_length_that_no_command_has(length: int) -> None:
    raw = command(1)
    raw[0:2] = length.to_bytes(2, "little")
    for module in (stamp, PLAIN_STAMP):
        with pytest.raises(ValueError, match="length"):
            module.stamp(raw, 0, len(raw), 1, 1, 1)
