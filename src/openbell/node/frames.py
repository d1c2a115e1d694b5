"""The node's inner loops over bytes: commands out of frames, answers into frames, units out of a run.

Compiled, each costs some tens of nanoseconds a command. Whatever is not the plain case (another kind of
frame, a malformed record, one that came too late) is left to the caller, one frame at a time.
"""

# ruff: noqa: F821, RET505
# mypy: disable-error-code="name-defined, no-any-return"

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import E_BAD_RECORD, E_OK, E_TOO_LATE
    from openbell.core.records import BLOB_LENGTH_MAX, COMMAND_LENGTH_MAX, LAYOUT_VERSION, Answer, Header
    from openbell.core.types import i64, u32, u64

# Why `take_commands` stopped before the frame at its position; a positive verdict is a refusal's code.
MORE = 0  # the frame is not whole yet
OTHER = -1  # another kind of frame, or not a sound one
FULL = -2  # no room for another command


def word(data: Any, at: i64) -> u32:
    """The u32 at `data[at]`."""
    if cython.compiled:
        return cython.cast(cython.pointer(cython.const[u32]), cython.address(data[at]))[0]
    else:
        return int.from_bytes(data[at : at + 4], "little")


def double_word(data: Any, at: i64) -> u64:
    """The u64 at `data[at]`."""
    if cython.compiled:
        return cython.cast(cython.pointer(cython.const[u64]), cython.address(data[at]))[0]
    else:
        return int.from_bytes(data[at : at + 8], "little")


def put_word(data: Any, at: i64, value: u32) -> None:
    """Write a u32 to `data[at]`."""
    if cython.compiled:
        cython.cast(cython.pointer(u32), cython.address(data[at]))[0] = value
    else:
        data[at : at + 4] = value.to_bytes(4, "little")


def put_double_word(data: Any, at: i64, value: u64) -> None:
    """Write a u64 to `data[at]`."""
    if cython.compiled:
        cython.cast(cython.pointer(u64), cython.address(data[at]))[0] = value
    else:
        data[at : at + 8] = value.to_bytes(8, "little")


def put_bytes(data: Any, at: i64, source: Any, start: i64, size: i64) -> None:
    """Copy `source[start:start + size]` to `data[at]`; both have that much."""
    if size <= 0:
        return
    if cython.compiled:
        memcpy(cython.address(data[at]), cython.address(source[start]), size)
    else:
        data[at : at + size] = source[start : start + size]


def blank(size: i64) -> bytearray:
    """`size` bytes to be written over; compiled, they are not zeroed first."""
    if cython.compiled:
        return PyByteArray_FromStringAndSize(cython.NULL, size)
    else:
        return bytearray(size)


def shape(data: Any, at: i64, size: i64, bodies: Any) -> i64:
    """E_OK if the `size` bytes at `data[at]` have the form of a command that `bodies` lets in.

    `bodies` gives each type's body size, -1 for a type that may not come.
    """
    if size < 96 or size > COMMAND_LENGTH_MAX or size % 8 != 0:
        return E_BAD_RECORD
    if cython.compiled:
        head = cython.cast(cython.pointer(cython.const[Header]), cython.address(data[at]))
    else:
        head = Header.from_buffer_copy(data, at)
    if head.length != size or head.layout != LAYOUT_VERSION:
        return E_BAD_RECORD
    body = bodies[head.type]
    padding = head.flags
    blob = size - 96 - body
    if body < 0 or blob < 0 or blob > BLOB_LENGTH_MAX or padding > 7 or padding > blob:
        return E_BAD_RECORD
    return E_OK


def take_commands(
    data: Any,
    at: i64,
    stop: i64,
    out: Any,
    used: i64,
    numbers: Any,
    count: i64,
    bodies: Any,
    source: u32,
    now: i64,
) -> tuple[int, int, int, int]:
    """Move commands from frames in `data[at:stop]` to `out[used:]`, their correlations to `numbers[count:]`.

    Sets source and received time. Returns (at, used, count, verdict): where the next frame begins, what is
    used of `out` and `numbers`, and why it stopped there.
    """
    verdict = MORE
    while stop - at >= 16:
        length = word(data, at)
        if data[at + 4] != 2 or word(data, at + 4) != 2 or length < 12:
            verdict = OTHER
            break
        if length > 12 + COMMAND_LENGTH_MAX:
            verdict = OTHER
            break
        size = length - 12
        if stop - at < 16 + size:
            break
        verdict = shape(data, at + 16, size, bodies)
        if verdict != E_OK:
            break
        until = double_word(data, at + 16 + 88)
        if until != 0 and until < now:
            verdict = E_TOO_LATE
            break
        if len(out) - used < size or count >= len(numbers):
            verdict = FULL
            break
        put_bytes(out, used, data, at + 16, size)
        if cython.compiled:
            head = cython.cast(cython.pointer(Header), cython.address(out[used]))
        else:
            head = Header.from_buffer(out, used)
        head.source = source
        head.received_ns = now
        numbers[count] = double_word(data, at + 8)
        used += size
        count += 1
        at += 16 + size
    return at, used, count, verdict


def cut(data: Any, start: i64, stop: i64, size: i64, most: i64) -> tuple[int, int]:
    """Whole records from `data[start:stop]`, `size` bytes and `most` of them at the most: (end, count)."""
    at = start
    count = 0
    while at < stop and count < most:
        length = word(data, at) & 0xFFFF
        if at + length - start > size:
            break
        at += length
        count += 1
    return at, count


def frame_answers(answers: Any, first: i64, count: i64, numbers: Any, number: i64) -> bytearray:
    """ANSWER frames of `count` answers from index `first`; their correlations are `numbers[number:]`."""
    made = blank(128 * count)
    view = made
    for i in range(count):
        at = 128 * i
        put_word(view, at, 124)
        put_word(view, at + 4, 66)
        put_double_word(view, at + 8, numbers[number + i])
        put_bytes(view, at + 16, answers, 112 * (first + i), 112)
    return made


def pack_units(
    batch: Any, at: i64, stop: i64, answers: Any, a: i64, events: Any, e: i64, limit: i64
) -> tuple[bytearray, int, int, int]:
    """Units of the commands in `batch[at:stop]`, about `limit` bytes of them and at least one.

    `a` is the index of the first command's answer, `e` that of its first event. Returns the units, and
    `at`, `a` and `e` for the next.
    """
    size = 0
    scan = at
    n = a
    while scan < stop and size < limit:
        length = word(batch, scan) & 0xFFFF
        size += 8 + length + 128 * events_of(answers, n)
        scan += length
        n += 1
    made = blank(size)
    view = made
    to = 0
    while at < scan:
        length = word(batch, at) & 0xFFFF
        count = events_of(answers, a)
        put_word(view, to, 4 + length + 128 * count)
        put_word(view, to + 4, count)
        put_bytes(view, to + 8, batch, at, length)
        put_bytes(view, to + 8 + length, events, 128 * e, 128 * count)
        to += 8 + length + 128 * count
        at += length
        a += 1
        e += count
    return made, at, a, e


def events_of(answers: Any, n: i64) -> i64:
    """How many events the command of answer `n` has."""
    if cython.compiled:
        return cython.cast(cython.pointer(cython.const[Answer]), cython.address(answers[112 * n])).events
    else:
        return Answer.from_buffer_copy(answers, 112 * n).events
