"""Bad data of every kind in every format: counted, named, set aside, and stops nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from openbell.market.feeds.frames import ERROR, HEAD, MAGIC, PAYLOAD_MAX, SYMBOLS, TAKEN, TICKS, frame
from openbell.market.feeds.kinds import chunks, format_of
from openbell.market.ticks.batch import to_wire
from tests.market.feeds import made
from tests.market.feeds.made import intake, stored
from tests.market.feeds.test_listener import NOW, answer, ended, listening, send
from tests.market.ticks.made import batch, trade

GIB = 1 << 30
MEMORY_MAX = 64 << 20
PROCESS_MAX = 320 << 20  # with pyarrow, duckdb and what a frame may hold
DAY = "2013-10-08"
LEAN = "20131008_xyz_Trade_Tick.csv"
LOBSTER = f"XYZ_{DAY}_34200000_57600000_message_1.csv"
ITCH, PCAP = "10082013.ITCH50", f"{DAY}.pcap"
GOOD = {"LEAN": "36000000,500,1,D,1,0\n", "LOBSTER": "36000.1,4,1,5,600,1\n"}
NS = 10**9


def lean(*lines: str) -> tuple[str, bytes]:
    return LEAN, (GOOD["LEAN"] + "".join(f"{line}\n" for line in lines) + "36000005,501,1,D,1,0\n").encode()


def lobster(*lines: str) -> tuple[str, bytes]:
    return LOBSTER, (
        GOOD["LOBSTER"] + "".join(f"{line}\n" for line in lines) + "36001,4,1,5,601,1\n"
    ).encode()


def messages(*between: bytes) -> list[bytes]:
    """A good trade, what is between, and another good one."""
    first = [made.system(), made.directory(1, "AAPL"), made.hidden(1, 5, 300, 9, ns=NS)]
    return [*first, *between, made.hidden(1, 5, 301, 10, ns=3 * NS)]


def itch(*between: bytes) -> tuple[str, bytes]:
    return ITCH, made.file_of(*messages(*between))


def pcap(*between: bytes) -> tuple[str, bytes]:
    return PCAP, made.pcap(made.packet(made.mold(1, *messages(*between))))


def cut(source: tuple[str, bytes], bytes_: int) -> tuple[str, bytes]:
    return source[0], source[1][:-bytes_]


def packed(source: tuple[str, bytes], bytes_: int) -> tuple[str, bytes]:
    return f"{source[0]}.gz", gzip.compress(source[1] * 300)[:-bytes_]


NOBODY = made.hidden(2, 5, 300, 11, ns=2 * NS, stock="NOBODY")
BAD = {
    "negative price, lean": (lean("36000001,-7,5,D,1,0"), "BAD_PRICE", 2),
    "negative price, lobster": (lobster("36000.2,4,1,5,-7,1"), "BAD_PRICE", 2),
    "price of nothing, itch": (itch(made.hidden(1, 5, 0, 8, ns=2 * NS)), "BAD_PRICE", 2),
    "price of nothing, pcap": (pcap(made.hidden(1, 5, 0, 8, ns=2 * NS)), "BAD_PRICE", 2),
    "negative size, lean": (lean("36000001,7,-5,D,1,0"), "BAD_QUANTITY", 2),
    "negative size, lobster": (lobster("36000.2,4,1,-5,7,1"), "BAD_QUANTITY", 2),
    "time backwards, lean": (lean("35999999,7,5,D,1,0"), "TIME_BACKWARDS", 2),
    "time backwards, lobster": (lobster("36000.05,4,1,5,7,1"), "TIME_BACKWARDS", 2),
    "time backwards, itch": (itch(made.hidden(1, 5, 300, 8, ns=1)), "TIME_BACKWARDS", 2),
    "time backwards, pcap": (pcap(made.hidden(1, 5, 300, 8, ns=1)), "TIME_BACKWARDS", 2),
    "time beyond the day, lean": (lean("99999999,7,5,D,1,0"), "BAD_LINE", 2),
    "time beyond the day, itch": (itch(made.hidden(1, 5, 300, 8, ns=10**14)), "BAD_TIME", 2),
    "unknown symbol, lean": (("20131008_nope_Trade_Tick.csv", lean()[1]), "UNKNOWN_SYMBOL", 0),
    "unknown symbol, lobster": ((LOBSTER.replace("XYZ", "NOPE"), lobster()[1]), "UNKNOWN_SYMBOL", 0),
    "unknown symbol, itch": (itch(made.directory(2, "NOBODY"), NOBODY), "UNKNOWN_SYMBOL", 2),
    "unknown symbol, pcap": (pcap(made.directory(2, "NOBODY"), NOBODY), "UNKNOWN_SYMBOL", 2),
    "truncated, lean": (cut(lean(), 12), "BAD_LINE", 1),
    "truncated, lobster": (cut(lobster(), 9), "BAD_LINE", 1),
    "truncated, itch": (cut(itch(), 3), "TRUNCATED", 1),
    "truncated, pcap": (cut(pcap(), 3), "TRUNCATED", 0),  # a packet is a batch: none of it is sure
    "truncated gzip, lean": (packed(lean(), 20), "CORRUPT", None),
    "truncated gzip, lobster": (packed(lobster(), 20), "CORRUPT", None),
    "noise, lean": (lean("\x00\xff,,;"), "BAD_LINE", 2),
    "noise, lobster": (lobster("36000.2,4"), "BAD_LINE", 2),
    "noise, itch": (itch(b"\xff" * 30), "UNKNOWN_MESSAGE", 2),
    "noise, pcap": (pcap(b"\xff" * 30), "UNKNOWN_MESSAGE", 2),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_counted_named_set_aside_and_stops_nothing(case: str, tmp_path: Path) -> None:
    (name, data), reason, good = BAD[case]
    path = tmp_path / name
    path.write_bytes(data)
    one = intake(tmp_path)
    one.read(name, chunks(path, format_of(path), None, one.number))
    taken = one.rows[name]
    assert taken == good or (good is None and taken > 0)
    assert one.quarantine.counts[reason] >= 1
    told = [json.loads(line) for line in (tmp_path / "lab" / "quarantine.jsonl").read_text().splitlines()]
    assert {"source": name, "reason": reason}.items() <= next(
        line for line in told if line["reason"] == reason
    ).items()
    other = tmp_path / ITCH.replace("2013", "2014")
    other.write_bytes(itch()[1])
    one.read(other.name, chunks(other, "itch", None, one.number))
    assert one.rows[other.name] == 2
    one.close()
    assert len(stored(tmp_path)) == taken + 2


# -- a line of a gigabyte ------------------------------------------------------------------------------


def hole(file: IO[bytes]) -> None:
    """A gigabyte of zeros that takes no room."""
    file.seek(GIB, 1)


def written(file: IO[bytes]) -> None:
    for _ in range(64):
        file.write(bytes(GIB // 64))


def plain(folder: Path, name: str, before: str, after: str) -> Path:
    path = folder / name
    with path.open("wb") as file:
        file.write(before.encode())
        hole(file)
        file.write(b"\n" + after.encode())
    return path


def in_gzip(folder: Path) -> Path:
    path = folder / f"{LEAN}.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(GOOD["LEAN"].encode())
        written(file)  # type: ignore[arg-type]
        file.write(b"\n" + GOOD["LEAN"].encode())
    return path


def in_zip(folder: Path) -> Path:
    path = folder / "20131008_trade.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
        with whole.open(LEAN, "w", force_zip64=True) as file:
            file.write(GOOD["LEAN"].encode())
            written(file)
            file.write(b"\n" + GOOD["LEAN"].encode())
    return path


def in_books(folder: Path) -> Path:
    """Among LOBSTER's books, beside messages that are whole."""
    message = folder / LOBSTER
    message.write_text(GOOD["LOBSTER"] + "36001,4,1,5,601,1\n")
    plain(folder, LOBSTER.replace("message", "orderbook"), "", "601,1,600,1\n")
    return message


def in_pcap(folder: Path) -> Path:
    """A packet that says that it is a gigabyte long, and is."""
    path = folder / PCAP
    with path.open("wb") as file:
        file.write(pcap()[1] + struct.pack("<IIII", 0, 0, GIB, GIB))
        hole(file)
    return path


def in_itch(folder: Path) -> Path:
    """Zeros between its messages: lengths of messages of no bytes."""
    path = folder / ITCH
    with path.open("wb") as file:
        file.write(itch()[1])
        hole(file)
        file.write(made.file_of(*(made.hidden(1, 5, 302 + n, 11 + n, ns=(4 + n) * NS) for n in range(2))))
    return path


LONG: dict[str, tuple[Callable[[Path], Path], str, int]] = {
    "lean": (lambda folder: plain(folder, LEAN, GOOD["LEAN"], GOOD["LEAN"]), "LONG_LINE", 2),
    "lean, gzip": (in_gzip, "LONG_LINE", 2),
    "lean, zip": (in_zip, "LONG_LINE", 2),
    "lobster": (lambda folder: plain(folder, LOBSTER, GOOD["LOBSTER"], GOOD["LOBSTER"]), "LONG_LINE", 2),
    "lobster, books": (in_books, "LONG_LINE", 4),
    "itch": (in_itch, "BAD_FRAME", 4),
    "pcap": (in_pcap, "CORRUPT", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG)
def test_a_gigabyte_without_an_end_takes_little_memory(case: str, tmp_path: Path) -> None:
    make, reason, good = LONG[case]
    path = make(tmp_path)
    one = intake(tmp_path)
    tracemalloc.start()
    one.read(path.name, chunks(path, format_of(path), None, one.number))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (one.rows[path.name], one.quarantine.counts) == (good, {reason: 1})
    assert peak < MEMORY_MAX
    assert (tmp_path / "lab" / "quarantine.jsonl").stat().st_size < 4_096
    one.close()


LISTENER = """
import asyncio, sys
from pathlib import Path
from openbell.market.feeds.listener import Listener
from tests.market.feeds.made import intake

async def main():
    one, stop, ready = intake(Path(sys.argv[1])), asyncio.Event(), asyncio.Event()
    listener = Listener(one)
    task = asyncio.create_task(listener.run("127.0.0.1", 0, stop, ready))
    await ready.wait()
    print(listener.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    status = open("/proc/self/status").read()
    print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1], flush=True)
    stop.set()
    await task
    print(dict(one.quarantine.counts), flush=True)

asyncio.run(main())
"""


def pour(port: int, begins: bytes) -> int:
    """Send a gigabyte without an end; how much of it was taken before the other side hung up."""
    block, sent = bytes(1 << 20), 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as feed:
        feed.sendall(begins)
        try:
            while sent < GIB:
                feed.sendall(block)
                sent += len(block)
        except (BrokenPipeError, ConnectionResetError):
            pass
    return sent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begins", "reason"),
    [
        (b"GOLD,trade,", "BAD_FRAME"),  # a line, where frames are spoken
        (HEAD.pack(MAGIC, SYMBOLS, GIB), "BAD_FRAME"),
        (HEAD.pack(MAGIC, TICKS, GIB), "BAD_FRAME"),
        (HEAD.pack(MAGIC, SYMBOLS, PAYLOAD_MAX), "UNKNOWN_SYMBOL"),  # the longest line that a frame can hold
    ],
)
def test_a_gigabyte_over_tcp_takes_little_memory_and_others_go_on(
    begins: bytes, reason: str, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", LISTENER, str(tmp_path)]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdin is not None
        port = int(process.stdout.readline())
        rows = to_wire(batch(trade(0, 100, time=NOW)))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as good:
            for _ in range(2):
                good.sendall(frame(SYMBOLS, b"XYZ") + frame(TICKS, rows))
                assert HEAD.unpack(good.recv(HEAD.size, socket.MSG_WAITALL))[1] == TAKEN
                good.recv(16, socket.MSG_WAITALL)
                assert pour(port, begins) < GIB
        process.stdin.write("\n")
        process.stdin.flush()
        peak = int(process.stdout.readline()) << 10
        assert reason in process.stdout.readline()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
    assert peak < PROCESS_MAX
    assert [row[4] for row in stored(tmp_path)] == [100, 100]


async def test_a_frame_that_is_cut_off_names_what_was_lost(tmp_path: Path) -> None:
    async with listening(tmp_path) as (one, port):
        streams = await asyncio.open_connection("127.0.0.1", port)
        streams[1].write(frame(SYMBOLS, b"XYZ"))
        assert await send(streams, trade(0, 5, time=NOW)) == (1, 0)
        streams[1].write(frame(TICKS, bytes(480))[:100])
        streams[1].close()
        await ended(one, "TRUNCATED")
        one.quarantine.flush()
    told = json.loads((tmp_path / "lab" / "quarantine.jsonl").read_text().splitlines()[0])
    assert told["reason"] == "TRUNCATED" and "88 bytes of 480" in told["where"]
    assert told["source"].startswith("tcp 127.0.0.1")


async def test_who_speaks_of_something_else_is_answered(tmp_path: Path) -> None:
    async with listening(tmp_path) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GOLD,trade,1,1\n")
        assert (await answer(reader))[0] == ERROR
        writer.close()
