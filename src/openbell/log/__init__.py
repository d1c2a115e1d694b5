"""The journal: commands in sequence, durable before anyone hears of them. See docs/log-format.md."""
