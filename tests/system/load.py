"""Traders that send orders over HTTP until the exchange is gone, and remember every word it gave them."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.venue import Reply, Session

SYMBOLS = ("AAPL", "MSFT", "NVDA", "KO", "XOM", "JPM")
TOO_MANY = 429
WORKING = ("PENDING", "OPEN", "PARTIALLY_FILLED")


@dataclass
class Trader:
    """One account's requests, one after the other, and what was answered."""

    session: Session
    seed: int
    prices: dict[str, float]
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)  # by order id, the last word
    unknown: dict[str, dict[str, str]] = field(default_factory=dict)  # bodies without an answer, by client id
    unknown_cancels: set[str] = field(default_factory=set)
    sent: int = 0

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` or until the exchange does not answer."""
        random = Random(self.seed)
        working: list[str] = []
        while not stop.is_set() and self.step(random, working):
            pass

    def step(self, random: Random, working: list[str]) -> bool:
        """Enter an order or cancel one of `working`, which is kept up; whether an answer came."""
        if len(working) > 5 or (working and random.random() < 0.2):
            return self._cancel(working.pop(random.randrange(len(working))))
        return self._enter(random, working)

    def _request(self, method: str, path: str, body: dict[str, str] | None = None) -> Reply:
        """One request that had effect or was refused by rule: told to slow down, it waits and asks again."""
        while (reply := self.session.request(method, path, body)).status == TOO_MANY:
            time.sleep(0.1)
        return reply

    def _enter(self, random: Random, working: list[str]) -> bool:
        self.sent += 1
        symbol = random.choice(SYMBOLS)
        name = f"k{self.seed}-{self.sent}"
        rests = random.random() < 0.5
        factor = 0.92 if rests else 1.05
        side = "BUY"
        if not rests and random.random() < 0.4:
            side, factor = "SELL", 0.95
        body = {
            "symbol": symbol,
            "side": side,
            "type": "LIMIT",
            "quantity": "1",
            "price": f"{self.prices[symbol] * factor:.2f}",
            "timeInForce": "GTC" if rests else "IOC",
            "clientOrderId": name,
        }
        try:
            reply = self._request("POST", "/v1/orders", body)
        except (OSError, http.client.HTTPException):
            self.unknown[name] = body
            return False
        if reply.status == 201:
            self.acknowledged[reply.json["orderId"]] = reply.json
            if reply.json["status"] in WORKING:
                working.append(reply.json["orderId"])
        elif reply.status == 503:
            self.unknown[name] = body
            return False
        else:
            assert reply.status == 422, f"{reply.status} {reply.body!r}"
        return True

    def _cancel(self, order: str) -> bool:
        try:
            reply = self._request("DELETE", f"/v1/orders/{order}")
        except (OSError, http.client.HTTPException):
            self.unknown_cancels.add(order)
            return False
        if reply.status == 503:
            self.unknown_cancels.add(order)
            return False
        assert reply.status == 200, f"{reply.status} {reply.body!r}"
        self.acknowledged[order] = reply.json
        return True

    def reconcile(self) -> int:
        """Compare every word with what the exchange says now, and settle what was left unknown.

        Returns the number of acknowledged orders that were found.
        """
        self.session.close()
        found: dict[str, dict[str, Any]] = {}
        for row in self.session.pages("/v1/orders?status=ALL&limit=500", "orders"):
            assert row["orderId"] not in found, f"order {row['orderId']} is there twice"
            found[row["orderId"]] = row
        for order, word in self.acknowledged.items():
            now = found.get(order)
            assert now is not None, f"acknowledged order {order} is lost: {word}"
            assert int(now["filledQty"]) >= int(word["filledQty"]), f"a fill is lost: {word} now {now}"
            if word["status"] not in WORKING:
                assert now["status"] == word["status"], f"an end was undone: {word} now {now}"
            elif order not in self.unknown_cancels:
                assert now["status"] in (*WORKING, "FILLED"), f"changed unasked: {word} now {now}"
        for row in found.values():
            known = row["orderId"] in self.acknowledged or row["clientOrderId"] in self.unknown
            assert known or row["status"] == "REJECTED", f"nobody asked for {row}"
        self._settle(found)
        return len(self.acknowledged)

    def _settle(self, found: dict[str, dict[str, Any]]) -> None:
        """Send what had no answer again: the same id gives the first order, or the only one."""
        there = {row["clientOrderId"]: row for row in found.values()}
        for name, body in self.unknown.items():
            reply = self._request("POST", "/v1/orders", body)
            assert reply.status in (201, 422), f"{reply.status} {reply.body!r}"
            if name in there and there[name]["status"] != "REJECTED":
                assert reply.json["orderId"] == there[name]["orderId"], "the retry made a second order"
            if reply.status == 201:
                self.acknowledged[reply.json["orderId"]] = reply.json
        self.unknown.clear()
        for order in self.unknown_cancels:
            reply = self._request("DELETE", f"/v1/orders/{order}")
            assert reply.status == 200, f"{reply.status} {reply.body!r}"
            self.acknowledged[order] = reply.json
        self.unknown_cancels.clear()
