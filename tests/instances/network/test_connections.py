"""Connections that join nothing or cannot be joined: one message each; what joins without being built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.network.connections import Connections
from tests.instances.network_case import TABLES, write_case

if TYPE_CHECKING:
    from pathlib import Path

PERIODS = "\n[carbon]\nbase_year = 2020\nend_year = 2035\n[time]\nperiods = [2025, 2035]\n"


def case(folder: Path, settings: str = "", **more: Any) -> Path:
    """Write the case with a table of connections, first the buses of `trunk`."""
    stated = {"connection": ["trunk", "trunk"], "bus": ["A", "C"]} | more.pop("connections", {})
    path = write_case(folder / "case", settings, **more)
    rows = [",".join(stated), *(",".join(map(str, row)) for row in zip(*stated.values(), strict=True))]
    (path / "network" / "connections.csv").write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"connections": {"bus": ["A", "D"]}}, "D is not in buses.bus"),
        ({"connections": {"bus": ["A", "A"]}}, "connection trunk, bus A stands twice"),
        ({"connections": {"connection": ["trunk", "spur"]}}, "connection trunk names one bus alone"),
        ({"connections": {"first_year": [0, 2030]}}, "trunk: 2030 ends no period"),
        ({"candidates": None, "loads": {"bus": ["B", "B"]}}, "nothing leads from bus A to bus C"),
    ],
)
def test_bad_connections(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    """The place and what to do."""
    with pytest.raises(InstanceError) as caught:
        load(case(tmp_path, **given))
    assert words in str(caught.value)
    assert "connections.csv" in caught.value.faults[0].where


def test_too_late(tmp_path: Path) -> None:
    """A bus that must be joined in 2025 over candidates that come in 2035."""
    late = {"candidates": {**TABLES["candidates"], "first_year": [2035, 2035]}}
    with pytest.raises(InstanceError, match="nothing leads from bus A to bus C by 2025"):
        load(case(tmp_path, PERIODS, **late))
    load(case(tmp_path / "later", PERIODS, connections={"first_year": [0, 2035]}, **late))


def test_what_stands_is_one(tmp_path: Path) -> None:
    """A line and a link join A and B, so both candidates lead from the same group to C."""
    connections = Connections.of(load(case(tmp_path)).require_network())
    assert connections.group.tolist() == [0, 0, 1]
    assert connections.start.tolist() == [0, 0]
    assert connections.end.tolist() == [1, 1]
    assert connections.named == ("A", "C")
    (one,) = connections.wanted
    assert one.buses == ("A", "C")
