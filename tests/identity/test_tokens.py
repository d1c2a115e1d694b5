"""Session tokens: only what this key signed, unchanged and in time, is a session."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from openbell.identity.tokens import Signer, TokenError
from openbell.ops.secret import SecretError


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "session.key")


def test_a_token_says_whose_session_it_is(signer: Signer) -> None:
    session = signer.check(signer.issue(31, "DEMO", 60))
    assert (session.account, session.kind, session.rate_limit) == (31, "DEMO", None)


def test_a_token_can_carry_a_higher_rate(signer: Signer) -> None:
    assert signer.check(signer.issue(5, "PARTICIPANT", 60, rate_limit=5000)).rate_limit == 5000


def test_two_gateways_with_one_key_check_each_others_tokens(tmp_path: Path) -> None:
    first, second = Signer(tmp_path / "session.key"), Signer(tmp_path / "session.key")
    assert second.check(first.issue(31, "DEMO", 60)).account == 31


def test_another_exchanges_token_is_refused(signer: Signer, tmp_path: Path) -> None:
    other = Signer(tmp_path / "other.key")
    with pytest.raises(TokenError):
        signer.check(other.issue(31, "DEMO", 60))


def test_an_expired_token_is_refused(signer: Signer) -> None:
    with pytest.raises(TokenError, match="expired"):
        signer.check(signer.issue(31, "DEMO", 0))


def test_a_token_that_was_good_expires(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    token = signer.issue(31, "DEMO", 60)
    signer.check(token)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(TokenError, match="expired"):
        signer.check(token)


@pytest.mark.parametrize(
    "garbage", ["", "a", "a.b.c", "..", "é" * 40, "x" * 5000, "eyJhbGciOiJub25lIn0.e30."]
)
def test_garbage_is_refused(signer: Signer, garbage: str) -> None:
    with pytest.raises(TokenError):
        signer.check(garbage)


def test_one_changed_character_is_noticed(signer: Signer) -> None:
    token = signer.issue(31, "DEMO", 60)
    head, body, mark = token.split(".")
    flipped = body[:10] + ("A" if body[10] != "A" else "B") + body[11:]
    with pytest.raises(TokenError):
        signer.check(f"{head}.{flipped}.{mark}")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "nobody"},
        {"sub": "31"},
        {"sub": 31},
        {"exp": "tomorrow"},
        {"jti": None},
        {"kind": 6},
        {"rate": "many"},
    ],
)
def test_our_signature_over_other_claims_is_refused(
    signer: Signer, tmp_path: Path, change: dict[str, object]
) -> None:
    key = OctKey.import_key((tmp_path / "session.key").read_bytes())
    claims = {"iss": "openbell", "sub": "A00000031", "kind": "DEMO", "iat": 1, "exp": 2**40, "jti": "x"}
    with pytest.raises(TokenError):
        signer.check(jwt.encode({"alg": "HS256"}, claims | change, key))


def test_the_key_is_readable_by_its_owner_alone(signer: Signer, tmp_path: Path) -> None:
    assert (tmp_path / "session.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_refused(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "session.key").chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        Signer(tmp_path / "session.key")


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    path.touch(0o600)
    path.write_bytes(b"short")
    with pytest.raises(SecretError, match="5 bytes"):
        Signer(path)


def test_the_anti_forgery_token_belongs_to_one_session(signer: Signer) -> None:
    first, second = (signer.check(signer.issue(31, "DEMO", 60)) for _ in range(2))
    assert signer.csrf_matches(first, signer.csrf(first))
    assert not signer.csrf_matches(first, signer.csrf(second))
