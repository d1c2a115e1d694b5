"""Throws records at one market after the other, without an end: `make fuzz ARGS="--seconds 3600"`.

A seed is a market and what is thrown at it; a failure names its seed, and `--first SEED --seeds 1` runs
it again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.core import builds

SAY_EVERY = 5  # seconds


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0, help="how long (without an end)")
    parser.add_argument("--seeds", type=int, default=0, help="how many markets (without an end)")
    parser.add_argument("--first", type=int, default=1000, help="the first seed (1000)")
    parser.add_argument("--records", type=int, default=0, help="thrown at one market (1500)")
    parser.add_argument("--core", choices=builds.FORMS, default="checked", help="the build (checked)")
    args = parser.parse_args(given)
    if not any(name.startswith(builds.PACKAGE) for name in sys.modules):
        builds.install(args.core)
    from openbell.core import codes
    from tests.core import driver, fuzz

    driver.catch_unraisable()
    started = said = time.monotonic()
    answered: Counter[int] = Counter()
    stopped: Counter[str] = Counter()
    seed = args.first
    with tempfile.TemporaryDirectory() as folder:
        while not args.seeds or seed < args.first + args.seeds:
            if args.seconds and time.monotonic() - started > args.seconds:
                break
            try:
                _, target = fuzz.run(seed, args.records or fuzz.RECORDS, Path(folder))
            except BaseException:
                print(f"at seed {seed}:", flush=True)
                raise
            answered += target.codes
            stopped += target.stopped
            seed += 1
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                print(f"{seed - args.first} markets, {answered.total():,} records answered", flush=True)
    for code, count in answered.most_common():
        print(f"{codes.REFUSAL_NAMES[code]:24} {count:>12,}")
    for why, count in stopped.most_common():
        print(f"stopped: {why}: {count:,}")
    print(f"{answered.total():,} records answered as the oracle does")
    print(f"stopped {stopped.total():,} times, unchanged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
