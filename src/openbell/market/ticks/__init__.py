"""Ticks: every trade and every change of a best bid or offer, from whatever source, in columns."""
