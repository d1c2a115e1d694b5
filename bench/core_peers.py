"""Engines from PyPI beside the plain Python book, on a flow that all of them can take.

They are no dependency: each is fetched by `uv run --with` into an environment of its own when it is asked
for, and one that does not install is named as absent. None of them has accounts, funds, checks, request keys
or an audit trail, and their doors take less than the recorded flow has: the plain flow has no modify (a
cancel and a new order instead) and no FOK (an IOC instead). So their figures stand beside the plain Python
book's on the plain flow, never beside the core's on the recorded one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from core_flow import CANCEL, MODIFY, NEW, Peer
from peer import CMD, ENGINES, digest, shape

SECONDS_MAX = 900
IOC, FOK = 1, 2
LACKS = {
    "litebook": "no market, IOC or FOK orders, no modify; prints at the incoming order's price, so trades are"
    " compared by orders and size; quantities and prices are floats; one book an object",
    "limit-order-book": "tells no trades; no IOC or FOK orders, no modify; sizes are 32 bits; one book an"
    " object; every call goes through ctypes",
}
ABSENT = {"Liquibook": "C++, not on PyPI"}


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The flow without modify and FOK; a modified order goes on under a new id."""
    made: list[tuple[Any, ...]] = []
    known: dict[int, tuple[Any, ...]] = {}  # the flow's id -> the new order as it goes on now
    number = 1 + max(row[1] for row in rows)
    for row in rows:
        _, order, account, price, quantity, ts, symbol, kind, side, order_type, tif, pad = row
        if kind == NEW:
            new = (len(made) + 1, order, account, price, quantity, ts, symbol, NEW, side, order_type,
                   IOC if tif == FOK else tif, pad)  # fmt: skip
            known[order] = new
            made.append(new)
            continue
        was = known[order]
        made.append((len(made) + 1, was[1], *was[2:7], CANCEL, *was[8:]))
        if kind == MODIFY:
            known[order] = (len(made) + 1, number, account, price, quantity, ts, symbol, NEW, *was[8:])
            made.append(known[order])
            number += 1
    return made


def compare(rows: list[tuple[Any, ...]], folder: Path, symbols: int) -> dict[str, Any]:
    """What every engine makes of the plain flow, held against the plain Python book's run over it."""
    flow = b"".join(CMD.pack(*row) for row in plain(rows))
    count = len(flow) // CMD.size
    book = Peer(folder, flow, symbols)
    expected = {
        "trades": digest([[taker, maker, size] for _, taker, maker, _, size in book.trades()]),
        "books": digest(shape([levels(book, symbol) for symbol in range(symbols)])),
    }
    found: dict[str, Any] = {"commands": count, "pybook": {"value": round(count / book.seconds)}}
    for name in ENGINES:
        found[name] = one(name, flow, count, expected)
    return found | {name: {"absent": why} for name, why in ABSENT.items()}


def levels(book: Peer, symbol: int) -> Any:
    """Size and number of orders at each price of the plain Python book."""
    sides = []
    for ladder in book.exchange.books[symbol].sides:
        found = {}
        for key in ladder.keys:
            sizes, order = [], ladder.levels[key * ladder.sign].head
            while order is not None:
                sizes.append(order.qty)
                order = order.next
            found[key * ladder.sign] = (sum(sizes), len(sizes))
        sides.append(found)
    return tuple(sides)


def one(name: str, flow: bytes, count: int, expected: dict[str, str]) -> dict[str, Any]:
    """One engine's rate, and what of it is proved equal."""
    uv = shutil.which("uv")
    if uv is None:
        return {"absent": "uv is not here to fetch it"}
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(flow)
        file.flush()
        words = [uv, "run", "-q", "--no-project", "--with", name, "python"]
        words += [str(Path(__file__).with_name("peer.py")), name, file.name]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            return {"absent": f"not done in {SECONDS_MAX} s"}
    if done.returncode:
        return {"absent": (done.stderr.strip().splitlines() or ["it failed"])[-1][:200]}
    said = json.loads(done.stdout.splitlines()[-1])
    equal = [what for what in ("trades", "books") if said[what] == expected[what]]
    differs = [what for what in ("trades", "books") if said[what] not in (None, expected[what])]
    return {
        "version": said["version"],
        "value": round(count / said["seconds"]),
        "equal": ", ".join(equal) or "nothing proved",
        **({"differs": ", ".join(differs) + ": its figure is of something else"} if differs else {}),
        "lacks": LACKS[name],
    }
