"""The key that signs what the archive holds: Ed25519, a file that its owner alone can read."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from openbell.ops.secret import KEY_LENGTH, SecretError, load_key

SIGNATURE_LENGTH = 64


class PublicKey:
    """Checks signatures. `hex` is the key as 64 hexadecimal digits."""

    def __init__(self, raw: bytes) -> None:
        self.hex = raw.hex()
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is this key's over `data`."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """Signs; equal data always gets the same signature (RFC 8032)."""

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(raw)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(data)


def load_signing_key(path: Path) -> SigningKey:
    """The key in `path`, made there first where it is missing. Safe for processes that start together.

    Raises:
        SecretError: of another length, or readable by others.
        OSError: it cannot be read or made.
    """
    return SigningKey(load_key(path, "archive key", "restore it from a copy"))


def load_public_key(path: Path) -> PublicKey:
    """The public key in `path`: 64 hexadecimal digits, or that of the signing key whose 32 bytes it holds.

    Raises:
        SecretError: neither is there.
        OSError: it cannot be read.
    """
    raw = path.read_bytes()
    if len(raw) == KEY_LENGTH:
        return SigningKey(raw).public
    return parse_public_key(raw, str(path))


def parse_public_key(data: bytes, source: str) -> PublicKey:
    """The key in the text `data` of `source`; raises SecretError."""
    try:
        raw = bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        raw = b""
    if len(raw) != KEY_LENGTH:
        raise SecretError(f"{source} holds no key of an archive: 64 hexadecimal digits are expected")
    return PublicKey(raw)
