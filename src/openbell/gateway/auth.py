"""Who asks: a bearer token, or the web app's cookie with its anti-forgery token."""

from __future__ import annotations

from litestar.datastructures import Cookie

from openbell.gateway.call import Call
from openbell.gateway.problems import Problem, unauthenticated
from openbell.identity.admin_token import is_admin_token
from openbell.identity.tokens import Session, Signer, TokenError

COOKIE = "openbell_session"
CSRF_COOKIE = "openbell_csrf"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def authenticate(call: Call, signer: Signer) -> Session:
    """The session of a request.

    Raises:
        Problem: 401 without a good token; 403 CSRF_FAILED when a cookie would change something and the
            request does not show that the app's own page made it.
    """
    given = call.headers.get(b"authorization")
    if given is not None:
        scheme, _, token = given.decode("latin-1").strip().partition(" ")
        if scheme.lower() != "bearer":
            raise unauthenticated("Sign in with the header Authorization: Bearer and a session token.")
        return check(token.strip(), signer)
    cookie = read_cookie(call.header(b"cookie") or "", COOKIE)
    if cookie is None:
        raise unauthenticated("Sign in first: POST /v1/auth/demo opens a demo account.")
    session = check(cookie, signer)
    if call.method not in SAFE_METHODS:
        token = call.header(b"x-csrf-token") or ""
        if not signer.csrf_matches(session, token):
            detail = "The header X-CSRF-Token is missing or not this session's; load the page again."
            raise Problem(403, "CSRF_FAILED", detail, title="Not allowed")
    return session


def from_app(call: Call) -> bool:
    """Whether an authenticated request comes from the app, where a person clicks: its page signs in with the
    cookie, programs with a bearer token."""
    return b"authorization" not in call.headers


def authenticate_admin(call: Call, admin_token: str) -> None:
    """Let staff through: no cookie, no session, the admin token alone.

    Raises:
        Problem: 401.
    """
    scheme, _, token = (call.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not is_admin_token(admin_token, token.strip()):
        raise unauthenticated(
            "Send the header Authorization: Bearer and the token in the data folder's admin.token."
        )


def check(token: str, signer: Signer) -> Session:
    """The session of `token`.

    Raises:
        Problem: 401.
    """
    try:
        return signer.check(token)
    except TokenError as error:
        raise unauthenticated(f"Sign in again: {error}.") from None


def refuse_cross_site(call: Call) -> None:
    """Keep other sites from making a browser sign in here.

    Raises:
        Problem: 403 for a request that a browser says came from another site.
    """
    if call.headers.get(b"sec-fetch-site") == b"cross-site":
        raise Problem(403, "CSRF_FAILED", "Another site's page may not sign in here.", title="Not allowed")


def read_cookie(header: str, name: str) -> str | None:
    """The value of cookie `name` in a Cookie header, None if it is not there."""
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and value:
            return value
    return None


def set_cookies(token: str, csrf: str, lifetime_s: int, secure: bool) -> list[Cookie]:
    """What signs a browser in; its page can read the anti-forgery token, not the session."""
    return [
        Cookie(
            key=key,
            value=value,
            path="/",
            max_age=lifetime_s,
            samesite="strict",
            secure=secure,
            httponly=key == COOKIE,
        )
        for key, value in ((COOKIE, token), (CSRF_COOKIE, csrf))
    ]


def clear_cookies(secure: bool) -> list[Cookie]:
    """What signs a browser out."""
    return set_cookies("", "", 0, secure)
