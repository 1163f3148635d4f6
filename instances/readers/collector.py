"""Pausing the garbage collector while millions of objects are made.

Each polygon is a Python object that the collector counts; it would look through all of them again and again while
they are made, which takes three times as long as making them.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def paused() -> Iterator[None]:
    """Switch automatic collection off within the block; it is as before afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
