"""Dual passes over parts of the land on the workers of a Dask cluster; their sum is a pass over the whole.

Every part has a home, the worker that holds it. When a worker is gone, its parts get new homes, which load them again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.methods.decompose.oracle import Pass
from optimizer.methods.decompose.parts import part
from optimizer.methods.decompose.parts.part import Answer, Place
from optimizer.methods.decompose.parts.union import Union, union

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from distributed import Client
    from numpy.typing import NDArray

    from optimizer.methods.decompose.oracle import Sizes
    from optimizer.methods.decompose.parts.union import CoupledRows

LOOK = 1.0
"""Seconds after which it is looked whether a worker that owes an answer is still there."""

PATIENCE = 60.0
"""Seconds for which a cluster may be without any worker."""


class WorkersLostError(RuntimeError):
    """The cluster has had no worker for too long."""


@dataclass
class Crew:
    """The workers of a cluster, each part with its home among them; `sent` and `received` count bytes of arrays."""

    client: Client
    homes: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    received: int = 0

    def ask(self, work: Callable[..., Any], folders: Sequence[str], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return what the work gives for each part, done at its home; parts of lost workers are done elsewhere."""
        from distributed import wait

        found: dict[int, Any] = {}
        self._house(folders)
        waiting = {self._submit(work, folders[k], arguments[k]): k for k in range(len(folders))}
        while waiting:
            try:
                wait(list(waiting), timeout=LOOK, return_when="FIRST_COMPLETED")
            except TimeoutError:
                alive = self._alive()
                for future, k in [(f, k) for f, k in waiting.items() if self.homes[folders[k]] not in alive]:
                    del waiting[future]
                    future.release()
                    self._house([folders[k]])
                    waiting[self._submit(work, folders[k], arguments[k])] = k
            for future in [future for future in waiting if future.done()]:
                k = waiting.pop(future)
                try:
                    found[k] = future.result()
                except (asyncio.CancelledError, _killed()):
                    self._house([folders[k]])
                    waiting[self._submit(work, folders[k], arguments[k])] = k
        return [found[k] for k in range(len(folders))]

    def _submit(self, work: Callable[..., Any], folder: str, arguments: tuple[Any, ...]) -> Any:
        # A task that any worker might take would have its part loaded a second time.
        return self.client.submit(work, *arguments, workers=[self.homes[folder]], pure=False)

    def _house(self, folders: Sequence[str]) -> None:
        """Give every part a home that is there: the worker with the fewest parts."""
        alive = self._alive()
        for folder in folders:
            if self.homes.get(folder) not in alive:
                load = dict.fromkeys(alive, 0)
                for home in self.homes.values():
                    if home in load:
                        load[home] += 1
                self.homes[folder] = min(load, key=lambda worker: (load[worker], worker))

    def _alive(self) -> set[str]:
        began = time.monotonic()
        while not (workers := set(self.client.nthreads())):
            if time.monotonic() - began > PATIENCE:
                raise WorkersLostError("the cluster has no workers")
            time.sleep(LOOK)
        return workers


class PartedPasses:
    """The oracle of the dual over parts: `Passes`, summed; `count` says how often it was asked."""

    def __init__(self, crew: Crew, places: Sequence[Place], whole: Union, every: int = 1) -> None:
        self.crew, self.places, self.whole, self._every, self.count = crew, tuple(places), whole, every, 0
        self.pair_block, self.pair_row, self.filled = whole.pair_block, whole.pair_row, whole.filled

    @classmethod
    def over(cls, crew: Crew, folders: Sequence[Path], census: Path) -> PartedPasses:
        """Load parts on the workers; raises InstanceError for parts that are unsound or not of one whole."""
        names = [str(folder.absolute()) for folder in folders]
        known = [(name, str(census.absolute())) for name in names]
        begun: list[tuple[tuple[int, ...], str]] = crew.ask(part.begin, names, known)
        grades = tuple(sorted({grade for some, _ in begun for grade in some}))
        places = [Place(*one, grades, stamp) for one, (_, stamp) in zip(known, begun, strict=True)]
        told = crew.ask(part.tell, names, [(place,) for place in places])
        return cls(crew, places, union(told))

    @property
    def pricing(self) -> CoupledRows:
        """The coupled rows."""
        return self.whole.rows

    @property
    def sizes(self) -> Sizes:
        """Typical sizes."""
        return self.whole.sizes

    @property
    def dearest(self) -> float:
        """No plan of the land costs more."""
        return self.whole.dearest

    def sampled(self, every: int) -> PartedPasses:
        """Return the passes over every so many groups of each part."""
        return PartedPasses(self.crew, self.places, self.whole, every)

    def __call__(self, y: NDArray[np.float64]) -> Pass:
        """Evaluate the multipliers of the coupled rows."""
        whole = self.whole
        arguments = [(place, y[rows], self._every) for place, rows in zip(self.places, whole.filled_by, strict=True)]
        answers: list[Answer] = self.crew.ask(part.answer, [place.folder for place in self.places], arguments)
        value, spent = np.zeros(whole.rows.n_blocks), np.zeros(whole.rows.n_blocks)
        usage = np.zeros(len(whole.pair_row))
        for one, pairs in zip(answers, whole.pair_of, strict=True):  # in the order of parts: the same sum every time
            value[: len(one.value)] += one.value
            spent[: len(one.spent)] += one.spent
            usage[pairs] += one.usage
        self.count += 1
        self.crew.sent += sum(some[1].nbytes for some in arguments)
        self.crew.received += sum(one.nbytes for one in answers)
        return Pass(value, spent, usage, sum(one.moved for one in answers), np.zeros(0, dtype=np.int64), ())


def _killed() -> type[Exception]:
    from distributed.scheduler import KilledWorker

    return KilledWorker
