"""The signed documents of an archive: a line of JSON, and a line with the key's and the signature's digits.

Equal content gives equal bytes, so a document that is made again after a kill is the one that was there.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from openbell.compliance.key import SIGNATURE_LENGTH, PublicKey, SigningKey

LAYOUT = 1
DOCUMENT_BYTES_MAX = 16 << 20
SCHEME = "ed25519"


class Wrong(Exception):
    """An object of an archive is not what it must be."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name
        self.what = what


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every document says: of which exchange it is (SHA-256 of its log's first record)."""

    exchange: str
    layout: int = LAYOUT


class Seal(Document, frozen=True, kw_only=True, tag="segment"):
    """One segment of the log, complete.

    Attributes:
        number: of the segment; first, last: the positions in it; began, ended: its log times, ns UTC.
        size: bytes of its file; length: of these, what is not the zeros at its end.
        content: SHA-256 of the `length` bytes; digest: of the compressed object; stored: its bytes.
        before, after: the log's chain value before and after it; `before` is empty where it was not known.
    """

    number: int
    first: int
    last: int
    began: int
    ended: int
    size: int
    length: int
    content: str
    digest: str
    stored: int
    before: str
    after: str
    classes: tuple[str, ...]


class SnapshotSeal(Document, frozen=True, kw_only=True, tag="snapshot"):
    """One of the node's snapshots, taken at `position`; the rest as in `Seal`."""

    position: int
    length: int
    content: str
    digest: str
    stored: int


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A segment by its number, and SHA-256 of its seal."""

    number: int
    seal: str


class Root(Document, frozen=True, kw_only=True, tag="root"):
    """What a day of the log came to.

    Attributes:
        date: of the day, UTC; position, chain: where its last batch ends, and the chain value there, which
            stands for every command of the log up to it.
        previous: SHA-256 of the root before it, empty for the first.
        segments: those that were complete by then and are in no root before it; through: the last number
            that this root or one before it lists.
        register: SHA-256 of the newest entry of the register when it was made, empty without one.
    """

    date: str
    previous: str
    position: int
    chain: str
    segments: tuple[Listed, ...]
    through: int
    register: str


class Entry(Document, frozen=True, kw_only=True, tag="entry"):
    """A line of the register: what was held, released or removed, by whom and why.

    Attributes:
        number: from 1 on; previous: SHA-256 of the entry before it, empty for the first.
        action: `hold`, `release`, or `remove`: segments up to number `through` are no longer kept.
        at: the machine's time, ns UTC.
    """

    number: int
    previous: str
    action: str
    name: str
    through: int
    who: str
    why: str
    at: int


D = TypeVar("D", bound=Document)


def digest_of(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write(document: Document, key: SigningKey) -> bytes:
    """The bytes of a document, signed."""
    body = msgspec.json.encode(document)
    return body + f"\n{SCHEME} {key.public.hex} {key.sign(body).hex()}\n".encode()


def read(data: bytes, kind: type[D], name: str, key: PublicKey, exchange: str) -> D:
    """The document in `data`, the object `name`.

    Raises:
        Wrong: it is not one of `kind` of this exchange, signed by `key`; `exchange` may be its first digits.
    """
    body, _, rest = data.partition(b"\n")
    words = rest.decode("ascii", "replace").split(" ")
    if len(words) != 3 or words[0] != SCHEME or not rest.endswith(b"\n"):
        raise Wrong(name, "it has no signature, or not all of it")
    try:
        signature = bytes.fromhex(words[2].strip())
    except ValueError:
        signature = b""
    if words[1] != key.hex:
        raise Wrong(name, f"it is signed by the key {words[1][:16]}, not by {key.hex[:16]}")
    if len(signature) != SIGNATURE_LENGTH or not key.signed(signature, body):
        raise Wrong(name, "its signature is wrong")
    try:
        document = msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Wrong(name, f"it cannot be read: {error}") from None
    if document.layout != LAYOUT:
        raise Wrong(name, f"it has layout {document.layout}; this build knows {LAYOUT}")
    if document.exchange[: len(exchange)] != exchange:
        raise Wrong(name, f"it is of the exchange {document.exchange[:16]}, not of {exchange[:16]}")
    return document
