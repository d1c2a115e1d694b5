"""CRC-32C. Compiled: the processor's instruction, or a table where it has none; interpreted: google-crc32c.

The instruction takes about 20 ns for a command record, a call of a wheel 200 ns: the record loop in
`stamp` calls these functions without the interpreter.
"""
# ruff: noqa: F821, RET505
# mypy: disable-error-code="name-defined, no-any-return"

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    import google_crc32c

    from openbell.core.types import i64, u32


def use_chip(allow: bool) -> bool:
    """Use the processor's CRC instruction if it has one and `allow`; return whether it is used."""
    if cython.compiled:
        return bool(crc_start(allow))
    else:
        return False


def extend(crc: u32, data: Any, start: i64, stop: i64) -> u32:
    """CRC-32C of `data[start:stop]`, continuing from `crc` (0 to begin)."""
    if cython.compiled:
        if stop <= start:
            return crc
        return crc_extend(crc, cython.address(data[start]), stop - start)
    else:
        return int(google_crc32c.extend(crc, bytes(data[start:stop])))


def extend_apart(crc: u32, data: Any, start: i64, stop: i64) -> u32:
    """As `extend`, while other threads run: for large data."""
    with cython.nogil:
        return extend(crc, data, start, stop)


def of_record(buf: Any, at: i64, length: i64) -> u32:
    """CRC-32C of the command record at `buf[at]` with its `crc` field, bytes 84 to 88, taken as zero."""
    if cython.compiled:
        crc: u32 = crc_extend(0, cython.address(buf[at]), 84)
        return crc_extend(crc_zeros(crc), cython.address(buf[at + 88]), length - 88)
    else:
        head = bytes(buf[at : at + 84]) + bytes(4) + bytes(buf[at + 88 : at + length])
        return int(google_crc32c.extend(0, head))


def crc32c(data: Any) -> int:
    """CRC-32C of bytes-like `data`."""
    return extend(0, data, 0, len(data))


use_chip(True)
