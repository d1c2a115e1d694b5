"""What would become of an incoming order, tried on a copy of the book."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.core.oracle.state import Instrument, Resting

if TYPE_CHECKING:
    from tests.core.oracle.book import Books


def rehearse(books: Books, book: Instrument, taker: Resting) -> Resting:
    """The order as it would be after its match."""
    trial = type(books)(copy.copy(books.state), books.settlement)
    trial.state.events = []
    twins: dict[int, Resting] = {}
    levels = [
        {price: [twin(one, twins) for one in queue] for price, queue in side.items()} for side in book.levels
    ]
    copied = replace(book, levels=(levels[0], levels[1]), waiting=[], band=None)
    trial.state.instruments = [copied if one is book else one for one in books.state.instruments]
    paper = replace(taker)
    trial.match(copied, paper)
    return paper


def twin(one: Resting, twins: dict[int, Resting]) -> Resting:
    """A copy of a resting order; of a leg with its group, whose legs are copied together."""
    group = one.order.group
    if group is None:
        return replace(one)
    if id(one) not in twins:
        copied = replace(group, book=[])
        for leg in group.book:
            twins[id(leg)] = replace(leg, order=replace(leg.order, group=copied))
            copied.book.append(twins[id(leg)])
    return twins[id(one)]
