"""A user's Pyomo Block compiled into rows of the Program: coefficients, bounds, names, faults."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from formulations.assemble import assemble, land_block
from formulations.extra import attach
from formulations.extra_file import attach_files
from formulations.merge import merge
from instances.faults import InstanceError
from instances.instance import load
from tests.build import column_names, instance_of, outcome

ZONES = {"a": {"bare": 4.0, "region": "n"}, "b": {"bare": 6.0, "region": "s", "cost_factor": 2.0}}
REGIONS = {"all": "", "n": "all", "s": "all"}


@pytest.fixture
def made():
    instance = instance_of(ZONES, "bare>ind bare>wood", regions=REGIONS, periods=(2030, 2040))
    return instance, land_block(instance)


def attached(made, function, name="mine"):
    _, block = made
    return attach(assemble(block), block, function, name)


def view(made, function):
    """Rows of the Block: non-zero coefficients of the flattened matrix by column, bounds, name."""
    instance, _ = made
    program = attached(made, function)
    matrix, names = program.matrix(), column_names(instance, program)
    rows = []
    for row in range(int(program.row_starts[0]), program.n_rows):
        first, last = matrix.rows.indptr[row : row + 2]
        terms = {
            names[c]: float(v)
            for c, v in zip(matrix.rows.indices[first:last], matrix.rows.data[first:last], strict=True)
        }
        label = program.row_label(row)
        rows.append((terms, matrix.row_lower[row], matrix.row_upper[row], label[1]["id"], label[2], label[0]))
    return rows


def test_a_row_over_single_moves(made):
    """2 x - 3 y <= 7 + x in hectares; columns are shares, so coefficients carry the area."""

    def extra(block, land):
        x, y = land.x["a", "bare", "ind", 2030], land.x["b", "bare", "bare", 0]
        block.unit = pyo.Suffix()
        block.mix = pyo.Constraint(expr=2 * x - 3 * y <= 7 + x)
        block.unit[block.mix] = "ha"

    ((terms, lower, upper, name, unit, rule),) = view(made, extra)
    assert terms == {"a bare>ind 2030": 4.0, "b bare>bare 0": -18.0}
    assert (lower, upper, name, unit, rule) == (-np.inf, 7.0, "mix", "ha", "user:mine")


def test_sums_by_class_region_period_and_weight(made):
    def extra(block, land):
        block.new = pyo.Constraint(["n", "s"], rule=lambda _, g: land.total(target="industry", region=g) >= 1)
        block.early = pyo.Constraint(expr=land.total(target="wood", period=2030, weight={"b": 0.5}) == 2)
        block.until = pyo.Constraint(expr=land.total("unused", "ind", zone="a", until=2030, weight="cost_factor") <= 3)

    rows = {name: (terms, lower, upper) for terms, lower, upper, name, _, _ in view(made, extra)}
    assert rows == {
        "new[n]": ({"a bare>ind 2030": 4.0, "a bare>ind 2040": 4.0}, 1.0, np.inf),
        "new[s]": ({"b bare>ind 2030": 6.0, "b bare>ind 2040": 6.0}, 1.0, np.inf),
        "early": ({"b bare>wood 2030": 3.0}, 2.0, 2.0),
        "until": ({"a bare>ind 2030": 4.0}, -np.inf, 3.0),
    }


def test_a_stock_counts_what_is_there(made):
    """4 + 6 ha of bare land less what leaves it: at least 7 means that at most 3 leave."""

    def extra(block, land):
        block.kept = pyo.Constraint(expr=land.stock("unused", until=2030) >= 7)

    ((terms, lower, _, _, _, _),) = view(made, extra)
    assert lower == -3.0
    assert terms == {f"{z} bare>{to} 2030": -area for z, area in (("a", 4.0), ("b", 6.0)) for to in ("ind", "wood")}


def test_bounds_on_both_sides_are_two_rows_that_share_the_name(made):
    def extra(block, land):
        block.band = pyo.Constraint(expr=(1, land.total(target="ind"), 5))

    found = {name: (lower, upper) for _, lower, upper, name, _, _ in view(made, extra)}
    assert found == {"band (least)": (1.0, np.inf), "band (most)": (-np.inf, 5.0)}


def test_own_variables_become_columns_with_their_cost(made):
    def extra(block, land):
        block.short = pyo.Var(domain=pyo.NonNegativeReals)
        block.signed = pyo.Var(bounds=(-2, 3))
        block.yes = pyo.Var(["p", "q"], domain=pyo.Binary)
        block.goal = pyo.Constraint(expr=land.total(target="wood") + block.short >= 5)
        block.tie = pyo.Constraint(expr=block.signed + 2 * block.yes["p"] == 1)
        block.cost = pyo.Objective(expr=4 * block.short + 6 * block.yes["q"])

    program = attached(made, extra)
    real, whole = program.columns
    assert (real.family, list(real.labels["name"]), real.integer) == ("user:mine", ["short", "signed"], False)
    assert (real.lower.tolist(), real.upper.tolist()) == ([0.0, -2.0], [np.inf, 3.0])
    assert real.cost["cost"].tolist() == [4.0, 0.0]
    assert (whole.family, list(whole.labels["name"]), whole.integer) == ("user:mine:whole", ["yes[p]", "yes[q]"], True)
    assert whole.cost["cost"].tolist() == [0.0, 6.0]
    terms = program.quotas[-1].terms
    assert terms["user:mine"].toarray().tolist() == [[1, 0], [0, 1]]
    assert terms["user:mine:whole"].toarray().tolist() == [[0, 0], [2, 0]]


def test_the_optimum_with_own_variables(made):
    """Wood costs 1 (a) and 2 (b) a hectare, a missing hectare 1.5: a's 4 ha are planted, the fifth is missing."""

    def extra(block, land):
        block.short = pyo.Var(domain=pyo.NonNegativeReals)
        block.drop = pyo.Var(bounds=(-2, 3))
        block.goal = pyo.Constraint(expr=land.total(target="wood") + block.short >= 5)
        block.low = pyo.Constraint(expr=block.drop >= -1.5)
        block.cost = pyo.Objective(expr=1.5 * block.short + block.drop)

    instance, _ = made
    found = outcome(instance, attached(made, extra))
    assert found.objective == pytest.approx(4 + 1.5 - 1.5)
    assert found.others == {"user:mine short": 1.0}
    assert found.solution.shares[-1] == pytest.approx(-1.5)
    assert sum(found.changes.values()) == pytest.approx(4)


def test_a_project_may_be_tied():
    block = land_block(load("tiny"))

    def extra(b, land):
        b.shut = pyo.Constraint(expr=land.project["p1", 2040] == 0)

    program = attach(assemble(block), block, extra, "mine")
    assert program.quotas[-1].terms["restoration_project"].toarray().tolist() == [[1.0]]
    assert outcome(load("tiny"), program).objective == pytest.approx(1130)  # docs/tiny.md: with p1 shut


def test_rows_that_share_moves_keep_land_apart_when_it_is_merged():
    """a, b and c are alike but for the Block: the second row of a move must count in the hash as well."""
    zones = {name: {"bare": 5.0} for name in "abc"}
    instance = instance_of(zones, "bare>ind")
    block = land_block(instance)

    def extra(b, land):
        b.all = pyo.Constraint(expr=land.total(target="ind") >= 9)
        b.of_a = pyo.Constraint(expr=land.total(target="ind", zone="a") <= 1)
        b.last = pyo.Constraint(expr=land.total(target="ind", weight={"a": 2, "b": 1, "c": 1}) >= 9)

    program = attach(assemble(block), block, extra, "mine")
    assert merge(program).member_of.tolist() == [0, 1, 1]
    assert outcome(instance, program).objective == pytest.approx(9)


def test_only_what_is_asked_for_becomes_a_variable(made):
    seen = []

    def extra(block, land):
        block.all = pyo.Constraint(expr=land.total() <= 9)
        block.one = pyo.Constraint(expr=land.x["a", "bare", "ind", 2030] <= 1)
        block.again = pyo.Constraint(expr=land.x["a", "bare", "ind", 2030] >= 0.5)
        seen.append(land)

    attached(made, extra)
    assert len(seen[0].seen) == 2


def test_keys_of_moves(made):
    def extra(block, land):
        assert land.moves(target="industry", zone="a") == [("a", "bare", "ind", 2030), ("a", "bare", "ind", 2040)]
        assert ("a", "bare", "bare", 0) in land.x
        assert ("a", "bare", "road", 2030) not in land.x
        assert len(land.x) == len(list(land.x)) == 10

    attached(made, extra)


def fault_of(made, function):
    with pytest.raises(InstanceError) as caught:
        attached(made, function)
    return [f"{fault.where}: {fault.message}" for fault in caught.value.faults]


def test_what_is_not_linear_is_named(made):
    def extra(block, land):
        x = land.x["a", "bare", "ind", 2030]
        block.square = pyo.Constraint(expr=x**2 <= 4)
        block.fine = pyo.Constraint(expr=x <= 4)
        block.product = pyo.Constraint([1], rule=lambda *_: x * land.total() >= 1)

    assert fault_of(made, extra) == [
        "mine: constraint square is not linear",
        "mine: constraint product[1] is not linear",
    ]


def test_a_row_that_can_never_hold_is_named(made):
    def extra(block, land):
        x = land.x["a", "bare", "ind", 2030]
        block.never = pyo.Constraint(expr=x - x >= 3)

    (words,) = fault_of(made, extra)
    assert "trivially infeasible" in words
    assert "never" in words


@pytest.mark.parametrize(
    ("name", "expression", "words"),
    [
        ("profit", lambda b, land: b.v, "objective profit is not known"),
        ("cost", lambda b, land: b.v**2, "objective cost is not linear"),
        ("cost", lambda b, land: land.total() + b.v, "objective cost prices land columns"),
    ],
)
def test_objectives_that_do_not_fit(made, name, expression, words):
    def extra(block, land):
        block.v = pyo.Var()
        block.add_component(name, pyo.Objective(expr=expression(block, land)))

    assert fault_of(made, extra) == [f"mine: {words}"]


def test_fixed_land_is_refused(made):
    def extra(block, land):
        land.x["a", "bare", "ind", 2030].fix(1)

    assert fault_of(made, extra) == ["mine: a land column was fixed or given bounds"]


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("def extra(block, land)\n    pass\n", 1, "is not Python: expected ':'"),
        ("x = 1\nboom\n", 2, "NameError: name 'boom' is not defined"),
        ("def other(block, land):\n    pass\n", None, "has no function extra"),
        ("def extra(block, land):\n    land.x['a', 'bare', 'city', 2030]\n", 2, "barred by transition_matrix"),
        ("def extra(block, land):\n    land.x['a', 'crop', 'ind', 2030]\n", 2, "zone a holds no crop"),
        ("def extra(block, land):\n    land.x['q', 'bare', 'ind', 2030]\n", 2, "no zone is called 'q'"),
        ("def extra(block, land):\n    land.x['a', 'bare', 'ind', 2031]\n", 2, "no period ends in 2031"),
        ("def extra(block, land):\n\n    land.total(target='forests')\n", 3, "no class or group is called 'forests'"),
        ("def extra(block, land):\n    land.total(region='west')\n", 2, "no region is called 'west'"),
        ("def extra(block, land):\n    land.project['p', 2030]\n", 2, "there is no such project and period"),
        ("def extra(block, land):\n    raise SystemExit(3)\n", 2, "SystemExit: 3"),
    ],
)
def test_what_goes_wrong_in_a_file_names_its_line(made, tmp_path, text, row, words):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    _, block = made
    with pytest.raises(InstanceError) as caught:
        attach_files(assemble(block), block, [path])
    (fault,) = caught.value.faults
    assert (fault.where, fault.row) == (str(path), row)
    assert words in fault.message


def test_a_missing_file_and_one_given_twice_are_faults(made, tmp_path):
    _, block = made
    with pytest.raises(InstanceError, match="cannot be read: No such file"):
        attach_files(assemble(block), block, [tmp_path / "none.py"])
    path = tmp_path / "mine.py"
    path.write_text(
        "import pyomo.environ as pyo\ndef extra(b, land):\n    b.c = pyo.Constraint(expr=land.total() <= 9)\n"
    )
    with pytest.raises(InstanceError, match="two sets of extra constraints"):
        attach_files(assemble(block), block, [path, path])
