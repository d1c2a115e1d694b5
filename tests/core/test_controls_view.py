"""What is set over trading reads back as it was set, of the one it was set for."""

from __future__ import annotations

from openbell.core import codes, controls_view
from tests.core import commands
from tests.core.commands import SHARE, USD
from tests.core.story import HOUSE, Market

ACCOUNT, FIRM, INSTRUMENT, VENUE = (
    codes.SCOPE_ACCOUNT,
    codes.SCOPE_FIRM,
    codes.SCOPE_INSTRUMENT,
    codes.SCOPE_VENUE,
)


def test_each_scope_has_its_own() -> None:
    market = Market()
    market.do(commands.set_limits(HOUSE, order_quantity_max=1 * SHARE, exposure_max=900 * USD))
    market.do(commands.set_limits(firm=1, order_value_max=2 * USD))
    market.do(commands.set_limits(open_orders_max=3))
    market.do(commands.set_listing(0, order_quantity_max=4 * SHARE))
    of_account = controls_view.limits(market.exchange, ACCOUNT, HOUSE)
    of_firm = controls_view.limits(market.exchange, FIRM, 1)
    of_venue = controls_view.limits(market.exchange, VENUE, 0)
    of_instrument = controls_view.limits(market.exchange, INSTRUMENT, 0)
    assert of_account is not None
    assert of_firm is not None
    assert of_venue is not None
    assert of_instrument is not None
    assert (of_account["quantity_max"], of_account["exposure_max"]) == (1 * SHARE, 900 * USD)
    assert (of_firm["quantity_max"], of_firm["value_max"]) == (0, 2 * USD)
    assert (of_venue["value_max"], of_venue["open_orders_max"]) == (0, 3)
    assert (of_instrument["quantity_max"], of_instrument["killed"]) == (4 * SHARE, False)
    market.buy(HOUSE, 1, at=99_00)
    now = controls_view.limits(market.exchange, ACCOUNT, HOUSE)
    assert now is not None
    assert now["exposure"] == 99 * USD


def test_a_restricted_list_is_of_its_scope_alone() -> None:
    market = Market()
    for who in ({"account": HOUSE}, {"firm": 1}):
        market.do(commands.set_limits(**who, restricted=1, instrument=0))
    other = int(market.do(commands.open_account(codes.KIND_DEMO, USD, HOUSE)).answer.account)
    lists = [
        controls_view.limits(market.exchange, scope, number)
        for scope, number in ((ACCOUNT, HOUSE), (FIRM, 1), (ACCOUNT, other), (VENUE, 0))
    ]
    assert [one and one["restricted"] for one in lists] == [[0], [0], [], []]
    market.do(commands.set_limits(HOUSE, restricted=0, instrument=0))
    now = controls_view.limits(market.exchange, ACCOUNT, HOUSE)
    assert now is not None
    assert now["restricted"] == []


def test_what_is_not_there_has_nothing() -> None:
    market = Market()
    for scope, number in ((ACCOUNT, 0), (ACCOUNT, 10**6), (FIRM, 1), (INSTRUMENT, 10**6), (VENUE, 1), (9, 0)):
        assert controls_view.limits(market.exchange, scope, number) is None
