"""What a selection of units to restore must keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, raise_if_any
from optimizer.methods.landscape.indices import diameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optimizer.methods.landscape.landscape import Landscape

WHERE = "landscape limits"


@dataclass(frozen=True)
class Limits:
    """Limits of a selection; None or infinite where there is none.

    Parameters
    ----------
    restored
        Area that selecting a unit restores, (units,); None for its whole area.
    least_restored, most_restored
        Limits on the sum of `restored` over the selection. Where every unit restores a whole number (say of fine
        cells), so does a selection, and limits are rounded accordingly.
    cost, budget
        Cost of each unit, (units,), 0 or more, and most that the selection may cost.
    most_components
        Most connected components of the selection itself, habitat of today left out.
    diameter
        Most diameter of the smallest circle around the centres of the selected units.
    locked_out, locked_in
        Units that are never or always selected, (units,). Habitat of today is never selected.
    least_mesh, least_iic, least_largest, most_patches
        Limits on the indices after the restoration.
    iic_distance
        Distance up to which patches are linked in the integral index of connectivity.
    """

    restored: NDArray[np.float64] | None = None
    least_restored: float = 0.0
    most_restored: float = np.inf
    cost: NDArray[np.float64] | None = None
    budget: float = np.inf
    most_components: int | None = None
    diameter: float = np.inf
    locked_out: NDArray[np.bool_] | None = None
    locked_in: NDArray[np.bool_] | None = None
    least_mesh: float = 0.0
    least_iic: float = 0.0
    least_largest: float = 0.0
    most_patches: int | None = None
    iic_distance: float | None = None

    def available(self, landscape: Landscape) -> NDArray[np.bool_]:
        """Return which units can be selected, (units,)."""
        return ~landscape.habitat if self.locked_out is None else ~landscape.habitat & ~self.locked_out

    def restores(self, landscape: Landscape) -> NDArray[np.float64]:
        """Return the area that each unit restores, (units,)."""
        return landscape.area if self.restored is None else self.restored

    def costs(self, landscape: Landscape) -> NDArray[np.float64]:
        """Return the cost of each unit, (units,)."""
        return np.zeros(landscape.units) if self.cost is None else self.cost

    def check(self, landscape: Landscape) -> None:
        """Raise InstanceError where limits do not fit the landscape or no selection can keep them."""
        raise_if_any(self._misfits(landscape))
        raise_if_any(self._contradictions(landscape))

    def _misfits(self, landscape: Landscape) -> Iterator[Fault]:
        for name in ("restored", "cost", "locked_out", "locked_in"):
            values = getattr(self, name)
            if values is None:
                continue
            if values.shape != (landscape.units,):
                yield Fault(WHERE, f"{len(values)} values for {landscape.units} units", column=name)
            elif values.dtype != np.bool_ and not (np.isfinite(values) & (values >= 0)).all():
                yield Fault(WHERE, "a value is not a number of 0 or more", column=name)
        if self.cost is None and np.isfinite(self.budget):
            yield Fault(WHERE, "a budget without costs", "give the cost of each unit", column="cost")
        if self.most_components is not None and self.most_components < 1:
            yield Fault(WHERE, "fewer than one component", "ask for 1 or more", column="most_components")
        if not self.diameter >= 0:
            yield Fault(WHERE, "a diameter below 0", column="diameter")
        if self.least_iic > 0 and self.iic_distance is None:
            yield Fault(WHERE, "a limit on IIC without a distance", "give iic_distance", column="iic_distance")

    def _contradictions(self, landscape: Landscape) -> Iterator[Fault]:
        restored, cost, available = self.restores(landscape), self.costs(landscape), self.available(landscape)
        if self.least_restored > self.most_restored:
            yield Fault(
                WHERE,
                f"at least {self.least_restored:g} is to be restored but at most {self.most_restored:g}",
                column="least_restored",
            )
        most = float(restored[available].sum())
        if self.least_restored > most:
            yield Fault(
                WHERE,
                f"at least {self.least_restored:g} is to be restored, all units that are free restore {most:g}",
                "lower the least or lock out fewer units",
                column="least_restored",
            )
        if self.locked_in is None:
            return
        barred = np.flatnonzero(self.locked_in & ~available)
        if len(barred):
            yield Fault(
                WHERE, f"unit {barred[0]} is locked in but is habitat already or locked out", column="locked_in"
            )
        for name, values, limit in (
            ("most_restored", restored, self.most_restored),
            ("budget", cost, self.budget),
        ):
            taken = float(values[self.locked_in].sum())
            if taken > limit * (1.0 + 1e-9):
                yield Fault(WHERE, f"units locked in take {taken:g} of at most {limit:g}", column=name)
        if np.isfinite(self.diameter) and (across := diameter(landscape, self.locked_in)) > self.diameter * (
            1.0 + 1e-9
        ):
            yield Fault(WHERE, f"units locked in are {across:g} across", "lengthen the diameter", column="diameter")
