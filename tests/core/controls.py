"""What the exchange's own people do, as the pages of docs/rules write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from openbell.core import codes, records
from tests.core import commands
from tests.core.amounts import money, scaled, shares, span

Words = list[str]
Deed = Callable[[Words, Mapping[str, int]], bytearray]
YES = {"yes": 1, "no": 0}


def rate(text: str) -> int:
    """0.25% in millionths"""
    return scaled(text.removesuffix("%"), 10_000)


LIMITS: dict[str, tuple[str, Callable[[str], int]]] = {
    "quantity": ("order_quantity_max", shares),
    "value": ("order_value_max", money),
    "orders": ("open_orders_max", int),
    "rate": ("message_rate", int),
    "exposure": ("exposure_max", money),
    "window": ("duplicate_ns", span),
    "approved": ("kyc", YES.__getitem__),
    "tier": ("tier", int),
    "restricted": ("restricted", YES.__getitem__),
}
LISTING: dict[str, tuple[str, Callable[[str], int]]] = {
    "tick": ("tick_size", money),
    "tier": ("tier", int),
    "least": ("min_notional", money),
    "quantity": ("order_quantity_max", shares),
    "value": ("order_value_max", money),
}


FEES: dict[str, tuple[str, Callable[[str], int]]] = {
    "maker": ("maker", rate),
    "taker": ("taker", rate),
    "auction": ("auction", rate),
    "share": ("per_share", money),
    "order": ("per_order", money),
    "least": ("least", money),
    "tier": ("tier", int),
}


def scope(words: Words, traders: Mapping[str, int]) -> tuple[int, dict[str, int], Words]:
    """Whom a line is about: a trader, `firm 1`, `instrument` or `venue`; and the rest of the line."""
    if words[0] == "venue":
        return codes.SCOPE_VENUE, {}, words[1:]
    if words[0] == "instrument":
        return codes.SCOPE_INSTRUMENT, {"instrument": 0}, words[1:]
    if words[0] == "firm":
        return codes.SCOPE_FIRM, {"firm": int(words[1])}, words[2:]
    return codes.SCOPE_ACCOUNT, {"account": traders[words[0]]}, words[1:]


def fields(words: Words, known: Mapping[str, tuple[str, Callable[[str], int]]]) -> dict[str, int]:
    return {
        known[name][0]: known[name][1](value) for name, value in zip(words[::2], words[1::2], strict=True)
    }


def limit(words: Words, traders: Mapping[str, int]) -> bytearray:
    """limit A quantity 5 value 100.00"""
    _, named, rest = scope(words, traders)
    return commands.set_limits(**named, **fields(rest, LIMITS))


def listing(words: Words, _: Mapping[str, int]) -> bytearray:
    """listing tick 0.05 least 1.00"""
    return commands.set_listing(0, **fields(words, LISTING))


def fees(words: Words, _: Mapping[str, int]) -> bytearray:
    """fees taker 0.25% least 1.00, of every instrument; `fees here …` of the market's own"""
    here = words[0] == "here"
    instrument = 0 if here else records.ANY_INSTRUMENT
    return commands.set_fees(instrument, **fields(words[here:], FEES))


def bust(words: Words, _: Mapping[str, int]) -> bytearray:
    """bust 1, by two persons; `bust 1 alone` by one"""
    return commands.bust(int(words[0]), 1, 1 if words[1:] == ["alone"] else 2)


def switch(type_: int) -> Deed:
    """kill A, lift firm 1"""

    def made(words: Words, traders: Mapping[str, int]) -> bytearray:
        number, named, _ = scope(words, traders)
        return commands.switch(type_, number, **named)

    return made


DEEDS: dict[str, Deed] = {
    "limit": limit,
    "listing": listing,
    "fees": fees,
    "bust": bust,
    "kill": switch(codes.C_KILL),
    "lift": switch(codes.C_LIFT),
}
