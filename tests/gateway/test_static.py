"""The web app's files: cached as they may be, packed where asked, the page for every address of the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openbell.gateway.call import Call, Reply
from openbell.gateway.problems import Problem
from openbell.gateway.static import WebApp, accepted_encodings


async def nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def get(app: WebApp, path: str, method: str = "GET", **headers: str) -> Reply:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return app.reply(Call({"method": method, "path": path, "headers": raw}, nothing))


@pytest.fixture
def app(tmp_path: Path) -> WebApp:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-B6UWv4at.js").write_bytes(b"plain")
    (folder / "assets" / "index-B6UWv4at.js.br").write_bytes(b"brotli")
    (folder / "assets" / "index-B6UWv4at.js.gz").write_bytes(b"gzip")
    (tmp_path / "secret.txt").write_text("secret")
    return WebApp(folder)


@pytest.mark.parametrize("path", ["/", "/stocks/AAPL", "/orders"])
def test_every_address_of_the_app_is_its_page(app: WebApp, path: str) -> None:
    assert get(app, path).body == b"<!doctype html>"


def test_a_missing_file_is_no_page(app: WebApp) -> None:
    with pytest.raises(Problem, match="no file"):
        get(app, "/assets/gone-12345678.js")


@pytest.mark.parametrize("path", ["/../secret.txt", "/assets/../../secret.txt", "//etc/passwd.txt"])
def test_nothing_outside_the_folder_is_served(app: WebApp, path: str) -> None:
    with pytest.raises(Problem):
        get(app, path)


def test_what_is_named_by_its_content_is_kept_forever(app: WebApp) -> None:
    headers = dict(get(app, "/assets/index-B6UWv4at.js").headers)
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"


def test_the_page_is_asked_for_again(app: WebApp) -> None:
    assert dict(get(app, "/").headers)[b"cache-control"] == b"no-cache"


@pytest.mark.parametrize(
    ("accept", "body", "encoding"),
    [
        ("gzip, deflate, br", b"brotli", b"br"),
        ("gzip", b"gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", b"gzip", b"gzip"),
        ("identity", b"plain", None),
    ],
)
def test_the_best_packing_that_is_taken_is_sent(
    app: WebApp, accept: str, body: bytes, encoding: bytes | None
) -> None:
    reply = get(app, "/assets/index-B6UWv4at.js", accept_encoding=accept)
    assert (reply.body, dict(reply.headers).get(b"content-encoding")) == (body, encoding)


def test_what_the_browser_has_is_not_sent_again(app: WebApp) -> None:
    etag = dict(get(app, "/").headers)[b"etag"].decode()
    assert get(app, "/", if_none_match=f'W/"x", {etag}').status == 304


def test_only_get_and_head_are_taken(app: WebApp) -> None:
    with pytest.raises(Problem) as caught:
        get(app, "/", method="POST")
    assert (caught.value.status, caught.value.allow) == (405, "GET, HEAD")


def test_without_a_build_the_page_says_so(tmp_path: Path) -> None:
    assert b"make setup" in get(WebApp(tmp_path / "none"), "/").body


def test_encodings_with_weight_zero_are_refused() -> None:
    assert accepted_encodings(b"gzip;q=0, br;q=0.000, deflate ; q = 1") == {"deflate"}
