"""`openbell archive`: what is archived of the log, if it is sound, what is held; and bringing it back."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openbell.cli.progress import Progress
from openbell.ops.settings import Settings

Run = Callable[[Namespace], int]
WHERE = "archived log (OPENBELL_ARCHIVE_URL, else DIR/archive)"


def add_commands(actions: Any, run: Run) -> None:
    """Describe the commands to the command line's parser."""
    place = ArgumentParser(add_help=False)
    place.add_argument("--data-dir", metavar="DIR", help="the data folder (./var)")
    place.add_argument("--archive-url", metavar="URL", help=WHERE)
    place.add_argument("--exchange", metavar="ID", help="whose log, where the archive holds several")
    place.add_argument("--key", type=Path, metavar="FILE", help="the archive's key (DIR/archive.key)")
    place.add_argument("--json", action="store_true", help="print one JSON object")
    helps = {
        "list": "what is archived, what is held and what was removed",
        "verify": "read every object again and name the first thing that is wrong",
        "restore": "bring the log back into an empty data folder",
        "hold": "keep something past its class, until it is released",
        "release": "end a hold",
    }
    for name, text in helps.items():
        one = actions.add_parser(name, help=text, parents=[place])
        if name in ("hold", "release"):
            one.add_argument("name", help="a segment (segments/0000000007), a date (2026-11-22), or all")
            one.add_argument("--who", required=True, help="on whose word")
            one.add_argument("--why", required=True, help="for what reason")
        one.set_defaults(command=run, archive_command=name)


def archive(settings: Settings, options: Namespace) -> int:
    """Do it and print what was found; 0, 1 if something is wrong, 2 if it cannot be told or done."""
    from openbell.compliance import register, restore
    from openbell.compliance.archive import ArchiveConflict, NoSuchArchive
    from openbell.compliance.documents import Wrong
    from openbell.ops.blobs import ArchiveError
    from openbell.ops.secret import SecretError

    progress = Progress(sys.stderr if options.json else sys.stdout)
    commands = {"list": _list, "verify": _verify, "restore": _restore, "hold": _enter, "release": _enter}
    try:
        found, words = commands[options.archive_command](settings, options, progress)
    except Wrong as error:
        if options.json:
            print(json.dumps({"wrong": {"object": error.name, "what": error.what}}))
        progress.say(f"wrong: {error}")
        return 1
    except (
        ArchiveConflict,
        ArchiveError,
        NoSuchArchive,
        OSError,
        SecretError,
        register.CannotHold,
        restore.CannotRestore,
    ) as error:
        progress.say(f"openbell: {error}")
        return 2
    if options.json:
        print(json.dumps(found))
    else:
        for line in words:
            progress.say(line)
    return 0


Answer = tuple[dict[str, Any], list[str]]


def _open(settings: Settings, options: Namespace) -> tuple[Any, str]:
    """The archive that is meant, and where the key that it is checked with is from."""
    from openbell.compliance.archive import KEY, LogArchive, NoSuchArchive, choose_exchange
    from openbell.compliance.key import load_public_key, parse_public_key
    from openbell.ops.blobs import Blobs

    where = settings.archive_url or settings.archive_dir
    exchange = choose_exchange(where, options.exchange)
    path = options.key or settings.archive_key_file
    if options.key or path.exists():
        return LogArchive(where, exchange, load_public_key(path)), str(path)
    blobs = Blobs(where, f"log/{exchange}")
    names = [name for name in blobs.sizes("keys") if KEY.fullmatch(name)]
    if len(names) != 1:
        raise NoSuchArchive(f"the archive has {len(names)} keys and {path} is missing: name one with --key")
    key = parse_public_key(blobs.get(names[0]), names[0])
    return LogArchive(where, exchange, key), f"the archive itself ({names[0]})"


def _list(settings: Settings, options: Namespace, progress: Progress) -> Answer:
    from openbell.compliance.archive import segment_name
    from openbell.compliance.register import Register
    from openbell.compliance.retention import Retention
    from openbell.compliance.segment import date_of

    found, _ = _open(settings, options)
    register = Register(found)
    retention = Retention(settings.retention_orders_years, settings.retention_ledger_years)
    segments = []
    for number in found.sealed():
        seal = found.seal(number)
        segments.append(
            {
                "object": segment_name(number),
                "first": seal.first,
                "last": seal.last,
                "from": date_of(seal.began),
                "to": date_of(seal.ended),
                "bytes": seal.stored,
                "classes": list(seal.classes),
                "until": date_of(retention.until(seal)),
                "hold": register.held(seal),
                "removed": number <= register.removed,
            }
        )
    holds = [{"name": one.name, "who": one.who, "why": one.why} for one in register.holds.values()]
    roots, snapshots = found.dates(), found.snapshots()
    words = [
        f"{one['object']}  {one['from']} to {one['to']}  commands {one['first']:,} to {one['last']:,}  "
        + ("removed" if one["removed"] else f"{one['bytes']:,} bytes, until {one['until']}")
        + (f", held: {one['hold']}" if one["hold"] else "")
        for one in segments
    ]
    words += [f"hold {one['name']}: {one['who']}: {one['why']}" for one in holds]
    words.append(f"{len(segments)} segments, {len(snapshots)} snapshots, {len(roots)} roots of days")
    return {"segments": segments, "snapshots": snapshots, "roots": roots, "holds": holds}, words


def _verify(settings: Settings, options: Namespace, progress: Progress) -> Answer:
    from openbell.compliance.verify import verify

    found, source = _open(settings, options)
    checked = verify(found, progress.at)
    words = [
        f"{checked.segments} segments ({checked.first:,} to {checked.last:,}), {checked.roots} roots,"
        f" {checked.snapshots} snapshots, {checked.entries} entries of the register: nothing is wrong",
        f"signed by {found.key.hex[:16]}, the key in {source}",
    ]
    if checked.removed:
        words.append(
            f"{checked.removed} segments were removed as the register says; the log begins after them"
        )
    if checked.beyond:
        words.append(
            f"the root of {checked.beyond} speaks of more of the log than is complete in the archive"
        )
    return checked._asdict() | {"key": found.key.hex, "keyFrom": source}, words


def _restore(settings: Settings, options: Namespace, progress: Progress) -> Answer:
    from openbell.cli.lock import FolderInUse, FolderLock
    from openbell.compliance.restore import CannotRestore, restore

    found, source = _open(settings, options)
    try:
        with FolderLock(settings.data_dir, "openbell archive restore"):
            done = restore(found, settings.journal_dir, settings.snapshot_dir, progress.at)
    except FolderInUse as error:
        raise CannotRestore(str(error)) from None
    words = [
        f"{done.segments} segments are back in {settings.journal_dir}:"
        f" commands {done.first:,} to {done.last:,}"
        + (f", and the snapshot at {done.snapshot:,}" if done.snapshot else ""),
        f"checked with the key in {source}; the next: openbell verify --data-dir {settings.data_dir}",
    ]
    if done.signed > done.last:
        words.append(
            f"not in the archive: commands {done.last + 1:,} to {done.signed:,} of the last signed day"
        )
    return done._asdict(), words


def _enter(settings: Settings, options: Namespace, progress: Progress) -> Answer:
    from openbell.compliance.key import load_signing_key
    from openbell.compliance.register import checked_words, enter, held_name
    from openbell.ops.secret import SecretError

    name = held_name(options.name)
    who, why = checked_words("--who", options.who), checked_words("--why", options.why)
    path = options.key or settings.archive_key_file
    if not path.exists():
        raise SecretError(f"the archive's key {path} is missing: only who has it may hold or release")
    key = load_signing_key(path)
    found, _ = _open(settings, options)
    found.identify()
    entry = enter(found, key, settings.register_lock, options.archive_command, name, who, why)
    done = "is held" if entry.action == "hold" else "is released"
    return {"entry": entry.number, "name": name, "action": entry.action}, [
        f"{name} {done} (entry {entry.number})"
    ]
