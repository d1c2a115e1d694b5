"""The public form of an account's number: "A" and at least eight digits."""

from __future__ import annotations

NUMBER_MAX = 2**63 - 1


def encode_account(number: int) -> str:
    """The public id of account `number`: 31 is "A00000031"."""
    return f"A{number:08d}"


def decode_account(text: str) -> int:
    """The number behind a public account id.

    Raises:
        ValueError: not "A" and digits as `encode_account` writes them, or out of range.
    """
    digits = text[1:]
    if not text.startswith("A") or not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        raise ValueError(f"account id {text[:32]!r} must be A and 8 digits")
    number = int(digits)
    if number > NUMBER_MAX or encode_account(number) != text:
        raise ValueError(f"account id {text[:32]!r} must be A and 8 digits")
    return number
