"""What can go wrong between the node and its clients."""

from __future__ import annotations


class NodeError(Exception):
    """Something is wrong with the node or the way to it."""


class NodeUnavailable(NodeError):
    """The node cannot be reached; what was asked was surely not sent."""


class OutcomeUnknown(NodeError):
    """The command was sent and the link was lost: it may or may not have taken effect."""


class QueryError(NodeError):
    """The node refused a query; `code` says why in a word."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class SubscribeError(NodeError):
    """The node cannot give the units asked for; `code` says why in a word."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
