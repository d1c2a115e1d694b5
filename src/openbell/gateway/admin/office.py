"""The office: sends admin commands to the node and reads its state, for routes and terminal alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from openbell.core import codes
from openbell.gateway import refusals
from openbell.gateway.admin import bodies
from openbell.gateway.admin.commands import SHOWN, Signature, pack
from openbell.gateway.admin.fields import AdminCommand
from openbell.gateway.ledger_state import ledger_state
from openbell.gateway.problems import Problem, not_found, outcome_unknown, unavailable, unknown_symbol
from openbell.gateway.refusals import MONEY, SHARES, Refusal
from openbell.identity.account_id import decode_account
from openbell.ledger.reads import LedgerReads
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown

# What the same refusals mean to staff, who ask for others and not for themselves.
REFUSALS: dict[int, Refusal] = {
    codes.E_UNKNOWN_ACCOUNT: Refusal(
        404, "UNKNOWN_ACCOUNT", "Unknown account", "No account has this number."
    ),
    codes.E_ACCOUNT_CLOSED: Refusal(
        409, "ACCOUNT_CLOSED", "Account closed", "The account is closed, or closing."
    ),
    codes.E_INSUFFICIENT_FUNDS: Refusal(
        422,
        "INSUFFICIENT_FUNDS",
        "Insufficient funds",
        "The account has {limit} that is not reserved, not {observed}.",
        MONEY,
    ),
    codes.E_INSUFFICIENT_SHARES: Refusal(
        422,
        "INSUFFICIENT_SHARES",
        "Insufficient shares",
        "The account has {limit} that are not reserved, not {observed}.",
        SHARES,
    ),
    codes.E_SUSPENDED: Refusal(
        409, "SUSPENDED", "Suspended already", "Trading in this instrument is suspended already."
    ),
    codes.E_NOT_SUSPENDED: Refusal(
        409, "NOT_SUSPENDED", "Not suspended", "Trading in this instrument is not suspended."
    ),
    codes.E_NOT_ALLOWED: Refusal(
        409,
        "NOT_ALLOWED",
        "Not allowed",
        "This cannot be done with that account, that trade or that switch as it is.",
    ),
    codes.E_WRONG_REALM: Refusal(
        409, "WRONG_REALM", "Other realm", "Cash and shares do not leave their realm."
    ),
}


class Office:
    """Admin commands and reads over one connection to the node; `ledger` tells how the ledger is."""

    def __init__(self, node: NodeClient, ledger: LedgerReads) -> None:
        self._node = node
        self._ledger = ledger

    async def send(
        self, command: AdminCommand, given: Mapping[str, str], signed: Signature
    ) -> bodies.AdminAnswerBody:
        """Send a command and answer what came of it, durable.

        Raises:
            Problem: 400 for fields that are wrong, what the exchange refused, or 503.
        """
        numbers = {row["symbol"]: int(row["instrument"]) for row in await self._ask("instruments")}
        status = await self._ask("status")
        record = pack(command, given, signed, numbers.get, status["time"])
        try:
            answer = await self._node.send(record)
        except NodeUnavailable:
            raise unavailable("The exchange cannot be reached; nothing was done. Try again.") from None
        except OutcomeUnknown:
            detail = f"The exchange was lost on the way; send it again with the key {signed.key}."
            raise outcome_unknown(detail, None) from None
        if answer.code != codes.E_OK:
            raise refused(answer.code, answer.limit, answer.observed)
        return bodies.answer_body(command.name, signed.key, answer)

    async def account(self, text: str) -> bodies.AdminAccountBody:
        """The account with the id `text`.

        Raises:
            Problem: 404 or 503.
        """
        row, seq = await self._ask_at("account", account=_account(text))
        if row is None:
            raise not_found(f"No account is called {text[:32]!r}.", "UNKNOWN_ACCOUNT")
        return bodies.account_body(row, await self._symbols(), seq)

    async def limits_account(self, text: str) -> bodies.AdminLimitsBody:
        """What is set for the account with the id `text`.

        Raises:
            Problem: 404 or 503.
        """
        return await self._limits(codes.SCOPE_ACCOUNT, _account(text), f"No account is called {text[:32]!r}.")

    async def limits_firm(self, text: str) -> bodies.AdminLimitsBody:
        """What is set for the firm with the number `text`.

        Raises:
            Problem: 404 or 503.
        """
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        return await self._limits(codes.SCOPE_FIRM, number, f"No firm has the number {text[:32]!r}.")

    async def limits_symbol(self, symbol: str) -> bodies.AdminLimitsBody:
        """What is set for the instrument with the symbol.

        Raises:
            Problem: 404 or 503.
        """
        for number, one in (await self._symbols()).items():
            if one == symbol.upper():
                return await self._limits(codes.SCOPE_INSTRUMENT, number, "")
        raise unknown_symbol(symbol)

    async def limits_venue(self) -> bodies.AdminLimitsBody:
        """What is set for everybody.

        Raises:
            Problem: 503.
        """
        return await self._limits(codes.SCOPE_VENUE, 0, "")

    async def _limits(self, scope: int, number: int, unknown: str) -> bodies.AdminLimitsBody:
        row, seq = await self._ask_at("limits", scope=scope, number=number)
        if row is None:
            raise not_found(unknown)
        return bodies.limits_body(row, await self._symbols(), seq)

    async def _symbols(self) -> dict[int, str]:
        """The symbols of all instruments, by number."""
        return {one["instrument"]: one["symbol"] for one in await self._ask("instruments")}

    async def instrument(self, symbol: str) -> bodies.AdminInstrumentBody:
        """The instrument with the symbol.

        Raises:
            Problem: 404 or 503.
        """
        rows, seq = await self._ask_at("instruments")
        for row in rows:
            if row["symbol"] == symbol.upper():
                return bodies.instrument_body(row, seq)
        raise unknown_symbol(symbol)

    async def totals(self) -> bodies.AdminTotalsBody:
        """Sums over the exchange.

        Raises:
            Problem: 503.
        """
        return bodies.totals_body(*await self._ask_at("totals"))

    async def status(self) -> bodies.AdminStatusBody:
        """The node's status, and the ledger's.

        Raises:
            Problem: 503.
        """
        return bodies.status_body(await self._ask("status"), await ledger_state(self._ledger))

    async def show(self, what: str, name: str = "") -> Struct:
        """One of `SHOWN`, of the account or instrument `name` where it is about one.

        Raises:
            Problem: 404 or 503.
        """
        reading: Any = getattr(self, what.replace("-", "_"))
        shown: Struct = await (reading(name) if SHOWN[what] else reading())
        return shown

    async def _ask(self, query: str, **arguments: Any) -> Any:
        return (await self._ask_at(query, **arguments))[0]

    async def _ask_at(self, query: str, **arguments: Any) -> tuple[Any, int]:
        """A query's data, and the log position that it shows."""
        try:
            result = await self._node.query(query, **arguments)
        except NodeUnavailable:
            raise unavailable("The exchange cannot be reached. Try again.") from None
        return result["data"], int(result["seq"])


def _account(text: str) -> int:
    """The number of the account with the id `text`.

    Raises:
        Problem: 404.
    """
    try:
        return decode_account(text.upper())
    except ValueError:
        raise not_found(f"{text[:32]!r} is no account id; they look like A00000004.") from None


def refused(code: int, limit: int, observed: int) -> Problem:
    """What to tell staff about a refusal of the exchange."""
    found = REFUSALS.get(code)
    if found is None:
        return refusals.problem(code, limit, observed)
    return refusals.as_problem(found, limit, observed)
