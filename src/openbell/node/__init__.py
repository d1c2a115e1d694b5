"""The node: one exchange over one journal, behind a Unix socket. See docs/node-protocol.md."""
