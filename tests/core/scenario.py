"""Runs the scenarios of docs/rules: orders in, events out, in words (docs/rules/README.md has the words)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbell.core import codes, records
from tests.core import commands, controls
from tests.core.amounts import money, scaled, shares, span
from tests.core.commands import USD
from tests.core.story import HOUSE, Market, Said

OPEN, CLOSE = "```scenario", "```"
Words = list[str]
TIMES = {name: number for number, name in codes.TIF_NAMES.items()}
TYPES = {name: number for number, name in codes.TYPE_NAMES.items()}
FLAGS = {"post-only": codes.POST_ONLY, "from-app": codes.FROM_APP}
SWITCHES = {"protections": (codes.PROTECTIONS_OFF, "off"), "auctions": (codes.AUCTIONS, "on")}
MODES = {name: number for number, name in codes.STP_NAMES.items()}
PRICES = {"tick": "tick_size", "reference": "reference_price", "least": "min_notional"}


@dataclass
class Step:
    """One line of a scenario, and the lines indented under it."""

    line: int
    words: Words
    expected: list[str] = field(default_factory=list)


def blocks(path: Path) -> Iterator[list[Step]]:
    """The scenarios of a page, as steps."""
    steps: list[Step] | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith(OPEN):
            steps = []
        elif line.startswith(CLOSE) and steps is not None:
            yield steps
            steps = None
        elif steps is not None and line.split("# ")[0].strip():
            text = line.split("# ")[0].rstrip()
            if text.startswith(" "):
                steps[-1].expected.append(text.strip())
            else:
                steps.append(Step(number, text.split()))


class Scenario:
    """A market made by a scenario's lines; `run` fails where it told something else than the page says."""

    def __init__(self) -> None:
        self.made: Market | None = None
        self.traders = {"House": HOUSE, "Fees": records.FEE_ACCOUNT, "Errors": records.ERROR_ACCOUNT}
        self.deeds: dict[str, Callable[[int, Words], list[str]]] = {
            "buys": lambda account, words: self.order(account, codes.BUY, words),
            "sells": lambda account, words: self.order(account, codes.SELL, words),
            "enters": self.group,
            "cancels": self.cancel,
            "modifies": self.modify,
            "holds": self.holds,
            "opens": lambda account, words: self.session(account, codes.SESSION_OPEN, words),
            "keeps": lambda account, words: self.session(account, codes.SESSION_KEEP, words),
            "ends": lambda account, words: self.session(account, codes.SESSION_END, words),
            "loses": lambda account, words: self.session(account, codes.SESSION_LOST, words),
            "withdraws": lambda account, words: self.do(commands.withdraw(account, money(words[0]))),
            "gives": lambda account, words: self.do(
                commands.transfer(account, self.traders[words[1]], 0, 0, shares(words[0]))
            ),
        }
        self.events: dict[str, Callable[[Words], list[str]]] = {
            "market": self.open_market,
            "wait": lambda words: self.do(commands.plain(codes.C_TICK), span(words[0])),
            "day": lambda words: self.do(commands.day_roll(int(words[0]))),
            "suspend": lambda _: self.do(commands.plain(codes.C_SUSPEND)),
            "resume": lambda _: self.do(commands.plain(codes.C_RESUME)),
            **{name: self.controls(name) for name in controls.DEEDS},
            "phase": self.phase,
        }

    def run(self, steps: list[Step]) -> None:
        levels = any(line.startswith("level:") for step in steps for line in step.expected)
        for step in steps:
            told = self.perform(step.words)
            if not step.expected:
                continue
            shown = [line for line in told if levels or not line.startswith("level:")]
            expected = [] if step.expected == ["nothing"] else step.expected
            assert shown == expected, "\n  ".join(
                (f"line {step.line}: {' '.join(step.words)}", "told:", *shown, "expected:", *expected)
            )

    def perform(self, words: Words) -> list[str]:
        """Do what one line says; returns what was told."""
        if words[0] in self.events:
            return self.events[words[0]](words[1:])
        name, verb, rest = words[0], words[1], words[2:]
        if verb == "has":
            return self.open_account(name, rest)
        if verb == "of":  # A of firm 1 has 10 USD
            return self.open_account(name, rest[3:], int(rest[1]))
        return self.deeds[verb](self.traders[name], rest)

    @property
    def market(self) -> Market:
        if self.made is None:
            self.made = Market()
        return self.made

    def do(self, command: bytes | bytearray, after: int = 1000) -> list[str]:
        said: Said = self.market.do(command, after)
        return said.told

    # -- the world -----------------------------------------------------------------------------------

    def open_market(self, words: Words) -> list[str]:
        """market tick 0.05 lot 0.1 reference 20.00 protections off"""
        listing: dict[str, int] = {}
        for name, value in zip(words[::2], words[1::2], strict=True):
            if name in SWITCHES:
                flag, word = SWITCHES[name]
                listing["flags"] = listing.get("flags", 0) | flag * (value == word)
            elif name == "tier":
                listing[name] = int(value)
            elif name in ("lot", "last-lot"):
                listing["lot_size" if name == "lot" else "last_lot"] = shares(value)
            else:
                listing[PRICES[name]] = money(value)
        self.made = Market(listing)
        return []

    def controls(self, name: str) -> Callable[[Words], list[str]]:
        """What the exchange's own people do."""
        return lambda words: self.do(controls.DEEDS[name](words, self.traders))

    def phase(self, words: Words) -> list[str]:
        """phase PRE_OPEN ends 10m lock 5s"""
        found = dict(zip(words[1::2], words[2::2], strict=True))
        ends_ts = self.market.ts + 1000 + span(found["ends"]) if "ends" in found else 0
        return self.market.phase(words[0], ends_ts=ends_ts, lock_ns=span(found.get("lock", "0s"))).told

    def open_account(self, name: str, words: Words, firm: int = 0) -> list[str]:
        """A has 1000.00 USD 50 shares"""
        amounts = dict(zip(words[1::2], words[::2], strict=True))
        cash = money(amounts.get("USD", "0"))
        opened = self.market.do(commands.open_account(codes.KIND_DEMO, cash, HOUSE, firm=firm))
        self.traders[name] = int(opened.answer.account)
        told = opened.told
        if "shares" in amounts:
            moved = commands.transfer(HOUSE, self.traders[name], 0, 0, shares(amounts["shares"]))
            told = told + self.do(moved)
        return told

    # -- what an account does ------------------------------------------------------------------------

    def fields(self, words: Words) -> dict[str, Any]:
        """What an order's words say beyond side and size."""
        found: dict[str, Any] = {"price": 0, "order_type": codes.LIMIT, "tif": codes.DAY, "flags": 0}
        rest = iter(words)
        for word in rest:
            if word in TIMES:
                found["tif"] = TIMES[word]
            elif word in TYPES:
                found["order_type"] = TYPES[word]
            elif word in MODES:
                found["stp"] = MODES[word]
            elif word in FLAGS:
                found["flags"] |= FLAGS[word]
            elif word == "@":
                found["price"] = money(next(rest))
            elif word == "for":
                found["notional"] = money(next(rest))
            elif word == "stop":
                found["stop_price"] = money(next(rest))
            elif word == "trail":
                amount = next(rest)
                percent = amount.endswith("%")
                found["flags"] |= codes.TRAIL_PERCENT * percent
                found["stop_price"] = scaled(amount.rstrip("%"), 100 if percent else USD)
            elif word == "in":
                found["expire_ts"] = self.market.ts + 1000 + span(next(rest))
            elif word == "display":
                found["display"] = shares(next(rest))
            elif word == "session":
                found["header"] = {"actor": int(next(rest))}
            elif word == "min":
                found["min_quantity"] = shares(next(rest))
            else:
                raise ValueError(f"an order knows no {word!r}")
        return found

    def order(self, account: int, side: int, words: Words) -> list[str]:
        """A buys 10 @ 9.99 GTC post-only"""
        sized = words[0][0].isdecimal()
        found = self.fields(words[1:] if sized else words)
        quantity = shares(words[0]) if sized else 0
        return self.do(commands.order(account, 0, side, found.pop("price"), quantity, **found))

    def session(self, account: int, op: int, words: Words) -> list[str]:
        """A opens session 1 for 5s; A keeps session 1; A ends session 1; A loses session 1"""
        kept = span(words[3]) if len(words) > 2 else 0
        return self.do(commands.session(account, int(words[1]), op, kept))

    def group(self, account: int, words: Words) -> list[str]:
        """A enters OCO: sells 10 @ 105.00 GTC / sells 10 STOP stop 95.00"""
        kind = next(number for number, name in codes.GROUP_NAMES.items() if name == words[0].rstrip(":"))
        legs = []
        for text in " ".join(words[1:]).split(" / "):
            verb, size, *rest = text.split()
            found = self.fields(rest)
            side = codes.BUY if verb == "buys" else codes.SELL
            legs.append(commands.leg(side, found.pop("price"), shares(size), **found))
        return self.do(commands.group(account, 0, kind, legs))

    def number(self, word: str) -> int:
        """The order id behind #3."""
        return next(number for number, name in self.market.names.items() if name == word)

    def cancel(self, account: int, words: Words) -> list[str]:
        if words == ["all"]:
            return self.do(commands.cancel_all(account))
        return self.do(commands.cancel(account, self.number(words[0])))

    def modify(self, account: int, words: Words) -> list[str]:
        """A modifies #1 to 5 @ 9.98 stop 9.50"""
        asked = dict(zip(words[1::2], words[2::2], strict=True))
        stop = asked.get("stop") or asked.get("trail")
        return self.do(
            commands.modify(
                account,
                self.number(words[0]),
                money(asked["@"]) if "@" in asked else None,
                shares(asked["to"]) if "to" in asked else None,
                stop=None if stop is None else scaled(stop.rstrip("%"), 100 if stop.endswith("%") else USD),
                **{name: shares(asked[name]) for name in asked if name == "display"},
            )
        )

    def holds(self, account: int, _: Words) -> list[str]:
        """Cash and shares, and what of them is reserved."""
        told = [f"cash {self.market.cash(account)}"]
        if self.market.shares_of(account):
            told.append(f"shares {self.market.stock(account)}")
        return told


def run(path: Path) -> int:
    """Run every scenario of a page; returns how many there were."""
    found = list(blocks(path))
    for steps in found:
        Scenario().run(steps)
    return len(found)
