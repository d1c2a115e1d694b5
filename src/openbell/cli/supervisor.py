"""The supervisor: keeps services running, and stops them in the order that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable

from openbell.cli.service import Service, ServiceFailed, describe

BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS = 30.0  # a service that ran so long starts again without delay
# 4.7 in all: the worker, the gateways and the feed stop together.
STOP_SECONDS = {"simulator": 1.8, "gateway": 0.8, "worker": 0.8, "feed": 0.8, "node": 1.2, "database": 0.9}


class Supervisor:
    """Services that run until `stop`. One that ends is started again, later each time it ends soon.

    `say` tells the person at the terminal.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.services: list[Service] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, services: Iterable[Service]) -> None:
        """Start `services` together, wait until all are ready, and keep them running.

        Raises:
            ServiceFailed: one ended before it was ready.
        """
        services = list(services)
        self.services += services  # first: a start that is broken off leaves something to stop
        starts = [asyncio.create_task(self._first_start(service)) for service in services]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
        self._keepers += [asyncio.create_task(self._keep(service)) for service in services]

    async def stop(self) -> None:
        """Stop every service: first who sends, then who serves, then the exchange, then the database."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        for stage in (("simulator",), ("gateway", "worker", "feed"), ("node",), ("database",)):
            chosen = [one for one in self.services if kind(one) in stage]
            await asyncio.gather(*(one.stop(STOP_SECONDS[kind(one)]) for one in chosen))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _first_start(self, service: Service) -> None:
        try:
            await service.start()
        except ServiceFailed as error:
            raise ServiceFailed(f"the {service.name} {error}") from None

    async def _keep(self, service: Service) -> None:
        failures = 0
        while True:
            begun = time.monotonic()
            code = await service.wait()
            if self._stopping:
                return
            failures = 0 if time.monotonic() - begun > STEADY_SECONDS else failures + 1
            delay = (
                BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1] if failures else BACKOFF_SECONDS[0]
            )
            self.say(
                f"the {service.name} {describe(code)}; starting it again in {delay} s (log: {service.log})"
            )
            await asyncio.sleep(delay)
            begun = time.monotonic()
            try:
                await service.start()
            except ServiceFailed:  # its end is told by `wait`, at the top
                continue
            except Exception as error:  # whatever it is, who keeps a service does not give it up
                self.say(f"the {service.name} could not be started: {type(error).__name__}: {error}")
                continue
            self.say(f"the {service.name} is back after {time.monotonic() - begun + delay:.1f} s")


def kind(service: Service) -> str:
    """The role of a service: `gateway` for `gateway-2`."""
    return service.name.partition("-")[0]
