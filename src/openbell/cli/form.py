"""In which form the core runs: compiled, compiled before its last edit, or interpreted."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def complaint(package: Path = PACKAGE) -> str:
    """What is wrong with the compiled modules of `package`; nothing when all are as they should be."""
    for declared in sorted(package.glob("*/*.pxd")):
        source = declared.with_suffix(".py")
        if not source.exists():  # declarations of C only
            continue
        built = sorted(source.parent.glob(f"{source.stem}.*.so"))
        if not built:
            return "the core runs interpreted, about a hundred times slower: `make setup` compiles it"
        if max(path.stat().st_mtime for path in built) < source.stat().st_mtime:
            return f"{source.name} was edited after it was compiled: run `make setup`"
    return ""
