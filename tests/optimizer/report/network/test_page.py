"""The page of a network plan, alone: both languages, figures, the map; and what its figures are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from instances.instance import load
from instances.network.network import Network
from instances.network.write import write_network
from instances.settings import About, NetworkSettings
from instances.synthetic.network import NetworkOptions, made_network
from optimizer.report.network.duration import duration
from optimizer.report.network.maps import network_map
from optimizer.report.network.page import render_network
from optimizer.report.network.reread import read_network_report
from optimizer.report.network.timeline import GAP, timeline
from optimizer.report.network.view import NetworkView
from optimizer.results.network.colors import COLORS, technology_colors
from optimizer.results.network.places import arranged
from optimizer.solve import solve
from optimizer.study import StudyOptions
from tests.formulations.energy.networks import tables_of
from tests.optimizer.results.network.hand_case import PERIODS, write_hand_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.formulations.energy.networks import Table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("page")
    solve(write_hand_case(root / "in", PERIODS), root / "out", StudyOptions(lang="zh"))
    return root


def page(folder: Path, lang: str) -> str:
    return render_network(read_network_report(load(folder / "in"), folder / "out", lang))


def test_a_page_stands_alone_in_either_language(folder: Path) -> None:
    english, chinese = page(folder, "en"), page(folder, "zh")
    assert not re.search("[\u4e00-\u9fff]", english.split("</style>")[1])
    for one in (english, chinese):
        assert not re.search(r'(src|href)="(?!data:)', one)
    written = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert _without_seconds(written) == _without_seconds(chinese)
    assert "<h1>两节点</h1>" in chinese
    assert "Dispatch 2025" in english
    assert "出力 2030年" in chinese


def _without_seconds(page: str) -> str:
    """Drop the times, which go on while the page is written."""
    return re.sub(r"<dd>读取.*?</dd>", "", page)


def test_a_page_tells_builds_supply_and_costs(folder: Path) -> None:
    english = page(folder, "en")
    assert "red line" in english
    assert "renewable share" in english
    assert "one more percentage point" not in english, "the share has room: it is worth nothing"
    rows = re.findall(r"<tr[^>]*><td>(.*?)</td>", english)
    assert rows.index("wind") < rows.index("coal")
    assert re.search(r"<td>AB</td>.*?<td>2025</td><td>1</td><td>20</td><td>7</td>", english)


def figures(page: str) -> list[str]:
    """Return the names of the key figures."""
    return re.findall(r"<div><h2>(.*?)</h2>", page)


def test_key_figures_are_those_that_mean_something(folder: Path, tmp_path: Path) -> None:
    """Four with wind and coal; where only a circuit may be built, no plant is added and nothing is renewable."""
    assert figures(page(folder, "en")) == [
        "Cost",
        "Plant and storage added",
        "Renewables, of load · 2030",
        "Supply emissions · 2030",
    ]
    own = write_hand_case(tmp_path / "in")
    loads = own / "network" / "loads.csv"
    pd.read_csv(loads).assign(peak_mw=10.0).to_csv(loads, index=False)
    for name in ("sites", "rules"):
        (own / "network" / f"{name}.csv").unlink()
    solve(own, tmp_path / "out", StudyOptions(lang="en"))
    assert figures(page(tmp_path, "en")) == ["Cost", "Circuits built", "Supply emissions"]


def test_a_tree_tells_nothing_of_supply(tmp_path: Path) -> None:
    """Buses that are only to be connected have no load, prices, emissions or MW."""
    given: dict[str, Table] = {
        "buses": {"bus": ["a", "b", "c"]},
        "candidates": {
            "candidate": ["ab", "bc", "ac"],
            "from_bus": ["a", "b", "a"],
            "to_bus": ["b", "c", "c"],
            "capacity_mw": [0, 0, 0],
            "cost": [2, 3, 9],
        },
        "connections": {"connection": ["x", "x"], "bus": ["a", "c"]},
    }
    settings = NetworkSettings(money="cost", power_flow="transport", horizon_h=1.0)
    about = About(name="tree", title_en="Tree", title_zh="树")
    write_network(tmp_path / "in", about, settings, tables_of(**given))
    solve(tmp_path / "in", tmp_path / "out", StudyOptions(lang="en"))
    english, chinese = page(tmp_path, "en"), page(tmp_path, "zh")
    assert figures(english) == ["Cost", "Circuits built"]
    assert figures(chinese) == ["总费用", "新建线路（回）"]
    assert re.search(r'<p class="big">2<small></small></p><p class="remark">of 3 offered</p>', english)
    for word in ("Renewables", "MWh", "MW", "Nodal prices", "Supply and its emissions", "transport model"):
        assert word not in english.split("</style>")[1], word


def test_names_and_worths_are_in_the_language_of_the_page(folder: Path, tmp_path: Path) -> None:
    """Buses with names, a season as a day, a route across the red line, and a share that binds."""
    own = write_hand_case(tmp_path / "in")
    changes = {
        "buses": {"name_zh": ["甲站", "乙站"], "name_en": ["Station A", "Station B"]},
        "snapshots": {"day": ["summer", "winter"]},
        "segments": {"crossings": ["red_line 1.5 km", ""]},
        "rules": {"rule": ["self_sufficiency"], "value": [1.0], "unit": ["share"]},
    }
    for name, columns in changes.items():
        path = own / "network" / f"{name}.csv"
        pd.read_csv(path).assign(**columns).to_csv(path, index=False)
    imports = pd.DataFrame({"bus": ["A"], "capacity_mw": [50.0], "price": [0.04], "emission_tco2_per_mwh": [0.6]})
    imports.assign(year=0).to_csv(own / "network" / "imports.csv", index=False)
    solve(own, tmp_path / "out", StudyOptions(lang="zh"))
    chinese, english = page(tmp_path, "zh"), page(tmp_path, "en")
    for word in ("甲站", "乙站", "夏季", "冬季", "生态保护红线 1.5 公里", "万元/百分点"):
        assert word in chinese, word
    for word in ("Station A", "summer", "ecological red line 1.5 km", "10k CNY/percentage point"):
        assert word in english, word


def test_words_of_a_stranger_stay_words(tmp_path: Path) -> None:
    folder = write_hand_case(tmp_path / "in")
    for table in ("buses", "generators", "candidates"):
        path = folder / "network" / f"{table}.csv"
        path.write_text(path.read_text().replace("A,", "<b>A,"))
    solve(folder, tmp_path / "out", StudyOptions(lang="en"))
    assert "<b>A" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_the_map_draws_buses_sites_and_what_is_built(folder: Path) -> None:
    report = read_network_report(load(folder / "in"), folder / "out", "en")
    drawn = network_map(NetworkView(report.plan, "en"), report.instance)
    assert drawn is not None
    kinds = [type(item).__name__ for item in drawn.drawing.items]
    assert kinds.count("Dot") == 4  # two buses, two sites
    assert {entry.name for entry in drawn.legend} >= {"circuits built (× where several)", "wind", "sites not used"}
    assert drawn.scale == ("1 km", pytest.approx(0.127, abs=0.01))


def test_buses_without_places_are_arranged_by_their_lines() -> None:
    """In a ring, joined buses lie nearer to each other than the others."""
    tables = made_network(NetworkOptions(buses=6, days=1, hours=1))
    buses, empty = tables["buses"]["bus"].to_numpy(), tables["lines"].iloc[:0]
    lines = pd.DataFrame({"line": list("abcdef"), "from_bus": buses, "to_bus": np.roll(buses, 1)})
    network = Network({**tables, "lines": lines, "links": empty, "candidates": empty})
    at = arranged(network)
    points = shapely.points(at)
    beside = max(shapely.distance(points[k], points[k - 1]) for k in range(6))
    assert beside < min(shapely.distance(points[k], points[k - 2]) for k in range(6))


def test_a_duration_curve_falls_over_the_hours() -> None:
    steps = duration(np.array([1.0, 3.0, 2.0]), np.array([10.0, 20.0, 30.0]))
    assert steps.tolist() == [[0, 3], [20, 3], [20, 2], [50, 2], [50, 1], [60, 1]]


def test_days_have_panels_of_their_own_with_their_hours() -> None:
    """Two days of 3 snapshots that stand for 182.5 days each, if a snapshot lasts 8 h."""
    tables = made_network(NetworkOptions(buses=4, days=2, hours=3))
    tables["snapshots"] = tables["snapshots"].assign(step_h=8.0)
    line = timeline(Network(tables))
    assert [(panel.first, panel.last, panel.days) for panel in line.panels] == [(0, 3, 182.5), (3, 6, 182.5)]
    widths = line.right - line.left
    assert widths == pytest.approx(np.full(6, widths[0]))
    assert line.left[3] - line.right[2] == pytest.approx(GAP)


def test_technologies_have_the_colours_of_their_kind() -> None:
    found = technology_colors(["offwind-ac", "mystery", "coal A", "solar"])
    assert list(found) == ["mystery", "coal A", "offwind-ac", "solar"]
    assert found["offwind-ac"] == COLORS["wind"]
    assert found["coal A"] == COLORS["coal"]
