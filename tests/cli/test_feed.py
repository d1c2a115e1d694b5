"""`openbell feed`: files and a listener, from the command line to the store."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Self

import pytest

from openbell.cli.main import main
from openbell.market.feeds.frames import HEAD, SYMBOLS, TAKEN, TICKS, frame
from openbell.market.feeds.listener import address
from openbell.market.feeds.source import FeedError
from openbell.market.feeds.symbols import declared
from openbell.market.ticks.batch import to_wire
from openbell.market.ticks.query import TickQuery
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
        ([], "name files, --listen PORT, or --symbols"),
        (["--to", "1"], "--to sends files"),
        (["--to", "1", __file__, "--symbols", "A"], "--to sends files"),
        (["--to", "here", __file__], "no address"),
        (["--to", "1", __file__, "--format", "lean"], "nobody listens for a feed on 127.0.0.1:1"),
        (["--symbols", "SO LONG?"], "no symbol"),
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


def test_symbols_are_declared_once_and_for_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data-dir", str(tmp_path), "--name", "lab"]
    assert run("--symbols", "oil, gold", *place) == 0
    assert run("--symbols", "ZINC", *place) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "the feed lab may bring: GOLD, OIL, ZINC"
    assert declared(tmp_path / "feeds" / "lab") == {"GOLD", "OIL", "ZINC"}


class Listening:
    """`openbell feed --listen` in a process; `port` is where."""

    def __init__(self, folder: Path, *symbols: str) -> None:
        command = [sys.executable, "-m", "openbell.cli", "feed", "--listen", "0", "--name", "lab"]
        place = ["--symbols", ",".join(symbols), "--data-dir", str(folder)]
        self._said = (folder / "said").open("w+")
        self.process = subprocess.Popen(
            [*command, *place], stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2])
        return self

    def stopped(self) -> dict[str, Any]:
        """What it says at its end."""
        self.process.send_signal(signal.SIGTERM)
        status: dict[str, Any] = json.loads(self.process.communicate(timeout=10)[0])
        assert self.process.returncode == 0
        return status

    def complaints(self) -> str:
        """The tracebacks in what it said beside that."""
        text = Path(self._said.name).read_text()
        return text if "Traceback" in text else ""

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._said.close()


def test_lines_that_are_typed_in_are_ticks_of_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = (
        b"gold,trade,2034.505,1.5\nGOLD, bid, 2034, 2\nGOLD,sold,1,1\nGOLD,trade,-3,1\nNOPE,ask,1,1\n"
        + b"x" * 9_000
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
    with Listening(tmp_path, "GOLD") as listening:
        assert run("--to", str(listening.port), "-") == 0
        said = capsys.readouterr()
        assert json.loads(said.out) == {"taken": 2, "refused": 2, "bad": {"BAD_LINE": 1, "LONG_LINE": 1}}
        assert "line 3: 'GOLD,sold,1,1' is no SYMBOL,trade|bid|ask,PRICE,QUANTITY" in said.err
        status = listening.stopped()
    assert status["refused"] == {"UNKNOWN_SYMBOL": 1, "UNKNOWN_INSTRUMENT": 1, "BAD_PRICE": 1}
    assert ask(tmp_path, capsys, "SELECT kind, price, quantity FROM ticks ORDER BY position").split() == [
        "kind,price,quantity",
        "1,20345050,150000000",
        "2,20340000,200000000",
    ]


def test_a_file_that_is_sent_is_what_it_would_be_if_it_were_read_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{14_400_000 + n},{1_000 + n},5,D,1,0" for n in range(25_000)]
    (tmp_path / LEAN).write_text("\n".join([*lines, "spoilt", lines[0]]) + "\n")
    with Listening(tmp_path, "XYZ") as listening:
        assert run("--to", str(listening.port), str(tmp_path / LEAN)) == 0
        assert json.loads(capsys.readouterr().out) == {"taken": 25_000, "refused": 1, "bad": {"BAD_LINE": 1}}
        assert listening.stopped()["refused"] == {"TIME_BACKWARDS": 1}
    assert run(str(tmp_path / LEAN), "--name", "read", "--symbols", "XYZ", "--data-dir", str(tmp_path)) == 0
    stores = [TickQuery(tmp_path / "feeds" / name) for name in ("lab", "read")]
    sent, read = (
        one.rows("SELECT * EXCLUDE (trade, position) FROM ticks ORDER BY position") for one in stores
    )
    assert sent == read and len(sent) == 25_000
    for one in stores:
        one.close()


def test_a_listener_keeps_what_it_took_when_it_is_stopped_with_a_feed_under_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Listening(tmp_path, "XYZ") as listening:
        with socket.create_connection(("127.0.0.1", listening.port), timeout=10) as feed:
            rows = to_wire(batch(trade(0, 100, time=time.time_ns())))
            feed.sendall(frame(SYMBOLS, b"XYZ") + frame(TICKS, rows))
            assert HEAD.unpack(feed.recv(HEAD.size, socket.MSG_WAITALL))[1] == TAKEN
            assert listening.stopped() | {"rows": 1} == {
                "rows": 1,
                "refused": {},
                "symbols": 1,
                "position": 1,
            }
    assert listening.complaints() == "", "a feed that is ended is no error"
    assert ask(tmp_path, capsys, "SELECT symbol, price FROM ticks").split() == ["symbol,price", "XYZ,100"]


def test_the_program_in_the_docs_sends_a_trade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "market-data.md").read_text()
    begin = page.index("    import socket, struct, time")
    program = textwrap.dedent(page[begin : page.index("\n\n", begin)])
    with Listening(tmp_path, "GOLD") as listening:
        assert "7400" in program
        program = program.replace("7400", str(listening.port))
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        assert said.stdout == "(b'OBTK', 66, 16, 1, 0)\n", said.stderr
        assert listening.stopped()["rows"]
    assert ask(tmp_path, capsys, "SELECT symbol, kind, price, quantity FROM ticks").split() == [
        "symbol,kind,price,quantity",
        "GOLD,1,20345000,1000000000",
    ]
