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


@pytest.fixture
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


@pytest.fixture
def report() -> Callable[..., ReportInput]:
    """What a report shows, with made-up proof figures."""

    def make(instance: Instance, lang: str = "zh", changes: int = 40, **summary: Any) -> ReportInput:
        moves = plan_of(instance, changes)
        rows = ledger(instance, moves)
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
            transitions=transitions(instance, moves),
            indicators=indicators(instance, moves),
            ledger=rows,
            rules=pd.DataFrame(rules, columns=list(RULES)),
            audit={"passed": True, "checks": 212, "failed": 0},
            lang=lang,
        )

    return make
