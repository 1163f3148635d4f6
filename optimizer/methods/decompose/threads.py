"""Work shared by threads over fixed chunks: the same chunks, in the same order, whatever the number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T")

LEAST = 100_000
"""Items in a chunk at least: below this, sharing the work costs more than it saves."""

MOST_CHUNKS = 16


def chunks(count: int) -> list[tuple[int, int]]:
    """Return the ranges that `count` items are cut into; they do not depend on the number of threads."""
    pieces = max(1, min(MOST_CHUNKS, count // LEAST))
    edges = [count * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(edges))


def share_runs(work: Callable[[int, int], T], starts: NDArray[np.int64], threads: int) -> list[T]:
    """Share runs of items as `share` does items: run k has the items `starts[k]` to `starts[k + 1]`."""
    edges = np.searchsorted(starts, [first for first, _ in chunks(int(starts[-1]))])
    edges = np.unique(np.append(edges, len(starts) - 1))
    return _run(work, [(int(first), int(last)) for first, last in pairwise(edges)], threads)


def share(work: Callable[[int, int], T], count: int, threads: int) -> list[T]:
    """Call `work(first, last)` for every chunk of `count` items and return the answers in order."""
    return _run(work, chunks(count), threads)


def _run(work: Callable[[int, int], T], ranges: list[tuple[int, int]], threads: int) -> list[T]:
    if threads <= 1 or len(ranges) == 1:
        return [work(first, last) for first, last in ranges]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda ends: work(*ends), ranges))
