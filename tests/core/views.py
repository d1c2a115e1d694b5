"""The oracle's state in the words of `openbell.core.view`, to compare with what queries would see."""

from __future__ import annotations

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange
from tests.core.oracle.exchange import Oracle
from tests.core.oracle.state import Account, Instrument, Order, State

View = view.View


def assert_views_same(exchange: Exchange, oracle: Oracle) -> None:
    """Every account, order, book and instrument, as a query would see it."""
    state = oracle.state
    assert view.account(exchange, len(state.accounts)) is None
    for account in state.accounts[1:]:
        assert view.account(exchange, account.number) == account_view(state, account)
        orders = orders_view(state, account.number)
        assert view.orders(exchange, account.number, "all", None, 0, 10_000) == orders
        working = [order for order in orders if order["status"] in codes.WORKING]
        assert view.orders(exchange, account.number, "working", None, 0, 10_000) == working
    for account, number in [*state.sessions, (4, 1 << 31)]:
        due, span = state.sessions.get((account, number), (0, 0))
        kept = {"account": account, "session": number, "span": span, "due": due}
        assert view.session(exchange, account, number) == (kept if span else None)
    assert view.instruments(exchange) == [instrument_view(state, one) for one in state.instruments]
    for instrument in state.instruments:
        assert view.depth(exchange, instrument.number, 1000) == depth_view(instrument)
    assert view.totals(exchange) == totals_view(state)


def account_view(state: State, account: Account) -> View:
    return {
        "account": account.number,
        "kind": account.kind,
        "status": account.status,
        "realm": account.realm,
        "cash": account.cash,
        "reserved": state.reserved_cash(account.number),
        "start_cash": account.start_cash,
        "net_deposits": account.net_deposits,
        "realised": account.realised,
        "open_orders": len(state.open_orders(account.number)),
        "last_activity": account.last_activity,
        "opened_ts": account.opened_ts,
        "firm": account.firm,
        "fees": account.fees,
        "unsettled": state.unsettled(account),
        "positions": [
            {
                "instrument": instrument,
                "quantity": holding.quantity,
                "reserved": state.reserved_shares(account.number, instrument),
                "cost": holding.cost,
                "realised": holding.realised,
                "start_quantity": holding.start_quantity,
                "net_transfers": holding.net_transfers,
            }
            for instrument, holding in reversed(account.holdings.items())
        ],
    }


def orders_view(state: State, account: int) -> list[View]:
    """An account's orders, newest first."""
    own = [order for order in state.orders.values() if order.account == account]
    stops = {one.resting.order.id: one.stop for book in state.instruments for one in book.waiting}
    return [order_view(order, stops.get(order.id, 0)) for order in sorted(own, key=lambda order: -order.id)]


def order_view(order: Order, stop: int = 0) -> View:
    """`stop`: where it waits, if it waits."""
    return {
        "order": order.id,
        "account": order.account,
        "instrument": order.instrument,
        "side": order.side,
        "order_type": order.order_type,
        "tif": order.tif,
        "status": order.status,
        "reason": order.reason,
        "code": order.code,
        "price": order.price,
        "stop_price": stop or (0 if order.trail and order.code else order.stop_price),
        "trail": order.trail,
        "trail_percent": order.percent,
        "quantity": order.quantity,
        "filled": order.filled,
        "leaves": order.leaves if order.working else 0,
        "notional": order.notional,
        "limit": order.limit,
        "observed": order.observed,
        "stp": order.stp,
        "post_only": order.post_only,
        "expire_ts": order.expire_ts,
        "display": order.display,
        "min_quantity": order.min_quantity,
        "budget": order.budget,
        "session": order.session,
        "group": order.group.legs[0].id if order.group else 0,
        "role": order.role,
        "client_id": order.client_id.rstrip(b"\0").decode("ascii", "replace"),
        "seq": order.seq,
        "created_ts": order.created_ts,
        "updated_ts": order.updated_ts,
    }


def depth_view(instrument: Instrument) -> View:
    return {
        name: [
            [price, sum(resting.shown for resting in queue), sum(not resting.hidden for resting in queue)]
            for price, queue in sorted(instrument.levels[side].items(), reverse=side == codes.BUY)
            if any(resting.shown for resting in queue)
        ]
        for name, side in (("bids", codes.BUY), ("asks", codes.SELL))
    }


def instrument_view(state: State, instrument: Instrument) -> View:
    depth = depth_view(instrument)
    bid, bid_size = depth["bids"][0][:2] if depth["bids"] else (0, 0)
    ask, ask_size = depth["asks"][0][:2] if depth["asks"] else (0, 0)
    names = (
        "tick_size", "lot_size", "min_notional", "reference_price", "last", "last_size", "last_ts",
        "last_lot", "close", "day_open", "day_high", "day_low", "day_volume", "day_notional", "trades",
        "market_collar", "limit_collar", "realm", "issued", "market", "tier",
    )  # fmt: skip
    return {name: getattr(instrument, name) for name in names} | {
        "instrument": instrument.number,
        "symbol": records.symbol_text(*instrument.symbol),
        "status": instrument.phase,
        "phase_ends": instrument.until,
        "band_reference": instrument.band.reference if instrument.band else 0,
        "band_low": instrument.band.low if instrument.band else 0,
        "band_high": instrument.band.high if instrument.band else 0,
        "limit_state": instrument.band.limit_state if instrument.band else 0,
        "reference": instrument.reference(state.day),
        "bid": bid,
        "bid_size": bid_size,
        "ask": ask,
        "ask_size": ask_size,
        "flags": codes.PROTECTIONS_OFF * (not instrument.protected) | codes.AUCTIONS * instrument.auctions,
    }


def totals_view(state: State) -> View:
    return {
        "cash": sum(account.cash for account in state.accounts),
        "deposits": state.deposits,
        "withdrawals": state.withdrawals,
        "accounts": len(state.accounts) - 1,
        "orders": len(state.orders),
        "working_orders": len(state.working),
        "requests": state.request_count,
        "trades": state.trades,
        "day": state.date,
    }
