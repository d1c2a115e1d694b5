from openbell.core import codes
from openbell.market.board import Board
from openbell.market.ticks.batch import BOUGHT, BUST, ELIGIBLE, SOLD, TRADE
from openbell.market.ticks.tape import Tape
from tests.market.events import SHARE, Unit, event, level, list_command, row, trade, unit
from tests.market.ticks.made import rows_of


def listed(symbol: str, number: int, seq: int) -> Unit:
    told = event(codes.EV_INSTRUMENT, status=codes.LISTED, instrument=number)
    return unit(seq, told, command=list_command(symbol, 1_000_000))


def phase(seq: int, status: int) -> Unit:
    return unit(seq, event(codes.EV_PHASE, status=status, instrument=0))


def tape_of(*units: Unit) -> Tape:
    tape = Tape()
    tape.add_all([listed("AAPL", 0, 1), *units])
    return tape


def told(tape: Tape) -> list[tuple[str, int, int, int]]:
    """What was told: kind, price, shares, position."""
    names = {1: "trade", 2: "bid", 3: "ask", 4: "bust"}
    return [(names[one[0]], one[4], one[5] // SHARE, one[6]) for one in rows_of(tape.take())]


def test_a_change_of_the_best_level_is_a_tick_and_one_behind_it_is_not() -> None:
    tape = tape_of(
        unit(2, level(0, codes.BUY, 100, SHARE)),
        unit(3, level(0, codes.BUY, 90, SHARE)),
        unit(4, level(0, codes.SELL, 110, 2 * SHARE)),
        unit(5, level(0, codes.BUY, 100, 3 * SHARE)),
        unit(6, level(0, codes.BUY, 100, 0)),
        unit(7, level(0, codes.BUY, 90, 0)),
    )
    assert told(tape) == [
        ("bid", 100, 1, 2),
        ("ask", 110, 2, 4),
        ("bid", 100, 3, 5),
        ("bid", 90, 1, 6),
        ("bid", 0, 0, 7),
    ]


def test_what_a_command_does_on_its_way_is_no_quote() -> None:
    taking = unit(
        4,
        level(0, codes.SELL, 110, 0),
        trade(0, 110, SHARE, side=codes.BUY, trade=1025),
        level(0, codes.SELL, 120, 0),
        trade(0, 120, SHARE, side=codes.BUY, trade=1026, eligible=False),
        level(0, codes.SELL, 130, 4 * SHARE),
    )
    tape = tape_of(
        unit(2, level(0, codes.SELL, 110, SHARE)),
        unit(3, level(0, codes.SELL, 120, SHARE), level(0, codes.SELL, 130, 5 * SHARE)),
        taking,
    )
    assert [one for one in rows_of(tape.take()) if one[6] == 4] == [
        (TRADE, ELIGIBLE | BOUGHT, 0, 4_000, 110, SHARE, 4, 1025),
        (TRADE, BOUGHT, 0, 4_000, 120, SHARE, 4, 1026),
        (3, 0, 0, 4_000, 130, 4 * SHARE, 4, 0),
    ]


def test_the_side_of_a_trade_is_the_takers() -> None:
    sides = [codes.SELL, codes.BUY]
    tape = tape_of(*(unit(seq, trade(0, 5, SHARE, side=side)) for seq, side in enumerate(sides, 2)))
    assert [one[1] & (BOUGHT | SOLD) for one in rows_of(tape.take())] == [SOLD, BOUGHT]


def test_a_bust_names_its_trade() -> None:
    busted = event(codes.EV_BUST, instrument=0, price=100, quantity=SHARE, trade=777)
    assert rows_of(tape_of(unit(3, busted)).take()) == [(BUST, 0, 0, 3_000, 100, SHARE, 3, 777)]


def test_only_continuous_trading_has_a_bid_and_an_offer() -> None:
    tape = tape_of(
        unit(2, level(0, codes.BUY, 100, SHARE)),
        phase(3, codes.IN_AUCTION_CALL),
        unit(4, level(0, codes.BUY, 105, SHARE)),
        phase(5, codes.IN_CONTINUOUS),
    )
    assert told(tape) == [("bid", 100, 1, 2), ("bid", 0, 0, 3), ("bid", 105, 1, 5)]


def test_a_tape_goes_on_from_its_state_as_if_it_had_never_stopped() -> None:
    units = [
        unit(2, level(0, codes.BUY, 100, SHARE), level(0, codes.SELL, 110, SHARE)),
        unit(3, level(0, codes.BUY, 99, SHARE)),
        listed("MSFT", 1, 4),
        unit(5, level(1, codes.SELL, 50, SHARE)),
        phase(6, codes.IN_PRE_OPEN),
        unit(7, level(0, codes.BUY, 100, 0), level(1, codes.SELL, 50, 0)),
        phase(8, codes.IN_CONTINUOUS),
        unit(9, trade(0, 99, SHARE), level(0, codes.BUY, 99, 0)),
    ]
    whole = rows_of(tape_of(*units).take())
    for cut in range(len(units)):
        first = tape_of(*units[:cut])
        rows = rows_of(first.take())
        second = Tape(first.position, list(first.symbols), first.state())
        second.add_all(units[cut:])
        assert rows + rows_of(second.take()) == whole
        assert second.symbols == ["AAPL", "MSFT"]


def test_a_tape_that_begins_in_the_midst_tells_the_market_first_and_skips_what_it_holds() -> None:
    board = Board()
    board.add(row(0, "AAPL"), seq=10)
    board.set_depth(0, {"bids": [[100, SHARE, 1]], "asks": []}, seq=12)
    tape = Tape(9)
    tape.load(board)
    tape.add_all(
        [
            phase(10, codes.IN_PRE_OPEN),
            unit(11, level(0, codes.BUY, 101, SHARE), trade(0, 101, SHARE)),
            unit(13, level(0, codes.SELL, 110, SHARE)),
        ]
    )
    assert tape.symbols == ["AAPL"]
    assert told(tape) == [("bid", 100, 1, 10), ("trade", 101, 1, 11), ("ask", 110, 1, 13)]
