"""`openbell bench NAME`: runs a measurement of the folder `bench/` and prints what it found.

A bench is a file `bench/<name>.py` with `run(args) -> dict`. It may have `arguments(parser)` to name its own
arguments; `args` is what the parser read. The result holds value, unit, proof and, where they apply, p50,
p99, p999, reference and ratio; the name and the machine are added here.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "bench"


class BenchError(ValueError):
    """There is no such bench; the message lists what there is."""


def bench(name: str | None, arguments: Sequence[str]) -> int:
    """Run bench `name` with its `arguments`, or list all without a name; the exit code.

    Raises:
        BenchError: an unknown name, or no checkout with the folder `bench/`.
    """
    if name is None:
        for known, purpose in available().items():
            print(f"  {known:12} {purpose}")
        return 0
    module = load(name)
    parser = argparse.ArgumentParser(prog=f"openbell bench {name}", description=module.__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if hasattr(module, "arguments"):
        module.arguments(parser)
    args = parser.parse_args(arguments)
    result: dict[str, Any] = {"bench": name, **module.run(args)}
    result.setdefault("machine", machine())
    print(json.dumps(result) if args.json else report(result))
    return 0


def available() -> dict[str, str]:
    """Each bench's name and the first line of what it says about itself."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body):
            found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def load(name: str) -> ModuleType:
    """The module of bench `name`."""
    known = available()
    if name not in known:
        there = (
            ", ".join(known) if known else f"none; benches are in a checkout's folder bench/, not in {FOLDER}"
        )
        raise BenchError(f"no bench {name!r}; there is: {there}")
    sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def machine() -> dict[str, object]:
    """What this was measured on."""
    cpu = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def report(result: dict[str, Any]) -> str:
    """The result for a person: a line a figure."""
    return "\n".join(f"{key:10} {_shown(value)}" for key, value in result.items())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(one)}" for key, one in value.items())
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
