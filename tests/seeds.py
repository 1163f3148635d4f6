"""Cases of one kind: the first in every run, the rest in `pytest -m long`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def first_of(cases: Iterable[Any], short: int) -> list[Any]:
    """Return the cases, marked long from the one at `short` on."""
    return [one if k < short else pytest.param(one, marks=pytest.mark.long) for k, one in enumerate(cases)]
