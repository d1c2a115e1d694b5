"""What went wrong, as RFC 9457 `application/problem+json` with a sentence that a person understands."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from msgspec import UNSET, Struct, UnsetType

CONTENT_TYPE = b"application/problem+json"
TYPE_PREFIX = "urn:openbell:problem:"


class FieldProblem(Struct, frozen=True):
    """One field that is wrong: `pointer` is "/price" in the body, "/query/limit" in the address."""

    pointer: str
    code: str
    detail: str


class ProblemBody(Struct, rename="camel", kw_only=True):
    """The body of every answer that is an error. `limit` and `observed` are decimal strings."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    retryable: bool
    errors: Sequence[FieldProblem] = ()
    order_id: str | UnsetType = UNSET
    limit: str | UnsetType = UNSET
    observed: str | UnsetType = UNSET
    link: str | UnsetType = UNSET


class Problem(Exception):
    """An answer that is an error. `retry_after` in seconds becomes a header; so does `allow`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        retryable: bool = False,
        errors: Sequence[FieldProblem] = (),
        order_id: str | None = None,
        limit: str | None = None,
        observed: str | None = None,
        link: str | None = None,
        retry_after: int | None = None,
        allow: str | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.retryable = retryable
        self.errors = errors
        self.order_id = order_id
        self.limit = limit
        self.observed = observed
        self.link = link
        self.retry_after = retry_after
        self.allow = allow
        self.close = close

    def body(self, request_id: str) -> bytes:
        """The JSON text of the answer to request `request_id`."""
        return msgspec.json.encode(
            ProblemBody(
                type=TYPE_PREFIX + self.code.lower().replace("_", "-"),
                title=self.title,
                status=self.status,
                detail=self.detail,
                code=self.code,
                request_id=request_id,
                retryable=self.retryable,
                errors=self.errors,
                order_id=UNSET if self.order_id is None else self.order_id,
                limit=UNSET if self.limit is None else self.limit,
                observed=UNSET if self.observed is None else self.observed,
                link=UNSET if self.link is None else self.link,
            )
        )

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer carries beside its content type and length."""
        headers = []
        if self.retry_after is not None:
            headers.append((b"retry-after", b"%d" % self.retry_after))
        if self.allow is not None:
            headers.append((b"allow", self.allow.encode()))
        if self.status == 401:
            headers.append((b"www-authenticate", b'Bearer realm="openbell"'))
        if self.close:
            headers.append((b"connection", b"close"))
        return headers


def malformed(errors: Sequence[FieldProblem]) -> Problem:
    """400 for fields that are wrong; the first names the whole."""
    first = errors[0]
    more = f" ({len(errors)} fields are wrong.)" if len(errors) > 1 else ""
    return Problem(400, first.code, first.detail + more, title="Malformed request", errors=errors)


def bad_query(name: str, code: str, detail: str) -> Problem:
    """400 for the query parameter `name`."""
    return malformed([FieldProblem(f"/query/{name}", code, detail)])


def bad_json(detail: str) -> Problem:
    """400 for a body that is no JSON at all, or not the JSON that is asked for."""
    return Problem(400, "BAD_JSON", detail, title="Malformed request")


def unauthenticated(detail: str) -> Problem:
    """401: nobody is signed in, or not any more."""
    return Problem(401, "UNAUTHENTICATED", detail, title="Not signed in")


def not_found(detail: str, code: str = "NOT_FOUND") -> Problem:
    """404."""
    return Problem(404, code, detail, title="Not found")


def unknown_symbol(symbol: str, pointer: str | None = None) -> Problem:
    """404: no instrument has this symbol; `pointer` is the field that names it."""
    detail = f"No instrument is called {symbol[:16]!r}."
    errors = [FieldProblem(pointer, "UNKNOWN_SYMBOL", detail)] if pointer else []
    return Problem(404, "UNKNOWN_SYMBOL", detail, title="Unknown symbol", errors=errors)


def prices_only(symbol: str, feed: str, pointer: str | None = None) -> Problem:
    """422: there are prices of this symbol here, from elsewhere, and no market."""
    detail = f"{symbol} has prices only, from the feed {feed}: it is not traded here, so no order is taken."
    errors = [] if pointer is None else [FieldProblem(pointer, "PRICES_ONLY", detail)]
    return Problem(422, "PRICES_ONLY", detail, title="Prices only", errors=errors)


def no_price(symbol: str, feed: str) -> Problem:
    """404: a feed is to bring this symbol, and has not yet."""
    detail = f"No price of {symbol} has come yet; the feed {feed} brings it."
    return Problem(404, "UNKNOWN_SYMBOL", detail, title="No price yet")


def order_not_found(order_id: str) -> Problem:
    """404, for orders of other accounts too: nobody learns what exists."""
    return not_found(f"You have no order {order_id[:64]!r}.", "ORDER_NOT_FOUND")


def rate_limited(what: str, limit: int, per: str, retry_after: int) -> Problem:
    """429: come back in `retry_after` seconds."""
    return Problem(
        429,
        "RATE_LIMITED",
        f"At most {limit:,} {what} a {per} are taken; try again in {retry_after} s.",
        title="Too many requests",
        retryable=True,
        retry_after=retry_after,
    )


def unavailable(detail: str) -> Problem:
    """503: surely nothing happened; the same request may be sent again."""
    return Problem(503, "UNAVAILABLE", detail, title="Unavailable", retryable=True, retry_after=1)


def outcome_unknown(detail: str, link: str | None) -> Problem:
    """503: it may have happened; `link` tells, and so does sending it again with the same id."""
    return Problem(
        503, "OUTCOME_UNKNOWN", detail, title="Outcome unknown", retryable=True, link=link, retry_after=1
    )


def server_error() -> Problem:
    """500: our fault; the log has the request's id."""
    return Problem(
        500, "SERVER_ERROR", "Something went wrong on our side. Try again in a moment.", retryable=True
    )
