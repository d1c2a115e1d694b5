"""`openbell verify` of a real node's log: ledger, candles and ticks of its readers, whole and spoilt."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openbell.cli.verify import compare, verify
from openbell.ledger import role as ledger_role
from openbell.market import role as market_role
from openbell.market.ticks import parquet
from openbell.market.ticks.files import found_in
from openbell.node import role as node_role
from openbell.ops.settings import Settings
from tests.ledger.test_role import running, settings_of, trade

PARTS = ("ledger", "candles", "ticks")

# What is spoilt by one, and what verify then says.
ROWS = (
    (
        "ledger.accounts SET cash = cash {} 1 WHERE account = 5",
        r"accounts account 5, cash: the ledger has (\d+), the replay gives (\d+)",
    ),
    (
        "ledger.holdings SET quantity = quantity {} 1 WHERE (account, instrument) ="
        " (SELECT account, instrument FROM ledger.holdings ORDER BY 1, 2 LIMIT 1)",
        r"holdings account \d+, instrument \d+, quantity: the ledger has (\d+), the replay gives (\d+)",
    ),
    (
        "ledger.orders SET filled = filled {} 1 WHERE order_id = (SELECT min(order_id) FROM ledger.orders)",
        r"orders order_id \d+.*, filled: the ledger has (\d+), the replay gives (\d+)",
    ),
    (
        "market.minutes SET volume = volume {} 1 WHERE (instrument, start) ="
        " (SELECT instrument, start FROM market.minutes ORDER BY start, instrument LIMIT 1)",
        r"the minute of instrument \d+ \(SYM\d+\) that begins at \d+ has volume (\d+), the log gives (\d+)",
    ),
    (
        "market.days SET trades = trades {} 1 WHERE (instrument, start) ="
        " (SELECT instrument, start FROM market.days ORDER BY start, instrument LIMIT 1)",
        r"the day of instrument \d+ \(SYM\d+\) that begins at \d+ has trades (\d+), the log gives (\d+)",
    ),
    (
        "market.seconds SET close = close {} 1 WHERE (instrument, start) ="
        " (SELECT instrument, start FROM market.seconds WHERE close > 0 ORDER BY start, instrument LIMIT 1)",
        r"the second of instrument \d+ \(SYM\d+\) that begins at \d+ has close (\d+), the log gives (\d+)",
    ),
    (
        "market.trades SET price = price {} 1 WHERE trade = (SELECT min(trade) FROM market.trades)",
        r"the trade \d+ of instrument \d+ \(SYM\d+\) at \d+ \(.*\) has price (\d+), the log gives (\d+)",
    ),
)


def found(settings: Settings) -> dict[str, Any]:
    return compare(settings, lambda _at, _of: None)


@pytest.fixture
async def settings(tmp_path: Path, database: str) -> Settings:
    """A log with all its readers' work up to its end."""
    made = msgspec.structs.replace(settings_of(tmp_path, database), ticks_flush_s=0.2)
    async with running(node_role.run, made):
        last = await trade(made, 1, 600)
        async with running(ledger_role.run, made), running(market_role.run, made):
            deadline = time.monotonic() + 30
            reached = [0]
            while min(reached) < last:
                assert time.monotonic() < deadline, f"the readers are at {reached}, the log at {last}"
                await asyncio.sleep(0.3)
                live = await asyncio.to_thread(found, made)  # of a log that goes on meanwhile
                assert live["differences"] == []
                reached = [live[f"{what}Position"] for what in PARTS]
    return made


@pytest.mark.timeout(240)
async def test_what_is_spoilt_is_named_with_what_is_there_and_what_the_log_gives(settings: Settings) -> None:
    assert found(settings)["differences"] == []
    with psycopg.connect(settings.database, autocommit=True) as connection:
        for change, said in ROWS:
            assert connection.execute(f"UPDATE {change.format('+')}".encode()).rowcount == 1
            first, *_ = found(settings)["differences"]
            match = re.fullmatch(said, first)
            assert match, f"{first} is not {said}"
            assert int(match[1]) == int(match[2]) + 1
            connection.execute(f"UPDATE {change.format('-')}".encode())
    path = settings.ticks_dir / max(found_in(settings.ticks_dir), key=lambda file: file.size).name
    whole = path.read_bytes()
    rows = pq.read_table(path, schema=parquet.SCHEMA).to_pylist()
    rows[0]["price"] += 1
    parquet.write(pa.Table.from_pylist(rows, parquet.SCHEMA), path)
    (tick,) = found(settings)["differences"]
    match = re.fullmatch(
        rf"{path.relative_to(settings.ticks_dir)}: it has the tick {rows[0]['symbol']} \w+ of command"
        rf" {rows[0]['position']} \(time \d+, price (\d+), .*\),"
        r" the log gives .* \(time \d+, price (\d+), .*\)",
        tick,
    )
    assert match, tick
    assert int(match[1]) == int(match[2]) + 1
    path.write_bytes(whole)
    assert found(settings)["differences"] == []


async def test_the_exit_code_tells_equal_from_different_from_not_known(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(as_json: bool = False) -> tuple[int, str]:
        return verify(settings, as_json), capsys.readouterr().out

    code, said = await asyncio.to_thread(told)
    assert code == 0, said
    assert "commands replayed" in said and said.rstrip().endswith("nothing differs")
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(b"UPDATE ledger.accounts SET cash = cash + 1 WHERE account = 5")
    code, said = await asyncio.to_thread(told)
    assert code == 1, said
    assert "differs: accounts account 5, cash: the ledger has" in said
    code, said = await asyncio.to_thread(told, True)
    assert code == 1
    assert json.loads(said)["differences"]
    (settings.ticks_dir / "checkpoint").write_bytes(b"nothing of the kind")
    code, said = await asyncio.to_thread(told)
    assert code == 2
    assert "cannot verify" in said and "checkpoint" in said
