"""`openbell feed`: files and a listener, from the command line to the store."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openbell.cli.feed import address
from openbell.cli.main import main
from openbell.market.feeds.frames import HEAD, SYMBOLS, TAKEN, TICKS, frame
from openbell.market.feeds.source import FeedError
from openbell.market.ticks.batch import to_wire
from tests.market.feeds import made
from tests.market.ticks.made import batch, trade

LEAN = "20131008_xyz_Trade_Tick.csv"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["feed", *arguments])
    return int(str(ended.value.code))


def ask(folder: Path, capsys: pytest.CaptureFixture[str], sql: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["ticks", sql, "--feed", "lab", "--data-dir", str(folder)])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_files_of_all_formats_come_into_one_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / LEAN).write_text("14400000,100,5,D,1,0\nspoilt\n14400001,-7,5,D,1,0\n")
    lobster = tmp_path / "XYZ_2013-10-08_34200000_57600000_message_1.csv"
    lobster.write_text("34200.5,4,1,5,200,1\n")
    messages = [made.system(), made.directory(1, "AAPL"), made.hidden(1, 5, 300, 9)]
    (tmp_path / "10082013.ITCH50").write_bytes(made.file_of(*messages))
    (tmp_path / "10092013.pcap").write_bytes(made.pcap(made.packet(made.mold(1, *messages))))
    files = [str(tmp_path / name) for name in (LEAN, lobster.name, "10082013.ITCH50", "10092013.pcap")]
    place = ["--data-dir", str(tmp_path), "--name", "lab", "--symbols", "xyz"]
    assert run(*files, *place) == 0
    status = json.loads(capsys.readouterr().out)
    assert sum(status["rows"].values()) == 4
    assert status["refused"] == {"BAD_LINE": 1, "BAD_PRICE": 1}
    sql = "SELECT symbol, price FROM ticks ORDER BY position"
    assert ask(tmp_path, capsys, sql).split() == [
        "symbol,price",
        "XYZ,100",
        "XYZ,200",
        "AAPL,300",
        "AAPL,300",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        ([__file__], "like no format"),
        ([__file__, "--format", "itch"], "--date"),
        (["--listen", "here"], "no address"),
        (["--listen", "1", "--name", "Not A Name"], "no name of a feed"),
        ([], "name files, or --listen"),
        ([__file__, "--listen", "1"], "name files, or --listen"),
    ],
)
def test_what_cannot_be_used_is_named(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--data-dir", str(tmp_path)) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [("7000", ("127.0.0.1", 7000)), ("0.0.0.0:7000", ("0.0.0.0", 7000)), ("[::1]:7000", ("::1", 7000))],
)
def test_an_address_is_loopback_unless_it_says_otherwise(text: str, found: tuple[str, int]) -> None:
    assert address(text) == found


@pytest.mark.parametrize("text", ["", "port", "1:x", "70000", "-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(FeedError, match="no address"):
        address(text)


def test_a_listener_keeps_what_it_took_when_it_is_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        sys.executable,
        "-m",
        "openbell.cli",
        "feed",
        "--listen",
        "0",
        "--name",
        "lab",
        "--symbols",
        "XYZ",
    ]
    process = subprocess.Popen([*command, "--data-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as feed:
            rows = to_wire(batch(trade(0, 100, time=time.time_ns())))
            feed.sendall(frame(SYMBOLS, b"XYZ") + frame(TICKS, rows))
            assert HEAD.unpack(feed.recv(HEAD.size, socket.MSG_WAITALL))[1] == TAKEN
        process.send_signal(signal.SIGTERM)
        status = json.loads(process.communicate(timeout=10)[0])
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0 and status["position"] == 1
    assert ask(tmp_path, capsys, "SELECT symbol, price FROM ticks").split() == ["symbol,price", "XYZ,100"]
