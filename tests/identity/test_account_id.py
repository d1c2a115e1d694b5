"""Public account ids."""

from __future__ import annotations

import pytest

from openbell.identity.account_id import decode_account, encode_account


@pytest.mark.parametrize("number", [0, 4, 31, 99_999_999, 100_000_000, 2**63 - 1])
def test_an_account_id_reads_back(number: int) -> None:
    assert decode_account(encode_account(number)) == number


def test_an_account_id_looks_as_documented() -> None:
    assert encode_account(4) == "A00000004"


@pytest.mark.parametrize(
    "text", ["", "A", "A4", "B00000004", "A0000000x", "A000000004", "A²0000004", "A" + "9" * 19]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="8 digits"):
        decode_account(text)
