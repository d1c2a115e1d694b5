"""What no flow comes to by chance: the most that can be of everything, and what is rare."""

from __future__ import annotations

from openbell.core import codes, records, rulebook
from tests.core import commands


def overflowing() -> list[bytes]:
    """The most shares, cash, firms and restrictions that can be, and one more of each; what is rare."""
    made = [commands.listing("MANY"), commands.open_account(codes.KIND_HOUSE)]
    issues = records.CASH_MAX // records.QUANTITY_MAX
    made += [commands.issue(4, 0, records.QUANTITY_MAX)] * issues + [commands.issue(4, 0, 1)]
    deposits = records.CASH_MAX // records.NOTIONAL_MAX
    made += [commands.deposit(4, records.NOTIONAL_MAX)] * deposits + [commands.deposit(4, 1)]
    firms = range(1, commands.ROOMY["accounts"])
    made += [commands.set_limits(firm=firm, restricted=1) for firm in firms]
    made += [commands.set_limits(firm=len(firms) + 1), commands.set_limits(restricted=1)]
    made += [commands.set_limits(4, restricted=1), commands.set_limits(4, restricted=0)]
    made += [commands.set_limits(restricted=0), commands.set_limits(4, restricted=1)]
    made += [commands.open_account(firm=1), commands.set_limits(firm=1, restricted=0, exposure_max=1)]
    made += [commands.transfer(4, 5, cash=10**6), commands.set_limits(duplicate_ns=commands.SECOND)]
    made += [commands.order(5, 0, codes.BUY, 100, records.QUANTITY_SCALE)]
    made += [commands.set_limits(5, kyc=0), commands.order(5, 0, codes.BUY, 100, records.QUANTITY_SCALE)]
    made += [commands.set_limits(4, restricted=0)]
    made += [commands.order(4, 0, codes.BUY, 200 * commands.USD, records.QUANTITY_SCALE)]
    made += [commands.order(4, 0, codes.BUY, 100, records.QUANTITY_SCALE, flags=codes.FROM_APP)] * 2
    made += [commands.open_account(), commands.transfer(4, 6, quantity=records.QUANTITY_SCALE)]
    for account, side in ((4, codes.BUY), (6, codes.SELL)):
        made.append(commands.order(account, 0, side, 95 * commands.USD, records.QUANTITY_SCALE))
    made.append(commands.withdraw(6, 1))
    sessions = range(1, commands.ROOMY["accounts"] + 2)
    made += [commands.session(4, number, codes.SESSION_OPEN, commands.SECOND) for number in sessions]
    most = 8 * commands.ROOMY["instruments"] + rulebook.FEES_SPARE
    made += [commands.set_fees(tier=tier) for tier in range(most + 1)]
    made += [commands.set_limits(4, exposure_max=1)]
    made += [commands.order(4, 0, codes.BUY, 100, records.QUANTITY_SCALE)]
    return [commands.sequenced(command, seq, commands.START) for seq, command in enumerate(made, 2)]


def rare() -> list[bytes]:
    """What few flows come to: market orders at collar and band, an auction's lock, a full table."""
    price, share = 100 * commands.USD, records.QUANTITY_SCALE
    made = [commands.listing("RARE", flags=codes.AUCTIONS), commands.open_account(codes.KIND_HOUSE)]
    made += [commands.deposit(4, 10**12), commands.issue(4, 0, 10 * share)]
    made += [commands.open_account(grant=10**9, source=4), commands.order(4, 0, codes.BUY, price, share)]
    made += [commands.order(4, 0, codes.SELL, price * 6 // 5, share)]
    made += [commands.order(5, 0, codes.BUY, 0, share, codes.MARKET)]
    made += [commands.listing("BAND", tier=1), commands.issue(4, 1, share)]
    made += [commands.order(4, 1, codes.SELL, price * 106 // 100, share)]
    made += [commands.order(5, 1, codes.BUY, 0, share, codes.MARKET)]
    made += [commands.phase(codes.IN_PRE_OPEN, 0, ends_ts=commands.START + 10, lock_ns=100)]
    made += [commands.order(5, 0, codes.BUY, price, share, tif=codes.OPG)]
    made += [commands.open_account()] * commands.ROOMY["accounts"]
    return [commands.sequenced(command, seq, commands.START) for seq, command in enumerate(made, 2)]
