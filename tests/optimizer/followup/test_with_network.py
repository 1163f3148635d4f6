"""Gate, monitoring and correction of land with a network: cases worked by hand, and a network read back as it was."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from formulations.energy.assemble import program_of
from formulations.program import ENERGY
from instances.faults import InstanceError
from optimizer.followup.correct import correct
from optimizer.followup.correct_files import write_correction
from optimizer.followup.gate import Asking, Verdict, decide
from optimizer.followup.gate_files import write_gate
from optimizer.followup.gate_tables import gate_tables
from optimizer.followup.given import given_plan
from optimizer.followup.held import fixed, network_of
from optimizer.followup.monitor import monitor
from optimizer.followup.monitor_files import write_monitored
from optimizer.followup.observed import read_observed
from optimizer.followup.planned_network import BY_CIRCUIT, CIRCUITS, SAID, planned_network
from optimizer.followup.replan import replanned
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.plan import BY_HOUR, network_table, write_network
from optimizer.results.solution import Solution, SolveOptions, Termination
from tests.build import quota
from tests.formulations.energy.random_networks import made, network_from
from tests.joint_cases import joint, may, plant, solar
from tests.optimizer.followup import cases
from tests.optimizer.results.audit.network.joint_land import written

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.program import Program
    from optimizer.followup.given import Given
    from tests.build import Draft

EXACT = SolveOptions(gap=1e-9, threads=1)

BUILT = [ENERGY + kind for kind in (*SAID, CIRCUITS)]


def built(program: Program, values: np.ndarray) -> dict[str, list[float]]:
    """Return what each family of what is built adds."""
    found = {}
    for family in program.columns:
        if family.family in BUILT:
            start = program.offsets[family.family]
            found[family.family] = values[start : start + len(family)].tolist()
    return found


@pytest.mark.parametrize("seed", range(24))
def test_what_is_built_is_read_back(tmp_path: Path, seed: int) -> None:
    """Plant, lines, links, stores, sites, segments, parallel circuits and their dispatch, of one period or two."""
    study = made(seed)
    if study.rows("contingencies") and not study.dc:
        pytest.skip("such outages are refused")
    network = network_from(study)
    program = program_of(network, {"cost": 1.0})
    solution = direct.solve(program, replace(EXACT, gap=0.1), Silent())
    if solution.shares is None:
        pytest.skip("nothing is possible")
    assert np.isnan(planned_network(network, program, tmp_path)).all()
    write_network(network_table(network, program, solution.shares), tmp_path)
    found = planned_network(network, program, tmp_path)
    own, wanted = built(program, found), built(program, solution.shares)
    assert own.keys() == wanted.keys()
    for family, values in wanted.items():
        assert own[family] == pytest.approx(values, abs=1e-6), family
    for family in program.columns:
        own = slice(program.offsets[family.family], program.offsets[family.family] + len(family))
        if family.family.removeprefix(ENERGY) in BY_HOUR:
            assert found[own] == pytest.approx(solution.shares[own], abs=1e-6), family.family
        if family.family.removeprefix(ENERGY) in BY_CIRCUIT:  # parallel circuits may have shared a flow otherwise
            assert found[own].sum() == pytest.approx(solution.shares[own].sum(), abs=1e-6), family.family


def plan_of(folder: Path, draft: Draft, changes: dict[str, float] | None = None, built_mw: Any = None) -> Given:
    """Solve an instance (with so many MW of the first site by stage), write its plan and read it.

    `changes` are a plan drawn by hand in place of it.
    """
    instance = draft.load(folder / "case")
    if changes is not None:
        return given_plan(folder / "case", cases.drawn(folder / "plan", changes))
    program = assemble(land_block(instance))
    if built_mw is not None:
        wanted = np.full(program.n_columns, np.nan)
        start = program.offsets[ENERGY + "site_added"]
        wanted[start : start + len(built_mw)] = built_mw
        program = fixed(program, wanted)
    solution = direct.solve(program, EXACT, Silent())
    written(folder / "out", instance, program, solution)
    (folder / "out" / "summary.json").unlink()
    return given_plan(folder / "case", folder / "out")


def arrays(*zones: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Return tables in which 2 MW are drawn: coal for 3 a MW, or a field for 1 a MW on 2.5 ha, in reach of zones."""
    return {
        "loads": [{"load": "l", "bus": "n", "peak_mw": 2}],
        "generators": [plant(3, emission_tco2_per_mwh=0.9)],
        "sites": [solar(**more)],
        "site_zones": [{"site": "pv", "zone": zone} for zone in zones],
        "overlays": may("solar", "grass") + may("solar", "bare"),
    }


MOVES = {"grass>ind": {"cost": 1.0}, "crop>ind": {"cost": 10.0}, "bare>crop": {"cost": 3.0}}


def decided(given: Given, pieces: dict[str, float], **more: Any) -> tuple[Any, Any]:
    asked, taken = cases.project(given), cases.takes(given, pieces)
    found = decide(given, asked, taken, Asking(solve=EXACT, lang="en", **more))
    return found, gate_tables(asked, taken, found, "en")


def test_arrays_that_a_project_displaces_move_to_other_land(tmp_path: Path) -> None:
    """The field of 5 ha lies on 10 ha of grass; 8 of them become industry at 1: 3 ha of arrays move to bare land."""
    given = plan_of(tmp_path, joint({"a": {"grass": 10}, "b": {"bare": 4}}, MOVES, arrays("a", "b")), built_mw=[2])
    shares = given.shares.copy()
    moves = given.program.moves
    on = [int(np.flatnonzero((moves.zone == zone) & (moves.overlay > 0))[0]) for zone in (0, 1)]
    shares[moves.changes] = 0.0
    shares[on[0]], shares[moves.start[0]], shares[moves.start[1]] = 0.5, 0.5, 1.0
    found, tables = decided(replace(given, shares=shares), {"a grass": 8.0})
    assert found.verdict is Verdict.ADAPTED
    assert cases.by_name(tables.displaced) == {"a grass>grass": 3.0}
    assert cases.by_name(tables.compensation) == {"b bare>bare": 3.0}
    assert tables.figures["compensated"]["cost_wanyuan"] == pytest.approx(8.0)
    assert found.compensation_bound == pytest.approx(8.0)
    assert tables.figures["adapted"]["cost_wanyuan"] == pytest.approx(8.0)
    assert network_of(given.program, found.compensated) == pytest.approx(
        network_of(given.program, found.base), nan_ok=True
    )


def test_where_no_land_is_left_for_arrays_the_network_changes(tmp_path: Path) -> None:
    """Of 10 ha 8 become industry: 0.8 MW are left on 2 ha, coal feeds 1.2: 8 + 0.8 + 3.6; 2 MW of arrays cost 2."""
    given = plan_of(tmp_path, joint({"a": {"grass": 10}}, MOVES, arrays("a")))
    found, tables = decided(given, {"a grass": 8.0})
    assert found.verdict is Verdict.ADAPTED
    assert found.compensated is None
    assert not found.addition_open
    assert tables.figures["adapted"]["cost_wanyuan"] == pytest.approx(12.4 - 2.0)
    assert found.adapted_bound == pytest.approx(12.4)


def kept_cropland() -> Draft:
    """Return 10 ha of cropland that must stay as much, bare land that may become some, arrays dearer than coal."""
    zones = {"c": {"crop": 10.0, "grade": 5}, "b": {"bare": 10.0}, "a": {"grass": 10.0}}
    quotas = [quota("cropland_retention", 10.0)]
    tables = arrays("a", capital_cost=5.0)
    return joint(zones, MOVES, tables, quotas=quotas, objective="emissions")


def test_the_compensation_is_no_other_network(tmp_path: Path) -> None:
    """4 ha of crop to industry at 10, as many reclaimed at 3; coal for the arrays would save 4: no part of it."""
    given = plan_of(tmp_path, kept_cropland())
    assert built(given.program, given.network)[ENERGY + "site_added"] == pytest.approx([2.0])
    found, tables = decided(given, {"c crop": 4.0})
    assert found.verdict is Verdict.COMPENSATED
    assert cases.by_name(tables.compensation) == {"b bare>crop": 4.0}
    assert tables.figures["compensated"]["cost_wanyuan"] == pytest.approx(52.0)
    assert found.compensation_bound == pytest.approx(52.0)
    (tmp_path / "gate").mkdir()
    asked, taken = cases.project(given), cases.takes(given, {"c crop": 4.0})
    told = write_gate(tmp_path / "gate", asked, taken, found, tables, "cost", "en")
    assert told.failures == []
    assert any("network stays as planned" in line for line in told.lines)
    again = given_plan(tmp_path / "case", tmp_path / "gate" / "compensated")
    assert built(again.program, again.network) == built(given.program, given.network)


def test_a_small_project_is_not_lost_beside_a_large_network(tmp_path: Path) -> None:
    """10 m2 of crop to industry at 10 a hectare, as much reclaimed at 3, beside power for 2 million that stays."""
    zones = {"c": {"crop": 10.0, "grade": 5}, "b": {"bare": 10.0}}
    tables = {"loads": [{"load": "l", "bus": "n", "peak_mw": 2}], "generators": [plant(1e6)]}
    given = plan_of(tmp_path, joint(zones, MOVES, tables, quotas=[quota("cropland_retention", 10.0)]))
    assert float(given.program.cost @ decided(given, {"c crop": 0.001})[0].base) == pytest.approx(2e6)
    found, told = decided(given, {"c crop": 0.001}, adapt=False)
    assert found.verdict is Verdict.COMPENSATED
    assert told.figures["alone"]["cost_wanyuan"] == pytest.approx(0.01)
    assert told.figures["compensated"]["cost_wanyuan"] == pytest.approx(0.013, abs=1e-6)


def test_a_plan_without_a_network_gets_the_best_one(tmp_path: Path) -> None:
    """The same land drawn by hand, 5 ha under arrays."""
    made = kept_cropland()
    given = plan_of(tmp_path / "solved", made)
    bare = plan_of(tmp_path / "drawn", made, changes={})
    table = pd.DataFrame(
        [("a", "grass", "grass", 2030, "pv", 5.0)], columns=["zone", "from", "to", "period", "overlay", "area_ha"]
    )
    table.to_csv(tmp_path / "drawn" / "plan" / "moves.csv", index=False)
    bare = given_plan(tmp_path / "drawn" / "case", tmp_path / "drawn" / "plan")
    assert np.isnan(bare.network).all()
    ones = [decided(one, {"c crop": 4.0}) for one in (given, bare)]
    assert ones[0][0].verdict is ones[1][0].verdict
    assert ones[0][1].figures["alone"] == pytest.approx(ones[1][1].figures["alone"])


def test_a_drawn_plan_is_mended_beside_its_network(tmp_path: Path) -> None:
    """2 ha of cropland lost and none made: one zone can give them back or reclaim as many; the arrays stay."""
    given = plan_of(tmp_path, kept_cropland())
    moves = given.program.moves
    lost = np.flatnonzero((moves.zone == 0) & moves.changes)
    shares = given.shares.copy()
    shares[lost[0]], shares[moves.start[0]] = 0.2, 0.8
    drawn = replace(given, shares=shares)
    found = correct(drawn, 1, EXACT)
    assert found.drawn.total == pytest.approx(0.2)
    assert found.short == pytest.approx(0.0, abs=1e-9)
    assert found.proven
    assert found.bound == pytest.approx(float(given.program.cost @ found.values), abs=1e-6)
    assert network_of(given.program, found.values) == pytest.approx(
        network_of(given.program, found.drawn.values), nan_ok=True
    )
    (tmp_path / "mended").mkdir()
    told = write_correction(tmp_path / "mended", drawn, found, 1, "en")
    assert told.failures == []
    assert "drawn plan fails 1 check" in told.lines[0]


def test_what_the_network_built_in_ended_periods_stays(tmp_path: Path) -> None:
    """1 MW of arrays in 2030, as planned, though 2 would cost less; by 2040 the second MW comes.

    Arrays 1 a MW; coal 3 a MW for ten years: 1 + 3 in the first period, 1 more in the second.
    """
    draft = joint({"a": {"grass": 10}, "b": {"bare": 4}}, MOVES, arrays("a"), periods=(2030, 2040))
    given = plan_of(tmp_path, draft, built_mw=[1, 0])
    assert built(given.program, given.network)[ENERGY + "site_added"] == pytest.approx([1.0, 0.0])
    (tmp_path / "seen.csv").write_text("zone,class,area_ha\nb,bare,4\n", encoding="utf-8")
    observed = read_observed(tmp_path / "seen.csv", given.model.instance, 2032)
    assert observed.done == 1
    found = monitor(given, observed, tmp_path / "instance", EXACT)
    added = built(given.program, found.solution.shares)[ENERGY + "site_added"]
    assert added == pytest.approx([1.0, 1.0])
    assert found.solution.objective == pytest.approx(5.0)
    assert found.solution.bound == pytest.approx(5.0)
    (tmp_path / "seen").mkdir()
    told = write_monitored(tmp_path / "seen", found, observed, "en")
    assert told.failures == []
    assert any("no plan from here on is below 5.00" in line for line in told.lines)


@pytest.mark.parametrize("zones", [("a", "b"), ("a",)])
def test_arrays_whose_land_is_gone_lie_on_other_land_in_reach(tmp_path: Path, zones: tuple[str, ...]) -> None:
    """The 5 ha of arrays of 2030 were planned on a's 10 ha of grass, of which 2 are left: 3 ha lie on b, or nowhere."""
    draft = joint({"a": {"grass": 10}, "b": {"bare": 4}}, MOVES, arrays(*zones), periods=(2030, 2040))
    given = plan_of(tmp_path, draft, built_mw=[2, 0])
    moves = given.program.moves
    shares = np.zeros(len(moves))
    on = np.flatnonzero((moves.zone == 0) & (moves.overlay > 0) & (moves.period == 1))
    shares[on], shares[moves.start[0]], shares[moves.start[1]] = 0.5, 0.5, 1.0
    (tmp_path / "seen.csv").write_text("zone,class,area_ha\na,grass,2\na,ind,8\n", encoding="utf-8")
    observed = read_observed(tmp_path / "seen.csv", given.model.instance, 2032)
    found = monitor(replace(given, shares=shares), observed, tmp_path / "instance", EXACT)
    assert found.uprooted == pytest.approx([3.0, 0.0])
    (tmp_path / "seen").mkdir()
    told = write_monitored(tmp_path / "seen", found, observed, "en")
    assert any(line.startswith("3 ha under arrays") and "zones: a)" in line for line in told.lines)
    if zones == ("a",):
        assert found.solution.termination is Termination.INFEASIBLE
        return
    new = found.solution.shares
    assert new is not None
    assert told.failures == []
    lying = np.bincount(moves.zone, np.where(moves.overlay > 0, new[: len(moves)] * moves.area_ha, 0.0), 2)
    assert lying == pytest.approx([2.0, 3.0])


def test_a_network_beyond_its_limits_is_refused(tmp_path: Path) -> None:
    given = plan_of(tmp_path, kept_cropland())
    path = tmp_path / "out" / "plan" / "network.parquet"
    table = pd.read_parquet(path)
    site = (table["component"] == "site") & (table["quantity"] == "capacity_mw")
    table.loc[site, "value"] = 60.0
    table.to_parquet(path, index=False)
    with pytest.raises(InstanceError, match="beyond its limits"):
        given_plan(given.model.instance.folder, tmp_path / "out")


def test_a_search_that_runs_out_of_time_ends_with_what_it_began_from(tmp_path: Path) -> None:
    """Land beside the network is solved, all of it together is not: the plan stays, with the bound proven of all."""
    given = plan_of(tmp_path, kept_cropland())
    shares = correct(given, 0, EXACT).values
    answers = iter(
        [
            Solution(Termination.GAP_PROVEN, "direct", shares=shares, bound=5.0),
            Solution(Termination.TIME_LIMIT, "direct", bound=-1.0),
        ]
    )
    model = SimpleNamespace(solve=lambda *_: next(answers))
    found = replanned(model, given.program, shares, EXACT)  # type: ignore[arg-type]
    assert found.shares is shares
    assert found.objective == pytest.approx(float(given.program.cost @ shares))
    assert found.bound == -1.0
    assert found.termination is Termination.TIME_LIMIT
