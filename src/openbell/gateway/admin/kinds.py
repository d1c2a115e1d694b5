"""Kinds of fields in admin commands: how a person writes a value, and what the record holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from openbell.core import codes
from openbell.core.records import decode_id, symbol_words
from openbell.gateway.decimals import PRICE_DECIMALS, QUANTITY_DECIMALS, DecimalError, parse_decimal
from openbell.gateway.times import parse_time
from openbell.identity.account_id import decode_account

# The number of a symbol, None for one that is not listed.
Lookup = Callable[[str], int | None]
Words = tuple[int, ...]

NUMBER_MAX = 2**63 - 1
PERSON_MAX = 64  # bytes of a name


class FieldError(ValueError):
    """The text is no value of its kind; the message is the end of a sentence that begins with the field."""


class Kind(NamedTuple):
    """One kind. `read` gives the words that the record's fields get, usually one.

    `example` is how a value looks. `words` are the endings of the record's fields, where it takes several.
    """

    name: str
    example: str
    read: Callable[[str, Lookup], Words]
    words: tuple[str, ...] = ("",)


def _account(text: str, _: Lookup) -> Words:
    try:
        return (decode_account(text.upper()),)
    except ValueError:
        raise FieldError("is an account id like A00000004") from None


def _symbol(text: str, lookup: Lookup) -> Words:
    number = lookup(text.upper())
    if number is None:
        raise FieldError(f"names no instrument: {text[:16]!r} is not listed")
    return (number,)


def _new_symbol(text: str, _: Lookup) -> Words:
    try:
        return symbol_words(text.upper())
    except ValueError:
        raise FieldError("has 1 to 16 printable ASCII characters") from None


def _decimal(decimals: int) -> Callable[[str, Lookup], Words]:
    def read(text: str, _: Lookup) -> Words:
        try:
            units = parse_decimal(text.encode(), decimals)
        except DecimalError as error:
            raise FieldError(str(error)) from None
        if not 0 <= units <= NUMBER_MAX:
            raise FieldError("is out of range")
        return (units,)

    return read


def _date(text: str, _: Lookup) -> Words:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldError("is a date like 2026-03-05") from None
    return (day.year * 10_000 + day.month * 100 + day.day,)


def _time(text: str, _: Lookup) -> Words:
    try:
        return (parse_time(text),)
    except ValueError:
        raise FieldError("is a time like 2026-03-05T21:00:00Z") from None


def _trade(text: str, _: Lookup) -> Words:
    try:
        return (decode_id(text.lower()),)
    except ValueError:
        raise FieldError("is a trade's id of 13 characters") from None


def person_number(name: str) -> int:
    """The number that stands for a person in a record; the blob beside it has the name. Never 0."""
    digest = hashlib.blake2b(" ".join(name.lower().split()).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") or 1


def _person(text: str, _: Lookup) -> Words:
    if not text or len(text.encode()) > PERSON_MAX or not text.isprintable():
        raise FieldError(f"is a person's name, 1 to {PERSON_MAX} bytes of text")
    return (person_number(text),)


def _one_of(words: dict[str, int]) -> Callable[[str, Lookup], Words]:
    def read(text: str, _: Lookup) -> Words:
        found = {word.upper(): number for word, number in words.items()}.get(text.upper())
        if found is None:
            raise FieldError(f"is one of {', '.join(words)}")
        return (found,)

    return read


def _switch(on: int, off: int) -> Callable[[str, Lookup], Words]:
    return _one_of({"on": on, "off": off, "true": on, "false": off})


ACCOUNT = Kind("account id", "A00000004", _account)
SYMBOL = Kind("symbol", "AAPL", _symbol)
NEW_SYMBOL = Kind("new symbol", "ACME", _new_symbol, ("_low", "_high"))
MONEY = Kind("USD", "1000.00", _decimal(PRICE_DECIMALS))
SHARES = Kind("shares", "100", _decimal(QUANTITY_DECIMALS))
PERCENT = Kind("percent", "5", _decimal(2))  # in the record: basis points
COUNT = Kind("whole number", "1", _decimal(0))
DATE = Kind("date", "2026-03-05", _date)
SECONDS = Kind("seconds", "0.5", _decimal(9))  # in the record: nanoseconds
RATE = Kind("percent", "0.25", _decimal(4))  # in the record: millionths
TRADE = Kind("trade id", "0000000000001", _trade)
PERSON = Kind("name", "Grace", _person)
OPENED = (codes.KIND_USER, codes.KIND_HOUSE, codes.KIND_PARTICIPANT, codes.KIND_DEMO)
ACCOUNT_KIND = Kind("kind", "USER", _one_of({codes.KIND_NAMES[kind]: kind for kind in OPENED}))
SIDE = Kind("BUY or SELL", "BUY", _one_of({name: side for side, name in codes.SIDE_NAMES.items()}))
PROTECTIONS = Kind("on or off", "on", _switch(0, codes.PROTECTIONS_OFF))
AUCTIONS = Kind("on or off", "on", _switch(codes.AUCTIONS, 0))
TIME = Kind("time", "2026-03-05T21:00:00Z", _time)
# A suspension begins and ends by commands of its own.
BY_PHASE = {codes.PHASE_NAMES[phase]: phase for phase in codes.PHASES if phase != codes.IN_SUSPENDED}
PHASE = Kind("phase", "CLOSED", _one_of(BY_PHASE))
