"""The tables of schema `ledger`: columns in raw units (see docs/ledger.md), all bigint or smaller.

Prices and money are 1/10,000 USD, quantities 1/100,000,000 share, times nanoseconds UTC. The core bounds
each of them below 2^63, so no column but `equity`'s sums needs `numeric`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)

SCHEMA = "ledger"
metadata = MetaData(schema=SCHEMA)

# Who an entry's other side is when it is nobody's account: cash outside the exchange, shares not yet issued.
OUTSIDE = 0
# The asset of an entry: cash, or the number of an instrument (its shares).
CASH = -1

# What an entry is for.
KIND_TRADE = 1
KIND_FEE = 2
KIND_DEPOSIT = 3
KIND_WITHDRAWAL = 4
KIND_TRANSFER = 5
KIND_ISSUE = 6
KIND_GRANT = 7
KIND_CLOSING = 8
KIND_BUST = 9
# What entries that are gone came to, between one account and another.
KIND_CARRIED = 10
ENTRY_KINDS = {
    KIND_TRADE: "TRADE",
    KIND_FEE: "FEE",
    KIND_DEPOSIT: "DEPOSIT",
    KIND_WITHDRAWAL: "WITHDRAWAL",
    KIND_TRANSFER: "TRANSFER",
    KIND_ISSUE: "ISSUE",
    KIND_GRANT: "GRANT",
    KIND_CLOSING: "CLOSING",
    KIND_BUST: "BUST",
    KIND_CARRIED: "CARRIED",
}

# What a part of the ledger still has: everything, no detail of the simulator's accounts, or of nobody.
KEEPS_ALL = 0
KEEPS_PEOPLE = 1
KEEPS_BALANCES = 2


def _big(name: str, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False, primary_key=primary_key)


def _small(name: str, primary_key: bool = False) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, autoincrement=False, primary_key=primary_key)


# One row: how far the ledger is, of which exchange, why it stopped ("" while it runs), and up to which
# order id the simulator's orders that never filled were dropped.
# `equity_from`: the rows of `equity` are of the rolls after this position.
reader = Table(
    "reader",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="reader_one_row"), primary_key=True),
    _big("position"),
    Column("genesis", Text, nullable=False),
    Column("stopped", Text, nullable=False),
    _big("stopped_seq"),
    _big("pruned"),
    _big("equity_from"),
)

# The months of log time that orders, trades, fills, entries and moves are partitioned by; `first_seq` is null
# before the first command of the month. A database with a bound ends them early and lets detail go: `kept` is
# one of KEEPS_*.
months = Table(
    "months",
    metadata,
    _big("starts", primary_key=True),
    _big("ends"),
    Column("name", Text, nullable=False),
    Column("first_seq", BigInteger),
    _small("kept"),
)

instruments = Table(
    "instruments",
    metadata,
    _big("instrument", primary_key=True),
    _big("reference_price"),
    _big("realm"),
    _big("seq"),
    _big("listed_ts"),
    _small("status"),
    Column("symbol", Text, nullable=False),
)

# `rolled` is the position of the day roll (0: genesis) before the last change: `start_cash` is what there was
# at it, `net_deposits` what was deposited and moved in since, what left taken off, until that last change.
accounts = Table(
    "accounts",
    metadata,
    _big("account", primary_key=True),
    _big("cash"),
    _big("realised"),
    _big("realm"),
    _big("opened_ts"),
    _big("seq"),
    _small("kind"),
    _small("status"),
    _big("rolled"),
    _big("start_cash"),
    _big("net_deposits"),
    postgresql_with={"fillfactor": "70"},
)

# `rolled`, `start_quantity` and `moved` are of the shares what those of `accounts` are of the cash.
holdings = Table(
    "holdings",
    metadata,
    _big("account", primary_key=True),
    _big("instrument", primary_key=True),
    _big("quantity"),
    _big("cost"),
    _big("realised"),
    _big("seq"),
    _big("rolled"),
    _big("start_quantity"),
    _big("moved"),
    postgresql_with={"fillfactor": "70"},
)

# `limit_value` and `observed` explain a rejection. `seq` is the log position of the last change. `stop_price`
# and `trail` (basis points if `trail_percent`) of a stop are those its owner was told last, else 0. What
# follows is what the order asked beyond the plain, `display` as it was changed last (-1: all is shown); null
# of an order that was entered before these columns were there.
orders = Table(
    "orders",
    metadata,
    _big("order_id", primary_key=True),
    _big("account"),
    _big("instrument"),
    _big("price"),
    _big("quantity"),
    _big("filled"),
    _big("leaves"),
    _big("notional"),
    _big("limit_value"),
    _big("observed"),
    _big("seq"),
    _big("created_ts", primary_key=True),
    _big("updated_ts"),
    _small("side"),
    _small("order_type"),
    _small("tif"),
    _small("status"),
    _small("reason"),
    _small("code"),
    Column("client_id", Text, nullable=False),
    _big("stop_price"),
    _big("trail"),
    Column("trail_percent", Boolean, nullable=False),
    *(Column(name, BigInteger) for name in ("budget", "expire_ts", "display", "min_quantity", "session")),
    Column("stp", SmallInteger),
    Column("post_only", Boolean),
    Column("group", BigInteger),
    Column("role", SmallInteger),
    postgresql_partition_by="RANGE (created_ts)",
)
Index("orders_by_account", orders.c.account, orders.c.order_id)
Index(
    "orders_by_client_id",
    orders.c.account,
    orders.c.client_id,
    orders.c.order_id,
    postgresql_where=orders.c.client_id != "",
)

trades = Table(
    "trades",
    metadata,
    _big("trade", primary_key=True),
    _big("seq"),
    _big("ts", primary_key=True),
    _big("instrument"),
    _big("price"),
    _big("quantity"),
    _big("value"),
    _big("taker_order"),
    _big("taker_account"),
    _big("maker_order"),
    _big("maker_account"),
    _small("taker_side"),
    Column("eligible", Boolean, nullable=False),
    postgresql_partition_by="RANGE (ts)",
)

# `realised` is this fill's own profit or loss, fees apart; 0 for a purchase.
fills = Table(
    "fills",
    metadata,
    _big("account", primary_key=True),
    _big("ts", primary_key=True),
    _big("trade", primary_key=True),
    _big("order_id", primary_key=True),
    _big("seq"),
    _big("instrument"),
    _big("price"),
    _big("quantity"),
    _big("value"),
    _big("fee"),
    _big("realised"),
    _big("other_order"),
    _big("other_account"),
    _small("side"),
    _small("liquidity"),
    postgresql_partition_by="RANGE (ts)",
)

Index("fills_by_instrument", fills.c.account, fills.c.instrument, fills.c.ts)

# One leg of an entry moves `amount` of `asset` from account `debit` to account `credit`: a row cannot
# create or lose anything, so every entry sums to zero in each asset by its form.
entries = Table(
    "entries",
    metadata,
    _big("seq", primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    _small("leg", primary_key=True),
    _small("kind"),
    _big("ts", primary_key=True),
    _big("asset"),
    _big("debit"),
    _big("credit"),
    Column(
        "amount", BigInteger, CheckConstraint("amount > 0", name="entries_amount_positive"), nullable=False
    ),
    CheckConstraint("debit <> credit", name="entries_two_sides"),
    postgresql_partition_by="RANGE (ts)",
)

# Cash (asset -1) and shares that reached an account, or left it (a negative amount), other than by a fill:
# `cost` is what shares carried along, `trade` the one that a bust took back, else 0; both null of movements
# that were written before these were kept.
moves = Table(
    "moves",
    metadata,
    _big("account", primary_key=True),
    _big("ts", primary_key=True),
    _big("seq", primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    _small("kind"),
    _big("asset"),
    _big("amount"),
    Column("cost", BigInteger),
    Column("trade", BigInteger),
    _big("other"),
    postgresql_partition_by="RANGE (ts)",
)

# What an account had when day `date` began, with its shares at the official closes, and `base`: what it would
# have had without the profit of the day that ended (docs/portfolio.md). An account without shares that did
# nothing that day has no row: it has what it had.
equity = Table(
    "equity",
    metadata,
    _big("account", primary_key=True),
    _big("date", primary_key=True),
    _big("seq"),
    _big("ts"),
    _big("cash"),
    Column("holdings", Numeric(40, 0), nullable=False),
    Column("base", Numeric(40, 0), nullable=False),
)

days = Table(
    "days",
    metadata,
    _big("date", primary_key=True),
    _big("seq"),
    _big("ts"),
)

closes = Table(
    "closes",
    metadata,
    _big("date", primary_key=True),
    _big("instrument", primary_key=True),
    _big("price"),
    _big("volume"),
)
