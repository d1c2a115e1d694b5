"""Builds the compiled core: every module with a .pxd beside it becomes an extension, or stays Python.

`layouts.pxd` (C structures and constants) is made here from the layouts and constants that the Python
code uses, so that there is one definition of each. OPENBELL_CHECKED=1 compiles with bounds checks on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
SOURCE = ROOT / "src"
SHARED = "openbell.core.shared"  # what Cython would repeat in every module: its own array views
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
        "    #define ob_prefetch(place) __builtin_prefetch(place)",
        "    #define ob_copy_words(to, words, count) __builtin_memcpy(to, words, 8 * (count))",
    ]
    names: dict[str, int] = {}
    for module in (codes, records, state, types):
        for name, value in vars(module).items():
            if name.isupper() and type(value) is int:
                names[name] = value
    for name, value in names.items():
        lines.append(f"    #define OB_{name} {value}{'ULL' if value >> 63 else 'LL'}")
    lines += ['    """', '    ctypedef long long i128 "ob_i128"']
    lines += ['    void prefetch "ob_prefetch"(const void *place) noexcept nogil']
    lines += ['    void copy_words "ob_copy_words"(void *to, const void *words, i64 count) noexcept nogil']
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
        [Extension(SHARED, [f"build/{'checked-c' if checked else 'c'}/shared.c"]), *modules],
        shared_utility_qualified_name=SHARED,
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


class BuildChanged(build_ext):
    """Compiles two modules at a time, and none whose compiled form beside its source is still right."""

    def initialize_options(self) -> None:
        super().initialize_options()
        self.parallel = True

    def build_extension(self, extension: Extension) -> None:
        built = SOURCE / self.get_ext_filename(extension.name)
        inputs = [ROOT / "setup.py", *(ROOT / source for source in extension.sources)]
        right = built.exists() and built.stat().st_mtime > max(path.stat().st_mtime for path in inputs)
        if right and os.environ.get("OPENBELL_CHECKED") != "1":
            self.copy_file(str(built), self.get_ext_fullpath(extension.name))
        else:
            super().build_extension(extension)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildChanged})
