"""Candles as DuckDB makes them of a tick store: written apart from the code that makes them on the way."""

# Parameters: the length of an interval in ns, twice. Trades of a command come in the order of their numbers.
CANDLES = """
SELECT symbol, time // ? * ?::BIGINT AS start,
    arg_min(price, trade) FILTER (flags & 1 = 1) AS open,
    max(price) FILTER (flags & 1 = 1) AS high,
    min(price) FILTER (flags & 1 = 1) AS low,
    arg_max(price, trade) FILTER (flags & 1 = 1) AS close,
    sum(quantity)::BIGINT AS volume,
    sum(price::HUGEINT * quantity // 100000000)::BIGINT AS notional,
    count(*)::BIGINT AS trades
FROM ticks WHERE kind = 1 GROUP BY ALL
"""
