"""Which build of the core a test run imports: interpreted, compiled, or compiled with bounds checks.

The three run the same tests, because each hides what another shows: a hang, an overflow, a write past an
array's end.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "openbell" / "core"
CHECKED = ROOT / "build" / "checked" / "openbell" / "core"
PACKAGE = "openbell.core."
FORMS = ("interpreted", "compiled", "checked")
BUILD_SECONDS_MAX = 900


class BuildError(Exception):
    """The build that was asked for cannot be had; the message says why."""


class CoreFinder(MetaPathFinder):
    """Finds modules of the core in one folder of compiled modules, or as source."""

    def __init__(self, compiled: Path | None) -> None:
        self.compiled = compiled

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(PACKAGE):
            return None
        name = fullname.removeprefix(PACKAGE)
        source = SOURCE / f"{name}.py"
        if self.compiled and (source.with_suffix(".pxd").exists() or not source.exists()):
            module = extension(self.compiled, name)
            if module is None:
                raise BuildError(f"{self.compiled} holds no compiled {name}")
            loader = ExtensionFileLoader(fullname, str(module))
            return spec_from_file_location(fullname, module, loader=loader)
        if not source.exists():  # what compiled modules of other packages share
            return None
        return spec_from_file_location(fullname, source, loader=SourceFileLoader(fullname, str(source)))


def extension(folder: Path, name: str) -> Path | None:
    """The compiled module of that name for this Python."""
    found = [folder / (name + suffix) for suffix in EXTENSION_SUFFIXES]
    return next((path for path in found if path.exists()), None)


def compiled_names() -> list[str]:
    """Modules that are compiled where they can be."""
    found = sorted(path.stem for path in SOURCE.glob("*.pxd"))
    return [name for name in found if (SOURCE / f"{name}.py").exists()]


def is_compiled() -> bool:
    """Whether compiled modules lie beside their sources."""
    return all(extension(SOURCE, name) for name in compiled_names())


def is_older(folder: Path, name: str) -> bool:
    """Whether a folder lacks the compiled module, or its source or declarations were edited since."""
    built = extension(folder, name)
    sources = [SOURCE / f"{name}.py", SOURCE / f"{name}.pxd"]
    return built is None or built.stat().st_mtime < max(path.stat().st_mtime for path in sources)


def is_stale(folder: Path) -> bool:
    """Whether any compiled module of a folder is older than its source."""
    return any(is_older(folder, name) for name in compiled_names())


def install(form: str) -> None:
    """Make this process import the core in one form; nothing of the core may be imported yet.

    Raises:
        BuildError: too late, not compiled, or it does not compile.
    """
    early = sorted(name for name in sys.modules if name.startswith(PACKAGE))
    if early:
        raise BuildError(f"the core was imported before its form was chosen: {early}")
    if form == "compiled":
        if not is_compiled():
            raise BuildError("the core is not compiled here: `make setup` compiles it")
        return
    if form == "checked":
        build_checked()
    sys.meta_path.insert(0, CoreFinder(CHECKED if form == "checked" else None))


def compiler() -> dict[str, str] | None:
    """The environment to compile with, as scripts/setup-python finds it; None: there is no compiler."""
    tools = ROOT / ".tools"
    found: dict[str, str] = {}
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if not shutil.which(shlex.split(command)[0]):
        zig = tools / "zig" / "bin" / "python"
        if not zig.exists():
            return None
        found = {"CC": f"{zig} -m ziglang cc", "LDSHARED": f"{zig} -m ziglang cc -shared"}
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        headers = tools / "headers" / "usr" / "include"
        if not (headers / version / "Python.h").exists():
            return None
        found["CFLAGS"] = f"-I{headers} -I{headers / version} {os.environ.get('CFLAGS', '')}"
    return found


def build_checked() -> None:
    """Compile with bounds checks into build/checked, unless what lies there is newer than the sources."""
    environment = compiler()
    if environment is None:
        raise BuildError("there is no C compiler here")
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "checked.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_stale(CHECKED):
            return
        print("compiling the core with bounds checks, a minute or two", file=sys.stderr, flush=True)
        folders = ["--build-lib", "build/checked", "--build-temp", "build/checked-temp"]
        done = subprocess.run(
            [sys.executable, "setup.py", "-q", "build_ext", *folders],
            cwd=ROOT,
            env=os.environ | environment | {"OPENBELL_CHECKED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            lines = [line for line in done.stdout.splitlines() if "performance hint" not in line]
            raise BuildError("\n".join(["the core does not compile:", *lines[-20:]]))
        for name in compiled_names():
            built = extension(CHECKED, name)
            if built is None:
                raise BuildError(f"compiling left no {name} in {CHECKED}")
            built.touch()


def described() -> str:
    """The form that this process imports, and whether it is older than its source."""
    from openbell.core import exchange

    place = Path(str(exchange.__file__))
    if place.suffix == ".py":
        return "openbell.core runs interpreted"
    form = "checked" if place.parent == CHECKED else "compiled"
    note = ", older than its source: run `make setup`" if is_stale(place.parent) else ""
    return f"openbell.core runs {form}{note}"
