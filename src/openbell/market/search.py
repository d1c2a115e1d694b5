"""Search over tickers and company names, best match first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from openbell.market.instruments import INSTRUMENTS, Listing

QUERY_LENGTH_MAX = 64
FUZZY_LENGTH_MIN = 3  # shorter queries are too little to guess from: prefixes only
NAME_SCORE_MIN = 75.0
WORD_SCORE_MIN = 0.75

# What people call a company that its name does not say.
ALSO_CALLED = {"GOOGL": "google youtube", "GOOG": "google youtube", "META": "facebook instagram whatsapp"}

EXACT, SYMBOL_PREFIX, NAME_PREFIX, WORD_PREFIX, FUZZY = range(5)


class _Entry(NamedTuple):
    listing: Listing
    symbol: str  # folded, without punctuation: brkb
    name: str  # folded
    squeezed: str  # the name without spaces: jpmorganchase
    words: tuple[str, ...]


class Index:
    """The searchable form of a table of listings."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._entries = [_entry(listing) for listing in listings]
        self._names = [entry.name for entry in self._entries]

    def search(self, query: str, limit: int = 20) -> list[Listing]:
        """At most `limit` listings that match `query`, best first: exact ticker, ticker prefix, name
        prefix, prefixes of words of the name, then what is spelt nearly so; equal ones by market
        capitalisation. An empty query matches nothing."""
        text = fold(query[:QUERY_LENGTH_MAX])
        if not text:
            return []
        ranked = [(*rank, -entry.listing.market_cap, entry.listing) for entry, rank in self._matches(text)]
        ranked.sort()
        return [listing for *_, listing in ranked[:limit]]

    def _matches(self, text: str) -> Iterable[tuple[_Entry, tuple[int, float]]]:
        squeezed = text.replace(" ", "")
        words = text.split()
        scores: dict[int, float] = {}
        if len(squeezed) >= FUZZY_LENGTH_MIN:
            near = process.extract(
                text, self._names, scorer=fuzz.WRatio, score_cutoff=NAME_SCORE_MIN, limit=None
            )
            scores = {index: score for _, score, index in near}
        for index, entry in enumerate(self._entries):
            rank = _prefix_rank(entry, text, squeezed, words)
            if rank is not None:
                yield entry, (rank, 0.0)
                continue
            score = scores.get(index, 0.0)
            if len(squeezed) >= FUZZY_LENGTH_MIN:
                score = max(score, _nearness(squeezed, entry))
            if score:
                yield entry, (FUZZY, -score)


def _prefix_rank(entry: _Entry, text: str, squeezed: str, words: list[str]) -> int | None:
    if entry.symbol == squeezed:
        return EXACT
    if entry.symbol.startswith(squeezed):
        return SYMBOL_PREFIX
    if entry.name.startswith(text) or entry.squeezed.startswith(squeezed):
        return NAME_PREFIX
    if all(any(own.startswith(word) for own in entry.words) for word in words):
        return WORD_PREFIX
    return None


def _nearness(squeezed: str, entry: _Entry) -> float:
    """How nearly the query is the ticker or one word of the name, 0 to 100: `telsa` is 80 % of `tesla`."""
    return 100 * max(
        OSA.normalized_similarity(squeezed, word, score_cutoff=WORD_SCORE_MIN)
        for word in (entry.symbol, *entry.words)
    )


def fold(text: str) -> str:
    """Lower case, without accents, punctuation as spaces, so that what is typed compares with what is
    written: `Estée Lauder` and `estee lauder`, `Coca-Cola` and `coca cola`."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("'", "").replace("’", "")
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def _entry(listing: Listing) -> _Entry:
    name = fold(listing.name)
    words = (*name.split(), *ALSO_CALLED.get(listing.symbol, "").split())
    return _Entry(listing, fold(listing.symbol).replace(" ", ""), name, name.replace(" ", ""), words)


INDEX = Index(INSTRUMENTS)


def search(query: str, limit: int = 20) -> list[Listing]:
    """At most `limit` listings of this exchange that match `query`; see `Index.search`."""
    return INDEX.search(query, limit)
