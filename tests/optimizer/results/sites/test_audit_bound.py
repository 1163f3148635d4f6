"""The bound of a study of sites, evaluated anew: it equals that of the multipliers, for every rule and objective."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pyarrow.parquet as pq
import pytest

from formulations.restoration.assemble import assemble_sites
from formulations.restoration.site_block import SiteBlock
from instances.instance import load
from optimizer.methods import highs
from optimizer.methods.relaxation import relax
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.audit.files import read_table
from optimizer.results.audit.sites.bound import evaluate
from optimizer.results.audit.sites.run import read_books
from optimizer.results.multipliers import write_multipliers
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.six_units import SiteDraft, rule, six, units, write_selection

LINKS = [{"layer": "flow", "unit_a": a, "unit_b": b, "value": 2} for a, b in ("12", "13", "23", "25", "56", "36")]
BRANCHES = [{"branch": "root", "feature": "a", "weight": 2}, {"branch": "leaf", "feature": "b", "weight": 3}]
ZONES = [{"management_zone": "use"}, {"management_zone": "keep"}]


def kind(name: str) -> list[dict[str, Any]]:
    """Return one objective."""
    return [{"kind": name}]


DRAFTS = {
    "set": six(),
    "exact": six(targets=[{"target": "six a", "feature": "a", "sense": "==", "value": 6}]),
    "budget": six(rule("budget", 5), objectives=kind("minimum_shortfall")),
    "largest": six(rule("budget", 7), objectives=kind("minimum_largest_shortfall")),
    "limit": six(rule("budget", 7), rule("shortfall_limit", 0.7), objectives=kind("minimum_shortfall")),
    "features": six(rule("budget", 6), objectives=kind("maximum_features")),
    "branches": six(rule("budget", 6), objectives=kind("maximum_branches"), branches=BRANCHES),
    "neighbours": six(rule("neighbours", 2, sense=">=", factor=1), units=units(u2={"status": "locked_in"})),
    "groups": six(rule("whole_group", group="west"), rule("group_count", 1, group="east")),
    "linear": six(rule("linear_constraint", 40, layer="area_ha", sense=">=")),
    "border": six(rule("boundary_penalty", 0.05, factor=0.5)),
    "links": six(
        rule("connectivity_penalty", 0.3, layer="flow"),
        rule("connectivity_penalty", -0.2, id="apart", layer="adjacency"),
        rule("asymmetric_connectivity_penalty", 0.2, layer="flow"),
        rule("linear_penalty", 0.1, layer="area_ha"),
        connectivity=LINKS,
    ),
    "zones": six(
        rule("mandatory_allocation"),
        rule("boundary_penalty", 0.05),
        rule("budget", 8, management_zone="use"),
        management_zones=ZONES,
        layers=[{"layer": "cost", "unit": str(k), "management_zone": "use", "value": k / 2} for k in range(1, 7)],
    ),
    "neighbours of zones": six(
        rule("neighbours", 1, sense=">=", factor=0, management_zone="use"),
        management_zones=ZONES,
        bounds=[{"unit": "4", "management_zone": "use", "lower": 1, "upper": 1}],
    ),
    "cover": six(rule("budget", 4), objectives=kind("maximum_cover"), management_zones=ZONES),
    "utility": six(rule("budget", 4), objectives=kind("maximum_utility")),
    "tie": six(units=units(u6={"cost": 5})),
    "shares": six(rule("boundary_penalty", 0.05)),
    "least shares": six(rule("budget", 12), objectives=kind("minimum_shortfall")),
    "feature contiguity": six(rule("feature_contiguity", feature="b")),
}
DRAFTS["tie"].restoration["cost_tie_break"] = 0.5
DRAFTS["shares"].restoration["decision"] = "proportion"
DRAFTS["least shares"].restoration |= {"decision": "semicontinuous", "least_share": 0.3, "upper_limit": 0.8}
for _name in ("cover", "utility"):
    DRAFTS[_name].tables["features"] = [one | {"target": 0} for one in DRAFTS[_name].tables["features"]]


@pytest.mark.parametrize("case", DRAFTS)
def test_the_bound_of_the_relaxation_is_found_again(tmp_path, case):
    """The audit's bound is no lower than that of the flattened rows, and no higher than the relaxation's optimum."""
    folder = DRAFTS[case].write(tmp_path / "instance")
    program = assemble_sites(SiteBlock(load(folder).require_sites()))
    flat = relax(program, SolveOptions(), Silent())
    assert flat.relaxed.status == highs.Status.kOptimal
    plan = write_selection(tmp_path / "plan", {"1": 1})
    write_multipliers(program, flat.duals, plan)
    books = read_books(folder, plan, {})
    proven = evaluate(books, {}, read_table(plan / "multipliers.parquet"))
    assert proven.unknown == 0
    assert proven.value == pytest.approx(flat.bound, abs=1e-9)


def shared_out(draft: SiteDraft, decision: str) -> SiteDraft:
    """Return a draft whose units may be taken in part: multipliers prove its optimum."""
    draft.restoration["decision"] = decision
    return draft


@pytest.mark.parametrize("order", [False, True])
def test_a_bound_by_multipliers_is_evaluated(tmp_path, order):
    """A claim beyond what the multipliers prove is caught, and so are multipliers that are gone or name nothing."""
    objectives = [{"kind": "minimum_shortfall"}, {"kind": "minimum_set"}] if order else []
    draft = shared_out(six(rule("budget", 6), rule("boundary_penalty", 0.01), objectives=objectives), "proportion")
    if order:
        draft.restoration["combine"] = "hierarchical"
    else:
        draft.tables["rules"] = []
    instance, plan = draft.write(tmp_path / "instance"), tmp_path / "plan"
    outcome = solve(instance, plan, StudyOptions(tables=False))
    assert outcome.summary["bound_by"] == "dual"
    assert outcome.audit_passed, outcome.failures
    path = plan / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(summary | {"bound": summary["bound"] + 1e-5}), encoding="utf-8")
    assert "bound" in {check.name for check in audit(instance, plan).failed}
    path.write_text(json.dumps(summary), encoding="utf-8")
    table = pq.read_table(plan / "plan" / "multipliers.parquet")
    names = table.column_names
    other = table.set_column(names.index("id"), "id", [["gone"] * len(table)])
    pq.write_table(other, plan / "plan" / "multipliers.parquet")
    assert "bound.rows" in {check.name for check in audit(instance, plan).failed}
    shutil.move(plan / "plan" / "multipliers.parquet", tmp_path / "away")
    assert "bound.multipliers" in {check.name for check in audit(instance, plan).failed}
