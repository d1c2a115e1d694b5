"""The long run of core against oracle: `make proof ARGS="--commands 10000000"`.

Seeds are run one after the other, 50,000 commands of the crowd each and a round of every other profile.
What a seed came to is kept in a folder, with a digest of the sources it was run with: started again, the
run goes on with the seeds that are left. It fails on a difference, on anything that does not hold, and
on a hole in the table of what all seeds came to.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.core import builds

STEPS = 50_000
TESTS = Path(__file__).parent


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--commands", type=int, default=10_000_000, help="of the crowd, at least (10000000)")
    parser.add_argument("--steps", type=int, default=STEPS, help="of one seed, beside its opening (50000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--processes", type=int, default=1, help="seeds run at the same time (1)")
    parser.add_argument("--core", choices=builds.FORMS, default="compiled", help="the build (compiled)")
    parser.add_argument("--folder", type=Path, default=builds.ROOT / "build" / "proof", help="build/proof")
    return parser.parse_args(given)


def sources() -> str:
    """A digest of what a result depends on: the core, the oracle, the generator."""
    digest = hashlib.sha256()
    for folder in (builds.SOURCE, TESTS):
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.pxd")]):
            if not path.name.startswith("test_"):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def run_seed(seed: int, steps: int, form: str) -> dict[str, Any]:
    """In a process of its own: choose the build, then run."""
    os.environ["PYTHONHASHSEED"] = "0"
    if not any(name.startswith(builds.PACKAGE) for name in sys.modules):
        builds.install(form)
    from tests.core import race

    return race.run_seed(seed, steps)


class Run:
    """All seeds of one long run."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.sources = sources()
        self.results: dict[int, dict[str, Any]] = {}
        self.failed: list[str] = []
        self.started = time.monotonic()
        args.folder.mkdir(parents=True, exist_ok=True)

    @property
    def commands(self) -> int:
        return sum(result["commands"] for result in self.results.values())

    def path(self, seed: int) -> Path:
        return Path(self.args.folder) / f"{self.args.core}-{self.args.steps}-{seed}.json"

    def kept(self, seed: int) -> bool:
        """Take a result that was kept, if it is of these sources."""
        path = self.path(seed)
        result = json.loads(path.read_text()) if path.exists() else {}
        if result.get("sources") != self.sources:
            return False
        self.results[seed] = result
        return True

    def seeds(self) -> Iterator[int]:
        """Those that are left, until there are enough commands."""
        seed = self.args.first
        while self.commands < self.args.commands and not self.failed:
            if not self.kept(seed):
                yield seed
            seed += 1

    def all(self) -> None:
        if self.args.core == "checked":
            builds.build_checked()
        context = get_context("spawn")
        with ProcessPoolExecutor(self.args.processes, context) as pool:
            under_way: dict[Future[dict[str, Any]], int] = {}
            for seed in self.seeds():
                job = pool.submit(run_seed, seed, self.args.steps, self.args.core)
                under_way[job] = seed
                if len(under_way) == self.args.processes:
                    self.take(under_way)
            while under_way:
                self.take(under_way)

    def take(self, under_way: dict[Future[dict[str, Any]], int]) -> None:
        """Wait for one seed, keep what it came to, and say how far the run is."""
        for job in wait(under_way, return_when=FIRST_COMPLETED).done:
            seed = under_way.pop(job)
            if error := job.exception():
                self.failed.append(f"seed {seed}: {error}")
                print(self.failed[-1], flush=True)
                continue
            result = job.result() | {"sources": self.sources}
            self.path(seed).write_text(json.dumps(result))
            self.results[seed] = result
            rate = round((result["commands"] + result["others"]) / result["seconds"])
            print(
                f"seed {seed}: {self.commands:,} of {self.args.commands:,} commands, {rate:,}/s,"
                f" {time.monotonic() - self.started:,.0f} s",
                flush=True,
            )

    def report(self) -> int:
        """Print the table; the exit code."""
        from tests.core import race
        from tests.core.audit import Audit

        audit = race.edged()
        for result in self.results.values():
            audit += Audit.loaded(result["audit"])
        print("\n".join(audit.table()))
        missing = audit.missing() + audit.never_met()
        others = sum(result["others"] for result in self.results.values())
        print(
            f"{self.commands:,} commands of the crowd and {others:,} of other profiles, core and oracle equal"
        )
        print("\n".join([*(f"never: {hole}" for hole in missing), *self.failed]))
        return 1 if missing or self.failed else 0


def main() -> int:
    run = Run(arguments())
    run.all()
    return run.report()


if __name__ == "__main__":
    sys.exit(main())
