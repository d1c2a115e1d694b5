"""The table of admin commands: one entry makes the route, the terminal's command and both descriptions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from openbell.core import codes, records
from openbell.gateway.admin import kinds
from openbell.gateway.admin.controls import CONTROLS
from openbell.gateway.admin.fields import SYMBOL, AdminCommand, Field, account
from openbell.gateway.admin.kinds import FieldError, Lookup
from openbell.gateway.commands import VALID_FOR_NS, request_key
from openbell.gateway.order_request import CLIENT_ID, CLIENT_ID_RULE
from openbell.gateway.problems import FieldProblem, malformed

WHO_MAX = 64
WHY_MAX = 300
KEY_PREFIX = "admin/"  # so that no key is one that an account's owner chose


_AMOUNT = Field("amount", kinds.MONEY, "body.amount", "how much")

COMMANDS: dict[str, AdminCommand] = {
    command.name: command
    for command in (
        AdminCommand(
            "suspend", codes.C_SUSPEND, "Suspend trading in an instrument: only cancels are taken", (SYMBOL,)
        ),
        AdminCommand("resume", codes.C_RESUME, "Resume trading in a suspended instrument", (SYMBOL,)),
        AdminCommand(
            "phase",
            codes.C_PHASE,
            "Begin a phase of an instrument or of the whole market, until the clock begins the next",
            (
                Field("phase", kinds.PHASE, "body.phase", "which"),
                Field("symbol", kinds.SYMBOL, "instrument", "only this one", None, records.ANY_INSTRUMENT),
                Field("market", kinds.COUNT, "body.market", "the market's number", "0"),
                Field("date", kinds.DATE, "body.date", "the trading day", None, 0),
                Field("ends_at", kinds.TIME, "body.ends_ts", "when it is to end, if known", None, 0),
            ),
            (("body.lock_ns", 0),),
        ),
        AdminCommand(
            "list",
            codes.C_LIST,
            "List a new instrument",
            (
                Field("symbol", kinds.NEW_SYMBOL, "body.symbol", "its symbol"),
                Field("reference_price", kinds.MONEY, "body.reference_price", "its price before it traded"),
                Field("tick_size", kinds.MONEY, "body.tick_size", "step of prices", "0.01"),
                Field("lot_size", kinds.SHARES, "body.lot_size", "step of quantities", "1"),
                Field("min_notional", kinds.MONEY, "body.min_notional", "least order value", "1.00"),
                Field("last_lot", kinds.SHARES, "body.last_lot", "least trade that moves the price", "1"),
                Field(
                    "market_collar", kinds.PERCENT, "body.market_collar", "how far market orders reach", "5"
                ),
                Field("limit_collar", kinds.PERCENT, "body.limit_collar", "how far limit prices reach", "10"),
                Field("realm", kinds.COUNT, "body.realm", "whose accounts may trade it", "1"),
                Field("market", kinds.COUNT, "body.market", "whose phases it follows", "0"),
                Field("tier", kinds.COUNT, "body.tier", "which price bands it has, 0: none", "0"),
                Field("protections", kinds.PROTECTIONS, "body.flags", "off only for replays", "on"),
                Field("auctions", kinds.AUCTIONS, "body.flags", "on where its market has them", "off"),
            ),
        ),
        AdminCommand(
            "issue",
            codes.C_ISSUE,
            "Issue shares of an instrument to an account",
            (
                account("who gets them"),
                SYMBOL,
                Field("quantity", kinds.SHARES, "body.quantity", "how many shares"),
                Field("price", kinds.MONEY, "body.price", "their cost, each"),
            ),
        ),
        AdminCommand(
            "open",
            codes.C_OPEN_ACCOUNT,
            "Open an account",
            (
                Field("kind", kinds.ACCOUNT_KIND, "body.kind", "whose it is", "USER"),
                Field("realm", kinds.COUNT, "body.realm", "where it trades", "1"),
                Field("firm", kinds.COUNT, "firm", "the firm that it belongs to, 0: none", "0"),
                Field("group", kinds.COUNT, "body.group", "the owner of several accounts, 0: none", "0"),
                Field("grant", kinds.MONEY, "body.grant", "cash that it begins with", "0"),
                Field("source", kinds.ACCOUNT, "body.source_account", "whose cash that was", None, 0),
            ),
        ),
        AdminCommand("deposit", codes.C_DEPOSIT, "Bring cash in from outside", (account(), _AMOUNT)),
        AdminCommand("withdraw", codes.C_WITHDRAW, "Take cash out", (account(), _AMOUNT)),
        AdminCommand(
            "transfer",
            codes.C_TRANSFER,
            "Move cash, shares or both between two accounts",
            (
                account("from whom"),
                Field("to", kinds.ACCOUNT, "body.to_account", "to whom"),
                Field("cash", kinds.MONEY, "body.cash", "how much cash", "0"),
                Field("symbol", kinds.SYMBOL, "instrument", "shares of which instrument", None, 0),
                Field("quantity", kinds.SHARES, "body.quantity", "how many shares", "0"),
            ),
        ),
        AdminCommand(
            "lock", codes.C_LOCK_ACCOUNT, "Lock an account: it may cancel and nothing else", (account(),)
        ),
        AdminCommand("unlock", codes.C_UNLOCK_ACCOUNT, "Unlock an account", (account(),)),
        AdminCommand(
            "close",
            codes.C_CLOSE_ACCOUNT,
            "Close an account: cancel its orders, hand its cash and shares over",
            (account(), Field("to", kinds.ACCOUNT, "body.to_account", "who gets what it has")),
        ),
        AdminCommand(
            "cancel-all",
            codes.C_CANCEL_ALL,
            "Cancel an account's working orders",
            (
                account(),
                Field(
                    "symbol",
                    kinds.SYMBOL,
                    "instrument",
                    "only of this instrument",
                    None,
                    records.ANY_INSTRUMENT,
                ),
                Field("side", kinds.SIDE, "body.side", "only of this side", None, records.ANY_SIDE),
            ),
            (("body.reason", codes.WHY_USER),),
        ),
        AdminCommand(
            "day-roll",
            codes.C_DAY_ROLL,
            "Begin a trading day, should the clock not have",
            (
                Field("date", kinds.DATE, "body.date", "the day that begins"),
                Field("market", kinds.COUNT, "body.market", "the market's number", "0"),
            ),
        ),
        *CONTROLS,
    )
}

# What can be shown, and whether it is of one that has a name.
SHOWN = {
    "account": True,
    "instrument": True,
    "limits-account": True,
    "limits-firm": True,
    "limits-symbol": True,
    "limits-venue": False,
    "totals": False,
    "status": False,
}


class Signature(NamedTuple):
    """Who sends a command and why, and the key under which it takes effect once."""

    who: str
    why: str
    key: str


def new_key() -> str:
    """A key for a command that came without one."""
    return f"ob-{secrets.token_hex(8)}"


def read_signature(given: Mapping[str, str], key: str | None) -> Signature:
    """Who, why and the key of a command; a key is made where there is none.

    Raises:
        Problem: 400, naming what is missing or too long.
    """
    errors = []
    for name, longest in (("who", WHO_MAX), ("why", WHY_MAX)):
        text = given.get(name, "").strip()
        if not text or len(text.encode()) > longest or not text.isprintable():
            detail = f"{name} is required: 1 to {longest} bytes of text, kept in the log."
            errors.append(FieldProblem(f"/{name}", "INVALID_SIGNATURE", detail))
    if key is not None and not CLIENT_ID.fullmatch(key):
        detail = f"Idempotency-Key {CLIENT_ID_RULE}."
        errors.append(FieldProblem("/header/Idempotency-Key", "INVALID_CLIENT_ORDER_ID", detail))
    if errors:
        raise malformed(errors)
    return Signature(given["who"].strip(), given["why"].strip(), key or new_key())


def pack(
    command: AdminCommand, given: Mapping[str, str], signed: Signature, lookup: Lookup, now: int
) -> bytearray:
    """The record of `command` with the values `given` by field name, as texts.

    Args:
        signed: goes into the record's blob as JSON, and its key into the header.
        lookup: the number of a symbol.
        now: the exchange's time, ns UTC.

    Raises:
        Problem: 400, with every field that is wrong, missing or unknown.
    """
    header = {"valid_until": now + VALID_FOR_NS, "account": 0, "instrument": 0}
    header["actor"] = kinds.person_number(signed.who)
    header["key_low"], header["key_high"] = request_key(KEY_PREFIX + signed.key)
    layout = records.BODIES[command.type]
    body = layout() if layout else None
    for target, value in [*_values(command, given, lookup), *command.fixed]:
        place, dot, name = target.partition(".")
        if not dot:
            header[place] = value
        else:
            # Switches share the record's flags, each with bits of its own.
            setattr(body, name, getattr(body, name) | value if name == "flags" else value)
    others = {f.camel: given[f.camel].strip() for f in command.fields if f.kind is kinds.PERSON}
    blob = msgspec.json.encode({"who": signed.who, "why": signed.why} | others)
    return records.pack(command.type, bytes(body) if body else b"", blob, **header)


def _values(command: AdminCommand, given: Mapping[str, str], lookup: Lookup) -> list[tuple[str, int]]:
    """Each target and its value."""
    known = {field.camel for field in command.fields} | {"who", "why"}
    errors = [
        FieldProblem(f"/{name}", "UNKNOWN_FIELD", f"{command.name} has no field {name[:40]!r}.")
        for name in given
        if name not in known
    ]
    found: list[tuple[str, int]] = []
    flags = 0
    for field in command.fields:
        text = given.get(field.camel, field.default)
        try:
            if text is not None:
                values = field.kind.read(text.strip(), lookup)
                found += zip((field.target + end for end in field.kind.words), values, strict=True)
                flags |= field.flag
            elif field.absent is not None:
                found.append((field.target, field.absent))
            elif not field.flag:
                raise FieldError(f"is required ({field.kind.name})")
        except FieldError as error:
            errors.append(FieldProblem(f"/{field.camel}", "INVALID_FIELD", f"{field.camel} {error}."))
    changes = [field.camel for field in command.fields if field.flag]
    if changes and not flags:
        detail = f"{command.name} changes what is given: give at least one of {', '.join(changes)}."
        errors.append(FieldProblem(f"/{changes[0]}", "INVALID_FIELD", detail))
    if errors:
        raise malformed(errors)
    if changes:
        found.append(("body.flags", flags))
    return _fit(command, found)


def _fit(command: AdminCommand, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The values, each known to fit into its field of the record."""
    layout: Any = records.BODIES[command.type]
    sizes = dict(layout.FIELDS) if layout else {}
    sizes |= {"account": "u64", "firm": "u32", "instrument": "u32"}
    for target, value in found:
        kind = sizes[target.rpartition(".")[2]]
        if value >> (int(kind[1:]) - (kind[0] == "i")):
            name = target.rpartition(".")[2]
            raise malformed([FieldProblem(f"/{name}", "INVALID_FIELD", f"{name} is out of range.")])
    return found
