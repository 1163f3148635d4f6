"""What holds for all tests."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Leave the collected tests and their modules out of every later collection of garbage: they all stay."""
    gc.collect()
    gc.freeze()
