"""Flows of commands as records of the log, from a seed or from steps that were drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from openbell.core import codes, records
from tests.core import commands
from tests.core.commands import START
from tests.core.draw import Step, T
from tests.core.profiles import PROFILES, Profile, opening
from tests.core.steps import Steps


class Seeded:
    """Choices from a seed, the same on every machine."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.random.randrange(len(options))]

    def whole(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


@dataclass
class Flow:
    """Records in the order of the log, and the ids of the orders they tried to enter."""

    records: list[bytes] = field(default_factory=list)
    orders: list[tuple[int, int, int]] = field(default_factory=list)  # order id, account, instrument
    ts: int = START

    def add(self, command: bytes | bytearray, gap: int) -> None:
        seq = len(self.records) + 2
        self.ts += gap
        record = commands.sequenced(command, seq, self.ts)
        self.records.append(record)
        head = records.Header.from_buffer_copy(record)
        if head.type == codes.C_NEW_ORDER:
            self.orders.append((records.make_id(head.shard, seq), head.account, head.instrument))
        elif head.type == codes.C_NEW_GROUP:
            for index in range(3):
                self.orders.append((records.make_id(head.shard, seq, index), head.account, head.instrument))


def assemble(made: Profile, steps: Sequence[Step]) -> list[bytes]:
    """The opening and the steps as records of the log, from position 2."""
    flow = Flow()
    for command in opening(made):
        flow.add(with_shard(command, made.shard), 0)
    for step in steps:
        add_step(flow, made, step)
    return flow.records


def add_step(flow: Flow, made: Profile, step: Step) -> None:
    if step.again >= 0:
        flow.add(flow.records[-1 - step.again % len(flow.records)], step.gap)
        return
    command = bytearray(step.made)
    if step.back >= 0 and flow.orders:
        order, owner, instrument = flow.orders[-1 - step.back % len(flow.orders)]
        records.Cancel.from_buffer(command, records.Header.SIZE).order = order  # CANCEL and MODIFY alike
        if step.owner:
            records.Header.from_buffer(command).account = owner
        middle, tick, lot = made.prices[instrument % len(made.prices)]
        if step.ticks is not None:
            records.Modify.from_buffer(command, records.Header.SIZE).price = middle + step.ticks * tick
        if step.lots is not None:
            records.Modify.from_buffer(command, records.Header.SIZE).quantity = step.lots * lot
        if step.stop is not None:
            records.Modify.from_buffer(command, records.Header.SIZE).stop_price = middle + step.stop * tick
        if step.trail is not None:
            records.Modify.from_buffer(command, records.Header.SIZE).stop_price = step.trail * tick
    if step.ends is not None and command[2] == codes.C_NEW_GROUP:
        set_ends(command, flow.ts + step.gap + step.ends)
    elif step.ends is not None:
        body = records.NewOrder.from_buffer(command, records.Header.SIZE)
        body.expire_ts = flow.ts + step.gap + step.ends
    flow.add(with_shard(command, made.shard), step.gap)


def set_ends(command: bytearray, end: int) -> None:
    """Give the GTD legs of a group their end."""
    for at in range(records.Header.SIZE + records.NewGroup.SIZE, len(command) - 63, records.NewOrder.SIZE):
        body = records.NewOrder.from_buffer(command, at)
        if body.tif == codes.GTD:
            body.expire_ts = end


def with_shard(command: bytes | bytearray, shard: int) -> bytes:
    """Commands are made for shard 0; a wrong shard stays wrong."""
    copy = bytearray(command)
    records.Header.from_buffer(copy).shard ^= shard
    return bytes(copy)


def seeded(name: str, seed: int, length: int) -> list[bytes]:
    """The records of one seeded flow."""
    made = PROFILES[name]
    draw = Steps(made, Seeded(seed))
    return assemble(made, [draw.step() for _ in range(length)])
