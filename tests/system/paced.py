"""An open load: requests that are due at fixed times, whatever became of those before them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Self

from tests.system.load import Trader


class PacedLoad:
    """Every trader's requests, `rate` a second each, from entering the context to leaving it.

    A request that must wait for the trader's one before it is sent right after that one's answer, until all
    that are due are sent.

    Attributes:
        answered: by trader, when its answers came, monotonic seconds.
        backlog: the most requests of one trader that were due and not answered.
        failed: what an exchange that serves must not do: no answer, a 503, an answer out of the rules.
    """

    def __init__(self, traders: Sequence[Trader], rate: float) -> None:
        self.answered: list[list[float]] = [[] for _ in traders]
        self.backlog = 0
        self.failed: list[str] = []
        self._rate = rate
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=row) for row in enumerate(traders)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def answers(self) -> int:
        """How many answers came."""
        return sum(map(len, self.answered))

    def gap_s(self) -> float:
        """The longest time that a trader was without an answer, in seconds."""
        return max(later - sooner for times in self.answered for sooner, later in itertools.pairwise(times))

    def _run(self, number: int, trader: Trader) -> None:
        random, working = Random(trader.seed), list[str]()
        answered = self.answered[number]
        due = time.monotonic() + number / len(self.answered) / self._rate
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            try:
                if not trader.step(random, working):
                    self.failed.append(f"no answer, or 503, after {time.monotonic() - due:.2f} s")
                    return
            except AssertionError as error:
                self.failed.append(str(error))
                return
            answered.append(time.monotonic())
            self.backlog = max(self.backlog, int((answered[-1] - due) * self._rate))
            due += 1 / self._rate
