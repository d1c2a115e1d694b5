"""The gateway role: one process of the door. Several may share the port."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
from collections.abc import Callable

from openbell.core.records import Header, blob_of
from openbell.gateway.api import make_api
from openbell.gateway.door import Door
from openbell.gateway.feed import Feed
from openbell.gateway.limits import RateLimiter
from openbell.gateway.openapi import describe
from openbell.gateway.order_entry import OrderEntry
from openbell.gateway.order_sessions import OrderSessions
from openbell.gateway.quick_reads import QuickReads
from openbell.gateway.routes import RawTable
from openbell.gateway.server import bind, make_server, serve
from openbell.gateway.services import Services
from openbell.gateway.socket_protocol import socket_protocol
from openbell.gateway.static import WebApp
from openbell.gateway.stream.hub import Hub
from openbell.identity.admin_token import load_admin_token
from openbell.identity.demo import DemoAccounts
from openbell.identity.throttle import Throttle
from openbell.identity.tokens import Signer
from openbell.ledger.reads import LedgerReads
from openbell.market.calendar import calendar
from openbell.market.history import History
from openbell.node.client import NodeClient
from openbell.ops.collector import quiet_collector
from openbell.ops.settings import Settings

logger = logging.getLogger(__name__)

THROTTLE_FILE = "demo-throttle"
CONNECT_S = 30
FILES_MAX = 32_768


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve until `stop`.

    Raises:
        NodeUnavailable: the node did not come within 30 s.
        OSError: the port is taken.
    """
    name = f"gateway-{settings.instance}"
    node = await NodeClient.connect(settings.node_socket, name=name, role="gateway", retry_s=CONNECT_S)
    raise_file_limit()
    services = make_services(settings, node)
    hub = Hub(services)
    feed = Feed(services, hub)
    await feed.start()
    services.fed.look()
    api = make_api(services)
    description = json.dumps(describe(api)).encode()
    door = Door(
        RawTable(OrderEntry(services), OrderSessions(services), QuickReads(services)),
        api,
        WebApp(settings.web_folder),
        description,
    )
    server = make_server(door, socket_protocol(hub.listener))
    tasks = [asyncio.create_task(work) for work in (feed.run(), hub.run(), feed.watch_feeds())]
    serving = await serve(server, bind(settings.host, settings.port))
    quiet_collector()
    ready()
    try:
        await asyncio.wait(
            [*tasks, serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        hub.shut_down()
        server.should_exit = True
        await serving
        await hub.finish()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await services.ledger.close()
        await services.history.close()
        services.throttle.close()
        await node.close()


def make_services(settings: Settings, node: NodeClient) -> Services:
    """Everything the routes use, over a connected `node`."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    facts = json.loads(blob_of(node.genesis))
    kept = calendar(facts.get("calendar", "always"))
    start = Header.from_buffer_copy(node.genesis).ts
    return Services(
        settings=settings,
        node=node,
        signer=Signer(settings.session_key_file),
        throttle=Throttle(settings.run_dir / THROTTLE_FILE, settings.demo_rate),
        demo=DemoAccounts(node, settings.demo_accounts),
        ledger=LedgerReads(settings.database),
        history=History(settings.database, int(facts.get("seed", settings.seed)), kept, start),
        calendar=kept,
        admin_token=load_admin_token(settings.admin_token_file),
        limiter=RateLimiter(settings.order_rate),
        readers=RateLimiter(settings.read_rate),
    )


def raise_file_limit() -> None:
    """Allow this process as many open files as its connections need, if the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(FILES_MAX, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
