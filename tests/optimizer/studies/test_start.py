"""A plan found again in another Program: the same where it is the same, in the right columns where it is not."""

import numpy as np
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from instances.scenarios.changes import Change
from instances.scenarios.derive import Changes, derive
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.results.start import column_keys, read_multipliers, read_values, row_keys, write_start
from optimizer.solve import StudyOptions, solve
from tests.optimizer.studies.whole_parcels import write_parcels
from tests.seeds import first_of


def program_of(folder):
    return assemble(land_block(load(folder)))


def solved(program, method="direct", **more):
    return choose(method, program)(program, SolveOptions(gap=0.0, threads=1, **more), Silent())


@pytest.fixture
def land(tmp_path):
    """Parcels, the same without the way from crops to wood, and the plan of the first, kept."""
    whole = write_parcels(tmp_path / "whole", 0)
    less = tmp_path / "less"
    without = Change(table="land/transitions", where={"from": "crop", "to": "wood"}, drop=True)
    derive(whole, less, Changes(tables=(without,)), "less")
    programs = program_of(whole), program_of(less)
    found = solved(programs[0])
    kept = tmp_path / "kept"
    kept.mkdir()
    write_start(programs[0], found.shares, found.duals, kept)
    return *programs, found, kept


def test_no_two_columns_or_rows_share_a_key(land):
    for program in land[:2]:
        assert len(np.unique(column_keys(program))) == program.n_columns
        assert len(np.unique(row_keys(program))) == program.n_rows - program.moves.n_groups


def test_the_same_program_reads_back_what_was_written(land):
    program, _, found, kept = land
    assert (read_values(program, kept) == found.shares).all()
    rows = program.moves.n_groups
    assert (read_multipliers(program, kept)[rows:] == found.duals[rows:]).all()


def test_a_program_with_fewer_moves_takes_what_it_knows_and_lets_the_rest_stay(land):
    whole, less, found, kept = land
    assert less.n_columns < whole.n_columns
    values = read_values(less, kept)
    known = dict(zip(column_keys(whole), found.shares, strict=True))
    stays = np.zeros(less.n_columns, dtype=bool)
    stays[less.moves.start[:-1]] = True
    expected = np.array([known.get(key, 0.0) for key in column_keys(less)])
    assert (values[~stays] == expected[~stays]).all()
    assert np.add.reduceat(values[: len(less.moves)], less.moves.start[:-1]) == pytest.approx(1.0)


def test_nothing_kept_is_nothing_to_begin_from(land, tmp_path):
    assert read_values(land[0], tmp_path) is None
    assert read_multipliers(land[0], tmp_path) is None


@pytest.mark.parametrize("method", ["direct", "core", "decompose"])
def test_a_start_changes_no_optimum(land, method):
    _, less, _, kept = land
    begun = solved(less, method, start=read_values(less, kept), multipliers=read_multipliers(less, kept))
    plain = solved(less)
    assert begun.objective == pytest.approx(plain.objective, rel=1e-9)
    assert begun.bound <= begun.objective + 1e-9


@pytest.mark.parametrize("name", first_of(["tiny", "weihai-restoration"], 1))
def test_land_and_sites_keep_and_take_a_start(tmp_path, name):
    first, second = tmp_path / "first", tmp_path / "second"
    options = SolveOptions(gap=1e-3, threads=1)
    one = solve(name, first, StudyOptions(options, keep_start=True, tables=False))
    other = solve(name, second, StudyOptions(options, start=first, keep_start=True, tables=False))
    assert (first / "start.parquet").is_file()
    assert (second / "start.parquet").is_file()
    assert other.summary["objective"] == pytest.approx(one.summary["objective"], rel=2e-3)
    assert other.audit_passed
