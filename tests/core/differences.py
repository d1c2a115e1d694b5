"""Compares core and oracle, and says a difference in words."""

from __future__ import annotations

from collections.abc import Sequence

from openbell.core import codes, records
from tests.core.oracle.state import ANSWER_FIELDS, EVENT_FIELDS, AnswerTuple, EventTuple

Said = tuple[AnswerTuple, list[EventTuple]]


def fields(names: Sequence[str], values: Sequence[int]) -> str:
    """The fields that are not zero."""
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True) if value)


def event_text(event: EventTuple) -> str:
    return f"{codes.EVENT_NAMES.get(event[0], event[0])}({fields(EVENT_FIELDS[1:], event[1:])})"


def command_text(record: bytes) -> str:
    head = records.Header.from_buffer_copy(record)
    layout = records.BODIES.get(head.type)
    name = codes.COMMAND_NAMES.get(head.type, str(head.type))
    text = f"{name} {head!r}"
    if layout and len(record) >= records.Header.SIZE + layout.SIZE:
        text += f" {layout.from_buffer_copy(record, records.Header.SIZE)!r}"
    return text


def assert_same(record: bytes, core: Said, oracle: Said) -> None:
    """Both said the same to a command, byte for byte."""
    if core == oracle:
        return
    lines = [f"core and oracle differ at {command_text(record)}"]
    if core[0] != oracle[0]:
        lines.append(f"  core answers   {fields(ANSWER_FIELDS, core[0])}")
        lines.append(f"  oracle answers {fields(ANSWER_FIELDS, oracle[0])}")
    for index in range(max(len(core[1]), len(oracle[1]))):
        ours = event_text(core[1][index]) if index < len(core[1]) else "nothing"
        theirs = event_text(oracle[1][index]) if index < len(oracle[1]) else "nothing"
        if ours == theirs:
            lines.append(f"  both say       {ours}")
        else:
            lines += [f"  core says      {ours}", f"  oracle says    {theirs}"]
    raise AssertionError("\n".join(lines))
