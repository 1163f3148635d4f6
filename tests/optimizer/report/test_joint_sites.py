from types import SimpleNamespace

import pytest

from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.report.joint_sites import site_table
from optimizer.results.rules import rules_table
from optimizer.results.solution import SolveOptions
from tests.build import program_of
from tests.formulations.restoration.joint_land import joint


@pytest.mark.parametrize(("lang", "words"), [("zh", ("目标", "鸟", "≥")), ("en", ("target", "bird", "≥"))])
def test_targets_and_budgets_on_units_are_shown_and_nothing_that_only_ties(tmp_path, lang, words):
    """u2 holds 2 of the 1 asked for and costs 2 of 4; rows that tie land to units are not told."""
    made = joint(rules=[{"rule": "budget", "value": 4.0}])
    made.tables["features"][0] |= {"name_zh": "鸟", "name_en": "bird"}
    instance = made.load(tmp_path)
    program = program_of(instance)
    rules = rules_table(program, direct.solve(program, SolveOptions(), Silent()))
    assert set(rules["rule"]) == {"site:target", "site:budget", "floor"}
    table = site_table(SimpleNamespace(rules=rules, instance=instance, lang=lang))
    rows = {row[1]: row for row in table.rows}
    name, limit, reached = (rows[words[1]][at] for at in (0, 3, 4))
    assert (name, limit[0], limit[-1], reached) == (words[0], words[2], "1", "2")
    assert rows["budget_1"][3:] == ("≤\u202f4", "2")
