"""`openbell up`: every role on this machine, from an empty folder to an open market."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import time
import urllib.error
import urllib.request

from openbell.cli import bootstrap
from openbell.cli.form import complaint
from openbell.cli.lock import FolderLock
from openbell.cli.progress import Progress
from openbell.cli.service import Database, RoleProcess, Service, ServiceFailed
from openbell.cli.supervisor import Supervisor
from openbell.core.records import blob_of
from openbell.log.errors import LogError
from openbell.log.reader import JournalReader
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown
from openbell.ops.settings import Settings, SettingsError

ANSWER_SECONDS_MAX = 30.0
BOOTSTRAP_TRIES = 10


class PortInUse(RuntimeError):
    """Another program listens on the port."""


def up(settings: Settings) -> int:
    """Open the market and keep it open until Ctrl-C, SIGTERM or a closed terminal; the exit code.

    Raises:
        FolderInUse: another `openbell up` holds the data folder.
        PortInUse: another program listens on the port.
        SettingsError: the exchange in the data folder has another calendar than the one asked for.
    """
    with FolderLock(settings.data_dir, f"openbell up, http://{settings.host}:{settings.port}"):
        calendar_name(settings)
        require_port(settings.host, settings.port)
        return asyncio.run(_up(settings))


def require_port(host: str, port: int, patience: float = 2.0) -> None:
    """Raise PortInUse unless a server could listen on `port` within `patience` seconds.

    A gateway whose supervisor was killed dies with it, but not in the same instant.
    """
    deadline = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                said = error.strerror
        if time.monotonic() > deadline:
            raise PortInUse(f"cannot listen on {host}:{port} ({said}): choose another --port")
        time.sleep(0.05)


async def _up(settings: Settings) -> int:
    progress = Progress()
    supervisor = Supervisor(lambda text: progress.say(f"openbell: {text}"))
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(one, told.set)
    if said := complaint():
        progress.say(f"openbell: {said}")
    code = 0
    opening = asyncio.create_task(_open(settings, supervisor, progress))
    end = asyncio.create_task(told.wait())
    try:
        await asyncio.wait({opening, end}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            opening.result()
            progress.say(f"OpenBell is open: http://{settings.host}:{settings.port}")
            await end
        progress.say("openbell: closing")
    except ServiceFailed as error:
        progress.say(f"openbell: {error}")
        code = 1
    finally:
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await opening
        await supervisor.stop()
    return code


async def _open(settings: Settings, supervisor: Supervisor, progress: Progress) -> None:
    """Start everything in the order in which one thing needs another."""
    base: list[Service] = [RoleProcess(settings, "node")]
    if settings.database_url is None:
        base.append(Database(settings))
    worker = RoleProcess(settings, "worker")
    doors = [RoleProcess(settings, "gateway", number + 1) for number in range(settings.gateways)]
    if settings.feed_listen is not None:
        doors.append(RoleProcess(settings, "feed"))
    # Nobody comes in before there is something to trade, nor before the clock has caught up with a schedule
    # that has phases; where neither is so, all start at once.
    wait = not settings.participants_file.exists() or calendar_name(settings) != "always"
    async with progress.step("exchange and database" if wait else "exchange, database, services"):
        await supervisor.start(base if wait else [*base, worker, *doors])
    client = await NodeClient.connect(settings.node_socket, name="up", role="admin")
    try:
        async with progress.step("instruments and accounts"):
            await _bootstrap(client, settings, progress)
        async with progress.step("services"):
            if wait:
                await supervisor.start([worker])
                await supervisor.start(doors)
            await _until_gateways_answer(settings)
        if settings.simulator:
            async with progress.step("opening quotes"):
                await _start_simulator(client, settings, supervisor, progress)
    finally:
        await client.close()


def calendar_name(settings: Settings) -> str:
    """The calendar of the exchange in the data folder, or of the one that will begin there.

    Raises:
        SettingsError: another one is asked for than the exchange has.
    """
    reader = JournalReader(settings.journal_dir)
    try:
        genesis = next(reader.records(), b"")
    except FileNotFoundError:
        genesis = b""
    except LogError:  # the first segment is gone, or damaged: the node will say more
        return settings.calendar or "unknown"
    finally:
        reader.close()
    if not genesis:
        return settings.calendar or "always"
    name = str(json.loads(blob_of(genesis)).get("calendar", "always"))
    if settings.calendar not in (None, name):
        raise SettingsError(
            f"the exchange in {settings.data_dir} began with the calendar {name} and keeps it, not"
            f" {settings.calendar}: leave the setting out, or choose another --data-dir"
        )
    return name


async def _bootstrap(client: NodeClient, settings: Settings, progress: Progress) -> None:
    """Give the exchange its opening stock; a node that goes away meanwhile is waited for."""
    for attempt in range(BOOTSTRAP_TRIES):
        try:
            await bootstrap.run(client, settings, progress.at)
            return
        except (NodeUnavailable, OutcomeUnknown) as error:
            if attempt + 1 == BOOTSTRAP_TRIES:
                raise ServiceFailed(f"the node goes away again and again: {error}") from None
            await asyncio.sleep(1.0)
        except bootstrap.BootstrapRefused as error:
            raise ServiceFailed(str(error)) from None


async def _start_simulator(
    client: NodeClient, settings: Settings, supervisor: Supervisor, progress: Progress
) -> None:
    counting = asyncio.create_task(_count_quotes(client, progress))
    try:
        await supervisor.start([RoleProcess(settings, "simulator")])
    finally:
        counting.cancel()


async def _until_gateways_answer(settings: Settings) -> None:
    """Wait until the port answers /readyz with 200."""
    url = f"http://{settings.host}:{settings.port}/readyz"
    said = "no answer"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while (said := await asyncio.to_thread(_ask, url)) != "":
                await asyncio.sleep(0.05)
            return
    raise ServiceFailed(f"the gateway does not become ready; {url} says: {said}")


def _ask(url: str) -> str:
    """What stands against readiness; nothing when it answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return str(error)


async def _count_quotes(client: NodeClient, progress: Progress) -> None:
    """Show how many instruments have a bid and an offer."""
    while True:
        with contextlib.suppress(NodeUnavailable):
            found = (await client.query("instruments"))["data"]
            progress.at(sum(1 for one in found if one["bid_size"] and one["ask_size"]), len(found))
        await asyncio.sleep(0.3)
