"""Participants that make a market: they know nothing of the exchange but its public API."""
