"""The stores of all feeds together keep within one bound, whoever writes them, and nothing needed is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR
from openbell.market.feeds import keeping, reading
from openbell.market.feeds import recorder as recording
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.keeping import FeedPolicy, due, keep_idle
from openbell.market.feeds.marks import ID, archives_of, candles_at, note_candles
from openbell.market.feeds.recorder import FedRecorder
from openbell.market.migrate import migrate
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import BUST
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.files import date_of, found_in
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.upkeep import pruned
from openbell.ops.blobs import ArchiveError
from openbell.ops.settings import Settings
from tests.market.feeds.made import SECOND
from tests.market.ticks.made import START, batch, trade

NONE = FeedPolicy(10**18, 0)
NOW = START + 400 * DAY
ROWS = 2_000  # of a day


def opened(folder: Path, name: str, policy: FeedPolicy = NONE) -> Intake:
    one = Intake(folder, name, [], ("GOLD",), policy)
    assert one.number("GOLD") == 0
    return one


def take(one: Intake, day: int, rows: int = ROWS, price: int = 100) -> None:
    """Take in a day's trades, numbered on, in a file of their own."""
    source = f"day {day}"
    one.open(source)
    made = [trade(0, price + n * n % 9_973, time=START + day * DAY + n * SECOND) for n in range(rows)]
    assert one.take(source, batch(*((*row[:-1], 0) for row in made))) == rows
    one.close_source(source)
    one.flush()


def fill(folder: Path, name: str, *days: int, candles: int | None = None) -> None:
    """A feed that brought these days once and is taken in no more; candles have passed `candles` trades."""
    one = opened(folder, name)
    for day in days:
        take(one, day)
    note_candles(folder / name, one.position if candles is None else candles)
    one.close()


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*/**/*.parquet"))


def days_of(folder: Path, name: str, url: str | None = None) -> dict[int, int]:
    """How many ticks of each day there are to read."""
    query = TickQuery(folder / name, reading.archives(folder / name, url))
    rows = query.rows(f"SELECT (time - {START}) // {DAY}, count(*) FROM ticks GROUP BY 1 ORDER BY 1")
    query.close()
    return dict(rows)


def bound(folder: Path, files: int) -> FeedPolicy:
    """Room for so many files of a day."""
    one = max(path.stat().st_size for path in folder.glob("*/**/*.parquet"))
    return FeedPolicy(10**18, one * files + one // 2)


def test_feeds_that_nobody_takes_in_any_more_keep_within_one_bound(tmp_path: Path) -> None:
    fill(tmp_path, "a", 1, 2, 5)
    fill(tmp_path, "b", 0, 3, 4)
    keep_idle(tmp_path, bound(tmp_path, 3), NOW)
    assert size(tmp_path) <= bound(tmp_path, 3).bytes_max
    assert (days_of(tmp_path, "a"), days_of(tmp_path, "b")) == ({5: ROWS}, {3: ROWS, 4: ROWS})
    for name, day in (("a", 2), ("b", 0)):
        gone = pruned(tmp_path / name)
        assert gone is not None and gone.date == date_of(START // DAY + day)
    before = size(tmp_path)
    keep_idle(tmp_path, bound(tmp_path, 3), NOW)
    assert size(tmp_path) == before, "what has room stays"


def test_without_a_bound_everything_stays(tmp_path: Path) -> None:
    fill(tmp_path, "a", 1, 2)
    keep_idle(tmp_path, NONE, NOW)
    assert days_of(tmp_path, "a") == {1: ROWS, 2: ROWS}


def test_of_one_date_the_feed_that_takes_most_goes_first(tmp_path: Path) -> None:
    fill(tmp_path, "small", 1)
    fill(tmp_path, "large", 1, 1, 1, 1)
    policy = bound(tmp_path, 2)
    assert {name: len(files) for name, files in due(tmp_path, policy).items()} == {"large": 3}
    keep_idle(tmp_path, policy, NOW)
    assert (days_of(tmp_path, "small"), days_of(tmp_path, "large")) == ({1: ROWS}, {1: ROWS})


def test_a_store_that_is_written_is_left_to_who_writes_it(tmp_path: Path) -> None:
    fill(tmp_path, "idle", 2, 3)
    fill(tmp_path, "written", 0, 1, 4)
    policy = bound(tmp_path, 2)
    one = opened(tmp_path, "written", policy)
    keep_idle(tmp_path, policy, NOW)
    assert days_of(tmp_path, "written") == {0: ROWS, 1: ROWS, 4: ROWS}
    assert days_of(tmp_path, "idle") == {3: ROWS}, "only its own share goes"
    one.keep()
    assert days_of(tmp_path, "written") == {4: ROWS}
    assert days_of(tmp_path, "idle") == {3: ROWS}
    assert size(tmp_path) <= policy.bytes_max
    one.close()


def test_a_feed_keeps_itself_below_the_bound_while_it_is_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbell.market.feeds.intake.UPKEEP_EVERY_S", 0)
    fill(tmp_path, "idle", 9)
    one = opened(tmp_path, "written", bound(tmp_path, 3))
    for day in range(6):
        take(one, day)
        note_candles(one.folder, one.position)
    one.flush()
    assert days_of(tmp_path, "written") == {4: ROWS, 5: ROWS}
    one.close()


def test_what_candles_have_not_passed_stays_until_it_is_twice_the_bound(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, "a", 0, 1, 2, 3, candles=ROWS)
    keep_idle(tmp_path, bound(tmp_path, 2), NOW)
    assert days_of(tmp_path, "a") == {1: ROWS, 2: ROWS, 3: ROWS}
    (tmp_path / "a" / "candles").write_text("nonsense")
    keep_idle(tmp_path, bound(tmp_path, 2), NOW)
    assert days_of(tmp_path, "a") == {1: ROWS, 2: ROWS, 3: ROWS}
    keep_idle(tmp_path, FeedPolicy(10**18, (size(tmp_path) + 1) // 2), NOW)
    assert days_of(tmp_path, "a") == {1: ROWS, 2: ROWS, 3: ROWS}
    assert "before they are in its candles" not in caplog.text
    keep_idle(tmp_path, FeedPolicy(10**18, size(tmp_path) // 2 - 1), NOW)
    assert days_of(tmp_path, "a") == {2: ROWS, 3: ROWS}
    assert "before they are in its candles" in caplog.text


def test_what_is_older_stays_while_candles_need_it(tmp_path: Path) -> None:
    fill(tmp_path, "a", 5, 6, 0, candles=2 * ROWS)  # an old file was taken in last
    keep_idle(tmp_path, bound(tmp_path, 2), NOW)
    assert days_of(tmp_path, "a") == {0: ROWS, 5: ROWS, 6: ROWS}, "or the mark would say that day 0 is gone"
    note_candles(tmp_path / "a", 3 * ROWS)
    keep_idle(tmp_path, bound(tmp_path, 2), NOW)
    assert days_of(tmp_path, "a") == {5: ROWS, 6: ROWS}


def test_an_archive_that_an_earlier_version_made_counts_and_goes_first(tmp_path: Path) -> None:
    fill(tmp_path, "a", 0, 1, 2)
    own = Archive(tmp_path / "a" / "archive")
    for file in found_in(tmp_path / "a")[:2]:
        own.put(file, tmp_path / "a" / file.name)
        (tmp_path / "a" / file.name).unlink()
    assert days_of(tmp_path, "a") == {0: ROWS, 1: ROWS, 2: ROWS}
    keep_idle(tmp_path, bound(tmp_path, 2), NOW)
    assert days_of(tmp_path, "a") == {1: ROWS, 2: ROWS}


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_with_an_archive_of_yours_nothing_is_lost(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = str(tmp_path / "yours") if kind == "folder" else request.getfixturevalue("s3")("ticks")
    feeds = tmp_path / "feeds"
    fill(feeds, "a", 0, 1, 2, candles=0)
    own = Archive(feeds / "a" / "archive")
    first = found_in(feeds / "a")[0]
    own.put(first, feeds / "a" / first.name)
    (feeds / "a" / first.name).unlink()
    policy = bound(feeds, 1)._replace(archive_url=url)
    whole = {0: ROWS, 1: ROWS, 2: ROWS}
    assert days_of(feeds, "a", url) == whole
    keep_idle(feeds, policy, NOW)
    assert (days_of(feeds, "a", url), days_of(feeds, "a")) == (whole, {2: ROWS})
    assert size(feeds) <= policy.bytes_max
    assert pruned(feeds / "a") is None, "nothing is gone"
    for _ in range(2):  # brought when they are old, and gone from here the next time
        keep_idle(feeds, policy._replace(warm_ns=0), NOW)
    assert (days_of(feeds, "a", url), size(feeds)) == (whole, 0)


def test_another_store_of_the_same_name_has_a_place_of_its_own_in_the_archive(tmp_path: Path) -> None:
    url = str(tmp_path / "yours")
    for folder in (tmp_path / "one", tmp_path / "two"):
        fill(folder, "a", 0)
        keep_idle(folder, FeedPolicy(0, 1, url), NOW)
        assert days_of(folder, "a", url) == {0: ROWS}
    assert len({path.name for path in (tmp_path / "yours" / "feeds" / "a").iterdir()}) == 2
    (tmp_path / "one" / "a" / ID).write_text("../../elsewhere")
    assert archives_of(tmp_path / "one" / "a", url) == archives_of(tmp_path / "one" / "a", None)


def test_an_archive_that_is_away_stops_no_feed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "away").write_text("no folder")
    one = opened(tmp_path / "feeds", "a", FeedPolicy(0, 1, str(tmp_path / "away")))
    for day in (0, 1):
        take(one, day)
        one.keep()
    one.close()
    assert days_of(tmp_path / "feeds", "a") == {0: ROWS, 1: ROWS}
    assert caplog.text.count("Old ticks of the feed a stay") == 1


def test_an_archive_that_is_none_is_refused_when_a_feed_begins(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nowhere"):
        opened(tmp_path, "a", FeedPolicy(0, 1, "nowhere://bucket"))


def test_who_takes_a_feed_in_waits_for_the_worker_that_keeps_it(tmp_path: Path) -> None:
    fill(tmp_path, "a", 0)
    kept = TickStore(tmp_path / "a", "feed a")
    with pytest.raises(StoreError, match="another process"):
        TickStore(tmp_path / "a", "feed a", wait_s=0.1)
    letting_go = threading.Timer(0.3, kept.close)
    letting_go.start()
    opened(tmp_path, "a").close()
    letting_go.join()


def test_upkeep_ends_in_time_and_goes_on(tmp_path: Path) -> None:
    fill(tmp_path, "a", 0, 1, 2)
    one = opened(tmp_path, "a", bound(tmp_path, 1))
    one.keep(until=0.0)
    assert len(days_of(tmp_path, "a")) == 3
    one.keep()
    assert len(days_of(tmp_path, "a")) == 1
    one.close()


def test_what_is_taken_out_of_the_disk_is_in_candles_and_stays_there(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "FORGET_EVERY_S", 0)
    migrate(database)
    one = opened(tmp_path, "a")
    for day in (0, 1):
        take(one, day)
    take(one, 2, rows=ROWS // 2)
    one.close()
    policy = bound(tmp_path, 1)
    keep_idle(tmp_path, policy, NOW)
    assert len(days_of(tmp_path, "a")) == 3, "they are in no candles yet"
    FedRecorder(tmp_path, database).record()
    assert candles_at(tmp_path / "a") == 2 * ROWS + ROWS // 2
    keep_idle(tmp_path, policy, NOW)
    assert days_of(tmp_path, "a") == {2: ROWS // 2}
    # One more comes of a day of which some are gone, and one of it is taken back: the rest stays in candles.
    one = opened(tmp_path, "a")
    take(one, 1, rows=2)
    one.open("busts")
    one.take("busts", batch((BUST, 0, 0, START + 3 * DAY, 1, 1, 0, one.position)))
    one.flush()
    one.close()
    FedRecorder(tmp_path, database).record()
    with psycopg.connect(database) as connection:
        days = connection.execute("SELECT trades FROM market.fed_days ORDER BY start").fetchall()
    assert days == [(ROWS,), (ROWS + 2,), (ROWS // 2,)]
    assert "are gone, and its candles hold the trade still" in caplog.text


def test_candles_are_made_of_ticks_that_are_in_the_archive_already(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "FORGET_EVERY_S", 0)
    migrate(database)
    feeds, url = tmp_path / "feeds", str(tmp_path / "yours")
    one = opened(feeds, "a")
    take(one, 0)
    take(one, 1)
    one.close()
    keep_idle(feeds, FeedPolicy(10**18, 1, url), NOW)
    assert size(feeds) == 0
    one = opened(feeds, "a")
    one.open("busts")
    one.take("busts", batch((BUST, 0, 0, START + 3 * DAY, 1, 1, 0, 7)))
    one.flush()
    one.close()
    FedRecorder(feeds, database, archive_url=url).record()
    with psycopg.connect(database) as connection:
        days = connection.execute("SELECT trades FROM market.fed_days ORDER BY start").fetchall()
    assert days == [(ROWS - 1,), (ROWS,)]


@pytest.mark.parametrize(
    ("ticks", "cap", "mib"), [(2_048, 10_240, 1_024), (512, 10_240, 512), (2_048, 0, 2_048), (0, 10_240, 0)]
)
def test_feeds_have_a_tenth_of_the_cap_and_no_more_than_the_exchanges_ticks(
    ticks: int, cap: int, mib: int
) -> None:
    settings = Settings(ticks_mib_max=ticks, data_mib_max=cap, archive_url="s3://a/b", ticks_warm_hours=3)
    assert FeedPolicy.of(settings) == FeedPolicy(3 * HOUR, mib << 20, "s3://a/b")


async def test_a_worker_says_once_that_old_ticks_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import asyncio

    monkeypatch.setattr(keeping, "KEEP_EVERY_S", 0.02)
    fill(tmp_path / "feeds", "a", 0)
    away = tmp_path / "away"
    away.write_text("no folder")
    task = asyncio.create_task(keeping.FeedKeeper(tmp_path / "feeds", FeedPolicy(0, 1, str(away))).run())
    await asyncio.sleep(0.5)
    away.unlink()
    async with asyncio.timeout(10):
        while size(tmp_path / "feeds"):
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert caplog.text.count("Old ticks of feeds stay") == 1
    assert days_of(tmp_path / "feeds", "a", str(away)) == {0: ROWS}
