"""What a rule is: a permission that bars changes, or a builder of rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.boundary import Boundary
    from formulations.connected import Connected
    from formulations.moves import Candidates
    from formulations.patches import Patches
    from formulations.program import Columns, Quota


@dataclass(frozen=True)
class Permission:
    """A rule that bars changes: `bars` returns a mask that broadcasts to (groups, classes)."""

    name: str
    name_zh: str
    bars: Callable[[Candidates], NDArray[np.bool_]]
    optional: bool = True


@dataclass(frozen=True)
class Part:
    """What a rule contributes to the Program."""

    columns: tuple[Columns, ...] = ()
    quotas: tuple[Quota, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    patches: tuple[Patches, ...] = ()
    connected: tuple[Connected, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule that adds rows and columns; it is on where the data it needs is present."""

    name: str
    name_zh: str
    build: Callable[[LandBlock], Part]
