"""Reading the state for queries: plain dictionaries of integers in the units of the records."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from openbell.core.census import count_cash, find_idle
from openbell.core.codes import BUY, SELL, ST_PENDING, ST_REJECTED, STOP, TRAIL_PERCENT, WORKING
from openbell.core.exchange import Exchange
from openbell.core.group_layouts import F_LEG
from openbell.core.records import CLIENT_ID_LENGTH_MAX, ID_INDEX_BITS, make_id, symbol_text
from openbell.core.state import F_NOTIONAL, F_POST_ONLY, F_SHADED, F_STP, F_STP_SHIFT, F_TERMS, NIL

View = dict[str, Any]


def account(ex: Exchange, number: int) -> View | None:
    """An account with its holdings, or None. `start_*` and `net_*` are as of the current day."""
    scalars = ex.memory["scalars"][0]
    if not 0 < number < scalars.accounts:
        return None
    row = ex.memory["accounts"][number]
    rolled = row.day == scalars.day
    positions = [holding(ex, h) for h in holdings(ex, number)]
    return {
        "account": number,
        "kind": row.kind,
        "status": row.status,
        "realm": row.realm,
        "cash": row.cash,
        "reserved": row.reserved,
        "start_cash": row.start_cash if rolled else row.cash,
        "net_deposits": row.net_deposits if rolled else 0,
        "realised": row.realised + sum(one["realised"] for one in positions),
        "open_orders": row.open_orders,
        "last_activity": row.last_activity,
        "opened_ts": row.opened_ts,
        "firm": row.firm,
        "fees": row.fees,
        "unsettled": unsettled(ex, number),
        "positions": positions,
    }


def unsettled(ex: Exchange, number: int) -> int:
    """Proceeds of an account's sales that settle on a later day."""
    row = ex.memory["accounts"][number]
    settled: bool = row.day < ex.memory["scalars"][0].settled_day
    return 0 if settled else int(row.unsettled)


def holdings(ex: Exchange, number: int) -> Iterator[int]:
    """Indices of an account's holdings, the latest opened first."""
    h = ex.memory["accounts"][number].holdings
    while h != NIL:
        yield h
        h = ex.memory["holdings"][h].next


def holding(ex: Exchange, h: int) -> View:
    row = ex.memory["holdings"][h]
    rolled = row.day == ex.memory["scalars"][0].day
    return {
        "instrument": row.instrument,
        "quantity": row.quantity,
        "reserved": row.reserved,
        "cost": row.cost,
        "realised": row.realised,
        "start_quantity": row.start_quantity if rolled else row.quantity,
        "net_transfers": row.net_transfers if rolled else 0,
    }


def ticket(ex: Exchange, t: int) -> View:
    """One order as its owner sees it."""
    row = ex.memory["tickets"][t]
    start = t * row.SIZE + type(row).text0.offset
    text = ex.memory.maps["tickets"][start : start + CLIENT_ID_LENGTH_MAX]
    stop = row.order_type >= STOP
    trails = ex.memory["stop_terms"][t]
    stop_price = trails.stop_price if stop else 0
    if stop and row.status == ST_PENDING:
        stop_price = ex.floor.lookup(row.id)[0] or stop_price  # a trailing one moves without telling
    elif stop and row.status == ST_REJECTED and trails.trail:
        stop_price = 0  # it never stood anywhere
    return {
        "order": row.id,
        "account": row.account,
        "instrument": row.instrument,
        "side": row.side,
        "order_type": row.order_type,
        "tif": row.tif,
        "status": row.status,
        "reason": row.reason,
        "code": row.code,
        "price": row.price,
        "stop_price": stop_price,
        "trail": trails.trail if stop else 0,
        "trail_percent": bool(stop and trails.flags & TRAIL_PERCENT),
        "quantity": row.quantity,
        "filled": row.filled,
        "leaves": row.quantity - row.filled if row.status in WORKING else 0,
        "notional": row.notional,
        "limit": row.limit,
        "observed": row.observed,
        "stp": (row.flags & F_STP) >> F_STP_SHIFT,
        "post_only": bool(row.flags & F_POST_ONLY),
        **terms(ex, t),
        "session": row.session,
        "group": row.id >> ID_INDEX_BITS << ID_INDEX_BITS if row.flags & F_LEG else 0,
        "role": ex.memory["ticket_legs"][t].role if row.flags & F_LEG else 0,
        "client_id": text.rstrip(b"\0").decode("ascii", "replace"),
        "seq": row.seq,
        "created_ts": row.created_ts,
        "updated_ts": row.updated_ts,
    }


def session(ex: Exchange, number: int, name: int) -> View | None:
    """A session that an account keeps, or None: how long at a time, and until when it is kept."""
    s = ex.sessions.lookup(number, name)
    if s < 0:
        return None
    row = ex.memory["sessions"][s]
    return {"account": number, "session": name, "span": row.span, "due": row.due}


def terms(ex: Exchange, t: int) -> View:
    """What an order asks beyond the plain."""
    flags, row = ex.memory["tickets"][t].flags, ex.memory["terms"][t]
    return {
        "expire_ts": row.expire_ts if flags & F_TERMS else 0,
        "display": row.display if flags & F_SHADED else -1,
        "min_quantity": row.min_quantity if flags & F_SHADED else 0,
        "budget": row.notional if flags & F_NOTIONAL else 0,
    }


def order(ex: Exchange, number: int) -> View | None:
    """An order that works or ended lately, by its id."""
    t = find_ticket(ex, number)
    return None if t is None else ticket(ex, t)


def find_ticket(ex: Exchange, number: int) -> int | None:
    t = ex.lookup_order(number)
    return None if t < 0 else t


def order_by_key(ex: Exchange, number: int, key_low: int, key_high: int) -> View | None:
    """The order that a request key of an account made, or None."""
    r = ex.lookup_request(number, key_low, key_high)
    if r < 0:
        return None
    t = ex.memory["requests"][r].ticket
    return None if t == NIL else ticket(ex, t)


def working_tickets(ex: Exchange, number: int) -> Iterator[int]:
    """An account's working orders, newest first."""
    t = ex.memory["accounts"][number].work_tail
    while t != NIL:
        yield t
        t = ex.memory["tickets"][t].prev


def ended_tickets(ex: Exchange, number: int) -> Iterator[int]:
    """An account's ended orders that are still kept, the last ended first."""
    r = ex.memory["accounts"][number].ended_head
    found = []
    while r != NIL:
        request = ex.memory["requests"][r]
        if request.ticket != NIL:
            found.append(request.ticket)
        r = request.next
    yield from reversed(found)


def orders(
    ex: Exchange, number: int, status: str, instrument: int | None, before: int, limit: int
) -> list[View]:
    """An account's orders, newest first, with ids below `before` (0: all).

    `status` is "working", "ended" or "all".

    Raises:
        ValueError: another status.
    """
    if status not in ("working", "ended", "all"):
        raise ValueError(f"status {status!r} must be working, ended or all")
    if not 0 < number < ex.memory["scalars"][0].accounts:
        return []
    found: list[tuple[int, int]] = []
    if status != "ended":
        tickets = ex.memory["tickets"]
        found += [(tickets[t].id, t) for t in working_tickets(ex, number)]
        if instrument is not None:
            found = [pair for pair in found if tickets[pair[1]].instrument == instrument]
        if before:
            found = [pair for pair in found if pair[0] < before]
    if status != "working":
        found += newest_ended(ex, number, instrument, before, limit)
    found.sort(reverse=True)
    return [ticket(ex, t) for _, t in found[:limit]]


def newest_ended(
    ex: Exchange, number: int, instrument: int | None, before: int, limit: int
) -> list[tuple[int, int]]:
    """(id, ticket) of the newest `limit` of an account's ended orders that match, in no order.

    The walk goes from the last ended back, and stops where no order can be newer than those found: an
    order that ended at a position was made at it or before.
    """
    newest: list[tuple[int, int]] = []
    tickets = ex.memory["tickets"]
    for t in ended_tickets(ex, number):
        row = tickets[t]
        if len(newest) >= limit and (limit <= 0 or newest[0][0] > make_id(ex.shard, row.seq, 255)):
            break
        if (instrument is not None and row.instrument != instrument) or (before and row.id >= before):
            continue
        heappush(newest, (row.id, t))
        if len(newest) > limit:
            heappop(newest)
    return newest


def depth(ex: Exchange, number: int, levels: int) -> View:
    """The best `levels` prices of both sides: price, size, orders."""
    return {"bids": side(ex, number, BUY, levels), "asks": side(ex, number, SELL, levels)}


def side(ex: Exchange, number: int, which: int, levels: int) -> list[list[int]]:
    instrument = ex.memory["instruments"][number]
    count = instrument.bids if which == BUY else instrument.asks
    base = (2 * number + which) * ex.books.ladder.depth
    rungs, table = ex.memory["rungs"], ex.memory["levels"]
    found: list[list[int]] = []
    for rank in range(count):
        if len(found) >= levels:
            break
        row = table[rungs[base + count - 1 - rank].level]
        if row.orders:  # hidden orders alone are not shown
            found.append([row.price, row.quantity, row.orders])
    return found


def instrument(ex: Exchange, number: int) -> View | None:
    """An instrument with its quote, its day and its rules."""
    if not 0 <= number < ex.memory["scalars"][0].instruments:
        return None
    row = ex.memory["instruments"][number]
    asset = ex.memory["assets"][number]
    schedule = ex.memory["schedules"][number]
    band = ex.memory["bands"][number]
    bids, asks = side(ex, number, BUY, 1), side(ex, number, SELL, 1)
    return {
        "instrument": number,
        "symbol": symbol_text(row.symbol_low, row.symbol_high),
        "status": row.status,
        "tick_size": row.tick_size,
        "lot_size": row.lot_size,
        "min_notional": asset.min_notional,
        "reference_price": row.reference_price,
        "reference": asset.reference,
        "bid": bids[0][0] if bids else 0,
        "bid_size": bids[0][1] if bids else 0,
        "ask": asks[0][0] if asks else 0,
        "ask_size": asks[0][1] if asks else 0,
        "last": row.last,
        "last_size": row.last_size,
        "last_ts": row.last_ts,
        "last_lot": row.last_lot,
        "close": row.close,
        "day_open": row.day_open,
        "day_high": row.day_high,
        "day_low": row.day_low,
        "day_volume": row.day_volume,
        "day_notional": row.day_notional,
        "trades": row.trades,
        "market_collar": row.market_collar,
        "limit_collar": row.limit_collar,
        "flags": row.flags,
        "realm": row.realm,
        "market": row.market,
        "phase_ends": schedule.due or schedule.ends_ts,
        "issued": asset.issued,
        "tier": row.tier,
        "band_reference": band.reference,
        "band_low": band.low,
        "band_high": band.high,
        "limit_state": band.limit_state,
    }


def instruments(ex: Exchange) -> list[View]:
    """All instruments, in order of their numbers."""
    found = (instrument(ex, n) for n in range(ex.memory["scalars"][0].instruments))
    return [view for view in found if view is not None]


def idle_accounts(ex: Exchange, kind: int, before_ts: int, limit: int) -> list[int]:
    """Open accounts of a kind whose last command came before `before_ts`, by number."""
    return find_idle(ex.memory["accounts"], ex.memory["scalars"][0].accounts, kind, before_ts, limit)


def totals(ex: Exchange) -> View:
    """Sums over the whole exchange."""
    scalars = ex.memory["scalars"][0]
    cash, live = count_cash(ex.memory["accounts"], scalars.accounts)
    return {
        "cash": cash,
        "deposits": scalars.deposits,
        "withdrawals": scalars.withdrawals,
        "accounts": live,
        "orders": scalars.tickets,
        "working_orders": scalars.working,
        "requests": scalars.requests,
        "trades": scalars.trades,
        "day": scalars.date,
    }
