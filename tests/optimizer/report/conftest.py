import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from instances.instance import Instance, library, load
from optimizer.report.page import ReportInput
from optimizer.results.indicators import indicators
from optimizer.results.ledger import constant, ledger, objective
from optimizer.results.transitions import transitions

RULES = ("rule", "id", "region", "period", "group", "unit", "sense", "bound", "value", "slack", "worth", "binding")


@pytest.fixture(scope="session")
def weihai() -> Instance:
    return load("weihai")


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., Instance]:
    """Weihai in a folder of its own, with a change to its files."""

    def copy(change: Callable[[Path], object]) -> Instance:
        folder = tmp_path / "weihai"
        shutil.copytree(library()["weihai"], folder)
        change(folder)
        return load(folder)

    return copy


def plan_of(instance: Instance, changes: int = 40) -> pd.DataFrame:
    """Every hectare stays, but half of the dry cropland of some zones, which becomes arbor forest."""
    cover = instance.require_land().tables["cover"]
    stay = cover.assign(**{"from": cover["class"], "to": cover["class"], "period": 0, "overlay": ""})
    chosen = stay[(stay["from"].astype(str) == "0103") & (stay["area_ha"] > 1)].head(changes).index
    stay.loc[chosen, "area_ha"] /= 2
    moved = stay.loc[chosen].assign(to="0301", period=2030)
    return pd.concat([stay, moved])[["zone", "from", "to", "period", "overlay", "area_ha"]]


Derived = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="session")
def derived() -> Callable[[Instance, int], Derived]:
    """Moves of a plan, and the tables made from them: once for each instance, since no test changes them."""
    known: dict[tuple[int, int], tuple[Instance, Derived]] = {}

    def derive(instance: Instance, changes: int) -> Derived:
        key = (id(instance), changes)
        if key not in known:
            moves = plan_of(instance, changes)
            tables = (moves, transitions(instance, moves), indicators(instance, moves), ledger(instance, moves))
            known[key] = (instance, tables)
        return known[key][1]

    return derive


@pytest.fixture
def report(derived: Callable[[Instance, int], Derived]) -> Callable[..., ReportInput]:
    """What a report shows, with made-up proof figures."""

    def make(instance: Instance, lang: str = "zh", changes: int = 40, **summary: Any) -> ReportInput:
        moves, changed, found, rows = derived(instance, changes)
        figures = {
            "status": "optimal",
            "termination": "gap_proven",
            "objective": objective(rows),
            "objective_unit": "tCO2e",
            "objective_constant": constant(rows),
            "bound": objective(rows) - 1,
            "bound_by": "highs",
            "gap": 2e-5,
            "gap_abs": 1.0,
            "method": "direct",
            "seconds": {"solve": 1.5, "total": 2.0, "polish": 0.25},
            "size": {"zones": 2529, "rows": 0},
            "versions": {"sanqu": "0.1.0"},
            "instance_hash": "abc123",
        }
        rules = [
            ("floor", "<b>f1", "weihai", 2035, "forest", "ha", ">=", 1000.0, 1000.0, 0.0, 12.5, True),
            ("ceiling", "c1", "huancui", 0, "built", "ha", "<=", 500.0, 400.0, 100.0, 0.0, False),
        ]
        return ReportInput(
            instance=instance,
            summary=figures | summary,
            moves=moves,
            transitions=changed,
            indicators=found,
            ledger=rows,
            rules=pd.DataFrame(rules, columns=list(RULES)),
            audit={"passed": True, "checks": 212, "failed": 0},
            lang=lang,
        )

    return make
