"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

from litestar import Response, get
from msgspec import Struct

from openbell.gateway.given import GivenServices
from openbell.gateway.ledger_state import ledger_state

TAGS = ["Health"]
PUBLIC: list[dict[str, list[str]]] = []
# The event stream carries a tick each second; one that is quiet for longer has been lost.
STALE_NS = 5_000_000_000


class HealthBody(Struct):
    """Alive."""

    status: str


class ReadyBody(Struct):
    """Ready or not, and what each part says."""

    status: str
    checks: dict[str, str]


@get("/healthz", tags=TAGS, security=PUBLIC, summary="Liveness")
async def healthz() -> HealthBody:
    """200 while the process lives."""
    return HealthBody("ok")


@get("/readyz", tags=TAGS, security=PUBLIC, summary="Readiness")
async def readyz(services: GivenServices) -> Response[ReadyBody]:
    """200, or 503 while orders cannot be taken. Without the ledger they can: it is `degraded` while
    PostgreSQL is away, and `stopped` when it met what it cannot apply and somebody must look."""
    checks = {
        "node": "ok" if services.node.connected else "down",
        "market": "ok" if services.fresh(STALE_NS) else "stale",
        "ledger": (await ledger_state(services.ledger)).word,
    }
    ready = checks["node"] == checks["market"] == "ok"
    return Response(ReadyBody("ready" if ready else "not_ready", checks), status_code=200 if ready else 503)


HEALTH_ROUTES = [healthz, readyz]
