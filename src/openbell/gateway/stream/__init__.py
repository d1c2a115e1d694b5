"""The stream: market data conflated per connection, private data contiguous, every queue bounded."""
