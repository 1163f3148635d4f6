"""The audit of sites inside a land plan: sound plans pass, and each spoilt one fails by the right check."""

import json

import numpy as np
import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.multipliers import write_multipliers
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.solution import SolveOptions
from tests.build import quota
from tests.formulations.restoration.joint_land import joint

RULES = [{"rule": "boundary_penalty", "value": 2.0, "factor": 1.0}, {"rule": "budget", "value": 5.0}]


def solved(folder, core=False, **more):
    """Write an instance and its plan; the pages for people are left out. `core` makes areas p (u1) and q (u3)."""
    made = joint(**({"rules": RULES, "penalty_unit": "10k CNY"} | more))
    if core:
        made.tables["units"].append({"unit": "u3", "area_ha": 1.0, "status": "free", "cost": 9.0})
        made.tables["boundary"].append({"unit_a": "u2", "unit_b": "u3", "length_m": 1.0})
        made.tables["unit_groups"] = [{"group": "p", "unit": "u1"}, {"group": "q", "unit": "u3"}]
    made.write(folder / "instance")
    instance = made.instance()
    program = assemble(land_block(instance))
    solution = direct.solve(program, SolveOptions(gap=1e-6, threads=1), Silent())
    out = folder / "out"
    write_plan(plan_of(instance, program, solution.require_shares()), out / "plan")
    write_multipliers(program, solution.duals, out / "plan")
    figures = {name: getattr(solution, name) for name in ("objective", "bound", "bound_by", "gap", "gap_abs")}
    summary = {"status": "optimal", "sense": "minimise", "objective_constant": 0.0, **figures}
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder / "instance", out, summary


def failed(instance, out):
    return {check.name for check in audit(instance, out).failed}


def spoil(out, name, change):
    path = out / "plan" / f"{name}.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


@pytest.mark.parametrize("part", [0.0, 0.5])
@pytest.mark.parametrize("decision", ["binary", "proportion", "semicontinuous"])
@pytest.mark.parametrize("zones", [(), ("plant", "fence")])
def test_a_sound_plan_passes(tmp_path, part, decision, zones):
    least = {"least_share": 0.2} if decision == "semicontinuous" else {}
    quotas = [quota("budget", 50)]
    instance, out, summary = solved(
        tmp_path, bird=1.5, decision=decision, restored_part=part, zones=zones, quotas=quotas, **least
    )
    assert summary["bound_by"] == "dual" or (decision != "proportion" and summary["bound_by"] == "highs")
    assert failed(instance, out) == set()


def test_an_unchosen_unit_stays_as_it_is(tmp_path):
    instance, out, _ = solved(tmp_path)
    spoil(out, "selection", lambda table: table[table["unit"] != "u2"])
    assert {"unit_land.most", "site:target", "summary.objective"} <= failed(instance, out)


def test_a_unit_chosen_for_nothing_is_found(tmp_path):
    """u1 chosen, none of its 10 ha restored."""
    instance, out, _ = solved(tmp_path)
    spoil(out, "selection", lambda table: pd.concat([table, table.assign(unit="u1")]))
    found = failed(instance, out)
    assert "unit_land.least_unit" in found
    assert not {"unit_land.most", "unit_land.least_zone", "site:target", "site:budget"} & found


def test_land_that_lies_in_a_unit_in_part_is_told_by_itself(tmp_path):
    """1 ha of zone b restored instead of 3: the unit keeps all of zone c."""
    instance, out, _ = solved(tmp_path)

    def change(table):
        planted = (table["zone"] == "b") & (table["to"] == "wood")
        stays = (table["zone"] == "b") & (table["to"] == "bare")
        area = np.where(planted, 1.0, np.where(stays, 5.0, table["area_ha"]))
        return table.assign(area_ha=area)

    spoil(out, "moves", change)
    found = failed(instance, out)
    assert "unit_land.least_zone" in found
    assert "unit_land.least_unit" not in found


def test_rules_on_units_are_judged_under_their_names(tmp_path):
    instance, out, _ = solved(tmp_path)
    path = instance / "restoration" / "rules.csv"
    table = pd.read_csv(path)
    table.loc[table["rule"] == "budget", "value"] = 1.0
    table.to_csv(path, index=False)
    assert failed(instance, out) == {"site:budget"}


def test_cost_of_units_and_penalties_are_part_of_the_objective(tmp_path):
    """9 as worked out for the plan, and the border of u2: 1 m at 2."""
    instance, out, summary = solved(tmp_path)
    assert summary["objective"] == pytest.approx(11)
    figures = audit(instance, out).figures
    assert figures["unit_cost"] == pytest.approx(2)
    assert figures["penalties"] == pytest.approx(2)


@pytest.mark.parametrize("worth", [3.0, -2.0])
@pytest.mark.parametrize("rule", ["site:target", "site:both:boundary_penalty_1", "unit_land", "budget", "floor"])
def test_a_bound_that_multipliers_do_not_prove_is_found(tmp_path, rule, worth):
    """Any multipliers prove some bound at most the optimum; only those written prove the one claimed."""
    quotas = [quota("budget", 50)]
    instance, out, summary = solved(tmp_path, bird=1.5, decision="proportion", restored_part=0.5, quotas=quotas)
    assert summary["bound_by"] == "dual"
    path = out / "plan" / "multipliers.parquet"
    lines = pd.read_parquet(path)
    mine = lines["rule"] == rule
    lines.loc[mine, "worth"] = lines.loc[mine, "worth"] * worth
    lines.to_parquet(path, index=False)
    claim = {check.name: check for check in audit(instance, out).checks}["bound"]
    assert claim.amount >= 0
    assert claim.passed or mine.any()
    if rule in ("site:target", "floor"):
        assert not claim.passed


def test_a_claim_above_the_proven_bound_is_found(tmp_path):
    instance, out, summary = solved(tmp_path, decision="proportion")
    summary["bound"] = summary["objective"] + 0.5
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert "bound" in failed(instance, out)


def test_corridors_and_what_they_meet_are_audited(tmp_path):
    """u2 joins u1 and u3, in no land; each chosen unit adds its resistance of 1: 2 + 7 ha + 1."""
    made = {"rules": [{"rule": "corridor", "group": "p;q", "layer": "one"}], "decision": "binary"}
    instance, out, summary = solved(tmp_path, core=True, **made)
    assert summary["objective"] == pytest.approx(10)
    assert failed(instance, out) == set()
    spoil(out, "selection", lambda table: table[table["unit"] != "u2"])
    assert "site:corridor" in failed(instance, out)
