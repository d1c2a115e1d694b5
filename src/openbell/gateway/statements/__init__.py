"""Statements of a month and confirmations of an order's trades, as CSV and PDF."""
