"""Builds the compiled core: every module with a .pxd beside it becomes an extension, or stays Python.

`layouts.pxd` (C structures and constants) is made here from the layouts and constants that the Python
code uses, so that there is one definition of each. OPENBELL_CHECKED=1 compiles with bounds checks on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent
SOURCE = ROOT / "src"
COMPILED = ("core", "log", "node")  # packages of openbell that have compiled modules

sys.path.insert(0, str(SOURCE))


def layouts() -> str:
    """The text of core/layouts.pxd."""
    from openbell.core import codes, layout, records, state, types

    lines = [
        "# Made by setup.py from layout.py, codes.py, records.py, state.py and types.py.",
        "",
        *(f"ctypedef {c} {name}" for name, (_, _, c, _) in layout.TYPES.items()),
        "",
        "cdef extern from *:",
        '    """',
        "    typedef __int128 ob_i128;",
    ]
    names: dict[str, int] = {}
    for module in (codes, records, state, types):
        for name, value in vars(module).items():
            if name.isupper() and type(value) is int:
                names[name] = value
    for name, value in names.items():
        lines.append(f"    #define OB_{name} {value}{'ULL' if value >> 63 else 'LL'}")
    lines += ['    """', '    ctypedef long long i128 "ob_i128"']
    lines += [f'    const {"u64" if v >> 63 else "i64"} {n} "OB_{n}"' for n, v in names.items()]
    for name, made in layout.LAYOUTS.items():
        lines += ["", f"cdef struct {name}:", *(f"    {kind} {field}" for field, kind in made.FIELDS)]
    return "\n".join(lines) + "\n"


def write_layouts() -> None:
    path = SOURCE / "openbell" / "core" / "layouts.pxd"
    text = layouts()
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def extensions() -> list[Extension]:
    """The compiled modules, or none where Cython is missing."""
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    write_layouts()
    checked = os.environ.get("OPENBELL_CHECKED") == "1"
    modules = [
        Extension(
            f"openbell.{package}.{path.stem}",
            [str(path.with_suffix(".py").relative_to(ROOT))],
            extra_compile_args=["-O1" if checked else "-O3", "-fwrapv", "-fno-strict-overflow"],
        )
        for package in COMPILED
        for path in sorted((SOURCE / "openbell" / package).glob("*.pxd"))
        if path.stem != "layouts"
    ]
    made: list[Extension] = cythonize(
        modules,
        include_path=[str(SOURCE)],
        build_dir=str(ROOT / "build" / ("checked-c" if checked else "c")),
        quiet=True,
        compiler_directives={
            "language_level": 3,
            "boundscheck": checked,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "embedsignature": True,
        },
    )
    for extension in made:  # set here: cythonize makes new ones, without it
        extension.optional = not checked
    return made


setup(ext_modules=extensions())
