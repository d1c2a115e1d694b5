"""The import arrows of ARCHITECTURE.md, drawn from the code: an arrow that points back fails here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "openbell"

# The numbers, layouts and type names that records are made of.
CORE_RECORDS = ("core.records", "core.codes", "core.layout", "core.types")

# folder -> what it may import of ours: folders, or single modules. Every folder but core may import ops.
ARROWS: dict[str, tuple[str, ...]] = {
    "core": (),
    "log": CORE_RECORDS,
    "node": ("core", "log", "ops"),
    "market": ("node.client", *CORE_RECORDS, "ops"),
    "ledger": ("node.client", *CORE_RECORDS, "ops"),
    "identity": ("node.client", *CORE_RECORDS, "ops"),
    "compliance": ("node.client", "log", *CORE_RECORDS, "ops"),
    "gateway": ("node.client", *CORE_RECORDS, "market", "ledger", "identity", "ops"),
    "simulator": ("ops",),
    "ops": (),
    "cli": (
        "core",
        "log",
        "node",
        "market",
        "ledger",
        "identity",
        "compliance",
        "gateway",
        "simulator",
        "ops",
    ),
}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Each import of ours in a file: its line and the module's name after `openbell.`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative imports hide the arrows"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "openbell" and rest:
                yield node.lineno, rest
            if first in ("bench", "tests"):
                yield node.lineno, f"!{first}"


def may_import(folder: str, module: str) -> bool:
    """Whether `folder` may import `module` (a dotted name after `openbell.`)."""
    if module.startswith("!"):
        return False
    allowed = (folder, *ARROWS[folder], "__version__")
    return any(module == one or module.startswith(one + ".") for one in allowed)


def test_every_folder_has_its_arrows() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(ARROWS), f"draw the arrows of {folders - set(ARROWS)} in ARROWS and ARCHITECTURE.md"


@pytest.mark.parametrize("folder", sorted(ARROWS))
def test_no_arrow_points_back(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {folder} may not import {module}"
        for path in sorted((SOURCE / folder).rglob("*.py"))
        for line, module in imports(path)
        if not may_import(folder, module)
    ]
    assert wrong == []


def test_compiled_declarations_keep_to_the_arrows_too() -> None:
    wrong = []
    for path in sorted(SOURCE.rglob("*.pxd")):
        folder = path.relative_to(SOURCE).parts[0]
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["from"], ["cimport"]) and words[1].startswith("openbell."):
                module = words[1].removeprefix("openbell.")
                if not may_import(folder, module) and not module.startswith("core.layouts"):
                    wrong.append(f"{path.relative_to(ROOT)}: {line}")
    assert wrong == []


def test_the_drawing_sees_a_back_arrow(tmp_path: Path) -> None:
    path = tmp_path / "book.py"
    path.write_text("import json\nfrom openbell.gateway import orders\nfrom bench import core\n")
    found = list(imports(path))
    assert found == [(2, "gateway.orders"), (3, "!bench")]
    assert not any(may_import("core", module) for _, module in found)
    assert may_import("gateway", "ledger.store") and not may_import("ledger", "gateway.orders")
    assert may_import("log", "core.records") and not may_import("log", "core.exchange")


@pytest.mark.parametrize(
    "role", ["node", "gateway", "market", "ledger", "identity", "compliance", "simulator"]
)
def test_no_role_waits_at_its_start_for_the_libraries_of_columns(role: str) -> None:
    code = f"import sys, openbell.{role}.role; print({{'pyarrow', 'duckdb', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
