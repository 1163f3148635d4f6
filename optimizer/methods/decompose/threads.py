"""Work shared by threads over fixed chunks: the same chunks, in the same order, whatever the number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LEAST = 100_000
"""Items in a chunk at least: below this, sharing the work costs more than it saves."""

MOST_CHUNKS = 16


def chunks(count: int) -> list[tuple[int, int]]:
    """Return the ranges that `count` items are cut into; they do not depend on the number of threads."""
    pieces = max(1, min(MOST_CHUNKS, count // LEAST))
    edges = [count * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(edges))


def share(work: Callable[[int, int], T], count: int, threads: int) -> list[T]:
    """Call `work(first, last)` for every chunk of `count` items and return the answers in order."""
    ranges = chunks(count)
    if threads <= 1 or len(ranges) == 1:
        return [work(first, last) for first, last in ranges]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda ends: work(*ends), ranges))
