"""Session tokens: signed JWTs that any gateway checks without asking anybody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from openbell.identity.account_id import decode_account, encode_account
from openbell.ops.secret import load_key

ISSUER = "openbell"
ALGORITHM = "HS256"
TOKEN_LENGTH_MAX = 1024
CHECKED_MAX = 50_000


class TokenError(Exception):
    """The token is not ours, was changed, or has expired."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a checked token says. `expires` is Unix seconds; `rate_limit` is trading messages a second."""

    account: int
    kind: str
    id: str
    issued: int
    expires: int
    rate_limit: int | None = None


class Signer:
    """Issues and checks session tokens with the key in `key_path`, which is made where it is missing."""

    def __init__(self, key_path: Path | str) -> None:
        self._secret = load_key(Path(key_path), "session key", "remove it to get a new one")
        self._key = OctKey.import_key(self._secret)
        # A token that was checked once is only compared with the clock again: a signature costs
        # as much as the rest of an order's way through the gateway. The oldest go first.
        self._checked: dict[str, Session] = {}

    def issue(self, account: int, kind: str, ttl_s: float, rate_limit: int | None = None) -> str:
        """A token for `account` that is good for `ttl_s` seconds from now."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": encode_account(account),
            "kind": kind,
            "iat": now,
            "exp": now + int(ttl_s),
            "jti": secrets.token_urlsafe(12),
        }
        if rate_limit is not None:
            claims["rate"] = rate_limit
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def check(self, token: str) -> Session:
        """The session of `token`.

        Raises:
            TokenError: not signed with this key, malformed, or expired.
        """
        session = self._checked.get(token)
        if session is None:
            session = self._verify(token)
            if len(self._checked) >= CHECKED_MAX:
                del self._checked[next(iter(self._checked))]
            self._checked[token] = session
        if session.expires <= time.time():
            self._checked.pop(token, None)
            raise TokenError("the session has expired; sign in again")
        return session

    def csrf(self, session: Session) -> str:
        """The anti-forgery token of `session`: the same on every gateway, known to no other site."""
        digest = hmac.new(self._secret, b"csrf:" + session.id.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:18]).decode()

    def csrf_matches(self, session: Session, given: str) -> bool:
        """Whether `given` is the anti-forgery token of `session`, compared in constant time."""
        return hmac.compare_digest(self.csrf(session).encode(), given.encode())

    def _verify(self, token: str) -> Session:
        if len(token) > TOKEN_LENGTH_MAX:
            raise TokenError(f"the token has {len(token)} characters, at most {TOKEN_LENGTH_MAX}")
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise TokenError("the token is not one of this exchange") from error
        return _session(claims)


class _Claims(msgspec.Struct):
    """What a token of ours carries."""

    iss: str
    sub: str
    kind: str
    iat: int
    exp: int
    jti: str
    rate: int | None = None


def _session(raw: dict[str, Any]) -> Session:
    """The claims as a session; a token with our signature and other claims is refused all the same."""
    try:
        claims = msgspec.convert(raw, _Claims)
        account = decode_account(claims.sub)
    except ValueError as error:
        raise TokenError("the token lacks what a session needs") from error
    if claims.iss != ISSUER:
        raise TokenError("the token was issued by somebody else")
    return Session(
        account=account,
        kind=claims.kind,
        id=claims.jti,
        issued=claims.iat,
        expires=claims.exp,
        rate_limit=claims.rate,
    )
