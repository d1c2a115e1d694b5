"""Downloads of ticks, at the door and in what makes the files."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.venue import Reply, Session
from openbell.gateway import tick_files
from openbell.gateway.problems import Problem
from openbell.gateway.tick_files import TickFile, TickFiles, own_store
from openbell.ops.settings import Settings
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import placed
from tests.market.ticks.made import START, random_ticks, rows_of
from tests.market.ticks.test_store import SYMBOLS, flush, opened

TRADE = 1


def table_of(reply: Reply) -> pa.Table:
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == "application/vnd.apache.parquet"
    assert int(reply.headers["content-length"]) == len(reply.body)
    table = pq.read_table(io.BytesIO(reply.body), use_threads=False)
    assert table.num_rows == int(reply.headers["x-ticks-rows"])
    return table


def downloaded(session: Session, path: str, seq: int) -> pa.Table:
    """The ticks, once those of the command `seq` are in files."""
    until = monotonic() + 20
    while True:
        reply = session.request("GET", path)
        table = table_of(reply)
        if int(reply.headers["x-ticks-position"]) >= seq:
            return table
        assert monotonic() < until, f"ticks stay at {reply.headers['x-ticks-position']}, {seq} is awaited"
        sleep(0.2)


@pytest.fixture
def dealt(maker: Session, demo: Session, limit: Order) -> dict[str, Any]:
    """A buy order that was just filled."""
    placed(maker, limit(side="SELL", quantity="4"))
    return placed(demo, limit(quantity="4"))


@pytest.mark.parametrize("mount", ["/v1", "/api/v1"])
def test_a_trade_is_in_the_download(demo: Session, dealt: dict[str, Any], mount: str) -> None:
    table = downloaded(demo, f"{mount}/ticks/{dealt['symbol'].lower()}", dealt["seq"])
    trades = [row for row in table.to_pylist() if row["kind"] == TRADE]
    assert [(row["symbol"], row["quantity"], row["position"]) for row in trades] == [
        (dealt["symbol"], 4 * 10**8, dealt["seq"])
    ]
    assert [row["position"] for row in table.to_pylist()] == sorted(table["position"].to_pylist())


def test_a_range_before_it_is_a_file_without_rows(demo: Session, dealt: dict[str, Any]) -> None:
    path = f"/v1/ticks/{dealt['symbol']}"
    downloaded(demo, path, dealt["seq"])
    assert table_of(demo.request("GET", f"{path}?from=2020-01-01&to=2020-01-02")).num_rows == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/ticks/NOSUCH", 404, "UNKNOWN_SYMBOL"),
        ("/v1/ticks/AAPL?from=yesterday", 400, "INVALID_TIME"),
        ("/v1/ticks/AAPL?from=2026-01-02&to=2026-01-01", 400, "INVALID_RANGE"),
    ],
)
def test_what_cannot_be_asked_is_named(demo: Session, path: str, status: int, code: str) -> None:
    reply = demo.request("GET", path)
    assert (reply.status, reply.json["code"]) == (status, code)


def test_a_stranger_has_to_sign_in(exchange: LocalExchange) -> None:
    assert exchange.session().request("GET", "/v1/ticks/AAPL").status == 401


# -- what makes the files ------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data folder with 600 ticks of 20 stocks."""
    made = Settings.load({}, data_dir=str(tmp_path))
    made.run_dir.mkdir()
    store = opened(made.ticks_dir)
    flush(store, random_ticks(1, 600, 20))
    store.close()
    return made


async def make(files: TickFiles, settings: Settings, account: int = 4) -> TickFile:
    return await files.make(own_store(settings), account, SYMBOLS[5], 5, START, START + 10**18)


async def read(file: TickFile) -> pa.Table:
    return pq.read_table(io.BytesIO(b"".join([chunk async for chunk in file.chunks()])), use_threads=False)


async def test_a_file_has_the_ticks_and_leaves_nothing_behind(settings: Settings) -> None:
    table = await read(await make(TickFiles(), settings))
    assert table["position"].to_pylist() == [
        row[6] for row in rows_of(random_ticks(1, 600, 20)) if row[2] == 5
    ]
    assert list(settings.run_dir.iterdir()) == []


async def test_an_account_has_one_download_at_a_time(settings: Settings) -> None:
    files = TickFiles()
    first = await make(files, settings)
    with pytest.raises(Problem, match="one download") as refused:
        await make(files, settings)
    assert (refused.value.status, refused.value.retry_after) == (429, 1)
    other = await make(files, settings, account=5)
    await read(first)
    await read(await make(files, settings))
    other.close()


async def test_too_many_ticks_are_refused_with_where_to_cut(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick_files, "ROWS_MAX", 5)
    files = TickFiles()
    with pytest.raises(Problem, match=r"SYM05 has more than 5 ticks .* to 2026-01-05T14:30:0") as refused:
        await make(files, settings)
    assert (refused.value.status, refused.value.code, refused.value.limit) == (422, "TOO_MANY_TICKS", "5")
    monkeypatch.setattr(tick_files, "ROWS_MAX", 600)
    await read(await make(files, settings))


async def test_too_many_downloads_are_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick_files, "DOWNLOADS_MAX", 2)
    files = TickFiles()
    held = [await make(files, settings, account) for account in (4, 5)]
    with pytest.raises(Problem, match="Many ticks are being downloaded") as refused:
        await make(files, settings, account=6)
    assert refused.value.status == 503
    held.pop().close()
    (await make(files, settings, account=6)).close()
    held.pop().close()


async def test_a_download_that_nobody_reads_gives_its_turn_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick_files, "DOWNLOAD_S", 0.05)
    files = TickFiles()
    idle = await make(files, settings)
    await asyncio.sleep(0.2)
    assert [chunk async for chunk in idle.chunks()] == []
    (await make(files, settings)).close()


async def test_a_download_that_is_let_go_gives_its_turn_back(settings: Settings) -> None:
    files = TickFiles()
    idle = (await make(files, settings)).chunks()
    del idle
    (await make(files, settings)).close()


async def test_a_folder_without_ticks_is_unavailable(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=str(tmp_path))
    settings.run_dir.mkdir()
    with pytest.raises(Problem, match="cannot be read right now") as refused:
        await make(TickFiles(), settings)
    assert refused.value.status == 503
