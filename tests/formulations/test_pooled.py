"""Pools against the Program as it is: the same optimum, plans that keep every row, multipliers that prove the bound."""

from dataclasses import replace

import numpy as np
import pytest

from formulations.assemble import assemble, land_block
from formulations.merge import merge
from formulations.pooled import REACHED, UNDER_STRIPS, Pooled, pooled
from instances.instance import load
from optimizer.methods import highs
from optimizer.results.solution import SolveOptions, tidy
from tests.build import quota
from tests.joint_cases import joint, may, plant, solar
from tests.seeds import first_of

PERIODS = (2025, 2030)


def made(folder, seed, periods=PERIODS):
    """Return a Program of nine alike zones and some others: strips, whole sites and parts of sites cross them."""
    rng = np.random.default_rng(seed)
    zones = {f"z{k}": {"bare": float(rng.uniform(2, 6))} for k in range(9)}
    zones["mixed"] = {"bare": 3.0, "ind": 2.0}
    zones["whole"] = {"bare": 4.0, "whole": 1}
    zones["core"] = {"bare": 4.0, "red_line": "general"}
    names = list(zones)
    crossed = rng.choice(names, 6, replace=False)
    strips = [
        {"segment": segment, "zone": zone, "area_ha": float(rng.uniform(0.05, 0.4))}
        for zone in crossed
        for segment in rng.choice(["trunk", "span1", "span2"], rng.integers(1, 4), replace=False)
    ]
    shares = [
        {"site": "pv", "zone": zone, "share": float(rng.choice([1.0, rng.uniform(0.2, 0.8)]))}
        for zone in rng.choice(names, 7, replace=False)
    ]
    tables = {
        "buses": [{"bus": bus, "voltage_kv": 110} for bus in ("n", "m1", "m2")],
        "loads": [
            {"load": f"l{bus}{year}", "bus": f"m{bus}", "peak_mw": float(rng.uniform(0, 3)), "year": year}
            for bus in (1, 2)
            for year in periods
        ],
        "generators": [plant(0.5)] + [plant(20, generator=f"engine {bus}", bus=bus) for bus in ("m1", "m2")],
        "sites": [solar(bus="m1", capital_cost=float(rng.uniform(1, 6)))],
        "site_zones": shares,
        "candidates": [
            {"candidate": f"c{k}", "from_bus": "n", "to_bus": f"m{k}", "capacity_mw": 5, "cost": 1, "corridor": f"k{k}"}
            for k in (1, 2)
        ],
        "corridors": [{"corridor": f"k{k}", "segment": part} for k in (1, 2) for part in ("trunk", f"span{k}")],
        "segments": [{"segment": name, "length_km": 1, "cost": float(rng.uniform(0, 4))}
                     for name in ("trunk", "span1", "span2")],
        "segment_zones": strips,
        "overlays": may("corridor", "bare") + may("solar", "bare"),
    }  # fmt: skip
    area = sum(sum(v for k, v in zone.items() if k in ("bare",)) for zone in zones.values())
    quotas = [quota("floor", float(rng.uniform(0.2, 0.5)) * area, "forest")]
    draft = joint(zones, {"bare>wood": {"cost": 1}}, tables, periods=periods, quotas=quotas)
    draft.write(folder)
    return assemble(land_block(load(folder)))


def best(matrix, integers=True):
    solver = highs.load(matrix, integers=integers)
    highs.configure(solver, SolveOptions(gap=0.0), 60.0)
    return highs.run(solver)


def keeps(program, values):
    matrix = program.matrix()
    held, room = matrix.rows @ values, 1e-7 * (1 + abs(matrix.rows) @ np.abs(values))
    assert (held >= matrix.row_lower - room).all()
    assert (held <= matrix.row_upper + room).all()
    assert (values >= matrix.lower - 1e-9).all()
    assert (values <= matrix.upper + 1e-9).all()


@pytest.mark.parametrize("periods", [PERIODS, (2030,)])
@pytest.mark.parametrize("seed", first_of(range(12), 3))
def test_pools_change_no_optimum(tmp_path, seed, periods):
    program = made(tmp_path / "x", seed, periods)
    found, plain = pooled(program), merge(program)
    assert isinstance(found, Pooled)
    answer, other = best(found.program.matrix()), best(plain.program.matrix())
    cost = float(found.program.cost @ answer.values)
    assert cost == pytest.approx(float(plain.program.cost @ other.values), rel=1e-6, abs=1e-6)
    values = tidy(program, found.expand(tidy(found.program, answer.values)))
    keeps(program, values)
    assert float(program.cost @ values) == pytest.approx(cost, rel=1e-6, abs=1e-6)
    small = found.program.matrix()
    assert small.rows @ found.shrink(values) == pytest.approx(small.rows @ answer.values, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_multipliers_of_pools_prove_the_bound_of_the_whole(tmp_path, seed):
    program = made(tmp_path / "x", seed)
    found = pooled(program)
    relaxed = best(found.program.matrix(), integers=False)
    bound = highs.dual_bound(program.matrix(), found.expand_duals(relaxed.duals))
    assert bound == pytest.approx(float(found.program.cost @ relaxed.values), rel=1e-6, abs=1e-6)


def test_which_zones_make_a_pool(tmp_path):
    kinds = np.concatenate([pooled(made(tmp_path / str(seed), seed)).kind for seed in range(12)])
    assert {UNDER_STRIPS, REACHED} <= set(kinds.tolist())
    one = pooled(made(tmp_path / "one", 3))
    of = dict(
        zip(
            one.original.names.zones.iloc[one.original.moves.zone[one.original.moves.start[:-1]]], one.kind, strict=True
        )
    )
    assert of["whole"] == 0
    assert one.program.moves.n_groups < merge(one.original).program.moves.n_groups


def most_under_sun(program):
    """Return the most hectares under arrays that begin in the last period, of the relaxation."""
    moves = program.moves
    last = (moves.overlay == 1) & (moves.period == moves.period.max())
    area = np.concatenate([np.where(last, moves.area_ha, 0.0), np.zeros(program.n_columns - len(moves))])
    answer = best(replace(program.matrix(), cost=-area), integers=False)
    return float(area @ answer.values)


@pytest.mark.parametrize("seed", range(6))
def test_land_that_is_held_otherwise_in_each_period_is_no_pool(tmp_path, seed):
    """Where an earlier plan is kept, what a site may take of a zone differs by period."""
    program = made(tmp_path / "x", seed)
    moves = program.moves
    some = (moves.overlay == 1) & (moves.upper < 1.0)
    upper = np.where(some, moves.upper * np.where(moves.period == 1, 0.9, 0.1), moves.upper)
    program = replace(program, moves=replace(moves, upper=upper))
    assert most_under_sun(pooled(program).program) == pytest.approx(most_under_sun(program), rel=1e-6)


def test_without_a_network_land_is_only_merged(tmp_path):
    draft = joint(
        {"a": {"bare": 10}}, "", {"loads": [{"load": "l", "bus": "n", "peak_mw": 1}], "generators": [plant(1)]}
    )
    draft.write(tmp_path / "x")
    program = assemble(land_block(load(tmp_path / "x")))
    assert not isinstance(pooled(program), Pooled)
