"""One client of the stream: reads its messages, holds what is owed to it, never more than a bound."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import TYPE_CHECKING, Any

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from openbell.gateway.auth import check
from openbell.gateway.order_sessions import CANCEL_AFTER_MS_MAX, CANCEL_AFTER_MS_MIN
from openbell.gateway.problems import Problem
from openbell.gateway.stream import messages
from openbell.gateway.stream.group import BOOK, MARKET_CHANNELS, TRADES, Topic, snapshot
from openbell.gateway.stream.messages import ClientMessage, Id, Said, frame
from openbell.gateway.stream.order_session import OrderSession
from openbell.gateway.stream.orders import OrdersFeed
from openbell.identity.account_id import encode_account
from openbell.identity.tokens import Session

if TYPE_CHECKING:
    from openbell.gateway.stream.hub import Hub

logger = logging.getLogger(__name__)

ORDERS = "orders"
CHANNELS = (*MARKET_CHANNELS, ORDERS)
SYMBOLS_A_MESSAGE_MAX = 512
MESSAGE_BYTES_MAX = 64 * 1024
MESSAGES_A_SECOND_MAX = 50
MESSAGES_AT_ONCE_MAX = 200
REFUSED_MAX = 1_000  # messages over the rate, each answered; then the connection ends
INTERVAL_MS_MIN, INTERVAL_MS_MAX, INTERVAL_MS = 50, 10_000, 100

# With this much unsent, market data waits and is told anew later; with that much, the reader has stalled.
BEHIND_BYTES = 64 * 1024
STALLED_BYTES = 1024 * 1024
STALLED_S = 30.0
# A peer that acknowledges nothing is gone, whether or not it said so.
UNACKNOWLEDGED_MS = 60_000
CLOSE_SECONDS_MAX = 3.0

CLOSE_PROTOCOL, CLOSE_POLICY, CLOSE_TOO_BIG, CLOSE_FAULT = 1002, 1008, 1009, 1011
CLOSE_SESSION, CLOSE_STALLED, CLOSE_CROWDED, CLOSE_RESTART = 4001, 4008, 4009, 1012


class Refused(Exception):
    """A client's message that has no effect; `code` is for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Connection(WSListener):
    """A WebSocket connection. `session` is whom its cookie named, `address` where it comes from."""

    def __init__(self, hub: Hub, session: Session | None) -> None:
        self.hub = hub
        self.address = ""
        self.session = session
        self.group = hub.group(INTERVAL_MS)
        self.topics: set[Topic] = set()
        self.orders: OrdersFeed | None = None
        self.order_session: OrderSession | None = None
        # Topics whose state is owed: told as a snapshot when there is room. A dict keeps their order.
        self.owed: dict[Topic, None] = {}
        self._transport: WSTransport | None = None
        self._socket: Any = None
        self._queue: list[bytes] = []
        self._parts: list[bytes] = []
        self._tokens, self._counted = float(MESSAGES_AT_ONCE_MAX), time.monotonic()
        self._refused = 0
        self._behind_since = 0.0

    # -- picows --------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._socket = transport.underlying_transport
        peer = self._socket.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._socket.set_write_buffer_limits(high=BEHIND_BYTES)
        raw = self._socket.get_extra_info("socket")
        if raw is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        self.hub.add(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self.drop_topics(list(self.topics))
        self.drop_orders()
        self.lose_session()
        self.owed.clear()
        self.hub.remove(self)

    def on_ws_frame(self, transport: WSTransport, received: WSFrame) -> None:
        kind = received.msg_type
        if kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif received.rsv1 or received.rsv2 or received.rsv3:
            self.close(CLOSE_PROTOCOL, "no extension was agreed on")
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            if (kind == WSMsgType.CONTINUATION) != bool(self._parts):
                self.close(CLOSE_PROTOCOL, "a fragment is out of place")
                return
            self._parts.append(received.get_payload_as_bytes())
            if sum(map(len, self._parts)) > MESSAGE_BYTES_MAX:
                self.close(CLOSE_TOO_BIG, f"a message has {MESSAGE_BYTES_MAX} bytes at most")
            elif received.fin:
                payload, self._parts = b"".join(self._parts), []
                self._hear(payload)

    def pause_writing(self) -> None:
        """The hub looks at the buffer itself."""

    def resume_writing(self) -> None:
        """The hub looks at the buffer itself."""

    # -- hearing -------------------------------------------------------------------------------------

    def _hear(self, payload: bytes) -> None:
        given: Id = None
        try:
            self._count_message()
            try:
                message = messages.read(payload)
            except ValueError as error:
                raise Refused("BAD_MESSAGE", str(error)) from None
            given = message.id
            self._obey(message)
        except Refused as refused:
            self.say(messages.Error(ts=self.hub.ts(), id=given, code=refused.code, detail=str(refused)))
        except Exception:
            logger.exception("A message of the stream failed")
            self.close(CLOSE_FAULT, "something went wrong on our side")

    def _count_message(self) -> None:
        now = time.monotonic()
        self._tokens = min(
            float(MESSAGES_AT_ONCE_MAX), self._tokens + (now - self._counted) * MESSAGES_A_SECOND_MAX
        )
        self._counted = now
        if self._tokens < 1:
            self._refused += 1
            if self._refused > REFUSED_MAX:
                self.close(CLOSE_POLICY, "too many messages")
            raise Refused("MESSAGE_RATE", f"At most {MESSAGES_A_SECOND_MAX} messages a second are read.")
        self._tokens -= 1

    def _obey(self, message: ClientMessage) -> None:
        verb = message.action or message.type or ""
        if verb == "subscribe":
            self._subscribe(message)
        elif verb == "unsubscribe":
            self._unsubscribe(message)
        elif verb == "auth":
            self._auth(message)
        elif verb == "ping":
            self.say(messages.Pong(ts=self.hub.ts(), id=message.id))
        elif verb == "openSession":
            self._open_session(message)
        elif verb == "heartbeat":
            held, after = self._held_session(), _cancel_after(message)
            self._spend()
            held.heartbeat(after, message.id)
        elif verb == "endSession":
            self._held_session().end(message.cancel, message.id)
        else:
            detail = (
                f"auth, subscribe, unsubscribe, ping, openSession, heartbeat, endSession: not {verb[:32]!r}."
            )
            raise Refused("UNKNOWN_ACTION", detail)

    def _auth(self, message: ClientMessage) -> None:
        if not message.token:
            raise Refused("UNAUTHENTICATED", "auth needs a token.")
        try:
            session = check(message.token, self.hub.services.signer)
        except Problem as problem:
            raise Refused("UNAUTHENTICATED", problem.detail) from None
        if self.order_session is not None and self.order_session.account != session.account:
            raise Refused("SESSION_OPEN", "End the order session before you sign in to another account.")
        if self.orders is not None and self.orders.account != session.account:
            self.drop_orders()
        self.session = session
        account_id = encode_account(session.account)
        self.say(messages.Authenticated(ts=self.hub.ts(), id=message.id, account_id=account_id))

    def _open_session(self, message: ClientMessage) -> None:
        if self.session is None:
            raise Refused("UNAUTHENTICATED", "openSession needs a session; send auth first.")
        if self.order_session is not None:
            raise Refused("SESSION_OPEN", "A connection holds one order session; end it first.")
        after = _cancel_after(message)
        self._spend()
        self.order_session = OrderSession(self, self.session.account, after)
        self.order_session.open(message.id)

    def _held_session(self) -> OrderSession:
        if self.order_session is None:
            raise Refused("UNKNOWN_SESSION", "This connection holds no order session; it may have ended.")
        return self.order_session

    def _spend(self) -> None:
        """Count a trading message of the account."""
        assert self.session is not None, "who holds an order session is signed in"
        try:
            self.hub.services.spend(self.session)
        except Problem as problem:
            raise Refused(problem.code, problem.detail) from None

    def _subscribe(self, message: ClientMessage) -> None:
        channels = self._channels(message, ("ticks",))
        market = [channel for channel in channels if channel in MARKET_CHANNELS]
        numbers = self._numbers(message)
        if market and not numbers:
            raise Refused("BAD_MESSAGE", "subscribe names symbols.")
        if ORDERS in channels and self.session is None:
            raise Refused("UNAUTHENTICATED", "orders needs a session; send auth first.")
        if message.interval is not None:
            self._set_interval(message.interval)
        board = self.hub.services.board
        if market:
            symbols = [board.ticker(number).symbol for number in numbers]
            self._say_subscribed(message.id, market, symbols, board.seq)
            for topic in ((channel, number) for channel in market for number in numbers):
                self.topics.add(topic)
                self.group.join(topic, self)
                if topic[0] != TRADES:
                    self.owed[topic] = None
            self.settle()
        if ORDERS in channels and self.session is not None:
            self.drop_orders()
            self.orders = OrdersFeed(self, self.session.account)
            self.orders.open(message.last_seq, message.id)

    def _unsubscribe(self, message: ClientMessage) -> None:
        channels = self._channels(message, CHANNELS if self._names(message) is None else MARKET_CHANNELS)
        numbers = self._numbers(message)
        every = self._names(message) is None
        gone = [topic for topic in self.topics if topic[0] in channels and (every or topic[1] in numbers)]
        self.drop_topics(gone)
        if ORDERS in channels:
            self.drop_orders()
        symbols = [self.hub.services.symbol(number) for number in numbers]
        self.say(messages.Unsubscribed(ts=self.hub.ts(), id=message.id, channels=channels, symbols=symbols))

    def _say_subscribed(self, given: Id, channels: list[str], symbols: list[str], seq: int) -> None:
        self.say(messages.Subscribed(ts=self.hub.ts(), id=given, channels=channels, symbols=symbols, seq=seq))

    def _channels(self, message: ClientMessage, default: tuple[str, ...]) -> list[str]:
        channels = list(dict.fromkeys(default if message.channels is None else message.channels))
        for channel in channels:
            if channel not in CHANNELS:
                raise Refused("UNKNOWN_CHANNEL", f"{', '.join(CHANNELS)}: not {channel[:32]!r}.")
        if not channels:
            raise Refused("UNKNOWN_CHANNEL", "channels is empty.")
        return channels

    def _names(self, message: ClientMessage) -> list[str] | None:
        if message.symbols is not None:
            return message.symbols
        return None if message.symbol is None else [message.symbol]

    def _numbers(self, message: ClientMessage) -> list[int]:
        names = self._names(message) or []
        if len(names) > SYMBOLS_A_MESSAGE_MAX:
            detail = f"One message names {SYMBOLS_A_MESSAGE_MAX} symbols at most, this one {len(names):,}."
            raise Refused("TOO_MANY_SYMBOLS", detail)
        numbers: dict[int, None] = {}
        for name in names:
            number = self.hub.services.board.number(name.upper())
            if number is None:
                raise Refused("UNKNOWN_SYMBOL", f"No instrument is called {name[:16]!r}.")
            numbers[number] = None
        return list(numbers)

    def _set_interval(self, interval_ms: int) -> None:
        if interval_ms != 0 and not INTERVAL_MS_MIN <= interval_ms <= INTERVAL_MS_MAX:
            detail = f"interval is 0 or {INTERVAL_MS_MIN} to {INTERVAL_MS_MAX} ms, not {interval_ms}."
            raise Refused("BAD_INTERVAL", detail)
        group = self.hub.group(interval_ms)
        if group is self.group:
            return
        for topic in self.topics:
            self.group.leave(topic, self)
            group.join(topic, self)
            if topic[0] != TRADES:
                self.owed[topic] = None  # what the old interval still held back
        self.group = group

    # -- saying --------------------------------------------------------------------------------------

    def drop_topics(self, topics: list[Topic]) -> None:
        """Listen to these topics no more."""
        for topic in topics:
            self.group.leave(topic, self)
            self.topics.discard(topic)
            self.owed.pop(topic, None)

    def drop_orders(self) -> None:
        """Listen to orders no more."""
        if self.orders is not None:
            self.orders.close()
            self.orders = None

    def lose_session(self) -> None:
        """Cancel the orders of the connection's order session."""
        if self.order_session is not None:
            self.order_session.lose()

    @property
    def unsent(self) -> int:
        """Bytes that wait to be taken by the client's side."""
        return int(self._socket.get_write_buffer_size()) if self._transport is not None else 0

    def say(self, message: Said) -> None:
        """Send one message now."""
        self.write(frame(message))

    def write(self, frames: bytes) -> None:
        """Send whole frames now; a reader that has stalled is closed instead."""
        if self._transport is None or self._transport.is_close_frame_sent:
            return
        if self.unsent > STALLED_BYTES:
            self.close(CLOSE_STALLED, "the reader stalled")
            return
        self._socket.write(frames)

    def queue(self, topic: Topic, frames: list[bytes]) -> None:
        """Take market data for the next `write_queued`; while behind, only remember that it is owed."""
        if not self._behind_since:
            self._queue.extend(frames)
        elif topic[0] != TRADES:
            self.owed[topic] = None

    def write_queued(self) -> None:
        """Send what was queued, in one piece."""
        if self._queue:
            self.write(b"".join(self._queue))
            self._queue.clear()
            self._note_behind()

    def settle(self) -> None:
        """Tell the state of what is owed for as long as there is room; the hub calls again."""
        board = self.hub.services.board
        while self.owed and self.unsent <= BEHIND_BYTES:
            frames = []
            size = 0
            while self.owed and size <= BEHIND_BYTES:
                topic = next(iter(self.owed))
                del self.owed[topic]
                made = snapshot(board, topic)
                frames.append(made)
                size += len(made)
                if topic[0] == BOOK and size > BEHIND_BYTES // 2:
                    break
            self.write(b"".join(frames))
        self._note_behind()

    def _note_behind(self) -> None:
        """Remember since when the client has been behind, or that it has caught up."""
        if self.unsent <= BEHIND_BYTES and not self.owed:
            self._behind_since = 0.0
            self.hub.behind.discard(self)
            return
        now = asyncio.get_running_loop().time()
        if self.unsent <= BEHIND_BYTES or not self._behind_since:
            self._behind_since = now
        elif now - self._behind_since > STALLED_S:
            self.close(CLOSE_STALLED, "the reader stalled")
            return
        self.hub.behind.add(self)

    def close(self, code: int, reason: str) -> None:
        """Say why and end; a client that does not take it is cut off."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        self.drop_topics(list(self.topics))
        self.drop_orders()
        self.lose_session()
        self.hub.behind.discard(self)
        transport.send_close(code, reason.encode())  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS_MAX, transport.disconnect, False)


def _cancel_after(message: ClientMessage) -> int | None:
    """How long an order session is to live without a heartbeat, in milliseconds."""
    given = message.cancel_after_ms
    if given is not None and not CANCEL_AFTER_MS_MIN <= given <= CANCEL_AFTER_MS_MAX:
        detail = f"cancelAfterMs is {CANCEL_AFTER_MS_MIN} to {CANCEL_AFTER_MS_MAX}, not {given}."
        raise Refused("BAD_MESSAGE", detail)
    return given
