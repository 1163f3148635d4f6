r"""The restoration block as rules see it: planning units, what may be done with each, and helpers that make rows.

.. math::

    o_i + \sum_z x_{i,z} = 1\quad\forall i,\qquad
    \underline{x}_{i,z} \le x_{i,z} \le \bar{x}_{i,z},\quad 0 \le o_i \le \bar{o}_i

:math:`x_{i,z}` is the share of planning unit i that is chosen for management zone z, :math:`o_i` what is left out; a
unit is a choice group of area 1 whose stay is o. With binary decisions all are 0 or 1. With a least share a of
semicontinuous decisions, :math:`a\,b_{i,z} \le x_{i,z} \le \bar x_{i,z}\,b_{i,z}` for a binary b.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.moves import choices
from formulations.program import INFINITY, Columns, Names, Quota
from formulations.restoration.rule import SitePart
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.restoration.rule import Record
    from instances.sites import Sites

MANDATORY = "mandatory_allocation"
"""Rule that leaves no unit out."""

LIMITS = "unit_limits"
"""Rule of the rows that hold single management zones above their lower limit, and shares above the least share."""

OPEN = "open"
"""Family of the binaries that say whether a share is above 0, of semicontinuous decisions."""

OUT = "out"
"""Word for a unit that is not chosen."""

CHOSEN = "chosen"
"""Word for the management zone without a name."""


@dataclass(frozen=True)
class SiteBlock:
    """Everything a rule may ask of the planning units; variables are unit-major: unit x zones + zone."""

    sites: Sites

    @property
    def n(self) -> int:
        """Number of selection variables."""
        return self.sites.n

    @property
    def as_choices(self) -> bool:
        """Whether units are choice groups, whose borders a method may read as a graph."""
        return True

    @property
    def whole(self) -> bool:
        """Whether a unit is taken or left as a whole."""
        return self.sites.settings.decision == "binary"

    @cached_property
    def limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Least and greatest value of each variable, (variables,) each; whole numbers for binary decisions."""
        lower, upper = self.sites.limits
        return (np.ceil(lower - 1e-9), np.floor(upper + 1e-9)) if self.whole else (lower, upper)

    @cached_property
    def out_upper(self) -> NDArray[np.float64]:
        """Greatest share of each unit that may be left out, (units,)."""
        most = np.clip(1.0 - self.limits[0].reshape(-1, self.sites.n_zones).sum(axis=1), 0.0, 1.0)
        closed = self.sites.locked_in | bool(self.records(MANDATORY))
        return np.where(closed, 0.0, most)

    @cached_property
    def moves(self) -> Moves:
        """The choice groups: of each unit what is left out, then its management zones."""
        upper = np.column_stack([self.out_upper, self.limits[1].reshape(-1, self.sites.n_zones)])
        return choices(upper, self.whole)

    @cached_property
    def names(self) -> Names:
        """Words for codes."""
        sites = self.sites
        zones = [name or CHOSEN for name in sites.zones]
        regions = np.zeros(sites.n_units, dtype=np.int32)
        return Names(zones=sites.units, classes=pd.Series([OUT, *zones]), periods=(), regions=regions)

    @cached_property
    def column(self) -> NDArray[np.int32]:
        """Column of the Program that each variable is, (variables,)."""
        zones = self.sites.n_zones
        return np.arange(self.n, dtype=np.int32) + np.arange(self.n, dtype=np.int32) // zones + 1

    @property
    def first_family(self) -> int:
        """Column of the Program at which the first family of columns begins."""
        return len(self.moves)

    @cached_property
    def _lines(self) -> list[Record]:
        return self.sites.tables["rules"].to_dict("records")  # type: ignore[return-value]

    def records(self, rule: str) -> list[Record]:
        """Return the lines of the rules table that name a rule."""
        return [line for line in self._lines if line["rule"] == rule]

    def require_whole(self, record: Record) -> None:
        """Raise InstanceError for a rule that needs units taken as a whole where shares are decided."""
        if not self.whole:
            why = f"rule {record['rule']} needs units that are taken or left as a whole"
            raise InstanceError([Fault("restoration/rules", why, 'set [restoration] decision = "binary"')])

    def row_family(
        self,
        rule: str,
        matrix: sp.csr_array,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        labels: pd.DataFrame,
        unit: str,
        terms: Mapping[str, sp.csr_array] | None = None,
    ) -> Quota:
        """Make a family of rows from a matrix over variables, (rows, variables), and other columns by family."""
        count = matrix.shape[0]
        small = np.uint16 if count < 2**16 else np.int32
        return Quota(
            rule=rule,
            index=self.column[matrix.indices],
            weight=matrix.data,
            cell=np.repeat(np.arange(count, dtype=small), np.diff(matrix.indptr)),
            rollup=sp.csr_array(sp.eye_array(count)),
            lower=lower,
            upper=upper,
            labels=labels.reset_index(drop=True),
            unit=unit,
            terms=dict(terms or {}),
        )

    def over_columns(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return coefficients of all moves for those of the variables, (moves,); what is left out has none."""
        spread = np.zeros(len(self.moves))
        spread[self.column] = values
        return spread

    def variable_labels(self, variables: NDArray[np.int64]) -> pd.DataFrame:
        """Return unit and management zone of some variables."""
        unit, zone = np.divmod(variables, self.sites.n_zones)
        parts = {"unit": self.sites.units.take(unit), "management_zone": self.sites.zones.take(zone)}
        return pd.DataFrame({name: values.reset_index(drop=True) for name, values in parts.items()})

    def own_rows(self) -> SitePart:
        """Return the rows that limits of choice groups cannot say: least shares of single options."""
        quotas = [self._lower_rows()] if self.sites.n_zones > 1 else []
        columns: tuple[Columns, ...] = ()
        settings = self.sites.settings
        if settings.decision == "semicontinuous" and settings.least_share > 0:
            family = self._open_columns()
            columns, quotas = (family,), [*quotas, *self._open_rows(family)]
        return SitePart(columns=columns, quotas=tuple(quota for quota in quotas if len(quota)))

    def _lower_rows(self) -> Quota:
        """Return one row a variable with a lower limit above 0."""
        lower, _ = self.limits
        held = np.flatnonzero(lower > 0)
        count = len(held)
        rows = sp.csr_array((np.ones(count), held, np.arange(count + 1)), shape=(count, self.n))
        most = np.full(count, INFINITY)
        return self.row_family(LIMITS, rows, lower[held], most, self.variable_labels(held), "1")

    def _open_columns(self) -> Columns:
        lower, upper = self.limits
        labels = self.variable_labels(np.arange(self.n))
        return Columns(OPEN, labels, (lower > 0).astype(float), (upper > 0).astype(float), integer=True, unit="1")

    def _open_rows(self, family: Columns) -> tuple[Quota, Quota]:
        """Return x <= upper b and x >= least share b, (variables,) rows each."""
        one, least = sp.csr_array(sp.eye_array(self.n)), self.sites.settings.least_share
        none, open_ended = np.zeros(self.n), np.full(self.n, INFINITY)
        below = {OPEN: sp.csr_array(sp.diags_array(-self.limits[1]))}
        above = {OPEN: sp.csr_array(sp.diags_array(np.full(self.n, -least)))}
        return (
            self.row_family(LIMITS, one, -open_ended, none, family.labels, "1", below),
            self.row_family(LIMITS, one, none, open_ended, family.labels, "1", above),
        )
