"""Does a test notice when the core is changed a little? `make mutants ARGS="--count 200 --seed 1"`.

A mutant is the interpreted core with one place changed: a comparison, a sign, a constant, a branch, or a
statement that is gone. It is killed when flows or the pages of docs/rules come out otherwise than the oracle
and the pages say, when it breaks an invariant, hangs or fails; who lives through that meets the stories
(`tests/core/test_*.py` without the long runs). What survives is told by file, line and change: either the
change means nothing, or a test is missing.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import random
import resource
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tests.core import builds

RULES = builds.ROOT / "docs" / "rules"
# What is only asked of memory, or only measured or said, changes nothing that could be tested.
SPARED = {"scout"}
LONG = {"test_flows", "test_random", "test_builds", "test_crowd", "test_fuzz", "test_rules", "test_mutants"}
FLOW_STEPS = 250
VERIFY_EVERY = 10
SPOILT = 800  # records of the fuzzer
QUICK_SECONDS = 20  # of the processor's time, beyond which it hangs
STORY_SECONDS = 150
PATIENCE = 20  # times as long on the clock, where others use the processor
COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
REVERSED = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
SIGNED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}


@dataclass(frozen=True)
class Mutant:
    """The `index`-th possible change of a file."""

    name: str
    index: int
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.name}.py:{self.line}: {self.text}"


class Places(ast.NodeTransformer):
    """Walks a module in one order; `chosen` is the change to make, or -1 to list them."""

    def __init__(self, chosen: int = -1) -> None:
        self.chosen = chosen
        self.found: list[tuple[int, str]] = []

    def here(self, node: Any, text: str) -> bool:
        self.found.append((node.lineno, text))
        return len(self.found) - 1 == self.chosen

    # -- what is left alone: declarations, and what only the compiled core does -------------------------

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value:
            node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> Any:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.body = self.body(node.body)
        return node

    def visit_If(self, node: ast.If) -> Any:
        if "cython.compiled" in ast.unparse(node.test):
            if not isinstance(node.test, ast.UnaryOp):
                node.orelse = self.body(node.orelse)
            else:
                node.body = self.body(node.body)
            return node
        if self.here(node, f"if {short(node.test)}: the other branch"):
            node.test = ast.UnaryOp(ast.Not(), node.test)
            return node
        node.test = self.visit(node.test)
        node.body, node.orelse = self.body(node.body), self.body(node.orelse)
        return node

    # -- changes -------------------------------------------------------------------------------------

    def body(self, nodes: list[ast.stmt]) -> list[ast.stmt]:
        """Statements, of which one may go."""
        made: list[ast.stmt] = []
        for node in nodes:
            called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            stored = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
            goes = called or stored or isinstance(node, ast.AugAssign | ast.Break | ast.Continue)
            if goes and self.here(node, f"without {short(node)}"):
                made.append(ast.copy_location(ast.Pass(), node))
            else:
                made.append(self.visit(node))
        return made

    def visit_While(self, node: ast.While) -> Any:
        node.test, node.body = self.visit(node.test), self.body(node.body)
        return node

    def visit_For(self, node: ast.For) -> Any:
        node.iter, node.body = self.visit(node.iter), self.body(node.body)
        return node

    def visit_With(self, node: ast.With) -> Any:
        node.body = self.body(node.body)
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        for table in (COMPARED, REVERSED):
            new = table.get(type(node.ops[0]))
            if new and self.here(node, f"{short(node)}: {new.__name__}"):
                node.ops[0] = new()
                return node
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        new = SIGNED.get(type(node.op))
        if new and self.here(node, f"{short(node)}: {new.__name__}"):
            node.op = new()
            return node
        return self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        new = SIGNED.get(type(node.op))
        if new and self.here(node, f"{short(node)}: {new.__name__}"):
            node.op = new()
            return node
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self.here(node, f"{short(node)}: {other.__name__.lower()}"):
            node.op = other()
            return node
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not) and self.here(node, f"{short(node)}: without not"):
            return node.operand
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, bool):
            if self.here(node, f"{node.value}: {not node.value}"):
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int) and self.here(node, f"{node.value}: {node.value + 1}"):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node


def short(node: ast.AST) -> str:
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 70 else text[:67] + "..."


def mutants(names: list[str]) -> list[Mutant]:
    """Every possible change of these modules."""
    made = []
    for name in names:
        places = Places()
        places.visit(ast.parse((builds.SOURCE / f"{name}.py").read_text()))
        made += [Mutant(name, index, line, text) for index, (line, text) in enumerate(places.found)]
    return made


def changed(mutant: Mutant) -> CodeType:
    """The code of a mutant's module."""
    path = builds.SOURCE / f"{mutant.name}.py"
    tree = Places(mutant.index).visit(ast.parse(path.read_text()))
    return compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True)


class MutantFinder(MetaPathFinder, InspectLoader):
    """Gives one module of the core its mutant's code."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = builds.PACKAGE + mutant.name
        self.path = str(builds.SOURCE / f"{mutant.name}.py")
        self.code = changed(mutant)

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, origin=self.path) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return self.code

    def get_source(self, fullname: str) -> str:
        return Path(self.path).read_text()

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self.path
        exec(self.code, module.__dict__)


# -- trials: each in a process of its own, which says how it went by its exit code -------------------------


def quick() -> None:
    """Flows of every profile, halves of them loaded, spoilt records; then the pages of docs/rules."""
    from tests.core import commands, flows, fuzz, race, scenario
    from tests.core.profiles import PROFILES

    for seed in (1, 2):
        for name, made in PROFILES.items():
            flow = flows.seeded(name, seed, FLOW_STEPS)
            race.race(commands.genesis(**made.limits), flow, VERIFY_EVERY)
    race.edged()
    with tempfile.TemporaryDirectory() as folder:
        fuzz.run(1, SPOILT, Path(folder))
    for name in PROFILES:
        halves(name)
    for page in sorted(RULES.glob("*.md")):
        if page.name != "README.md":
            scenario.run(page)


def halves(name: str) -> None:
    """A flow goes on as well from a snapshot."""
    from openbell.core import snapshot
    from openbell.core.exchange import Exchange
    from tests.core import commands, flows
    from tests.core.profiles import PROFILES

    flow = flows.seeded(name, 3, FLOW_STEPS)
    half = len(flow) // 2
    exchange = Exchange(commands.genesis(**PROFILES[name].limits))
    advance(exchange, flow[:half])
    with tempfile.TemporaryDirectory() as folder:
        snapshot.save(exchange, Path(folder) / "half", {})
        loaded, _ = snapshot.load(Path(folder) / "half")
    assert advance(exchange, flow[half:]) == advance(loaded, flow[half:])
    assert snapshot.state_hash(exchange) == snapshot.state_hash(loaded)


def advance(exchange: Any, records: list[bytes]) -> tuple[bytes, bytes]:
    """What an exchange says to records."""
    data = b"".join(records)
    at = 0
    while at < len(data):
        at = exchange.run(data, at, len(data))
    said = exchange.answers(0, exchange.answer_count), exchange.events(0, exchange.event_count)
    exchange.clear()
    return said


def stories() -> None:
    """The stories of tests/core, one after the other until one fails."""
    import pytest

    files = [path for path in sorted(Path(__file__).parent.glob("test_*.py")) if path.stem not in LONG]
    if pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, files)]) != 0:
        raise AssertionError("a story came out otherwise")


def trial(mutant: Mutant | None, what: str, seconds: int) -> str:
    """Run one trial; returns how the mutant died, or nothing."""
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            builds.install("interpreted")
            if mutant:
                sys.meta_path.insert(0, MutantFinder(mutant))
            {"quick": quick, "stories": stories}[what]()
        except AssertionError:
            os._exit(1)
        except BaseException:
            os._exit(2)
        os._exit(0)
    return ended(child, PATIENCE * seconds)


def ended(child: int, seconds: int) -> str:
    pidfd = os.pidfd_open(child)
    try:
        if not select.select([pidfd], [], [], seconds)[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "hangs"
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return {0: "", 1: "differs", -signal.SIGXCPU: "hangs"}.get(status, "fails")
    finally:
        os.close(pidfd)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="mutants tried (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--seconds", type=float, default=3600, help="at most so long (3600)")
    parser.add_argument("--files", default="", help="modules, with commas between them (all)")
    parser.add_argument("--quick", action="store_true", help="without the stories")
    return parser.parse_args(given)


def names() -> list[str]:
    """The modules that may be changed."""
    return [name for name in builds.compiled_names() if name not in SPARED]


def chosen(args: argparse.Namespace) -> list[Mutant]:
    found = mutants(args.files.split(",") if args.files else names())
    random.Random(args.seed).shuffle(found)
    return found[: args.count]


def tried(args: argparse.Namespace) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with how it died."""
    started = time.monotonic()
    for mutant in chosen(args):
        if time.monotonic() - started > args.seconds:
            return
        died = trial(mutant, "quick", QUICK_SECONDS)
        if not died and not args.quick:
            died = trial(mutant, "stories", STORY_SECONDS)
        yield mutant, died


def main(given: list[str] | None = None) -> int:
    args = arguments(given)
    if trial(None, "quick", QUICK_SECONDS):
        print("the core as it is does not live through its own tests: mend that first")
        return 1
    ends: Counter[str] = Counter()
    survivors = []
    for number, (mutant, died) in enumerate(tried(args), 1):
        ends[died or "lives"] += 1
        if not died:
            survivors.append(mutant)
            print(f"lives: {mutant}", flush=True)
        elif number % 10 == 0:
            print(f"{number} tried, {len(survivors)} live", flush=True)
    print(f"{ends.total()} mutants: " + ", ".join(f"{count} {end}" for end, count in ends.most_common()))
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
