"""Roles: what one process can be. `openbell run ROLE` runs one until it is told to stop."""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
from collections.abc import Awaitable, Callable

import uvloop

from openbell.ops import logs
from openbell.ops.ready import clear_ready, mark_ready
from openbell.ops.scheduling import short_slices
from openbell.ops.settings import Settings

Run = Callable[[Settings, asyncio.Event, Callable[[], None]], Awaitable[None]]

# Each part is a module with `async def run(settings, stop, ready)`.
ROLES: dict[str, tuple[str, ...]] = {
    "node": ("openbell.node.role",),
    "gateway": ("openbell.gateway.role",),
    "worker": (
        "openbell.ledger.role",
        "openbell.market.role",
        "openbell.identity.role",
        "openbell.compliance.role",
    ),
    "feed": ("openbell.market.feeds.role",),
    "simulator": ("openbell.simulator.role",),
}
QUICK = ("node", "gateway")  # roles that orders wait for
SEVERAL = ("gateway",)  # roles that run in several processes, told apart by the setting `instance`

log = logging.getLogger(__name__)


def process_name(settings: Settings, role: str) -> str:
    """The name of this process among all: `gateway-2`, `node`."""
    return f"{role}-{settings.instance}" if role in SEVERAL else role


def run(settings: Settings, role: str) -> int:
    """Run `role` in this process until SIGTERM or Ctrl-C; the exit code."""
    name = process_name(settings, role)
    logs.configure(settings, name)
    if role in QUICK:
        short_slices()
    code = 0
    try:
        uvloop.run(_run_parts(settings, name, ROLES[role]))
    except* Exception as group:
        for error in leaves(group):
            log.error("Ended: %s", str(error) or type(error).__name__, exc_info=error)
        code = 1
    finally:
        clear_ready(settings.run_dir, name)
    return code


async def _run_parts(settings: Settings, name: str, parts: tuple[str, ...]) -> None:
    """Run all `parts` together; the first that fails ends them all."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # the supervisor's children ignore it
        loop.add_signal_handler(signal.SIGINT, stop.set)
    waiting = set(parts)

    def is_ready(part: str) -> None:
        waiting.discard(part)
        if not waiting:
            mark_ready(settings.run_dir, name)
            log.info("Ready")

    async def run_part(part: str) -> None:
        run: Run = importlib.import_module(part).run
        await run(settings, stop, lambda: is_ready(part))
        if not stop.is_set():
            raise RuntimeError(f"{part} ended without being told to stop")

    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(run_part(part), name=part)


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions in a group and in its groups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
