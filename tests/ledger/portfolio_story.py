"""Runs the cases of docs/portfolio.md: what accounts do, and what their portfolios then show."""

from __future__ import annotations

from openbell.core import view
from openbell.gateway.account_body import HoldingBody, PortfolioBody, portfolio_body
from openbell.market.board import Board
from tests.core.scenario import Scenario, Words


class PortfolioStory(Scenario):
    """A scenario whose accounts show their portfolios: `A shows`."""

    def __init__(self) -> None:
        super().__init__()
        self.deeds["shows"] = self.shows

    def portfolio(self, account: int) -> PortfolioBody:
        """The portfolio as the API answers it, at the market's prices."""
        exchange = self.market.exchange
        board = Board()
        for row in view.instruments(exchange):
            board.add(row, exchange.position)
        found = view.account(exchange, account)
        assert found is not None
        return portfolio_body(found, exchange.position, self.market.ts, board)

    def shows(self, account: int, _: Words) -> list[str]:
        """Three lines for the account, and one for each holding."""
        body = self.portfolio(account)
        return [
            f"cash {body.cash_balance}, buying power {body.buying_power}, "
            f"withdrawable {body.withdrawable_cash}, fees {body.fees_paid}",
            f"value {body.total_value} = cash + {body.holdings_value}",
            f"day {body.day_pnl} ({body.day_pnl_percent} %), unrealised {body.unrealised_pnl}, "
            f"realised {body.realised_pnl}, total {body.total_pnl}",
            *(shown(holding) for holding in body.holdings),
        ]


def shown(holding: HoldingBody) -> str:
    """A holding in words."""
    return (
        f"{holding.symbol} {holding.quantity} ({holding.reserved_quantity} reserved) "
        f"at {holding.average_cost}, cost {holding.cost}, value {holding.market_value}, "
        f"unrealised {holding.unrealised_pnl} ({holding.unrealised_pnl_percent} %), "
        f"realised {holding.realised_pnl}, day {holding.day_change}"
    )
