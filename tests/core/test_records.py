"""Records, ids and symbols: what goes in comes out, and what cannot go in is refused by name."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, layout, records
from tests.core.scale import examples

ids = st.builds(records.make_id, st.integers(0, 1023), st.integers(0, 2**45 - 1), st.integers(0, 255))


@examples(compiled=100, interpreted=100)
@given(ids)
def test_a_public_id_names_its_number(number: int) -> None:
    text = records.encode_id(number)
    assert len(text) == 13
    assert records.decode_id(text) == number


@examples(compiled=100, interpreted=100)
@given(st.lists(ids, min_size=2, max_size=6))
def test_public_ids_sort_as_their_numbers(numbers: list[int]) -> None:
    assert sorted(map(records.encode_id, numbers)) == [records.encode_id(n) for n in sorted(numbers)]


@pytest.mark.parametrize("text", ["", "0" * 12, "0" * 14, "000000000000i", "00000000000ß0", "z" * 13])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="id"):
        records.decode_id(text)


@examples(compiled=100, interpreted=100)
@given(st.binary(max_size=records.BLOB_LENGTH_MAX))
def test_a_blob_comes_back_without_its_padding(blob: bytes) -> None:
    packed = records.pack(codes.C_CANCEL, bytes(records.Cancel(order=5)), blob)
    assert len(packed) % 8 == 0
    assert records.blob_of(packed) == blob


@pytest.mark.parametrize(
    ("type_", "body", "blob", "why"),
    [
        (99, b"", b"", "type 99"),
        (codes.C_CANCEL, b"short", b"", "CANCEL body has 5 bytes, expected 16"),
        (codes.C_TICK, b"", b"x" * 513, "blob has 513 bytes"),
    ],
)
def test_a_record_that_cannot_be_is_not_packed(type_: int, body: bytes, blob: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        records.pack(type_, body, blob)


@examples(compiled=100, interpreted=100)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16))
def test_a_symbol_comes_back_from_its_words(symbol: str) -> None:
    assert records.symbol_text(*records.symbol_words(symbol)) == symbol


@pytest.mark.parametrize("symbol", ["", "A" * 17, "Ä", "A\n"])
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError, match="symbol"):
        records.symbol_words(symbol)


@pytest.mark.parametrize(
    ("fields", "why"),
    [("a u8\nb u16\nc u32", "Odd.b: offset 1"), ("a u32", "size 4"), ("a f64", "unknown type f64")],
)
def test_a_layout_with_gaps_is_refused(fields: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        layout.record("Odd", fields)


def test_the_struct_of_a_layout_covers_every_byte() -> None:
    for made in layout.LAYOUTS.values():
        assert made.STRUCT.size == made.SIZE


@pytest.mark.parametrize("prefix", ["C_", "EV_", "ST_", "WHY_", "E_", "KIND_", "AC_", "IN_", "M_"])
def test_no_two_codes_of_a_kind_share_a_number(prefix: str) -> None:
    from openbell.core import state

    module = state if prefix == "M_" else codes
    named = {name: value for name, value in vars(module).items() if name.startswith(prefix)}
    numbers = [value for value in named.values() if isinstance(value, int)]
    assert numbers
    assert all(one != other for one, other in pairwise(sorted(numbers)))
