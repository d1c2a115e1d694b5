"""`openbell admin`: the admin door at the terminal, straight to the node by its private socket."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from openbell.gateway.admin.commands import COMMANDS, SHOWN, WHO_MAX, WHY_MAX, read_signature
from openbell.gateway.admin.fields import AdminCommand
from openbell.gateway.problems import Problem
from openbell.node.errors import NodeUnavailable
from openbell.ops.settings import Settings

CONNECT_S = 5.0
SHOW = "show"


def add_commands(
    commands: Any, place: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> None:
    """A parser for each command of the table, and one for what can be shown.

    Args:
        commands: the subparsers of `openbell admin`.
        place: options that all have.
        run: what they run.
    """
    for command in COMMANDS.values():
        one = commands.add_parser(command.name, help=command.help, parents=[place])
        for field in command.fields:
            default = f", {field.default} by default" if field.default else ""
            one.add_argument(
                field.option,
                dest=f"field_{field.camel}",
                metavar=field.kind.example,
                required=field.required,
                help=f"{field.help} ({field.kind.name}{default})",
            )
        one.add_argument("--who", metavar="NAME", required=True, help=f"who asks for it, to {WHO_MAX} bytes")
        one.add_argument("--why", metavar="TEXT", required=True, help=f"for what reason, to {WHY_MAX} bytes")
        one.add_argument(
            "--key", metavar="ID", help="does it once, however often it is sent (a new one each time)"
        )
        one.add_argument("--json", action="store_true", help="print one JSON object")
        one.set_defaults(command=run, admin=command.name)
    one = commands.add_parser(
        SHOW, help="show an account, an instrument, limits, totals or status", parents=[place]
    )
    one.add_argument("what", choices=sorted(SHOWN))
    one.add_argument("name", nargs="?", default="", help="which account, firm or instrument")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(command=run, admin=SHOW)


def admin(settings: Settings, options: argparse.Namespace) -> int:
    """Do what the options say and print what came of it; the exit code, 1 for what was not done."""
    try:
        answer = asyncio.run(_do(settings, options))
    except NodeUnavailable as error:
        print(f"openbell: {error}; is `openbell up` running on this data folder?", file=sys.stderr)
        return 1
    except Problem as problem:
        print(f"openbell: {problem.detail} [{problem.code}]", file=sys.stderr)
        for wrong in problem.errors[1:]:
            print(f"openbell: {wrong.detail}", file=sys.stderr)
        return 1
    print(msgspec.json.encode(answer).decode() if options.json else report(answer))
    return 0


async def _do(settings: Settings, options: argparse.Namespace) -> Struct:
    # Only here: every other command of the terminal starts a second sooner without them.
    from openbell.gateway.admin.office import Office
    from openbell.ledger.reads import LedgerReads
    from openbell.node.client import NodeClient

    ledger = LedgerReads(settings.database)
    node = await NodeClient.connect(settings.node_socket, name="admin", role="admin", retry_s=CONNECT_S)
    try:
        office = Office(node, ledger)
        if options.admin == SHOW:
            return await office.show(options.what, options.name)
        command = COMMANDS[options.admin]
        signed = read_signature({"who": options.who, "why": options.why}, options.key)
        return await office.send(command, given(command, options), signed)
    finally:
        await ledger.close()
        await node.close()


def given(command: AdminCommand, options: argparse.Namespace) -> dict[str, str]:
    """The fields that were given, by their names in JSON."""
    values = {field.camel: getattr(options, f"field_{field.camel}") for field in command.fields}
    return {name: text for name, text in values.items() if text is not None}


def report(answer: Struct) -> str:
    """An answer for a person: a line a fact, lists below."""
    lines = []
    for name, value in msgspec.to_builtins(answer).items():
        if isinstance(value, list):
            lines += [f"{name}:", *("  " + "  ".join(f"{k} {v}" for k, v in row.items()) for row in value)]
        elif value is not None:
            lines.append(f"{name:20} {value}")
    return "\n".join(lines)
