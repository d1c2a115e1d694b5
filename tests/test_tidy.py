"""What no linter knows: the core stays pure, functions short, files one noun, and nothing names a machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "src" / "openbell" / "core").glob("*.py"))
FUNCTION_LINES_MAX = 69
FILE_LINES_MAX = 500

# Modules through which time, chance, the outside or an unstable order could enter the state machine.
BANNED_MODULES = {
    "asyncio", "datetime", "http", "locale", "logging", "multiprocessing", "random", "requests", "secrets",
    "select", "signal", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uuid", "decimal",
    "fractions", "numpy",
}  # fmt: skip
BANNED_CALLS = {"id", "hash", "input", "float", "round", "set", "frozenset", "open", "eval", "exec", "print"}
BANNED_OS = {"environ", "getenv", "urandom", "getrandom", "getpid", "times"}
# A snapshot is a file; it is the one place of the core that writes and reads one.
FILES_ALLOWED = {"snapshot.py"}


def tracked(*endings: str) -> list[Path]:
    """The repository's files, new ones included, that end so."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name.endswith(endings) and (ROOT / name).is_file()]


def impurities(path: Path, tree: ast.AST) -> Iterator[str]:
    """What makes a file of the core impure."""
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for name in [module] if module else [alias.name for alias in node.names]:
                if name.partition(".")[0] in BANNED_MODULES:
                    yield f"{where}: imports {name}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in BANNED_CALLS and not (node.func.id == "open" and path.name in FILES_ALLOWED):
                yield f"{where}: calls {node.func.id}()"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr in BANNED_OS:
                yield f"{where}: uses os.{node.attr}"
        elif isinstance(node, ast.Set | ast.SetComp):
            yield f"{where}: makes a set, whose order differs from run to run"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{where}: the float {node.value}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield f"{where}: a true division makes a float"


def test_the_core_is_pure() -> None:
    assert CORE
    assert [found for path in CORE for found in impurities(path, ast.parse(path.read_text()))] == []


@pytest.mark.parametrize(
    "code",
    [
        "import time", "from random import Random", "import os\nos.environ['X']", "x = {1, 2}", "x = 1 / 2",
        "x = 0.5", "for x in set(y): pass", "x = [y for y in {z for z in w}]", "hash('a')", "import uuid",
        "import os\nos.getenv('X')", "open('x')",
    ],
)  # fmt: skip
def test_what_is_banned_in_the_core_is_seen(code: str) -> None:
    assert list(impurities(Path("book.py"), ast.parse(code)))


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines"
        for path in tracked(".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_files_hold_one_noun() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {length} lines"
        for path in tracked(".py", ".pxd", ".ts", ".tsx", ".css", ".sh")
        if "generated" not in path.parts
        and not path.name.endswith(".d.ts")
        and (length := path.read_text().count("\n")) > FILE_LINES_MAX
    ]
    assert long == []


def test_test_names_are_unique_in_their_file() -> None:
    twice = []
    for path in tracked(".py"):
        if path.name.startswith("test_"):
            names = [
                node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
            ]
            twice += [
                f"{path.relative_to(ROOT)}: {name}" for name in sorted(set(names)) if names.count(name) > 1
            ]
    assert twice == []


# Written in halves, so that this file does not find itself.
MACHINE = re.compile(
    "|".join(
        ["/ro" + "ot/", "/wo" + "rk/", r"/home/(?!trader\b)[a-z]+/", r"\.pye" + "nv", "fire" + "cracker"]
    )
)
REGISTRY = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "npm" + "mirror"])
)
TEXT = (
    ".py",
    ".pxd",
    ".ts",
    ".tsx",
    ".css",
    ".html",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".sh",
    "Makefile",
)


def test_nothing_names_a_machine_or_a_registry() -> None:
    wrong = []
    scripts = [path for path in tracked("") if path.parent.name in ("scripts", ".ci")]
    for path in {*tracked(*TEXT), *scripts}:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            # uv writes each package's public address into its lock; it has no form without.
            if MACHINE.search(line) or (REGISTRY.search(line) and path.name != "uv.lock"):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert sorted(wrong) == []
