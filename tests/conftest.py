"""What holds for all tests."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_finish() -> None:
    """Leave the collected tests and their modules out of every later collection of garbage, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    """Read and paint the same content once."""
    from tests.once import done_once

    with pytest.MonkeyPatch.context() as patch:
        done_once(patch)
        yield
