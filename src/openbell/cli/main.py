"""The command line: `openbell up, run, verify, replay, ticks, feed, archive, bench, admin`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openbell
from openbell.ops.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code; 2 for arguments or settings that cannot be used."""
    if sys.platform == "win32":
        sys.exit("openbell: Windows is not supported (no flock, no Unix sockets): use WSL or a Linux machine")
    options = parser().parse_args(arguments)
    try:
        sys.exit(options.command(options))
    except (SettingsError, UsageError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        sys.exit(2)


class UsageError(ValueError):
    """The command cannot be done as given; the message says what to change."""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Every setting has its variable too: see docs/settings.md."""
    top = argparse.ArgumentParser(prog="openbell", description="A stock exchange and its brokerage in one.")
    top.add_argument("--version", action="version", version=f"openbell {openbell.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    _add_run(commands)
    _add_verify(commands)
    _add_replay(commands)
    _add_ticks(commands)
    _add_feed(commands)
    _add_archive(commands)
    _add_bench(commands)
    _add_admin(commands)
    return top


def _add_up(commands: Any) -> None:
    one = commands.add_parser("up", help="open the market on this machine")
    _add_place(one)
    one.add_argument("--host", help="address to listen on (127.0.0.1)")
    one.add_argument("--port", help="port of the app, the API and the stream (8000)")
    one.add_argument("--gateways", metavar="N", help="gateway processes that share the port (1)")
    one.add_argument(
        "--no-simulator", dest="simulator", action="store_const", const=False, help="no participants"
    )
    one.add_argument(
        "--calendar", metavar="NAME", help="when a new exchange trades: always, XNYS, class (always)"
    )
    one.add_argument("--rate", metavar="N", help="the simulator's orders per second (200)")
    one.add_argument(
        "--feed", dest="feed_listen", metavar="[HOST:]PORT", help="take in prices from elsewhere over TCP"
    )
    one.add_argument("--seed", metavar="N", help="where generated history and the simulator start (7)")
    one.set_defaults(command=_up)


def _add_run(commands: Any) -> None:
    from openbell.cli.roles import ROLES

    one = commands.add_parser("run", help="run one role in this process")
    one.add_argument("role", choices=sorted(ROLES))
    _add_place(one)
    one.set_defaults(command=_run)


def _add_verify(commands: Any) -> None:
    one = commands.add_parser("verify", help="replay the log and compare everything with it")
    _add_place(one)
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(command=_verify)


def _add_replay(commands: Any) -> None:
    top = commands.add_parser("replay", help="drive recorded order flow through a fresh exchange")
    formats = top.add_subparsers(title="formats", metavar="FORMAT", required=True)
    one = formats.add_parser("lobster", help="a recorded NASDAQ stock")
    one.add_argument("file", type=Path)
    one.add_argument(
        "--book", type=Path, metavar="FILE", help="its best bids and offers (the file beside it)"
    )
    one.add_argument("--speed", type=float, metavar="N", help="times the recorded speed (as fast as it goes)")
    one.set_defaults(command=_replay_lobster)
    two = formats.add_parser("vectors", help="published matching cases: a folder of CSV files")
    two.add_argument("folder", type=Path)
    two.set_defaults(command=_replay_vectors)
    for each in (one, two):
        each.add_argument("--json", action="store_true", help="print one JSON object")


def _add_ticks(commands: Any) -> None:
    one = commands.add_parser("ticks", help="ask the tick store with SQL: the table is `ticks`")
    one.add_argument("sql", help="such as: SELECT symbol, count(*) FROM ticks GROUP BY 1")
    one.add_argument("--data-dir", metavar="DIR", help="the data folder (./var)")
    one.add_argument("--archive-url", metavar="URL", help="where old ticks are (DIR/archive)")
    one.add_argument(
        "--feed", metavar="NAME", help="ask the store of this feed instead of the exchange's own"
    )
    one.add_argument("--to", type=Path, metavar="FILE", help="write the answer to a Parquet file")
    one.add_argument("--json", action="store_true", help="print a JSON object for each row")
    one.set_defaults(command=_ticks)


def _add_feed(commands: Any) -> None:
    from openbell.market.feeds.formats import FORMATS

    one = commands.add_parser("feed", help="prices from elsewhere: take them in, or send them over TCP")
    one.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="what to take in or send; - is lines typed in"
    )
    way = one.add_mutually_exclusive_group()
    way.add_argument("--listen", metavar="[HOST:]PORT", help="take feeds over TCP (127.0.0.1)")
    way.add_argument("--to", metavar="[HOST:]PORT", help="send over TCP to who listens (127.0.0.1)")
    one.add_argument("--name", help="the feed's name, and its folder's (external)")
    one.add_argument(
        "--symbols", default="", metavar="A,B", help="symbols that it brings beside those traded here"
    )
    one.add_argument("--format", choices=FORMATS, help="of the files (told by name and beginning)")
    one.add_argument(
        "--date", type=date.fromisoformat, metavar="DATE", help="of files whose names have none: 2019-01-30"
    )
    one.add_argument("--data-dir", metavar="DIR", help="the data folder (./var)")
    one.set_defaults(command=_feed)


def _add_archive(commands: Any) -> None:
    from openbell.cli.archive import add_commands

    one = commands.add_parser("archive", help="the archived log: list, verify, restore, hold, release")
    add_commands(one.add_subparsers(title="archive commands", metavar="COMMAND", required=True), _archive)


def _add_bench(commands: Any) -> None:
    one = commands.add_parser("bench", help="measure something; without a name, list what there is")
    one.add_argument("name", nargs="?")
    one.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="the bench's own; --json prints one JSON object"
    )
    one.set_defaults(command=_bench)


def _add_admin(commands: Any) -> None:
    from openbell.cli.admin import add_commands

    one = commands.add_parser("admin", help="commands of the exchange's staff: halts, cash, shares, accounts")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--data-dir", metavar="DIR", help="the data folder (./var)")
    add_commands(one.add_subparsers(title="admin commands", metavar="COMMAND", required=True), place, _admin)


def _add_place(one: argparse.ArgumentParser) -> None:
    one.add_argument("--data-dir", metavar="DIR", help="the data folder (./var)")
    one.add_argument(
        "--database-url", metavar="URL", help="a PostgreSQL of yours instead of the embedded one"
    )


def _settings(options: argparse.Namespace) -> Settings:
    given = {name: value for name, value in vars(options).items() if name in Settings.__struct_fields__}
    return Settings.load(**given)


def _up(options: argparse.Namespace) -> int:
    from openbell.cli.lock import FolderInUse
    from openbell.cli.up import PortInUse, up

    try:
        return up(_settings(options))
    except (FolderInUse, PortInUse) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    from openbell.cli.roles import run

    return run(_settings(options), options.role)


def _verify(options: argparse.Namespace) -> int:
    from openbell.cli.verify import verify

    return verify(_settings(options), options.json)


def _ticks(options: argparse.Namespace) -> int:
    from openbell.cli.ticks import ticks

    return ticks(_settings(options), options.sql, options.to, options.json, options.feed)


def _feed(options: argparse.Namespace) -> int:
    symbols = [one for one in options.symbols.upper().replace(" ", "").split(",") if one]
    if options.to is not None:
        from openbell.cli.feed_sender import send

        if not options.files or symbols:
            raise UsageError("--to sends files, or - for lines typed in; symbols are declared without it")
        return send(options.to, options.files, options.format, options.date)
    from openbell.cli.feed import feed

    if options.files and options.listen:
        raise UsageError("a feed reads files or listens: name files, or --listen PORT")
    if not (options.files or options.listen or symbols):
        raise UsageError("name files, --listen PORT, or --symbols A,B to declare what a feed will bring")
    settings = _settings(options)
    name = options.name or settings.feed_name
    return feed(settings, name, symbols, options.files, options.format, options.date, options.listen)


def _archive(options: argparse.Namespace) -> int:
    from openbell.cli.archive import archive

    return archive(_settings(options), options)


def _replay_lobster(options: argparse.Namespace) -> int:
    from openbell.cli.replay import replay

    return replay(options.file, book=options.book, speed=options.speed, as_json=options.json)


def _replay_vectors(options: argparse.Namespace) -> int:
    from openbell.cli.replay_vectors import replay

    return replay(options.folder, as_json=options.json)


def _admin(options: argparse.Namespace) -> int:
    from openbell.cli.admin import admin

    return admin(_settings(options), options)


def _bench(options: argparse.Namespace) -> int:
    from openbell.cli.bench import BenchError, bench

    try:
        return bench(options.name, options.arguments)
    except BenchError as error:
        raise UsageError(str(error)) from None
