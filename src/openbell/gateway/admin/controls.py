"""The admin commands that rule over trading: limits, lists, kill switches, fees, busts."""

from __future__ import annotations

from openbell.core import codes, records
from openbell.gateway.admin import kinds
from openbell.gateway.admin.fields import FIRM, SYMBOL, AdminCommand, Field, account

# Of what is limited or stopped: its name, its scope, the field that says which.
Scope = tuple[str, int, tuple[Field, ...]]
PARTIES: tuple[Scope, ...] = (
    ("account", codes.SCOPE_ACCOUNT, (account(),)),
    ("firm", codes.SCOPE_FIRM, (FIRM,)),
    ("venue", codes.SCOPE_VENUE, ()),
)
SWITCHED: tuple[Scope, ...] = (*PARTIES, ("symbol", codes.SCOPE_INSTRUMENT, (SYMBOL,)))
OF = {"account": "an account", "firm": "a firm", "venue": "the venue", "symbol": "an instrument"}

LIMITS = (
    Field("quantity", kinds.SHARES, "body.order_quantity_max", "of an order", flag=codes.LIMIT_QUANTITY),
    Field("value", kinds.MONEY, "body.order_value_max", "of an order", flag=codes.LIMIT_VALUE),
    Field("orders", kinds.COUNT, "body.open_orders_max", "open at once", flag=codes.LIMIT_OPEN_ORDERS),
    Field("rate", kinds.COUNT, "body.message_rate", "messages a second", flag=codes.LIMIT_RATE),
    Field("exposure", kinds.MONEY, "body.exposure_max", "open orders together", flag=codes.LIMIT_EXPOSURE),
    Field("window", kinds.SECONDS, "body.duplicate_ns", "of duplicates", flag=codes.LIMIT_DUPLICATE),
)
TIER = Field("tier", kinds.COUNT, "body.tier", "for its fees", flag=codes.LIMIT_TIER)


def _limit(name: str, scope: int, which: tuple[Field, ...]) -> AdminCommand:
    more = (TIER,) if scope == codes.SCOPE_ACCOUNT else ()
    return AdminCommand(
        f"limit-{name}",
        codes.C_SET_LIMITS,
        f"Set limits of {OF[name]}; what is left out stays, 0 takes a limit away",
        (*which, *LIMITS, *more),
        (("body.scope", scope),),
    )


def _restrict(verb: str, says: str, on: int, scope: Scope) -> AdminCommand:
    name, number, which = scope
    return AdminCommand(
        f"{verb}-{name}",
        codes.C_SET_LIMITS,
        f"{says} {OF[name]}",
        (*which, SYMBOL),
        (("body.scope", number), ("body.flags", codes.LIMIT_RESTRICTED), ("body.restricted", on)),
    )


def _approve(name: str, help_: str, yes: int) -> AdminCommand:
    fixed = (("body.scope", codes.SCOPE_ACCOUNT), ("body.flags", codes.LIMIT_KYC), ("body.kyc", yes))
    return AdminCommand(name, codes.C_SET_LIMITS, help_, (account(),), fixed)


def _switch(verb: str, type_: int, says: str, scope: Scope) -> AdminCommand:
    name, number, which = scope
    return AdminCommand(f"{verb}-{name}", type_, f"{says} {OF[name]}", which, (("body.scope", number),))


CHANGE_LISTING = AdminCommand(
    "change-listing",
    codes.C_SET_LISTING,
    "Change an instrument's rules; what is left out stays",
    (
        SYMBOL,
        Field("tick_size", kinds.MONEY, "body.tick_size", "step of prices", flag=codes.LISTING_TICK),
        Field(
            "min_notional", kinds.MONEY, "body.min_notional", "least value", flag=codes.LISTING_MIN_NOTIONAL
        ),
        Field(
            "quantity", kinds.SHARES, "body.order_quantity_max", "of an order", flag=codes.LISTING_QUANTITY
        ),
        Field("value", kinds.MONEY, "body.order_value_max", "of an order", flag=codes.LISTING_VALUE),
        Field(
            "market_collar",
            kinds.PERCENT,
            "body.market_collar",
            "how far market orders reach",
            flag=codes.LISTING_MARKET_COLLAR,
        ),
        Field(
            "limit_collar",
            kinds.PERCENT,
            "body.limit_collar",
            "how far limit prices reach",
            flag=codes.LISTING_LIMIT_COLLAR,
        ),
        Field("tier", kinds.COUNT, "body.tier", "which price bands it has, 0: none", flag=codes.LISTING_TIER),
    ),
)

SET_FEES = AdminCommand(
    "set-fees",
    codes.C_SET_FEES,
    "Set what the orders pay that enter from now on",
    (
        Field("symbol", kinds.SYMBOL, "instrument", "only of this one", None, records.ANY_INSTRUMENT),
        Field("tier", kinds.COUNT, "body.tier", "of accounts", "0"),
        Field("maker", kinds.RATE, "body.maker", "of the value made", "0"),
        Field("taker", kinds.RATE, "body.taker", "of the value taken", "0"),
        Field("auction", kinds.RATE, "body.auction", "of the value traded in auctions", "0"),
        Field("per_share", kinds.MONEY, "body.per_share", "each share traded", "0"),
        Field("per_order", kinds.MONEY, "body.per_order", "each order that trades", "0"),
        Field("least", kinds.MONEY, "body.least", "of an order that trades", "0"),
    ),
)

BUST = AdminCommand(
    "bust",
    codes.C_BUST,
    "Take a trade back, on the word of two persons",
    (
        Field("trade", kinds.TRADE, "body.trade", "which trade"),
        Field("second", kinds.PERSON, "body.second", "who says so beside you"),
    ),
)

CONTROLS = (
    *(_limit(*scope) for scope in PARTIES),
    *(_restrict("restrict", "Put an instrument on the restricted list of", 1, scope) for scope in PARTIES),
    *(
        _restrict("unrestrict", "Take an instrument off the restricted list of", 0, scope)
        for scope in PARTIES
    ),
    _approve("approve", "Approve an account for trading", 1),
    _approve("disapprove", "Take an account's approval away: it may cancel and nothing else", 0),
    *(_switch("kill", codes.C_KILL, "Cancel what is open and refuse what is new of", s) for s in SWITCHED),
    *(_switch("lift", codes.C_LIFT, "Lift the kill switch of", scope) for scope in SWITCHED),
    CHANGE_LISTING,
    SET_FEES,
    BUST,
)
