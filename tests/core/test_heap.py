"""The heaps of stops: whatever is added and taken out, the first is the lowest, then the oldest."""

from __future__ import annotations

import random

import pytest

from openbell.core import state, stop_layouts
from openbell.core.heap import Heap
from tests.core.scale import INTERPRETED

pytestmark = pytest.mark.skipif(not INTERPRETED, reason="compiled, the heap is C")

SLOTS = 200


@pytest.fixture
def heap() -> Heap:
    return Heap((stop_layouts.Knot * SLOTS)())


def drain(heap: Heap, root: int) -> list[int]:
    found = []
    while root != state.NIL:
        found.append(root)
        root = heap.remove(root, root)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_any_order_in_any_order_out(heap: Heap, seed: int) -> None:
    draw = random.Random(seed)
    keys: dict[int, tuple[int, int]] = {}
    root = state.NIL
    for stamp in range(400):
        if len(keys) < SLOTS and draw.random() < 0.6:
            slot = draw.choice([slot for slot in range(SLOTS) if slot not in keys])
            keys[slot] = (draw.randrange(30), stamp)
            root = heap.push(root, slot, *keys[slot])
        elif keys:
            slot = draw.choice(list(keys))
            del keys[slot]
            root = heap.remove(root, slot)
        assert root == min(keys, key=lambda slot: keys[slot], default=state.NIL)
    assert drain(heap, root) == sorted(keys, key=lambda slot: keys[slot])


def test_two_heaps_become_one(heap: Heap) -> None:
    one = other = state.NIL
    for slot in range(0, 100, 2):
        one = heap.push(one, slot, slot, 0)
        other = heap.push(other, slot + 1, slot + 1, 0)
    assert drain(heap, heap.meld(one, other)) == list(range(100))


def test_the_second_is_the_first_of_the_others(heap: Heap) -> None:
    root = state.NIL
    for slot, key in enumerate((5, 3, 9, 4)):
        root = heap.push(root, slot, key, 0)
    assert (root, heap.second(root)) == (1, 3)
    assert heap.second(heap.push(state.NIL, 7, 1, 0)) == state.NIL


@pytest.mark.parametrize("keys", [range(SLOTS), range(SLOTS, 0, -1)])
def test_the_way_to_the_right_stays_short(heap: Heap, keys: range) -> None:
    root = state.NIL
    for slot, key in enumerate(keys):
        root = heap.push(root, slot, key, 0)
    assert heap.knots[root].rank <= SLOTS.bit_length()
