"""`openbell replay vectors FOLDER`: published matching cases through fresh exchanges, and what differs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openbell.cli import vector_words
from openbell.cli.vector_case import DIFFERS, PASSED, UNREADABLE, Outcome, run_case
from openbell.cli.vectors import NOT_USED, Folder, VectorError, read_folders


def replay(path: Path, as_json: bool = False) -> int:
    """Run every case of the folder at `path` and print what came of it; the exit code.

    Cases that do not pass are counted and shown, which is what the command is for: the code is 0 as soon as
    the cases could be run, 1 when there are none.
    """
    try:
        folders = read_folders(path)
    except (OSError, VectorError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 1
    results = [result(folder, run(folder)) for folder in folders]
    if as_json:
        print(json.dumps(results[0] if len(results) == 1 else together(results)))
    else:
        print("\n\n".join(report(one) for one in results))
    return 0


def run(folder: Folder) -> list[Outcome]:
    """What came of each case of a folder.

    A stop that waits has no place in a book, so folders whose expected books name none are compared without.
    """
    with_stops = any(vector_words.words(order).stops for case in folder.cases for order in case.left)
    faults = [Outcome(number, text, UNREADABLE, [why]) for number, text, why in folder.faults]
    return faults + [run_case(case, with_stops) for case in folder.cases]


def result(folder: Folder, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The counts, and each case that did not pass with the word for why."""
    return {
        "folder": folder.name,
        "cases": len(outcomes),
        "passed": sum(one.outcome == PASSED for one in outcomes),
        "failed": [
            {
                "case": one.case,
                "description": one.description,
                "outcome": one.outcome,
                "difference": one.why,
            }
            for one in sorted(outcomes, key=lambda one: (len(one.case), one.case))
            if one.outcome != PASSED
        ],
        "not_read": [
            {"column": column, "cells": cells, "why": NOT_USED.get(column, "unknown")}
            for column, cells in sorted(folder.unread.items())
        ],
    }


def together(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sums over several folders, and each folder's result."""
    return {word: sum(one[word] for one in results) for word in ("cases", "passed")} | {"folders": [*results]}


def report(found: dict[str, Any]) -> str:
    """A folder's result for a person."""
    lines = [f"{found['folder']}: {found['passed']} of {found['cases']} passed"]
    for one in found["failed"]:
        lines += ["", f"case {one['case']}: {one['description']}"]
        first, *rest = one["difference"]
        if one["outcome"] != DIFFERS:
            first = f"{one['outcome']}: {first}"
        lines += [f"  {text}" for text in (first, *rest)]
    if found["not_read"]:
        lines.append("")
    lines += [f"not read: {one['column']} ({one['cells']} cells): {one['why']}" for one in found["not_read"]]
    return "\n".join(lines)
