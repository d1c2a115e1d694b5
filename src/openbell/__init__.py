"""OpenBell: a stock exchange and its brokerage in one."""

__version__ = "0.1.0"
