"""The built web app: files of one folder, known at the start, with the app's page for every other address."""

from __future__ import annotations

import email.utils
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import NamedTuple

from openbell.gateway.call import Call, Headers, Reply
from openbell.gateway.problems import Problem, not_found

INDEX = "/index.html"
# What the build names by its content, `assets/index-B3xk9_dQ.js`, never changes under its name.
HASHED = re.compile(r"/assets/.+[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+")
FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# A file in memory is served without a thread; a folder larger than this is not a web app's build.
FOLDER_BYTES_MAX = 64 * 1024 * 1024

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")

MISSING = b"""<!doctype html><html lang="en"><title>OpenBell</title><meta name="viewport"
content="width=device-width"><body style="font-family:system-ui;margin:2rem"><h1>OpenBell</h1>
<p>The exchange is running; its web app is not built. Run <code>make setup</code>, then load this page
again.</p>
<p><a href="/openapi.json">The API</a></p></body></html>"""


class Asset(NamedTuple):
    """One file: its bytes plain and as precompressed beside it, by the name of the encoding."""

    content_type: bytes
    etag: bytes
    modified: bytes
    cache: bytes
    bodies: dict[str, bytes]


class WebApp:
    """The files of `folder`, read once.

    Raises:
        ValueError: the folder holds more than FOLDER_BYTES_MAX.
    """

    def __init__(self, folder: Path) -> None:
        self._assets: dict[str, Asset] = {}
        size = 0
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if not path.is_file() or path.suffix in (".br", ".gz"):
                continue
            asset = _read(folder, path)
            size += sum(map(len, asset.bodies.values()))
            if size > FOLDER_BYTES_MAX:
                raise ValueError(
                    f"web folder {folder} has over {FOLDER_BYTES_MAX} bytes; is it the built app?"
                )
            self._assets["/" + path.relative_to(folder).as_posix()] = asset

    def reply(self, call: Call) -> Reply:
        """The file at the request's path; the app's page where the path names no file.

        Raises:
            Problem: 404 for a missing file (a path with an extension), 405 for another method than GET.
        """
        if call.method not in ("GET", "HEAD"):
            detail = f"{call.path[:100]} takes GET, not {call.method[:16]}."
            raise Problem(405, "METHOD_NOT_ALLOWED", detail, allow="GET, HEAD")
        path = INDEX if call.path == "/" else call.path
        asset = self._assets.get(path)
        if asset is None:
            if path != INDEX and "." in path.rpartition("/")[2]:
                raise not_found(f"There is no file {path[:100]}.")
            asset = self._assets.get(INDEX)
        if asset is None:
            return Reply(200, MISSING, ((b"cache-control", b"no-store"),), b"text/html; charset=utf-8")
        return _answer(asset, call)


def _answer(asset: Asset, call: Call) -> Reply:
    headers: Headers = (
        (b"cache-control", asset.cache),
        (b"etag", asset.etag),
        (b"last-modified", asset.modified),
        (b"vary", b"accept-encoding"),
    )
    known = call.headers.get(b"if-none-match", b"")
    if asset.etag in [tag.strip().removeprefix(b"W/") for tag in known.split(b",")]:
        return Reply(304, b"", headers, asset.content_type)
    accepted = accepted_encodings(call.headers.get(b"accept-encoding", b""))
    for name, _ in ENCODINGS:
        body = asset.bodies.get(name)
        if body is not None and name in accepted:
            return Reply(200, body, (*headers, (b"content-encoding", name.encode())), asset.content_type)
    return Reply(200, asset.bodies["identity"], headers, asset.content_type)


def accepted_encodings(header: bytes) -> set[str]:
    """The names in an `Accept-Encoding`, without those that it refuses with q=0."""
    accepted = set()
    for part in header.decode("latin-1").lower().split(","):
        name, _, weight = part.partition(";")
        if not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight):
            accepted.add(name.strip())
    return accepted


def _read(folder: Path, path: Path) -> Asset:
    body = path.read_bytes()
    name = "/" + path.relative_to(folder).as_posix()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    bodies = {"identity": body}
    for encoding, suffix in ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            bodies[encoding] = packed.read_bytes()
    return Asset(
        content_type=kind.encode(),
        etag=b'"%s"' % hashlib.sha256(body).hexdigest()[:24].encode(),
        modified=email.utils.formatdate(path.stat().st_mtime, usegmt=True).encode(),
        cache=FOREVER if HASHED.fullmatch(name) else ASK_AGAIN,
        bodies=bodies,
    )
