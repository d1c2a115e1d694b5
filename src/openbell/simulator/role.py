"""The simulator's process: connects the participants, opens the market, keeps it alive at a steady rate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from openbell.ops.settings import Settings
from openbell.simulator import participants
from openbell.simulator.account import Account, SignInError
from openbell.simulator.client import Client, LostError
from openbell.simulator.discovery import clock, discover
from openbell.simulator.floor import Floor
from openbell.simulator.quoting import LEVELS
from openbell.simulator.stock import Stock
from openbell.simulator.stream import follow

logger = logging.getLogger(__name__)

CONNECTIONS_MAX = 8  # shared by all accounts; with several gateways they spread over them
IN_FLIGHT_MAX = 256  # messages without an answer, in all, before the participants wait
TURN_S = 0.02
SYNC_RETRY_S = 0.5
CANCEL_PATIENCE_S = 2.0
DEEPENING_S = 5.0
OPENING_S = 30.0  # a stock that is suspended, or that nobody has the means for, must not keep all shut
REPORT_S = 60.0


class _Simulation:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        count = CONNECTIONS_MAX
        self._clients = [Client(settings.host, settings.port) for _ in range(count)]
        self._accounts = [
            Account(participant, self._clients[i % count], self._gap)
            for i, participant in enumerate(participants.read(settings.participants_file))
        ]
        self._floor: Floor | None = None
        self._counted: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Open the market, call `ready`, and go on until `stop`; then cancel every order.

        Raises:
            SignInError: the exchange does not take a participant's token.
        """
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(client.keep_open()) for client in self._clients]
        try:
            tasks += [asyncio.create_task(self._keep_in_step(account)) for account in self._accounts]
            main = asyncio.create_task(self._live(ready))
            stopped = asyncio.create_task(stop.wait())
            tasks += [main, stopped]
            await asyncio.wait([main, stopped], return_when=asyncio.FIRST_COMPLETED)
            if main.done():
                main.result()
            await self._withdraw(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for client in self._clients:
                client.close()

    def _gap(self, symbol: str) -> None:
        if self._floor is not None:
            self._floor.gap(symbol)

    def _fill_gaps(self) -> None:
        if self._floor is not None:
            for stock in self._floor.one_sided():
                self._floor.gap(stock.symbol)

    async def _live(self, ready: Callable[[], None]) -> None:
        stocks = await discover(self._clients[0])
        while any(account.stale.is_set() for account in self._accounts):
            self._check_tokens()
            await asyncio.sleep(TURN_S)
        makers = [account for account in self._accounts if account.role == "maker"]
        traders = [account for account in self._accounts if account.role == "trader"]
        self._floor = Floor(stocks, makers, traders, self._settings.seed)
        phases = asyncio.create_task(self._follow_phases(self._floor))
        try:
            await self._quote_all(self._floor, self._floor.one_sided, 1, OPENING_S)
            logger.info("%d stocks are quoted", len(stocks) - len(self._floor.one_sided()))
            ready()
            await self._quote_all(self._floor, self._floor.thin, LEVELS, DEEPENING_S)
            await self._trade(self._floor)
        finally:
            phases.cancel()

    async def _follow_phases(self, floor: Floor) -> None:
        """Tell the floor of each phase of the market."""
        while True:
            pause_s = SYNC_RETRY_S
            try:
                floor.phase, pause_s = await clock(self._clients[0])
            except (LostError, ValueError) as error:
                logger.debug("the exchange does not tell its phase: %s", error)
            await asyncio.sleep(pause_s)

    async def _quote_all(
        self, floor: Floor, left: Callable[[], list[Stock]], levels: int, patience_s: float
    ) -> None:
        """Quote what is `left` as fast as answers come, and give up on what cannot be quoted."""
        until = asyncio.get_running_loop().time() + patience_s
        while missing := left():
            self._check_tokens()
            if asyncio.get_running_loop().time() > until:
                names = ", ".join(stock.symbol for stock in missing[:10])
                logger.warning(
                    "%d stocks could not be quoted with %d levels: %s", len(missing), levels, names
                )
                return
            for stock in missing:
                if self._in_flight() >= IN_FLIGHT_MAX:
                    break
                floor.quote(stock, 0.0, levels)
            await asyncio.sleep(TURN_S / 4)

    async def _trade(self, floor: Floor) -> None:
        loop = asyncio.get_running_loop()
        rate = self._settings.rate
        total, owed, before = 0, 0.0, loop.time()
        reported = before
        while True:
            await asyncio.sleep(TURN_S)
            now = loop.time()
            # What could not be sent while the exchange was slow or away is not made up for.
            owed = min(owed + (now - before) * rate, max(1.0, rate * 0.25))
            before = now
            while owed >= 1.0 and self._in_flight() < IN_FLIGHT_MAX:
                sent = floor.turn(total / rate)
                if sent == 0:
                    break
                total += sent
                owed -= sent
            if now - reported >= REPORT_S:
                reported = now
                self._check_tokens()
                self._report()

    async def _keep_in_step(self, account: Account) -> None:
        """Follow the account's fills; read its state again whenever something may have been missed."""
        url = f"ws://{self._settings.host}:{self._settings.port}/v1/stream"
        connected = asyncio.Event()

        def subscribed() -> None:
            connected.set()
            account.stale.set()

        def lost() -> None:
            connected.clear()
            account.stale.set()

        stream = asyncio.create_task(follow(url, account.token, account.told, subscribed, lost))
        try:
            while not account.refused:
                await account.stale.wait()
                await connected.wait()
                try:
                    await account.synchronise()
                    self._fill_gaps()
                except (LostError, SignInError, ValueError) as error:
                    logger.debug("%s cannot read its state yet: %s", account.name, error)
                    await asyncio.sleep(SYNC_RETRY_S)
                if not connected.is_set():
                    account.stale.set()
        finally:
            stream.cancel()
            await asyncio.gather(stream, return_exceptions=True)

    async def _withdraw(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks[len(self._clients) :]:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_PATIENCE_S):
                results = await asyncio.gather(
                    *(account.cancel_all() for account in self._accounts), return_exceptions=True
                )
                failed = [result for result in results if isinstance(result, BaseException)]
                if failed:
                    logger.warning("%d accounts could not cancel their orders: %s", len(failed), failed[0])

    def _in_flight(self) -> int:
        return sum(client.in_flight for client in self._clients)

    def _check_tokens(self) -> None:
        for account in self._accounts:
            if account.refused:
                raise SignInError(f"{account.name}: the exchange does not take this participant's token")

    def _report(self) -> None:
        counts: Counter[str] = Counter()
        for account in self._accounts:
            counts += account.counts
        since = {kind: number - self._counted[kind] for kind, number in counts.items()}
        self._counted = counts
        logger.info("messages in the last minute: %s", since)


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Run the simulated participants until `stop` is set; `ready` is called when all stocks are two-sided.

    Args:
        settings: host, port, seed, rate (messages per second after the opening) and the data folder
            with the participants' file.

    Raises:
        FileNotFoundError: there is no participants' file.
        SignInError: the exchange does not take a participant's token; new ones are needed.
    """
    await _Simulation(settings).run(stop, ready)
