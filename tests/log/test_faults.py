"""Hundreds of seeded rounds of crashes, torn writes, failing syncs, full disks and flipped bits."""

from __future__ import annotations

import pytest

from tests.log.rounds import Round

ROUNDS = 200


@pytest.mark.parametrize("decade", range(ROUNDS // 20))
def test_what_was_acknowledged_is_found_and_damage_is_refused(decade: int) -> None:
    for seed in range(decade * 20, decade * 20 + 20):
        try:
            Round(seed).run()
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_the_rounds_meet_every_kind_of_fault() -> None:
    met = {name for seed in range(40) for name, _ in Round(seed).run()}
    assert met >= {"PowerCut", "LogFailed", "full", "found", "refused"}


def test_a_seed_replays_exactly() -> None:
    for seed in range(5):
        one, two = Round(seed), Round(seed)
        assert one.run() == two.run()
        assert {path: plate.kept for path, plate in one.disk.plates.items()} == {
            path: plate.kept for path, plate in two.disk.plates.items()
        }
