"""What accounts have, and the double entries that move it."""

from __future__ import annotations

from openbell.core import codes
from openbell.ledger import events as ev
from openbell.ledger import tables
from openbell.ledger.cost import cost_of_sale
from openbell.ledger.events import EventTuple

CLEARING = 1
FEES = 2
ERRORS = 3

# What moves cash and shares outside of trading: command type -> kind of entry.
MOVEMENT_KINDS = {
    codes.C_DEPOSIT: tables.KIND_DEPOSIT,
    codes.C_WITHDRAW: tables.KIND_WITHDRAWAL,
    codes.C_TRANSFER: tables.KIND_TRANSFER,
    codes.C_ISSUE: tables.KIND_ISSUE,
    codes.C_OPEN_ACCOUNT: tables.KIND_GRANT,
    codes.C_CLOSE_ACCOUNT: tables.KIND_CLOSING,
    codes.C_BUST: tables.KIND_BUST,
}

# Places in the rows of `tables.accounts` and `tables.holdings`.
A_CASH, A_REALISED, A_REALM, A_SEQ, A_KIND, A_STATUS = 1, 2, 3, 5, 6, 7
A_ROLLED, A_START, A_DEPOSITS = 8, 9, 10
H_QUANTITY, H_COST, H_REALISED, H_SEQ = 2, 3, 4, 5
H_ROLLED, H_START, H_MOVED = 6, 7, 8

AccountRow = list[int]
HoldingRow = list[int]
Accounts = dict[int, AccountRow]
Holdings = dict[tuple[int, int], HoldingRow]


class CannotApply(Exception):
    """An event contradicts what the ledger holds; the ledger stops before it and changes nothing more."""


class Balances:
    """Cash and holdings of the accounts that a batch touches, and the entries that it makes.

    Every method that takes an event raises CannotApply when the event contradicts the balances.

    Args:
        accounts: the touched accounts that exist, as rows of `tables.accounts`; changed in place.
        holdings: the touched holdings that exist, as rows of `tables.holdings`; changed in place.
        day: log position of the roll that began the day, 0 before the first.

    Attributes:
        entries: rows of `tables.entries`.
        moves: rows of `tables.moves`.
        busted: the trade that the command takes back, 0 of every other command.
        open_legs: what the command has taken from accounts and not yet given to others, by asset.
    """

    def __init__(self, accounts: Accounts, holdings: Holdings, day: int = 0) -> None:
        self.accounts = accounts
        self.holdings = holdings
        self.day = day
        self.entries: list[tuple[int, ...]] = []
        self.moves: list[tuple[int, ...]] = []
        self.open_legs: dict[int, int] = {}
        self.busted = 0
        self.seq = 0
        self.ts = 0

    def begin(self, seq: int, ts: int) -> None:
        """Further events belong to command `seq`, of time `ts`."""
        self.seq, self.ts = seq, ts
        self.busted = 0

    def begin_day(self) -> None:
        """The command has rolled the day; what an account then had is noted at its next change."""
        self.day = self.seq

    def end(self) -> None:
        """What a command took from accounts, it gave to accounts: nothing stays with clearing.

        Raises:
            CannotApply: something is left.
        """
        for asset, left in self.open_legs.items():
            if left:
                what = "cash" if asset == tables.CASH else f"instrument {asset}"
                raise CannotApply(
                    f"command {self.seq} leaves {left} of {what} unmatched between its accounts"
                )
        self.open_legs.clear()

    def account_of(self, account: int) -> AccountRow:
        row = self.accounts.get(account)
        if row is None:
            raise CannotApply(f"command {self.seq} names account {account}, which was never opened")
        return row

    def holding_of(self, account: int, instrument: int) -> HoldingRow:
        row = self.holdings.get((account, instrument))
        if row is None:
            row = self.holdings[account, instrument] = [account, instrument, 0, 0, 0, 0, self.day, 0, 0]
        return row

    def roll(self, row: AccountRow) -> None:
        """Note what an account had when the day began, unless that was done."""
        if row[A_ROLLED] != self.day:
            row[A_ROLLED], row[A_START], row[A_DEPOSITS] = self.day, row[A_CASH], 0

    def roll_holding(self, row: HoldingRow) -> None:
        """Note what a holding was when the day began, unless that was done."""
        if row[H_ROLLED] != self.day:
            row[H_ROLLED], row[H_START], row[H_MOVED] = self.day, row[H_QUANTITY], 0

    # --- accounts -----------------------------------------------------------------------------

    def open(self, event: EventTuple, realm: int) -> None:
        """A new account."""
        number = event[ev.ACCOUNT]
        if number in self.accounts:
            raise CannotApply(f"command {self.seq} opens account {number}, which was opened before")
        kind, status = event[ev.ORDER_TYPE], event[ev.STATUS]
        self.accounts[number] = [number, 0, 0, realm, self.ts, self.seq, kind, status, self.day, 0, 0]

    def set_status(self, event: EventTuple) -> None:
        """An account was locked, unlocked or closed."""
        row = self.account_of(event[ev.ACCOUNT])
        row[A_STATUS], row[A_SEQ] = event[ev.STATUS], self.seq

    # --- trading ------------------------------------------------------------------------------

    def fill(self, event: EventTuple) -> int:
        """Settle one side of a trade against clearing; returns the profit or loss that it realised."""
        account, instrument = event[ev.ACCOUNT], event[ev.INSTRUMENT]
        quantity, value, fee = event[ev.QUANTITY], event[ev.OBSERVED], event[ev.LIMIT]
        cash = self.account_of(account)
        holding = self.holding_of(account, instrument)
        self.roll(cash)
        self.roll_holding(holding)
        realised = 0
        if event[ev.SIDE] == codes.BUY:
            cash[A_CASH] -= value + fee
            holding[H_QUANTITY] += quantity
            holding[H_COST] += value
            self._post_fill(event, account, CLEARING, value, quantity)
        else:
            realised = value - self._take_cost(holding, quantity)
            cash[A_CASH] += value - fee
            cash[A_REALISED] += realised
            holding[H_REALISED] += realised
            self._post_fill(event, CLEARING, account, value, quantity)
        cash[A_SEQ] = holding[H_SEQ] = self.seq
        if fee:
            self._charge(event, account, fee)
        if cash[A_CASH] < 0 and account != ERRORS:
            raise CannotApply(f"account {account} would have {cash[A_CASH]} of cash after command {self.seq}")
        return realised

    def _take_cost(self, holding: HoldingRow, quantity: int) -> int:
        """Take `quantity` shares out of a holding; returns the part of its cost that goes with them."""
        if quantity > holding[H_QUANTITY]:
            raise CannotApply(
                f"command {self.seq} sells {quantity} of instrument {holding[1]} from account {holding[0]}, "
                f"which holds {holding[H_QUANTITY]}"
            )
        removed = cost_of_sale(holding[H_COST], holding[H_QUANTITY], quantity)
        holding[H_QUANTITY] -= quantity
        holding[H_COST] -= removed
        return removed

    def _post_fill(self, event: EventTuple, buyer: int, seller: int, value: int, quantity: int) -> None:
        """Cash from buyer to seller and shares from seller to buyer; clearing is one of the two."""
        index, instrument = event[ev.INDEX], event[ev.INSTRUMENT]
        if value:  # a fill of a few hundred-millionths can be worth less than the smallest unit of cash
            self.entries.append(
                (self.seq, index, 0, tables.KIND_TRADE, self.ts, tables.CASH, buyer, seller, value)
            )
        self.entries.append(
            (self.seq, index, 1, tables.KIND_TRADE, self.ts, instrument, seller, buyer, quantity)
        )
        sign = 1 if seller == CLEARING else -1
        legs = self.open_legs
        legs[tables.CASH] = legs.get(tables.CASH, 0) + sign * value
        legs[instrument] = legs.get(instrument, 0) - sign * quantity

    def _charge(self, event: EventTuple, account: int, fee: int) -> None:
        """Post a fill's fee, already part of the account's cash."""
        fees = self.account_of(FEES)
        self.roll(fees)
        fees[A_CASH] += fee
        fees[A_SEQ] = self.seq
        self.entries.append(
            (self.seq, event[ev.INDEX], 2, tables.KIND_FEE, self.ts, tables.CASH, account, FEES, fee)
        )

    # --- movements ----------------------------------------------------------------------------

    def cash(self, event: EventTuple) -> None:
        """Cash entered, left or moved between accounts."""
        row, amount = self.account_of(event[ev.ACCOUNT]), event[ev.QUANTITY]
        self.roll(row)
        if event[ev.REASON] != codes.C_BUST:  # to the day's profit, its postings are what the trade was
            row[A_DEPOSITS] += amount
        row[A_CASH] += amount
        row[A_SEQ] = self.seq
        if row[A_CASH] != event[ev.NOTIONAL]:
            raise CannotApply(
                f"account {row[0]} has {row[A_CASH]} of cash after command {self.seq}; "
                f"the exchange says {event[ev.NOTIONAL]}"
            )
        self._move(event, tables.CASH, amount, 0)

    def shares(self, event: EventTuple) -> None:
        """Shares were issued, or moved between accounts with their cost."""
        row = self.holding_of(event[ev.ACCOUNT], event[ev.INSTRUMENT])
        self.roll_holding(row)
        if event[ev.REASON] != codes.C_BUST:
            row[H_MOVED] += event[ev.QUANTITY]
        row[H_QUANTITY] += event[ev.QUANTITY]
        row[H_COST] += event[ev.NOTIONAL]
        row[H_SEQ] = self.seq
        if (row[H_QUANTITY] < 0 or row[H_COST] < 0) and row[0] != ERRORS:
            raise CannotApply(
                f"account {row[0]} would hold {row[H_QUANTITY]} of instrument {row[1]} "
                f"at a cost of {row[H_COST]} after command {self.seq}"
            )
        self._move(event, event[ev.INSTRUMENT], event[ev.QUANTITY], event[ev.NOTIONAL])

    def _move(self, event: EventTuple, asset: int, amount: int, cost: int) -> None:
        """Post what an account gave to, or got from, another one or the outside.

        Between two accounts there are two events; the giver's is the entry, and both must cancel out.
        """
        kind = MOVEMENT_KINDS.get(event[ev.REASON])
        if kind is None:
            raise CannotApply(
                f"command {self.seq} moves cash or shares for the unknown cause {event[ev.REASON]}"
            )
        account, other = event[ev.ACCOUNT], event[ev.OTHER_ACCOUNT]
        self.moves.append(
            (account, self.ts, self.seq, event[ev.INDEX], kind, asset, amount, cost, self.busted, other)
        )
        if other != tables.OUTSIDE:
            self.open_legs[asset] = self.open_legs.get(asset, 0) + amount
            if amount > 0:
                return
        if amount:
            giver, taker = (account, other) if amount < 0 else (other, account)
            self.entries.append(
                (self.seq, event[ev.INDEX], 0, kind, self.ts, asset, giver, taker, abs(amount))
            )
