"""Builds the compiled core: every module with a .pxd beside it becomes an extension, or stays Python.

`layouts.pxd` (C structures and constants) is made here from the layouts and constants that the Python
code uses, so that there is one definition of each. The core's modules are compiled as one, `engine`, so
that calls between them are C calls that a compiler can inline; beside each module lies a small extension
of its name that gives what the engine has of it. OPENBELL_CHECKED=1 compiles with bounds checks on.

GCC compiles the engine twice: first one that counts which way its branches go in a drill of
scripts/drill.py, then with what that one learned, which takes a sixth off a command. OPENBELL_DRILL=0
leaves the drill out.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError

ROOT = Path(__file__).parent
SOURCE = ROOT / "src"
CORE = SOURCE / "openbell" / "core"
SHARED = "openbell.core.shared"  # what Cython would repeat in every module: its own array views
ENGINE = "openbell.core.engine"  # all compiled modules of the core
COMPILED = ("log", "node")  # other packages of openbell that have compiled modules
FLAGS = ["-fwrapv", "-fno-strict-overflow"]
# Compile with what lies beside the object; what the drill did not come to is not made small instead of fast.
LEARNED = ["-fprofile-use", "-fprofile-partial-training", "-Werror=missing-profile"]
DRILL_SECONDS_MAX = 300

sys.path.insert(0, str(SOURCE))


def layouts() -> str:
    """The text of core/layouts.pxd."""
    from openbell.core import (
        band_layouts,
        codes,
        group_layouts,
        layout,
        records,
        rulebook,
        schedule,
        state,
        stop_layouts,
        types,
    )

    lines = [
        "# Made by setup.py from layout and the modules of codes, records, layouts and types.",
        "",
        *(f"ctypedef {c} {name}" for name, (_, _, c, _) in layout.TYPES.items()),
        "",
        "cdef extern from *:",
        '    """',
        "    typedef __int128 ob_i128;",
        "    /* volatile: a function that only asks for memory would count as having no effect, and go */",
        "    static inline void ob_prefetch(const void *place) {",
        "        __builtin_prefetch(place);",
        '        __asm__ volatile("");',
        "    }",
        "    #define ob_copy_words(to, words, count) __builtin_memcpy(to, words, 8 * (count))",
    ]
    names: dict[str, int] = {}
    for module in (
        codes, records, rulebook, schedule, state, stop_layouts, band_layouts, group_layouts, types,
    ):  # fmt: skip
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


def write(path: Path, text: str) -> None:
    """Write a made file, unless it says so already: what did not change need not be compiled anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


# -- the engine ------------------------------------------------------------------------------------


def ordered() -> list[str]:
    """The core's compiled modules, each behind those that its .pxd cimports from."""
    names = sorted(path.stem for path in CORE.glob("*.pxd") if path.stem != "layouts")
    needs = {}
    for name in names:
        lines = (CORE / f"{name}.pxd").read_text().splitlines()
        words = [line.split() for line in lines if line.startswith("from openbell.core.")]
        needs[name] = sorted({word[1].rpartition(".")[2] for word in words} & set(names))
    return list(TopologicalSorter(needs).static_order())


def top_level(name: str) -> tuple[str, list[str]]:
    """A module's own code, without imports from the core and its docstring, and the names it defines."""
    text = (CORE / f"{name}.py").read_text()
    lines = text.splitlines(keepends=True)
    names = []
    for node in reversed(ast.parse(text).body):
        said = ast.get_source_segment(text, node) or ""
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("openbell.core.")
        ours = ours or said.startswith(('"""', "from __future__", "if not cython.compiled:"))
        if ours:
            assert node.end_lineno
            del lines[node.lineno - 1 : node.end_lineno]
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return "".join(lines), names


def write_engine(folder: Path) -> tuple[str, list[tuple[str, str]]]:
    """Join the core's modules in `folder`; returns the engine's source and one small source per module.

    Raises:
        ValueError: two modules define one name.
    """
    code, declared = ["from __future__ import annotations\n"], ["cimport cython\n"]
    declared.append("from openbell.core.layouts cimport *\n")
    owners: dict[str, str] = {}
    stubs = []
    for name in ordered():
        body, names = top_level(name)
        for found in names:
            if found in owners:
                raise ValueError(f"{name}.py and {owners[found]}.py both define {found}; rename one")
            owners[found] = name
        code += [f"\n# ---- {name}.py\n", body]
        lines = (CORE / f"{name}.pxd").read_text().splitlines(keepends=True)
        declared += [f"\n# ---- {name}.pxd\n"]
        declared += [line for line in lines if not line.startswith(("cimport ", "from "))]
        stub = folder / f"{name}_of_engine.c"
        write(stub, STUB % {"name": name, "names": "".join(f'"{n}", ' for n in sorted(names))})
        stubs.append((name, str(stub.relative_to(ROOT))))
    write(folder / "openbell" / "core" / "engine.py", "".join(code))
    write(folder / "openbell" / "core" / "engine.pxd", "".join(declared))
    return str((folder / "openbell" / "core" / "engine.py").relative_to(ROOT)), stubs


# A module that holds what the engine defines for it; C functions are no Python names and are left out.
STUB = """/* Made by setup.py. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static const char *const names[] = {%(names)sNULL};

static int fill(PyObject *module) {
    PyObject *engine = PyImport_ImportModule("openbell.core.engine");
    if (engine == NULL) return -1;
    for (int i = 0; names[i] != NULL; i++) {
        PyObject *found = PyObject_GetAttrString(engine, names[i]);
        if (found == NULL) {
            PyErr_Clear();
        } else if (PyModule_AddObject(module, names[i], found) < 0) {
            Py_DECREF(found);
            Py_DECREF(engine);
            return -1;
        }
    }
    Py_DECREF(engine);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)fill}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "openbell.core.%(name)s", NULL, 0, NULL, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_%(name)s(void) { return PyModuleDef_Init(&definition); }
"""


# Loads the modules named and placed by its arguments, and drills the engine among them.
DRILL = """
import importlib.util, sys
for name, path in zip(sys.argv[1::2], sys.argv[2::2]):
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
import drill
drill.run(module.Exchange)
"""


# -- building --------------------------------------------------------------------------------------


def extensions() -> list[Extension]:
    """The compiled modules, or none where Cython is missing."""
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    write(CORE / "layouts.pxd", layouts())
    checked = os.environ.get("OPENBELL_CHECKED") == "1"
    folder = ROOT / "build" / ("checked-c" if checked else "c")
    engine, stubs = write_engine(folder)
    flags = ["-O1" if checked else "-O3", *FLAGS]
    modules = [
        Extension(
            f"openbell.{package}.{path.stem}",
            [str(path.with_suffix(".py").relative_to(ROOT))],
            extra_compile_args=flags,
        )
        for package in COMPILED
        for path in sorted((SOURCE / "openbell" / package).glob("*.pxd"))
    ]
    made: list[Extension] = cythonize(
        [
            Extension(SHARED, [f"{folder.relative_to(ROOT)}/shared.c"]),
            Extension(ENGINE, [engine], extra_compile_args=flags),
            *modules,
        ],
        shared_utility_qualified_name=SHARED,
        include_path=[str(SOURCE), str(folder)],
        build_dir=str(folder),
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
    for name, source in stubs:
        inputs = [str((CORE / name).with_suffix(end).relative_to(ROOT)) for end in (".py", ".pxd")]
        made.append(Extension(f"openbell.core.{name}", [source], depends=inputs))
    for extension in made:  # set here: cythonize makes new ones, without it
        extension.optional = not checked
        extension.depends = [*extension.depends, "setup.py"]
        if extension.name == ENGINE:
            extension.depends.append("scripts/drill.py")
    return made


class BuildChanged(build_ext):
    """Compiles two modules at a time, and none whose compiled form beside its source is still right."""

    def initialize_options(self) -> None:
        super().initialize_options()
        self.parallel = True

    def build_extensions(self) -> None:
        """Build all; without the engine its modules' small extensions would hide the Python ones."""
        for extension in self.extensions:
            Path(self.get_ext_fullpath(extension.name)).parent.mkdir(parents=True, exist_ok=True)
        super().build_extensions()
        if not Path(self.get_ext_fullpath(ENGINE)).exists():
            for extension in self.extensions:
                if extension.name.startswith("openbell.core."):
                    Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)

    def build_extension(self, extension: Any) -> None:
        built = SOURCE / self.get_ext_filename(extension.name)
        sources = [*extension.sources, *extension.depends]
        inputs = [ROOT / "setup.py", *(ROOT / source for source in sources)]
        right = built.exists() and built.stat().st_mtime > max(path.stat().st_mtime for path in inputs)
        checked = os.environ.get("OPENBELL_CHECKED") == "1"
        if right and not checked:
            self.copy_file(str(built), self.get_ext_fullpath(extension.name))
            return
        flags = list(extension.extra_compile_args)
        if extension.name == ENGINE and not checked and self.can_drill():
            try:
                self.drill(extension)
                extension.extra_compile_args = [*flags, *LEARNED]
                super().build_extension(extension)
                return
            except (CCompilerError, OSError, subprocess.SubprocessError) as error:
                print(f"compiling the core without what a drill would teach it: {error}", file=sys.stderr)
        extension.extra_compile_args = flags
        super().build_extension(extension)

    def can_drill(self) -> bool:
        """Whether the compiler is GCC, whose profiles are one file that it reads itself."""
        if os.environ.get("OPENBELL_DRILL") == "0":
            return False
        asked = [self.compiler.compiler_so[0], "--version"]
        try:
            told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        except OSError:  # there is none; building says so
            return False
        return "Free Software Foundation" in told

    def drill(self, extension: Any) -> None:
        """Compile an engine that counts and drill it; what it counted comes to lie beside its object."""
        counting = "-fprofile-generate"
        objects = self.compiler.compile(
            extension.sources,
            output_dir=self.build_temp,
            include_dirs=extension.include_dirs,
            extra_postargs=[*extension.extra_compile_args, counting],
        )
        engine = Path(self.build_temp).resolve() / "counting.so"
        self.compiler.link_shared_object(objects, str(engine), extra_postargs=[counting])
        modules = [SHARED, str(Path(self.get_ext_fullpath(SHARED)).resolve()), ENGINE, str(engine)]
        Path(objects[0]).with_suffix(".gcda").unlink(missing_ok=True)  # counts of another engine would add up
        environment = os.environ | {"PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT / 'scripts'}"}
        subprocess.run(
            [sys.executable, "-c", DRILL, *modules],
            cwd=ROOT,
            env=environment,
            timeout=DRILL_SECONDS_MAX,
            check=True,
        )


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildChanged})
