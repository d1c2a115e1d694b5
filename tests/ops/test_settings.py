"""Settings: where a value comes from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.ops.settings import Settings, SettingsError, table

ROOT = Path(__file__).parents[2]


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    assert Settings.load({}).port == 8000
    assert Settings.load({"OPENBELL_PORT": "8100"}).port == 8100
    assert Settings.load({"OPENBELL_PORT": "8100"}, port=8200).port == 8200
    assert Settings.load({"OPENBELL_PORT": "8100"}, port=None).port == 8100


@pytest.mark.parametrize("word", ["false", "No", "0", "off"])
def test_a_switch_is_read_from_the_usual_words(word: str) -> None:
    assert Settings.load({"OPENBELL_SIMULATOR": word}).simulator is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "http"),
        ("SIMULATOR", "maybe"),
        ("RATE", "0"),
        ("LOG_LEVEL", "loud"),
        ("GENESIS_SLICE", "5000"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"OPENBELL_{name}='{value}' cannot be used"):
        Settings.load({f"OPENBELL_{name}": value})


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown setting 'prot'"):
        Settings.load({}, prot=8000)


def test_a_child_process_gets_the_same_settings_through_its_environment() -> None:
    settings = Settings.load({}, port=8100, simulator=False, rate=12.5, session_key="/tmp/key")
    assert Settings.load(settings.environment()) == settings


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.load({}, data_dir="here").data_dir == tmp_path / "here"


def test_a_data_folder_too_deep_for_sockets_is_refused() -> None:
    with pytest.raises(SettingsError, match="choose a shorter one"):
        Settings.load({}, data_dir="/tmp/" + "x" * 76)


def test_genesis_settings_carry_the_names_of_the_first_record() -> None:
    from openbell.core.records import Genesis

    fields = {name for name, _ in Genesis.FIELDS} - {"rules", "shard"}
    assert set(Settings.load({}).genesis()) == fields


def test_the_documented_table_is_the_code() -> None:
    assert table() in (ROOT / "docs" / "settings.md").read_text()
