"""The audit's columns and rows against those of the model, one by one: two programs that share no code agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from formulations.energy.assemble import assemble_network
from instances.instance import load
from instances.synthetic.network import NetworkOptions, write_made_network
from optimizer.results.audit.network.bound import _add_laws, _day
from optimizer.results.audit.network.laws import Laws
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of
from tests.optimizer.results.audit.network.cases import meshed, staged, write
from tests.tnep_cases import write_published

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.program import Program
    from optimizer.results.audit.network.system import System

BEGIN = "energy:"
FREE = {"angle", "storage_start"}
"""Columns whose limits say nothing that rows do not: angles, fixed at one bus; levels with which days begin."""

Key = tuple[str, str, int, str]


def places(system: System, families: dict[str, Any]) -> dict[Key, int]:
    """Return the place of every column or row by family, name, period and snapshot (or day)."""
    found = {}
    for family in families.values():
        for copy in range(family.lower.shape[0]):
            year, snapshot = system.times.where(family.scope, copy)
            when = _day(system, snapshot) if family.scope == "day" else snapshot
            for k, member in enumerate(family.members):
                name = getattr(family, "name", None) or family.rule
                found[name, member, year, when] = family.first + copy * len(family.members) + k
    return found


def keys(program: Program, rows: bool) -> list[Key]:
    """Return family, name, period and snapshot of every column or row of the model."""
    found: list[Key] = []
    for one in program.quotas if rows else program.columns:
        name = (one.rule if rows else one.family).removeprefix(BEGIN)  # type: ignore[union-attr]
        columns = ["id" if rows else "name", "period", "snapshot"]
        found += [(name, *labels) for labels in one.labels[columns].itertuples(index=False, name=None)]
    return found


def agree(folder: Path) -> None:
    """Compare columns, limits, costs, rows and coefficients."""
    program = assemble_network(load(folder))
    parts = system_of(read_network(folder, {}))
    system = parts.system
    named: dict[str, set[str]] = {}
    for rule, name, *_ in keys(program, rows=True):
        named.setdefault(rule, set()).add(name)
    if system.network.direct_current:
        _add_laws(parts, Laws(parts), named)
    at = places(system, dict(system.columns))
    columns = np.array([at.pop(key) for key in keys(program, rows=False)], dtype=np.int64)
    assert {key[0] for key in at} <= FREE
    model = program.matrix()
    fixed = np.array([key[0] not in FREE for key in keys(program, rows=False)], dtype=bool)
    for name, own in (("lower", model.lower), ("upper", model.upper)):
        np.testing.assert_allclose(system.gathered(name)[columns][fixed], own[fixed], rtol=1e-12, atol=1e-12)
    for name in ("cost", "emissions"):
        np.testing.assert_allclose(system.gathered(name)[columns], program.cost_of(name), rtol=1e-12, atol=1e-12)
    low, high = system.limits()
    known = places(system, dict(system.rows))
    rows = np.array([known.pop(key) for key in keys(program, rows=True)], dtype=np.int64)
    left = np.array(list(known.values()), dtype=np.int64)
    assert np.isinf(low[left]).all()
    assert np.isinf(high[left]).all()
    np.testing.assert_allclose(low[rows], model.row_lower, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(high[rows], model.row_upper, rtol=1e-9, atol=1e-9)
    apart = abs(system.matrix()[rows][:, columns] - model.rows)
    assert apart.nnz == 0 or apart.max() < 1e-9 * max(abs(model.rows).max(), 1.0)


def test_everything_continuous(tmp_path: Path) -> None:
    """Meshed lines with losses, links, storage of every kind, outages and all rules."""
    agree(write(tmp_path / "in", meshed()))


def test_transport(tmp_path: Path) -> None:
    """The same without the voltage law."""
    tables = meshed()
    del tables["contingencies"]
    agree(write(tmp_path / "in", tables, power_flow="transport"))


def test_stages_and_whole_decisions(tmp_path: Path) -> None:
    """Two stages, circuits that need corridors, sites that are opened, an equality that holds in one stage."""
    agree(write(tmp_path / "in", staged(), (2030, 2040)))


def test_stages_of_everything_continuous(tmp_path: Path) -> None:
    """Limits of capacity become rows where stages add to it."""
    agree(write(tmp_path / "in", meshed(), (2030, 2035, 2040)))


def test_curtailment_in_energy(tmp_path: Path) -> None:
    """A cap on curtailment may be MWh."""
    tables = meshed()
    tables["rules"][3] |= {"value": 5_000.0, "unit": "MWh"}
    agree(write(tmp_path / "in", tables))


@pytest.mark.parametrize("case", ["ieee24", "brazil46"])
def test_published_expansion(tmp_path: Path, case: str) -> None:
    """Widest angles of candidates, from shortest paths, are those of the model."""
    agree(write_published(tmp_path / "in", case, "gen_max_MW"))


@pytest.mark.parametrize(("candidates", "seed"), [(0, 1), (6, 2), (9, 3)])
def test_made_networks(tmp_path: Path, candidates: int, seed: int) -> None:
    """Made networks, with and without candidates."""
    options = NetworkOptions(buses=10, days=2, hours=3, candidates=candidates, seed=seed)
    write_made_network(tmp_path / "in", options, "made")
    agree(tmp_path / "in")
