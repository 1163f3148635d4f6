"""The audit of land planned with a network: hectares, strips and facilities, one objective, one bound."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from optimizer.methods import decompose, direct
from optimizer.results.audit import AuditInputError, audit
from tests.optimizer.results.audit.network.joint_land import joint, solved
from tests.seeds import first_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.audit.check import Check


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a joint study without whole decisions."""
    folder = tmp_path_factory.mktemp("joint")
    solved(folder, joint())
    return folder


@pytest.fixture(scope="module")
def lined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a joint study in which a corridor is opened."""
    folder = tmp_path_factory.mktemp("lined")
    solved(folder, joint(line=True))
    return folder


def spoilt(
    folder: Path, to: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]
) -> dict[str, Check]:
    """Return the failed checks by name of a copy of the plan one of whose tables is changed."""
    shutil.copytree(folder / "out", to, dirs_exist_ok=True)
    path = to / "plan" / f"{name}.parquet"
    table = pd.read_parquet(path)
    changed = change(table)
    (table if changed is None else changed).to_parquet(path, index=False)
    return {check.name: check for check in audit(folder / "instance", to).failed}


@pytest.mark.parametrize("objective", first_of(["weighted", "cost", "emissions"], 2))
@pytest.mark.parametrize(
    ("method", "line", "share"),
    [(direct, False, 0.5), (decompose, False, 0.5), (direct, False, 1.0), (decompose, False, 1.0), (direct, True, 0.5)],
)
def test_sound_plans_pass(tmp_path: Path, method: Any, objective: str, line: bool, share: float) -> None:
    """Whatever is minimised, and by either method; a bound by multipliers is found again from the raw tables."""
    instance, out, summary = solved(tmp_path, joint(line=line, objective=objective, share=share), method)
    report = audit(instance, out)
    assert report.passed, report.lines()
    if not line:
        assert summary["bound_by"] == "dual"
        message = next(check.message for check in report.checks if check.name == "bound")
        assert "the multipliers prove" in message
    assert report.figures["emissions"] == pytest.approx(
        sum(report.figures[name] for name in ("loss", "gain", "lost_sink", "new_sink", "embodied", "added"))
        + report.figures["supply_emissions"]
    )


def test_a_plan_by_hand(plain: Path) -> None:
    """Cost of supply is that of its parts: capital of sites, and fuel and imports of two stages of ten years."""
    plan = pd.read_parquet(plain / "out" / "plan" / "network.parquet")
    report = audit(plain / "instance", plain / "out")
    hours = plan["snapshot"].map({"day": 4000.0, "night": 4760.0})
    energy = plan.assign(mwh=10 * hours * plan["value"])[plan["quantity"] == "power_mw"]
    coal = energy[energy["component"] == "generator"]["mwh"].sum()
    bought = energy[energy["component"] == "import"].groupby("period")["mwh"].sum()
    last = plan[(plan["quantity"] == "capacity_mw") & (plan["component"] == "site") & (plan["period"] == 2040)]
    capital = last["value"].to_numpy() @ last["name"].map({"pv": 300.0, "farm": 500.0}).to_numpy()
    assert report.figures["supply_cost"] == pytest.approx(capital + 0.04 * coal + 0.05 * bought.sum())
    assert report.figures["supply_emissions"] == pytest.approx(0.9 * coal + 0.6 * bought[2030] + 0.2 * bought[2040])


def capacity(component: str, name: str, year: int, more: float) -> Callable[[pd.DataFrame], None]:
    """Return a change of what is installed or opened from one year on."""

    def change(table: pd.DataFrame) -> None:
        own = (table["component"] == component) & (table["name"] == name) & (table["period"] >= year)
        table.loc[own & table["quantity"].isin(["capacity_mw", "opened"]), "value"] += more

    return change


def less(overlay: str, share: float) -> Callable[[pd.DataFrame], None]:
    """Return a change that takes part of the land under an overlay away, in favour of what lies bare."""

    def change(table: pd.DataFrame) -> None:
        table.loc[table["overlay"] == overlay, "area_ha"] *= share

    return change


def test_more_capacity_than_land(lined: Path, tmp_path: Path) -> None:
    """The site, the year and the hectares that lack are told."""
    found = spoilt(lined, tmp_path, "network", capacity("site", "pv", 2040, 2.0))
    assert found["network.site_land"].subject == "pv, 2040"
    assert found["network.site_land"].amount == pytest.approx(5.0)
    assert found["network.site_land"].unit == "ha"


def test_less_land_than_capacity(lined: Path, tmp_path: Path) -> None:
    """A tenth of the hectares of the farm gone: its capacity of the first year lacks land."""
    found = spoilt(lined, tmp_path, "moves", less("farm", 0.9))
    assert found["network.site_land"].subject.startswith("farm, 20")


def test_a_strip_that_is_not_there(lined: Path, tmp_path: Path) -> None:
    """An open segment needs its strip in each zone."""
    found = spoilt(
        lined, tmp_path, "moves", lambda table: table[(table["overlay"] != "corridor") | (table["zone"] != "d")]
    )
    assert found["network.strip_land"].subject == "d, 2030"
    assert found["network.strip_land"].amount == pytest.approx(4.0)


def test_facilities_without_land(lined: Path, tmp_path: Path) -> None:
    """Service buildings and tower feet of sites and segments that share zones need land that is built on."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["to"] != "ind"]

    found = spoilt(lined, tmp_path, "moves", change)
    assert found["network.facility_land"].subject.startswith("pv+farm+s, 20")


def test_one_hectare_for_two_technologies(lined: Path, tmp_path: Path) -> None:
    """Land under the field that is given to the farm as well is counted twice: the zone no longer adds up."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        twice = table[(table["overlay"] == "pv") & (table["zone"] == "a")].assign(overlay="farm")
        return pd.concat([table, twice])

    assert any(name.startswith("balance") for name in spoilt(lined, tmp_path, "moves", change))


def test_an_overlay_beyond_its_reach(lined: Path, tmp_path: Path) -> None:
    """Half of zone b lies in the field."""

    def change(table: pd.DataFrame) -> None:
        some = (table["zone"] == "b") & (table["overlay"] == "")
        table.loc[some, ["to", "overlay", "period"]] = ["bare", "pv", 2040]

    assert "overlay.reach" in spoilt(lined, tmp_path, "moves", change)


@pytest.mark.parametrize(
    ("table", "change", "check"),
    [
        ("network/overlays", {"allowed": 0}, "overlay.class"),
        ("network/overlays", {"class": "road"}, "overlay.class"),
        ("land/zones", {"red_line": "core"}, "overlay.red_line"),
        ("land/zones", {"red_line": "general"}, "overlay.red_line"),
        ("land/zones", {"farmland": 1}, "overlay.farmland"),
        ("network/overlays", {"as_class": "bare"}, "summary.objective"),
        ("network/overlays", {"sink_kept": 0.1, "as_class": ""}, "summary.objective"),
    ],
)
def test_where_overlays_may_lie(lined: Path, tmp_path: Path, table: str, change: dict[str, object], check: str) -> None:
    """A table that bars what the plan lays on land, or weighs it otherwise, is told by the check that it breaks."""
    shutil.copytree(lined / "instance", tmp_path / "instance")
    path = tmp_path / "instance" / f"{table}.csv"
    frame = pd.read_csv(path).astype(object).assign(**change)
    frame.to_csv(path, index=False)
    assert check in {one.name for one in audit(tmp_path / "instance", lined / "out").failed}


@pytest.mark.parametrize("column", ["in_red_line", "in_farmland"])
def test_overlays_that_may_lie_inside_control_lines(lined: Path, tmp_path: Path, column: str) -> None:
    """What the table allows inside the general red line or on permanent farmland passes; the core is never allowed."""
    shutil.copytree(lined / "instance", tmp_path / "instance")
    zones, overlays = (tmp_path / "instance" / part for part in ("land/zones.csv", "network/overlays.csv"))
    pd.read_csv(overlays).assign(**{column: 1}).to_csv(overlays, index=False)
    frame, check = pd.read_csv(zones).astype(object), f"overlay.{column.removeprefix('in_')}"
    for line, fails in (("general", False), ("core", True)) if column == "in_red_line" else ((1, False),):
        frame.assign(**{column.removeprefix("in_"): line}).to_csv(zones, index=False)
        failed = {one.name for one in audit(tmp_path / "instance", lined / "out").failed}
        assert (check in failed) == fails


@pytest.mark.parametrize(
    ("component", "name", "more", "check"),
    [
        ("site", "pv", 100.0, "network.site_added.limits"),
        ("segment", "s", -1.0, "network.corridor"),
        ("generator", "coal", 1.0, "network.generator.capacity_mw"),
    ],
)
def test_the_network_of_a_joint_plan(
    lined: Path, tmp_path: Path, component: str, name: str, more: float, check: str
) -> None:
    """Every check of a network alone is made here too."""
    assert check in spoilt(lined, tmp_path, "network", capacity(component, name, 2030, more))


def test_the_objective_holds_the_network(plain: Path, tmp_path: Path) -> None:
    """A MW that nobody pays for changes the objective."""
    found = spoilt(plain, tmp_path, "network", capacity("site", "farm", 2040, -0.5))
    assert "summary.objective" in found


WEIGHTS = [
    ("sites", "density_mw_per_km2"),
    ("sites", "facility_ha_per_mw"),
    ("site_zones", "share"),
    ("segment_zones", "area_ha"),
    ("segment_zones", "tower_ha"),
    ("segments", "cost"),
    ("candidates", "cost"),
    ("overlays", "allowed"),
    ("overlays", "sink_kept"),
    ("loads", "peak_mw"),
]


@pytest.mark.parametrize(("table", "column"), WEIGHTS)
def test_a_table_that_differs_is_noticed(lined: Path, tmp_path: Path, table: str, column: str) -> None:
    """Some change of one cell of the column makes the audit fail."""
    shutil.copytree(lined / "instance", tmp_path / "instance")
    path = tmp_path / "instance" / "network" / f"{table}.csv"
    frame = pd.read_csv(path)
    failed = []
    for row in frame.index:
        for factor in (0.5, 1.5, 0.0):
            changed = frame.astype({column: float})
            changed.loc[row, column] *= factor
            changed.to_csv(path, index=False)
            with suppress(AuditInputError):  # a share above 1, which no instance may have
                failed.append(not audit(tmp_path / "instance", lined / "out").passed)
    assert any(failed)


def test_a_facility_class_that_differs(lined: Path, tmp_path: Path) -> None:
    """Buildings on land of another class do not count, and without a class none can."""
    shutil.copytree(lined / "instance", tmp_path / "instance")
    path = tmp_path / "instance" / "instance.toml"
    text = path.read_text()
    for other, check in (('"road"', "network.facility_land"), ('""', "network.facility_class")):
        path.write_text(text.replace('facility_class = "ind"', f"facility_class = {other}"))
        assert check in {one.name for one in audit(tmp_path / "instance", lined / "out").failed}


@pytest.mark.parametrize("seed", first_of(range(6), 3))
@pytest.mark.parametrize("case", ["plain", "lined"])
def test_no_multipliers_prove_too_much(plain: Path, lined: Path, tmp_path: Path, case: str, seed: int) -> None:
    """Disturbed multipliers prove at most the optimum: a claim of it with them fails, or passes by a hair."""
    folder = plain if case == "plain" else lined
    shutil.copytree(folder / "out", tmp_path / "out")
    path = tmp_path / "out" / "plan" / "multipliers.parquet"
    table = pd.read_parquet(path)
    noise = pd.Series(range(len(table))).map(lambda k: ((k * 7919 + seed * 104_729) % 1000) / 500.0 - 1.0)
    table["worth"] *= 1.0 + (0.01, 0.3, 2.0)[seed % 3] * noise.to_numpy()
    table.to_parquet(path, index=False)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text()) | {"bound_by": "dual"}
    above = summary["objective"] + 1e-6 * abs(summary["objective"])
    (tmp_path / "out" / "summary.json").write_text(json.dumps(summary | {"bound": above}))
    failed = {check.name for check in audit(folder / "instance", tmp_path / "out").failed}
    assert "bound" in failed
    assert "bound.rows" not in failed


def test_a_claim_above_what_is_proven(plain: Path, tmp_path: Path) -> None:
    """The multipliers of land and network together prove the bound, and no more."""
    shutil.copytree(plain / "out", tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    for factor, fails in ((1.0, False), (1.0 + 1e-7, True)):
        (tmp_path / "out" / "summary.json").write_text(json.dumps(summary | {"bound": summary["bound"] * factor}))
        assert ("bound" in {check.name for check in audit(plain / "instance", tmp_path / "out").failed}) == fails


GAS = {"generator": "gas", "bus": "n", "technology": "gas", "capacity_mw": 0, "extendable": 1, "capital_cost": 90}
"""Plant that may be built without limit."""


@pytest.mark.parametrize(
    "projects",
    [{}, {"projects": {"p": {"members": "u", "to": "wood", "cost_wanyuan": 7}}, "units": {"u": {"a": 1}}}],
    ids=["land", "projects"],
)
def test_a_generator_without_limit(tmp_path: Path, projects: dict[str, Any]) -> None:
    """What may be built without limit is limited by what the plan costs, less the least that everything else costs."""
    made = joint(**projects)
    made.tables["network/generators"].append(GAS | {"marginal_cost": 0.03, "emission_tco2_per_mwh": 0.4})
    instance, out, summary = solved(tmp_path, made)
    assert projects or summary["bound_by"] == "dual"
    report = audit(instance, out)
    assert report.passed, report.lines()
    # A figure is proven, whatever is claimed: below the optimum, above what no multipliers would prove.
    below = summary | {"bound_by": "dual", "bound": summary["objective"] - 1e6, "status": "feasible"}
    (out / "summary.json").write_text(json.dumps(below))
    bound = next(check for check in audit(instance, out).checks if check.name == "bound")
    proven = float(bound.message.split("prove ")[1].split()[0])
    assert summary["objective"] - 1e5 < proven <= summary["objective"] * (1 + 1e-9)
