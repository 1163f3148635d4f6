"""Every weight of the raw tables counts: a table in which one number differs no longer fits the plan."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from optimizer.results.audit import audit
from optimizer.results.audit.files import AuditInputError
from tests.optimizer.results.audit.network.cases import meshed, solved, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACTORS = (0.9, 1.1, 0.0, 10.0)
"""What a number is multiplied by until the audit fails; 0 becomes 1."""

WEIGHTS = [
    ("meshed", "buses", ("voltage_kv",)),
    ("meshed", "snapshots", ("weight_h", "cost_weight_h", "step_h", "order", "day")),
    ("meshed", "profiles", ("value",)),
    ("meshed", "loads", ("peak_mw", "year", "profile", "bus")),
    ("meshed", "imports", ("capacity_mw", "price", "emission_tco2_per_mwh", "year")),
    ("meshed", "generators", ("capacity_mw", "marginal_cost", "emission_tco2_per_mwh", "minimum_share", "bus")),
    ("meshed", "generators", ("extendable", "minimum_mw", "maximum_mw", "capital_cost", "renewable", "profile")),
    ("meshed", "lines", ("capacity_mw", "reactance_ohm", "circuits", "maximum_share", "loss_share", "from_bus")),
    ("meshed", "lines", ("extendable", "minimum_mw", "maximum_mw", "capital_cost", "to_bus")),
    ("meshed", "links", ("capacity_mw", "loss_share", "loss_per_1000km", "length_km", "marginal_cost", "from_bus")),
    ("staged", "links", ("extendable", "minimum_share", "maximum_share", "maximum_mw", "capital_cost", "to_bus")),
    ("staged", "sites", ("potential_mw", "minimum_mw", "fixed_cost", "capital_cost", "marginal_cost", "bus")),
    ("staged", "sites", ("hours", "energy_cost", "efficiency", "technology", "profile")),
    ("staged", "storage", ("power_mw", "energy_mwh", "efficiency_in", "efficiency_out", "standing_loss", "bus")),
    ("staged", "storage", ("extendable", "maximum_mw", "hours", "capital_cost", "energy_cost", "marginal_cost")),
    ("staged", "storage", ("seasonal", "minimum_mw", "minimum_mwh", "maximum_mwh")),
    ("staged", "candidates", ("capacity_mw", "reactance_ohm", "loss_share", "cost", "max_additions", "first_year")),
    ("meshed", "lines", ("resistance_ohm",)),
    ("staged", "candidates", ("resistance_ohm", "marginal_cost")),
    ("staged", "candidates", ("from_bus", "to_bus", "corridor")),
    ("staged", "segments", ("cost",)),
    ("staged", "corridors", ("segment",)),
    ("meshed", "rules", ("value", "sense", "unit", "technology")),
    ("staged", "rules", ("year",)),
    ("meshed", "contingencies", ("line",)),
]

CASES = [(case, table, column) for case, table, columns in WEIGHTS for column in columns]

OTHERS = {
    "bus": ("a", "b", "c", "d"),
    "from_bus": ("a", "b", "c", "d"),
    "to_bus": ("a", "b", "c", "d"),
    "profile": ("wind", "sun", "town"),
    "technology": ("wind", "storage", "solar", "hydro"),
    "corridor": ("west", "east", "north"),
    "segment": ("s1", "s2", "s3"),
    "day": ("winter", "summer"),
    "sense": ("<=", ">=", "=="),
    "unit": ("MWh", "share"),
    "line": ("b-c", "d a", "c a"),
    "year": (2030, 2040),
    "first_year": (2040,),
    "order": (3, 4),
}
"""What words are replaced by."""


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders with an instance in `in` and its plan in `out`."""
    folder = tmp_path_factory.mktemp("weights")
    solved(folder / "meshed", meshed())
    solved(folder / "staged", staged(), (2030, 2040))
    return {name: folder / name for name in ("meshed", "staged")}


def variants(frame: pd.DataFrame, column: str) -> Iterator[pd.DataFrame]:
    """Yield copies of a table in which one cell of the column differs."""
    if column not in frame:
        frame = frame.assign(**{column: 0.0})
    for row in frame.index:
        value = frame.loc[row, column]
        others = OTHERS.get(column) or tuple(
            factor * (float(value) if value == value and value else 1.0) for factor in FACTORS
        )
        for other in others:
            if other != value:
                changed = frame.astype({column: object})
                changed.loc[row, column] = other
                yield changed


@pytest.mark.parametrize(("case", "table", "column"), CASES)
def test_a_table_that_differs_is_noticed(
    plans: dict[str, Path], tmp_path: Path, case: str, table: str, column: str
) -> None:
    """Some change of one cell of the column makes the audit fail."""
    shutil.copytree(plans[case] / "in", tmp_path / "in")
    path = tmp_path / "in" / "network" / f"{table}.csv"
    for changed in variants(pd.read_csv(path), column):
        changed.to_csv(path, index=False)
        try:
            if not audit(tmp_path / "in", plans[case] / "out").passed:
                return
        except AuditInputError:
            continue
    pytest.fail(f"nothing in {table}.{column} matters")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("base_year = 2025", "base_year = 2020"),
        ("cost_weight = 1.0", "cost_weight = 1.1"),
        ("emission_weight = 0.001", "emission_weight = 0.002"),
        ('kind = "weighted"', 'kind = "cost"'),
        ("periods = [2030, 2040]", "periods = [2031, 2040]"),
    ],
)
def test_settings_that_differ_are_noticed(plans: dict[str, Path], tmp_path: Path, old: str, new: str) -> None:
    """Years of stages and weights of the objective are read from instance.toml."""
    shutil.copytree(plans["staged"] / "in", tmp_path / "in")
    path = tmp_path / "in" / "instance.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert not audit(tmp_path / "in", plans["staged"] / "out").passed
