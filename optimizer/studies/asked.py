"""What is asked of every solve of a study: method, gap, seconds, seed; one thread each, for solves run side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Asked:
    """Method and limits of a solve."""

    method: str = "auto"
    gap: float = 1e-4
    time_limit_s: float = float("inf")
    seed: int = 0

    def options(self, start: NDArray[np.float64] | None = None) -> SolveOptions:
        """Return the options of a solve that begins from the values of a plan, (columns,)."""
        return SolveOptions(self.gap, self.time_limit_s, threads=1, seed=self.seed, start=start)

    def stated(self) -> dict[str, Any]:
        """Return what determines a result."""
        return asdict(self)
