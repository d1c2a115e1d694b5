"""The reads that programs ask all day, a quote and a portfolio: no framework between socket and handler."""

from __future__ import annotations

from openbell.gateway.account_body import portfolio_body
from openbell.gateway.auth import authenticate
from openbell.gateway.call import Call, Reply, json_reply
from openbell.gateway.market_body import quote_body
from openbell.gateway.services import Services


class QuickReads:
    """The handlers of one gateway process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def portfolio(self, call: Call) -> Reply:
        """GET /v1/portfolio: the account at the log position in `seq`, valued at the latest prices."""
        services = self._services
        session = authenticate(call, services.signer)
        services.read(session)
        seq, account = await services.account(session)
        return json_reply(200, portfolio_body(account, seq, services.clock.now(), services.board))

    async def quote(self, call: Call) -> Reply:
        """GET /v1/quotes/{symbol}: the quote now."""
        number = self._services.priced(call.path.rpartition("/")[2])
        return json_reply(200, quote_body(self._services.board.quote(number)))
