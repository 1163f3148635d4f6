"""Networks without a plan, alone and with land: what lacks was worked out by hand on a case of two buses.

Wind of 40 MW at B blows at half by day (5000 h), in full by night (3760 h); coal of 100 MW at A; lines carry 40 MW.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.infeasibility import Explanation, explain
from optimizer.infeasibility.network_words import Apart, Limit, NetworkExplanation, Power
from optimizer.results.solution import SolveOptions
from optimizer.solve import solve
from optimizer.solve_network import explain_study
from optimizer.study import StudyOptions
from tests.optimizer.results.audit.network.joint_land import joint
from tests.optimizer.results.network.hand_case import DAY, NIGHT, write_hand_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.build import Draft

COAL_FACTOR = 0.9


def asked(folder: Path, **changes: dict[str, list[Any]]) -> NetworkExplanation:
    """Return the explanation of the case with columns of its tables changed."""
    write_hand_case(folder)
    for name, columns in changes.items():
        path = folder / "network" / f"{name}.csv"
        pd.read_csv(path).assign(**columns).to_csv(path, index=False)
    return explain_study(load(folder), StudyOptions())


def test_nothing_is_said_where_there_is_a_plan(tmp_path: Path) -> None:
    assert asked(tmp_path / "in").lines("en") == []


def test_a_bus_that_lines_cannot_feed(tmp_path: Path) -> None:
    told = asked(tmp_path / "in", loads={"peak_mw": [70.0]}, rules={"value": [0.2]})
    (short,) = told.clashes
    assert isinstance(short, Power)
    assert (short.bus, short.snapshot, short.snapshots) == ("B", "noon", 1)
    assert (short.mw, short.mwh) == pytest.approx((10, 10 * DAY))
    (cause,) = told.causes
    assert cause.words("en").startswith("bus B draws 70 MW; it makes 20 MW itself at most")
    assert cause.words("en").endswith("carry 40 MW")
    assert "节点 B 缺电：最大 10 MW" in told.lines("zh")[0]


def test_load_beyond_all_supply_that_can_be_built(tmp_path: Path) -> None:
    told = asked(tmp_path / "in", loads={"peak_mw": [170.0]}, rules={"value": [0.01]})
    (cause,) = told.causes
    assert "give 120 MW at most, 50 MW short" in cause.words("en")
    assert "合计至多 120 MW，缺 50 MW" in cause.words("zh")


def test_a_share_that_wind_cannot_reach(tmp_path: Path) -> None:
    """By day 20 of 30 MW are wind, by night all; its potential falls short of 99 % of the load too."""
    told = asked(tmp_path / "in", rules={"value": [0.99]})
    (missed,) = told.clashes
    assert isinstance(missed, Limit)
    assert missed.reached == pytest.approx((20 * DAY + 30 * NIGHT) / (30 * (DAY + NIGHT)))
    assert "250.4 GWh" in told.causes[0].words("en")


def test_a_cap_and_what_could_give_way_instead(tmp_path: Path) -> None:
    """10 MW of coal by day emit 45,000 t; under 1,000 t only 0.22 MW of them may run."""
    rules = {"rule": ["emission_cap"], "sense": ["<="], "value": [1000.0], "unit": ["tCO2e"]}
    told = asked(tmp_path / "in", rules=rules)
    (missed,), (dark,) = told.clashes, told.instead
    assert isinstance(missed, Limit)
    assert missed.reached == pytest.approx(10 * DAY * COAL_FACTOR)
    assert isinstance(dark, Power)
    assert dark.mw == pytest.approx(10 - 1000 / COAL_FACTOR / DAY)


def test_a_target_beyond_the_potential(tmp_path: Path) -> None:
    rules = {"rule": ["capacity_target"], "technology": ["wind"], "value": [60.0], "unit": ["MW"]}
    told = asked(tmp_path / "in", rules=rules)
    assert told.lines("zh")[0] == "风电装机目标（green）要求不低于 60 MW，最多可达 40 MW，差 20 MW。"


def test_what_could_give_way_instead_keeps_whole_decisions_whole(tmp_path: Path) -> None:
    """The site has 30 MW or none: under a cap of 10 none, so that no load is wind. Of a part 12.6 MW would do."""
    rules = {
        "id": ["green", "pace"],
        "rule": ["renewable_share", "capacity_target"],
        "technology": ["", "wind"],
        "sense": [">=", "<="],
        "value": [0.3, 10.0],
        "unit": ["share", "MW"],
        "source": ["made"] * 2,
        "status": ["made"] * 2,
    }
    folder = write_hand_case(tmp_path / "in")
    pd.DataFrame(rules).to_csv(folder / "network" / "rules.csv", index=False)
    sites = folder / "network" / "sites.csv"
    pd.read_csv(sites).assign(minimum_mw=[30.0, 0.0]).to_csv(sites, index=False)
    told = explain_study(load(folder), StudyOptions())
    (missed,), (instead,) = told.clashes, told.instead
    assert isinstance(missed, Limit)
    assert (missed.id, missed.reached) == ("green", pytest.approx(0.0, abs=1e-6))
    assert isinstance(instead, Limit)
    assert (instead.id, instead.reached) == ("pace", pytest.approx(30.0))


def test_a_solve_tells_it_too(tmp_path: Path) -> None:
    write_hand_case(tmp_path / "in")
    path = tmp_path / "in" / "network" / "rules.csv"
    pd.read_csv(path).assign(value=[0.99]).to_csv(path, index=False)
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "infeasible"
    assert "renewable share (green)" in outcome.explanation["en"][0]
    assert outcome.summary["explanation"]["lacking"][0]["kind"] == "limit"


def told_of(folder: Path, made: Draft) -> Explanation | NetworkExplanation:
    instance = made.load(folder)
    block = land_block(instance)
    return explain(instance, block, assemble(block), SolveOptions())


def floor(made: Draft, value: float) -> Draft:
    """Ask for so much forest."""
    for row in made.tables["quotas"]:
        if row["rule"] == "floor":
            row["value"] = value
    return made


def test_a_solar_field_and_a_forest_ask_for_the_same_bare_land(tmp_path: Path) -> None:
    """19.2 MW take 40 ha of a and the 8 ha in reach of b: 13 ha of bare land are left for 20 ha of new forest."""
    made = floor(joint(), 45)
    made.tables["network/rules"] = [
        {"id": "sun", "rule": "capacity_target", "technology": "solar", "year": 2040, "sense": ">=", "value": 19.2}
        | {"unit": "MW", "source": "made", "status": "made"}
    ]
    told = told_of(tmp_path / "in", made)
    assert isinstance(told, NetworkExplanation)
    (missed,) = told.clashes
    assert isinstance(missed, Limit)
    assert missed.reached == pytest.approx(19.2 - 0.4 * 7)
    assert "could have 40 MW; its land bears 19.2 MW" in told.causes[0].words("en")
    assert "the floor for forest of 45 ha lacks 7 ha" in told.instead[0].words("en")
    assert "45公顷缺7公顷" in told.instead[0].words("zh")


def test_land_that_clashes_by_itself_is_told_of_as_without_a_network(tmp_path: Path) -> None:
    told = told_of(tmp_path / "in", floor(joint(), 100))
    assert isinstance(told, Explanation)
    assert "lacks 24 ha" in told.lines("en")[0]


def test_land_of_which_nothing_was_proven_in_time_does_not_hide_the_network(tmp_path: Path, monkeypatch: Any) -> None:
    """On a large region the land alone may run out of time with shortfalls that are upper estimates."""
    made = floor(joint(), 45)
    made.tables["network/rules"] = [
        {"id": "sun", "rule": "capacity_target", "technology": "solar", "year": 2040, "sense": ">=", "value": 19.2}
        | {"unit": "MW", "source": "made", "status": "made"}
    ]
    by_itself = told_of(tmp_path / "land", floor(joint(), 100))
    assert isinstance(by_itself, Explanation)
    unsure = replace(by_itself, proven=False, certain=False)
    monkeypatch.setattr(sys.modules[explain.__module__], "explain_land", lambda *_: unsure)
    told = told_of(tmp_path / "in", made)
    assert isinstance(told, NetworkExplanation)
    assert told.certain


def test_a_strip_that_rules_forbid_keeps_a_bus_apart(tmp_path: Path) -> None:
    made = joint(line=True)
    made.tables["network/connections"] = [{"connection": "net", "bus": bus} for bus in "nm"]
    made.tables["network/lines"] = []
    overlays = made.tables["network/overlays"]
    made.tables["network/overlays"] = [
        row for row in overlays if (row["technology"], row["class"]) != ("corridor", "wood")
    ]
    told = told_of(tmp_path / "in", made)
    assert isinstance(told, NetworkExplanation)
    assert [type(one) for one in told.clashes] == [Apart, Apart]
    assert told.lines("en")[0] == "2030: connection net: bus m cannot be joined to n."
    assert "needs 4 ha of zone d" in told.causes[0].words("en")
