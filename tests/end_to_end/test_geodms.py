"""The GeoDMS allocation as a Sanqu instance has the known optimum of 205, and the published map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from instances.instance import load
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.end_to_end import geodms_instance as geodms

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(bool(geodms.missing_data()), reason=geodms.missing_data() or "data present")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return geodms.build(tmp_path_factory.mktemp("geodms") / "instance")


def test_instance_reads_without_fault(folder: Path) -> None:
    land = load(folder).require_land()
    assert len(land.zones) == 33
    assert len(land.tables["zone_costs"]) == 99


def test_tables_have_the_known_optimum(folder: Path) -> None:
    """Solve the written tables with another program: the tables, not the solver, are under test."""
    value, allocation = _optimum(folder)
    assert value == pytest.approx(geodms.OPTIMUM)
    stays = allocation[allocation["to"] == "free"]["zone"].tolist()
    table = geodms.cells()
    assert stays == table.loc[geodms.may_stay(table), "cell"].tolist() == [5]


def test_published_map_is_worth_the_optimum(folder: Path) -> None:
    table = geodms.cells().dropna(subset="published_landuse")
    use = table["published_landuse"].astype(int).map(dict(enumerate(geodms.USES)))
    published = pd.DataFrame({"zone": table["cell"], "to": use})
    costs = pd.read_csv(folder / "land" / "zone_costs.csv")
    assert published.merge(costs)["cost_wanyuan_per_ha"].sum() == pytest.approx(geodms.OPTIMUM)


def _optimum(folder: Path) -> tuple[float, pd.DataFrame]:
    land = folder / "land"
    zones = pd.read_parquet(land / "zones.parquet", columns=["zone", "region"])
    quotas, costs = pd.read_csv(land / "quotas.csv"), pd.read_csv(land / "zone_costs.csv")
    stay = zones[["zone"]].assign(to="free", cost_wanyuan_per_ha=0)
    moves = pd.concat([costs, stay], ignore_index=True).merge(zones, on="zone")
    one_use = (moves["zone"].to_numpy() == zones["zone"].to_numpy()[:, None]).astype(float)
    counted = [
        (moves["to"] == q.group) & ((q.region == "all") | (moves["region"] == q.region)) for q in quotas.itertuples()
    ]
    lower = np.where(quotas["sense"] == ">=", quotas["value"], -np.inf)
    upper = np.where(quotas["sense"] == "<=", quotas["value"], np.inf)
    constraints = [LinearConstraint(one_use, 1, 1), LinearConstraint(np.array(counted, dtype=float), lower, upper)]
    found = milp(
        moves["cost_wanyuan_per_ha"].to_numpy(float),
        constraints=constraints,
        integrality=np.ones(len(moves)),
        bounds=Bounds(0, 1),
    )
    assert found.status == 0, found.message
    return float(found.fun), moves[found.x > 0.5]


def test_solved(folder: Path, tmp_path: Path) -> None:
    outcome = solve(folder, tmp_path / "plan", StudyOptions(solve=SolveOptions(gap=0.0), tables=False))
    assert outcome.audit_passed
    assert outcome.summary["objective"] == pytest.approx(geodms.OPTIMUM)
    assert outcome.summary["bound"] == pytest.approx(geodms.OPTIMUM)
