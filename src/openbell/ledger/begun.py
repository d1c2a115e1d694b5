"""What a replay that begins at a snapshot knows of the ledger at that position, and what it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbell.ledger.balances import (
    A_DEPOSITS,
    A_ROLLED,
    A_SEQ,
    A_START,
    ERRORS,
    H_MOVED,
    H_ROLLED,
    H_SEQ,
    H_START,
    Accounts,
    Holdings,
)

# What the exchange does not know: of a balance, at which position it was changed before the snapshot.
UNKNOWN = -1
# Places of what the exchange does not say of a balance that nothing has changed since.
UNTOUCHED = {
    "accounts": (A_SEQ, A_ROLLED, A_START, A_DEPOSITS),
    "holdings": (H_SEQ, H_ROLLED, H_START, H_MOVED),
}
SEQ = {"accounts": A_SEQ, "holdings": H_SEQ}
# Of its own accounts the exchange does not keep what the day began with.
OWN = {"accounts": (A_START, A_DEPOSITS), "holdings": (H_START, H_MOVED)}


@dataclass
class Begun:
    """An exchange's state at log position `seq`, as far as the ledger has it.

    Attributes:
        day: position of the roll that began the day.
    """

    seq: int = 1
    day: int = 0
    accounts: Accounts = field(default_factory=dict)
    holdings: Holdings = field(default_factory=dict)
    instruments: dict[int, list[int | str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, seq: int, accounts: Iterable[Mapping[str, Any]], instruments: Iterable[Mapping[str, Any]]
    ) -> Begun:
        """Of core's views of all accounts and instruments at `seq`; `begin_day` is to be called."""
        made = cls(seq)
        for one in accounts:
            number = one["account"]
            balance = [one[name] for name in ("cash", "realised", "realm", "opened_ts")]
            today = [one["start_cash"], one["net_deposits"]]
            made.accounts[number] = [number, *balance, UNKNOWN, one["kind"], one["status"], 0, *today]
            for held in one["positions"]:
                instrument = held["instrument"]
                balance = [held[name] for name in ("quantity", "cost", "realised")]
                today = [held["start_quantity"], held["net_transfers"]]
                if not any(balance + today):
                    continue  # the exchange has one for an order that works, the ledger none yet
                made.holdings[number, instrument] = [number, instrument, *balance, UNKNOWN, 0, *today]
        for one in instruments:
            named = [one["instrument"], one["reference_price"], one["realm"]]
            # The ledger keeps what was last done to it, the exchange what it is in.
            row = [*named, UNKNOWN, UNKNOWN, UNKNOWN, one["symbol"]]
            made.instruments[one["instrument"]] = row
        return made

    def begin_day(self, day: int) -> None:
        """The day began with the roll at position `day`."""
        self.day = day
        for account in self.accounts.values():
            account[A_ROLLED] = day
        for holding in self.holdings.values():
            holding[H_ROLLED] = day


def masked(table: str, there: Sequence[Any], row: Sequence[Any]) -> list[Any]:
    """`row` of a replay from a snapshot, with the ledger's word for what the replay cannot know."""
    if table == "instruments":
        unknown = tuple(at for at, one in enumerate(row) if one == UNKNOWN)
    elif row[SEQ[table]] == UNKNOWN:
        unknown = UNTOUCHED[table]
    else:
        unknown = OWN[table] if row[0] <= ERRORS else ()
    return [there[at] if at in unknown else one for at, one in enumerate(row)]
