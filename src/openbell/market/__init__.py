"""Market data: instruments, live quotes and books, candles, generated history, calendar and clock."""
