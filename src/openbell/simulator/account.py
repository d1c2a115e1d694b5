"""One participant's account: sends its messages and keeps its blotter by what is answered and streamed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from openbell.simulator import messages
from openbell.simulator.blotter import Blotter, Order, is_working
from openbell.simulator.client import Client, LostError, Reply
from openbell.simulator.maker import CANCEL, CHANGE, NEW, Intent
from openbell.simulator.participants import Participant
from openbell.simulator.quoting import LEVELS
from openbell.simulator.stock import cents, dollars, whole

logger = logging.getLogger(__name__)

REFUSED_PAUSE_S = 2.0  # how long a stock is left alone after a refusal
UNAVAILABLE_PAUSE_S = 0.5
GONE = ("ORDER_ENDED", "UNKNOWN_ORDER", "ORDER_NOT_FOUND")
SIDES = ("BUY", "SELL")


class SignInError(PermissionError):
    """The exchange does not take this participant's token: only new tokens can help."""


class Account:
    """The account of one participant.

    Args:
        participant: who.
        client: the connection to send on; several accounts may share one.
        gap: called with a symbol when one of its resting orders was filled whole.
    """

    def __init__(self, participant: Participant, client: Client, gap: Callable[[str], None]) -> None:
        self.name = participant.account
        self.role = participant.role
        self.token = participant.token
        self.client = client
        self.blotter = Blotter()
        self.stale = asyncio.Event()  # the blotter may differ from what the exchange has
        self.stale.set()
        self.refused = False  # the exchange does not know the token
        self.paused_until = 0.0
        self.counts: Counter[str] = Counter()
        self._gap = gap
        self._authorization = f"Authorization: Bearer {participant.token}\r\n".encode()
        self._busy: Counter[str] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()
        self._paused: dict[str, float] = {}
        self._loop = asyncio.get_running_loop()

    def can_send(self, symbol: str) -> bool:
        """Whether messages for this stock can go now: nothing of it is in flight or paused."""
        if self.stale.is_set() or not self.client.is_open or symbol in self._busy:
            return False
        if not self._paused and not self.paused_until:
            return True
        now = self._loop.time()
        return now >= self.paused_until and now >= self._paused.get(symbol, 0.0)

    def send(self, intents: Sequence[Intent]) -> None:
        """Send messages in this order; the blotter follows as the answers come."""
        for intent in intents:
            method, path, body = encode(intent)
            try:
                future = self.client.submit(method, path, self._authorization, body)
            except LostError:
                self.stale.set()
                return
            self.counts[intent.kind] += 1
            self._busy[intent.symbol] += 1
            self._idle.clear()
            future.add_done_callback(lambda done, sent=intent: self._answered(sent, done))  # type: ignore[misc]

    def told(self, message: messages.StreamMessage) -> None:
        """Note an ORDER_UPDATE of the stream."""
        ended = not is_working(message.status)
        order = self.blotter.update(message.orderId, whole(message.filledQty), ended)
        if order is not None and order.level >= 0 and ended and message.event == "FILL":
            self._gap(order.symbol)

    async def synchronise(self) -> None:
        """Read working orders, shares and cash from the exchange; orders beyond the ladder are cancelled.

        Raises:
            LostError: the connection ended meanwhile; try again.
            SignInError: the token is not taken.
        """
        self.stale.set()
        await self._idle.wait()
        found = messages.portfolio.decode(await self._get(b"/v1/portfolio"))
        orders: list[Order] = []
        cursor = b""
        while True:
            page = messages.order_page.decode(await self._get(b"/v1/orders?status=OPEN&limit=500" + cursor))
            for row in page.orders:
                price = cents(row.price) if row.price else 0
                order = Order(row.orderId, row.symbol, row.side, price, whole(row.quantity), -1)
                order.filled = whole(row.filledQty)
                orders.append(order)
            if page.nextCursor is None:
                break
            cursor = b"&cursor=" + page.nextCursor.encode()
        for order in place(orders):
            await self._request(b"DELETE", b"/v1/orders/" + order.id.encode())
        kept = [order for order in orders if order.level >= 0]
        shares = {row.symbol: whole(row.quantity) for row in found.holdings}
        self.blotter.reset(kept, shares, cents(found.cashBalance))
        self.stale.clear()

    async def cancel_all(self) -> None:
        """Cancel every working order.

        Raises:
            LostError: the connection ended before the answer.
            SignInError: the token is not taken.
        """
        self.stale.set()
        await self._request(b"DELETE", b"/v1/orders")

    async def _get(self, path: bytes) -> bytes:
        return (await self._request(b"GET", path)).body

    async def _request(self, method: bytes, path: bytes) -> Reply:
        reply = await self.client.request(method, path, self._authorization)
        if reply.status in (401, 403):
            self.refused = True
            raise SignInError(f"{self.name}: the exchange answers {reply.status} to this token")
        if reply.status not in (200, 404):
            raise LostError(f"{method.decode()} {path.decode()} answered {reply.status}")
        return reply

    def _answered(self, intent: Intent, done: asyncio.Future[Reply]) -> None:
        self._busy[intent.symbol] -= 1
        if self._busy[intent.symbol] <= 0:
            del self._busy[intent.symbol]
        if not self._busy:
            self._idle.set()
        if done.cancelled() or done.exception() is not None:
            self.counts["LOST"] += 1
            self.stale.set()
            return
        reply = done.result()
        if reply.status in (200, 201):
            self._accepted(intent, messages.order_reply.decode(reply.body))
        else:
            self._refused(intent, reply)

    def _accepted(self, intent: Intent, reply: messages.OrderReply) -> None:
        filled = whole(reply.filledQty)
        ended = not is_working(reply.status)
        if intent.kind != NEW:
            order = intent.order
            assert order is not None
            if intent.kind == CHANGE and order.id in self.blotter.orders:
                order.price = intent.price
                order.quantity = whole(reply.quantity)
            self.blotter.update(order.id, filled, ended or intent.kind == CANCEL)
        elif not ended:
            made = Order(
                reply.orderId, intent.symbol, intent.side, intent.price, intent.quantity, intent.level
            )
            self.blotter.add(made)
            self.blotter.update(reply.orderId, filled, ended)
        elif filled:
            price = cents(reply.avgPrice) if reply.avgPrice else intent.price
            self.blotter.move(intent.symbol, intent.side, filled, price)

    def _refused(self, intent: Intent, reply: Reply) -> None:
        now = self._loop.time()
        try:
            code = messages.problem.decode(reply.body).code
        except ValueError:
            code = str(reply.status)
        self.counts[code or str(reply.status)] += 1
        if reply.status == 429:
            self.paused_until = now + max(0.1, reply.retry_after_s)
        elif reply.status in (401, 403):
            self.refused = True
            self.stale.set()
        elif reply.status == 503 and code == "UNAVAILABLE":
            self.paused_until = now + UNAVAILABLE_PAUSE_S
        elif reply.status >= 500:
            self.paused_until = now + UNAVAILABLE_PAUSE_S
            self.stale.set()
        elif intent.order is not None and (code in GONE or reply.status == 404):
            self.blotter.drop(intent.order)
        else:
            self._paused[intent.symbol] = now + REFUSED_PAUSE_S
            logger.info("%s: %s %s refused: %s", self.name, intent.kind, intent.symbol, reply.body[:300])


def encode(intent: Intent) -> tuple[bytes, bytes, bytes]:
    """The request of a message: method, path, body."""
    if intent.order is not None:
        path = b"/v1/orders/" + intent.order.id.encode()
        if intent.kind == CANCEL:
            return b"DELETE", path, b""
        parts = []
        if intent.price != intent.order.price:
            parts.append(f'"price":"{dollars(intent.price)}"')
        if intent.quantity != intent.order.quantity:
            parts.append(f'"quantity":"{intent.quantity}"')
        return b"PATCH", path, ("{" + ",".join(parts) + "}").encode()
    price = f'"price":"{dollars(intent.price)}",' if intent.type == "LIMIT" else ""
    body = (
        f'{{"symbol":"{intent.symbol}","side":"{intent.side}","type":"{intent.type}",{price}'
        f'"quantity":"{intent.quantity}","timeInForce":"{intent.time_in_force}"}}'
    )
    return b"POST", b"/v1/orders", body.encode()


def place(orders: list[Order]) -> list[Order]:
    """Give each order its level by price, best first; the ones beyond the last level are returned."""
    beyond = []
    ladders: dict[tuple[str, str], list[Order]] = {}
    for order in orders:
        ladders.setdefault((order.symbol, order.side), []).append(order)
    for (_, side), ladder in ladders.items():
        ladder.sort(key=lambda order: -order.price if side == "BUY" else order.price)
        for level, order in enumerate(ladder):
            order.level = level if level < LEVELS else -1
            if order.level < 0:
                beyond.append(order)
    return beyond
