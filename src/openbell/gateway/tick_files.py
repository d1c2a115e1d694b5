"""Files of ticks to download: made by a process beside the gateway, sent from a file that has no name."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from openbell.gateway.problems import Problem, unavailable
from openbell.gateway.times import rfc3339
from openbell.market.feeds.marks import TICKS, archives_of
from openbell.market.ticks.asking import MODULE, Ask, Exported
from openbell.ops.settings import Settings

logger = logging.getLogger(__name__)

ROWS_MAX = 2_000_000
MAKING_MAX = 1
TURN_S = 5.0
MAKING_S = 30
DOWNLOADS_MAX = 8
DOWNLOAD_S = 600.0
CHUNK = 256 * 1024


class TickFile:
    """A file that is sent: `size` bytes, `rows` ticks; ticks up to log position `position` were in files."""

    def __init__(self, file: IO[bytes], found: Exported, on_close: Callable[[], None]) -> None:
        self.rows = found.rows
        self.position = found.position
        self.size = os.fstat(file.fileno()).st_size
        self._file = file
        self._on_close = on_close
        # Who reads too slowly, or never, must not keep the file and its turn; nor does the timer keep them.
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(DOWNLOAD_S, _expire, weakref.ref(self))

    def __del__(self) -> None:
        self.close()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in order; fewer than there are once it is closed."""
        at = 0
        try:
            while at < self.size and not self._file.closed:
                chunk = os.pread(self._file.fileno(), CHUNK, at)  # just written: it is in memory
                if not chunk:
                    return
                at += len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Give the file and its turn back; again has no effect."""
        if not self._file.closed:
            self._expiry.cancel()
            self._file.close()
            self._on_close()


def _expire(download: weakref.ref[TickFile]) -> None:
    made = download()
    if made is not None:
        made.close()


class Store(NamedTuple):
    """Where ticks are, and where there is room to write some of them."""

    folder: Path
    archives: list[tuple[str, str]]  # as an Ask has them
    room: Path


def own_store(settings: Settings) -> Store:
    """Of the exchange's own market."""
    archive = settings.archive_url or str(settings.archive_dir)
    return Store(settings.ticks_dir, [(archive, TICKS)], settings.run_dir)


def feed_store(settings: Settings, feed: str) -> Store:
    """Of a feed."""
    folder = settings.feeds_dir / feed
    return Store(folder, archives_of(folder, settings.archive_url), settings.run_dir)


class TickFiles:
    """Makes files of ticks, a few at a time, one for an account."""

    def __init__(self) -> None:
        self._accounts: set[int] = set()
        self._making = asyncio.Semaphore(MAKING_MAX)

    async def make(
        self, store: Store, account: int, symbol: str, instrument: int, start: int, end: int
    ) -> TickFile:
        """The ticks in `store` of an instrument with `start` <= time < `end`, ns UTC, for `account`.

        Raises:
            Problem: 422 when they are too many, 429 while the account has a file open, 503 when there is no
                turn, no store, or no answer in time.
        """
        self._enter(account)
        try:
            # The file has no name: whoever dies, nothing stays.
            file = tempfile.TemporaryFile(dir=store.room)  # noqa: SIM115
            try:
                ask = Ask(
                    folder=str(store.folder),
                    archives=store.archives,
                    symbol=symbol,
                    instrument=instrument,
                    start=start,
                    end=end,
                    rows_max=ROWS_MAX,
                    seconds_max=MAKING_S,
                    descriptor=file.fileno(),
                )
                found = await self._export(ask)
                if found.full_at:
                    raise too_many(ask, found)
                return TickFile(file, found, lambda: self._accounts.discard(account))
            except BaseException:
                file.close()
                raise
        except BaseException:
            self._accounts.discard(account)
            raise

    def _enter(self, account: int) -> None:
        if account in self._accounts:
            raise Problem(
                429,
                "RATE_LIMITED",
                "An account has one download of ticks at a time; ask again when yours has ended.",
                title="Too many requests",
                retryable=True,
                retry_after=1,
            )
        if len(self._accounts) >= DOWNLOADS_MAX:
            raise unavailable("Many ticks are being downloaded just now. Try again in a moment.")
        self._accounts.add(account)

    async def _export(self, ask: Ask) -> Exported:
        try:
            async with asyncio.timeout(TURN_S):
                await self._making.acquire()
        except TimeoutError:
            raise unavailable("Many ticks are being downloaded just now. Try again in a moment.") from None
        try:
            return await _run(ask)
        finally:
            self._making.release()


async def _run(ask: Ask) -> Exported:
    """Let a process of its own write the file."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        msgspec.json.encode(ask).decode(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(ask.descriptor,),
    )
    try:
        async with asyncio.timeout(MAKING_S):
            said, error = await process.communicate()
    except TimeoutError:
        raise unavailable(
            f"These ticks take more than {MAKING_S} s to read. Ask for a shorter range."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        logger.warning("Ticks of %s cannot be read: %s", ask.symbol, error.decode(errors="replace")[-500:])
        raise unavailable("Ticks cannot be read right now. Try again in a moment.")
    return msgspec.json.decode(said, type=Exported)


def too_many(ask: Ask, found: Exported) -> Problem:
    """422: more ticks than one file takes; where to cut the range."""
    return Problem(
        422,
        "TOO_MANY_TICKS",
        f"{ask.symbol} has more than {ask.rows_max:,} ticks in this range. Ask for those to"
        f" {rfc3339(found.full_at)} first, then from there on.",
        title="Too many ticks",
        limit=str(ask.rows_max),
    )
