"""Plans that an analysis finds: written as every plan is, audited, and held against the values of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.results.audit import audit
from optimizer.results.extra import write_extra
from optimizer.results.plan import plan_of, write_plan
from optimizer.study import write_json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from optimizer.studies.models import Model

PLAN = "plan"
AGREES = 1e-6
"""Part of an objective by which the audit's may differ from the model's."""


@dataclass(frozen=True)
class Audited:
    """A plan on disk: its objective as the audit recomputed it, and what failed, in words."""

    objective: float
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the audit has nothing against the plan."""
        return not self.failures

    def record(self) -> dict[str, Any]:
        """Return what a task's record tells of it."""
        return {"objective": self.objective, "audit_passed": self.passed, "failures": list(self.failures)}


def write_audited(model: Model, shares: NDArray[np.float64], folder: Path) -> Audited:
    """Write the plan that values of the Program's columns stand for into `folder/plan`, audit it, write audit.json.

    `shares` are of the model's own Program, (columns,); rows that an analysis added are not looked at here.
    """
    _write(model, shares, folder / PLAN)
    report = audit(model.instance.folder, folder / PLAN)
    write_json(folder / "audit.json", report.to_dict())
    own, stated = float(report.figures["objective"]), float(model.program.cost @ shares)
    failures = list(report.lines())
    if abs(own - _signed(model, stated)) > AGREES * max(1.0, abs(own)):
        failures.append(f"objective {stated:.9g}, recomputed {own:.9g}")
    return Audited(own, tuple(failures))


def _signed(model: Model, value: float) -> float:
    """Return a minimised value in the sense of the study."""
    return -value if model.program.sense == "maximise" else value


def _write(model: Model, shares: NDArray[np.float64], folder: Path) -> None:
    if model.sites is not None:
        from optimizer.results.sites.plan import selection_of, write_selection

        write_selection(selection_of(model.sites.sites, shares[model.sites.column]), folder)
        return
    if model.block is not None:
        write_plan(plan_of(model.instance, model.program, shares), folder)
        write_extra(model.program, shares, folder)
    else:
        folder.mkdir(parents=True)
    if model.instance.network is not None:
        from optimizer.results.network.plan import network_table, write_network

        write_network(network_table(model.instance.network, model.program, shares), folder)
