"""The plan of the bundled land of Weihai: proven, audited, sensible, and as `docs/howto/weihai.md` describes it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from instances.classes import GroupTree, load_groups
from instances.instance import library
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve

GAP = 1e-4
MOST_SECONDS = 60
"""On a machine of its own; where other work runs beside the test, as much longer as the load says."""

PAGE = Path(__file__).resolve().parents[2] / "docs/howto/weihai.md"
HA = 1e-3
"""Area that counts as none: cover is stored to 1e-6 ha over some 11,000 pieces of land."""


@dataclass(frozen=True)
class Run:
    """The result folder of a solve, read back with nothing but pandas."""

    folder: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{name}.csv", dtype={"from": str, "to": str}, encoding="utf-8-sig")

    @cached_property
    def moves(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "plan" / "moves.parquet").astype({"from": str, "to": str})

    @cached_property
    def groups(self) -> pd.Series:
        classes = pd.read_csv(library()["weihai-land"] / "land" / "classes.csv", dtype=str)
        return classes.set_index("class")["group"]

    @cached_property
    def tree(self) -> GroupTree:
        return load_groups()

    def within(self, classes: pd.Series, name: str) -> pd.Series:
        """Whether classes are `name` or belong to the group of that name."""
        if name in self.groups.index:
            return classes == name
        return classes.map(self.groups).isin(self.tree.leaves_of(name))

    def area(self, name: str, when: str) -> float:
        side = {"present": "from", "end": "to"}[when]
        return float(self.moves.loc[self.within(self.moves[side], name), "area_ha"].sum())

    def moved(self, source: str, target: str) -> float:
        """Hectares that change class, from one group or class to another."""
        changed = self.moves[self.moves["from"] != self.moves["to"]]
        counted = self.within(changed["from"], source) & self.within(changed["to"], target)
        return float(changed.loc[counted, "area_ha"].sum())

    def leaving(self, group: str) -> pd.Series:
        """Hectares that leave a group, by period."""
        gone = self.within(self.moves["from"], group) & ~self.within(self.moves["to"], group)
        return self.moves[gone].groupby("period")["area_ha"].sum()

    def joining(self, group: str) -> pd.Series:
        """Hectares that join a group, by period."""
        new = ~self.within(self.moves["from"], group) & self.within(self.moves["to"], group)
        return self.moves[new].groupby("period")["area_ha"].sum()


def _solve(folder: Path) -> Run:
    outcome = solve("weihai-land", folder, StudyOptions(solve=SolveOptions(gap=GAP)))
    assert outcome.has_plan
    return Run(folder)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _solve(tmp_path_factory.mktemp("weihai") / "plan")


@pytest.fixture(scope="session")
def quotas() -> pd.DataFrame:
    return pd.read_csv(library()["weihai-land"] / "land" / "quotas.csv", keep_default_na=False)


def test_the_plan_is_proven_and_audited_in_time(run: Run) -> None:
    assert run.summary["status"] == "optimal"
    assert run.summary["audit"]["passed"]
    assert run.summary["audit"]["failed"] == 0
    assert run.summary["gap"] <= GAP
    assert run.summary["bound"] <= run.summary["objective"]
    crowding = max(1.0, max(os.getloadavg()) / (os.cpu_count() or 1))
    assert run.summary["seconds"]["total"] < MOST_SECONDS * crowding


@pytest.mark.long
def test_a_second_solve_gives_the_same_objective(run: Run, tmp_path: Path) -> None:
    again = _solve(tmp_path / "again")
    assert again.summary["objective"] == run.summary["objective"]
    assert again.summary["bound"] == run.summary["bound"]
    pd.testing.assert_frame_equal(again.moves, run.moves)


@pytest.mark.parametrize(("rule", "side"), [("loss_cap", "leaving"), ("gain_cap", "joining")])
def test_no_group_changes_faster_than_its_cap(run: Run, quotas: pd.DataFrame, rule: str, side: str) -> None:
    caps = quotas[quotas["rule"] == rule]
    assert len(caps) > 0
    for cap in caps.itertuples():
        assert cap.unit == "share"
        most = float(cap.value) * run.area(cap.group, "present")
        changed = getattr(run, side)(cap.group)
        assert (changed <= most * (1 + 1e-6) + HA).all(), cap.id


def test_orchards_neither_spread_nor_shrink_fast(run: Run) -> None:
    assert run.moved("all", "orchard") == 0
    assert run.area("orchard", "end") <= run.area("orchard", "present") + HA


def test_every_floor_is_kept_and_villages_are_not_emptied(run: Run, quotas: pd.DataFrame) -> None:
    floors = quotas[(quotas["rule"] == "floor") & (quotas["region"] == "weihai")].set_index("group")["value"]
    for group, share in floors.astype(float).items():
        assert run.area(str(group), "end") >= share * run.area(str(group), "present") * (1 - 1e-6) - HA, group
    assert floors["housing_rural"] >= 0.9
    assert run.area("housing_rural", "end") > 0.95 * run.area("housing_rural", "present")


def test_nothing_built_is_demolished_for_sink(run: Run) -> None:
    """Built land leaves built land only where mines close inside projects or homesteads return to cropland."""
    assert run.moved("built", "orchard") == 0
    assert run.moved("built", "unused") == 0
    closed = run.moved("mining", "ecological")
    assert run.moved("built", "ecological") == pytest.approx(closed, abs=HA)
    reclaimed = run.moved("housing_rural", "cropland")
    assert run.moved("built", "agricultural") == pytest.approx(reclaimed, abs=HA)


def test_mines_close_no_further_than_asked(run: Run, quotas: pd.DataFrame) -> None:
    """The ceiling drives them out, and the open projects hold them within their greatest areas."""
    ceiling = float(quotas.set_index("id").loc["ceiling_mining", "value"])
    present = run.area("mining", "present")
    assert run.area("mining", "end") == pytest.approx(ceiling * present, rel=1e-6)
    projects = pd.read_csv(library()["weihai-land"] / "restoration" / "projects.csv").set_index("project")
    opened = pd.read_parquet(run.folder / "plan" / "projects.parquet")["project"]
    most = projects.loc[[name for name in opened if name.startswith("mine")], "max_area_ha"].sum()
    assert run.moved("mining", "ecological") <= most + HA


def test_reclaimed_homesteads_stay_within_the_loss_cap(run: Run, quotas: pd.DataFrame) -> None:
    cap = float(quotas.set_index("id").loc["loss_housing_rural", "value"])
    assert run.moved("housing_rural", "cropland") <= 3 * cap * run.area("housing_rural", "present")


FIGURE = re.compile(r"^\| (?P<name>[^|]+) \| (?P<value>-?[\d,.]+) \| `(?P<source>[^`]+)` \|$", re.MULTILINE)
FIGURES = [found.groupdict() for found in FIGURE.finditer(PAGE.read_text(encoding="utf-8"))]


def half_a_digit(printed: str) -> float:
    """Half a unit of the last printed digit; zeros that end a whole number do not count as printed."""
    digits = printed.replace(",", "").lstrip("-")
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else 0.5


def looked_up(run: Run, source: str) -> float:
    """Read a figure as the page names it, such as `indicator sink_total value` or `ledger new_sink /1000`."""
    words, _, divisor = source.partition("/")
    kind, *arguments = words.split()
    return _value(run, kind, arguments) / float(divisor or 1)


def _value(run: Run, kind: str, arguments: list[str]) -> float:
    if kind == "summary":
        return float(run.summary[arguments[0]])
    if kind == "move":
        return run.moved(*arguments)
    if kind == "area":
        return run.area(*arguments)
    if kind == "ledger":
        table = run.table("ledger")
        return float(table.loc[table["component"] == arguments[0], "cumulative_tco2e"].sum())
    if kind == "indicator":
        table = run.table("indicators")
        (row,) = table[(table["code"] == arguments[0]) & (table["region"] == "weihai")].to_dict("records")
        return float(row[arguments[1]])
    if kind == "rule":
        table = run.table("rules")
        (row,) = table[(table["id"] == arguments[0]) & (table["period"] == int(arguments[1]))].to_dict("records")
        return float(row[arguments[2]])
    raise ValueError(f"the page names {kind}, which is no source of figures")


def test_the_page_states_figures() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Figures")[2]
    assert len(FIGURES) >= 40
    assert len(FIGURES) == section.count("\n| ") - 1  # all rows but the heading


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure["source"])
def test_figures_of_the_page_are_those_of_the_run(run: Run, figure: dict[str, str]) -> None:
    printed = float(figure["value"].replace(",", ""))
    assert looked_up(run, figure["source"]) == pytest.approx(printed, abs=half_a_digit(figure["value"]) * 1.0001)
