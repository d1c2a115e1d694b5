"""Reference BUST: a trade is taken back by postings the other way."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import ERROR_ACCOUNT, FEE_ACCOUNT
from openbell.core.rulebook import DEALS_MAX
from tests.core.oracle.state import Account, Deal, Refusal, State
from tests.core.oracle.treasury import Treasury


class Busts:
    def __init__(self, state: State, treasury: Treasury) -> None:
        self.state = state
        self.treasury = treasury
        self.lent = 0

    def bust(self, head: Any, body: Any) -> None:
        state = self.state
        if not head.actor or not body.second or head.actor == body.second:
            raise Refusal(codes.E_NOT_ALLOWED, head.actor, body.second)
        observed = body.trade & (1 << 63) - 1
        deal = state.deals.get(body.trade)
        if deal is None or body.trade not in list(state.deals)[-self.kept() :]:
            raise Refusal(codes.E_UNKNOWN_TRADE, 0, observed)
        if deal.busted:
            raise Refusal(codes.E_NOT_ALLOWED, 0, observed)
        buyer, seller = self.party(deal.buyer), self.party(deal.seller)
        lacking = self.lacking(deal, buyer)
        if buyer is not seller:
            takers = [ERROR_ACCOUNT] * bool(lacking) + [buyer.number, seller.number]
            for number in takers:
                self.treasury.holding(number, deal.instrument)
        deal.busted = True
        self.post(deal, buyer, seller, lacking)

    def kept(self) -> int:
        """So many of the last trades can be taken back."""
        size = 16
        while size < 2 * self.state.limits.orders:
            size *= 2
        return min(size, DEALS_MAX)

    def party(self, number: int) -> Account:
        closed = self.state.accounts[number].status == codes.AC_CLOSED
        return self.state.accounts[ERROR_ACCOUNT if closed else number]

    def lacking(self, deal: Deal, buyer: Account) -> int:
        if buyer.number == ERROR_ACCOUNT:
            return 0
        return max(0, deal.quantity - self.state.available_shares(buyer.number, deal.instrument))

    def post(self, deal: Deal, buyer: Account, seller: Account, lacking: int) -> None:
        state = self.state
        place = len(state.events)
        state.event(codes.EV_BUST)
        self.lent = 0
        fees = state.accounts[FEE_ACCOUNT]
        self.pay(fees, buyer, deal.fees[codes.BUY])
        self.pay(fees, seller, deal.fees[codes.SELL])
        state.accounts[deal.buyer].fees -= deal.fees[codes.BUY]
        state.accounts[deal.seller].fees -= deal.fees[codes.SELL]
        if seller.number != ERROR_ACCOUNT and deal.settlement > state.date:
            seller.proceeds.append((deal.settlement, deal.fees[codes.SELL] - deal.value))
        if buyer is not seller:
            self.pay(seller, buyer, deal.value)
            self.give(deal, buyer, seller, lacking)
        after = state.events[place + 1 :]
        del state.events[place:]
        state.event(
            codes.EV_BUST,
            account=deal.buyer,
            other_account=deal.seller,
            instrument=deal.instrument,
            trade=deal.trade,
            price=deal.price,
            quantity=deal.quantity,
            notional=deal.value,
            limit=deal.fees[codes.BUY],
            observed=deal.fees[codes.SELL],
            leaves=lacking if buyer is not seller else 0,
            other_leaves=self.lent,
        )
        state.events += after

    def pay(self, giver: Account, taker: Account, amount: int) -> None:
        """What the giver has not free comes from the error account."""
        if not amount or giver is taker:
            return
        errors = self.state.accounts[ERROR_ACCOUNT]
        short = max(0, amount - self.state.available_cash(giver.number))
        if giver is not errors and short:
            self.lent += short
            self.move_cash(errors, giver, short)
        self.move_cash(giver, taker, amount)

    def move_cash(self, giver: Account, taker: Account, amount: int) -> None:
        """No deposit: the day's profit counts what a bust moves, as it counted the trade."""
        before = giver.net_deposits, taker.net_deposits
        self.treasury.move_cash(giver, taker, amount, codes.C_BUST)
        giver.net_deposits, taker.net_deposits = before

    def give(self, deal: Deal, buyer: Account, seller: Account, lacking: int) -> None:
        errors = self.state.accounts[ERROR_ACCOUNT]
        if buyer is errors:
            lacking = deal.quantity
        own = deal.quantity - lacking
        if own:
            holdings = buyer.holdings[deal.instrument], seller.holdings[deal.instrument]
            before = [holding.net_transfers for holding in holdings]
            self.treasury.move_shares(buyer, seller, deal.instrument, own, codes.C_BUST)
            for holding, transfers in zip(holdings, before, strict=True):
                holding.net_transfers = transfers
        if lacking and seller is not errors:
            for account, change, other in ((errors, -lacking, seller), (seller, lacking, errors)):
                account.holdings[deal.instrument].quantity += change
                self.treasury.tell_shares(
                    account.number, deal.instrument, change, 0, other.number, codes.C_BUST
                )
