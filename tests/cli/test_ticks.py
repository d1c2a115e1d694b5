import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openbell.cli.main import main
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.upkeep import age
from tests.market.ticks.made import START, batch, bid, random_ticks, rows_of, trade
from tests.market.ticks.test_store import flush, opened

DAY = 86_400 * 10**9


def ask(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["ticks", *arguments])
    return int(str(ended.value.code))


def test_ticks_of_all_tiers_are_asked_with_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = opened(tmp_path / "ticks")
    ticks = random_ticks(1, 200, 20)
    flush(store, ticks)
    for _ in range(2):
        age(store, Archive(tmp_path / "archive"), START + DAY)
    flush(store, batch(trade(4, 77, time=START + 2 * DAY, position=201)))
    counting = "SELECT date, count(*) AS ticks FROM ticks GROUP BY 1 ORDER BY 1"
    assert ask(counting, "--data-dir", str(tmp_path)) == 0
    assert capsys.readouterr().out == "date,ticks\n2026-01-05,200\n2026-01-07,1\n"
    assert (
        ask("SELECT symbol, price FROM ticks WHERE position = 201", "--data-dir", str(tmp_path), "--json")
        == 0
    )
    assert json.loads(capsys.readouterr().out) == {"symbol": "SYM04", "price": 77}


def test_an_answer_becomes_a_parquet_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [bid(3, 10, position=1), trade(3, 11, position=2)]
    flush(opened(tmp_path / "ticks"), batch(*rows))
    to = tmp_path / "answer.parquet"
    assert ask("SELECT * FROM ticks ORDER BY position", "--data-dir", str(tmp_path), "--to", str(to)) == 0
    table = pq.read_table(to, use_threads=False)
    assert table["price"].to_pylist() == [10, 11] == [row[4] for row in rows_of(batch(*rows))]
    assert "2 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "what"), [("SELECT nothing FROM ticks", "nothing"), ("SELECT 1 FROM orders", "orders")]
)
def test_a_question_that_cannot_be_answered_is_told_why(
    sql: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flush(opened(tmp_path / "ticks"), batch(trade(0, 1)))
    assert ask(sql, "--data-dir", str(tmp_path)) == 2
    assert what in capsys.readouterr().err


def test_a_folder_without_ticks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("SELECT 1", "--data-dir", str(tmp_path)) == 2
    assert "there are no ticks in" in capsys.readouterr().err
