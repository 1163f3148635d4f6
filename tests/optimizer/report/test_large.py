"""The page of 100,000 zones stays small and whole."""

import pandas as pd
import pytest

from instances.instance import load
from instances.synthetic import generate
from optimizer.report.page import ReportInput, render
from optimizer.report.pictures import write_figures
from optimizer.results.tables import plan_tables

ZONES = 100_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Every fifth zone gives half of its first class to arbor forest or, where it is that, to the second class."""
    folder = tmp_path_factory.mktemp("large") / "made"
    generate(folder, ZONES, seed=1)
    instance = load(folder)
    land = instance.require_land()
    cover, kinds = land.tables["cover"], land.classes["class"].astype(str)
    stay = cover.assign(**{"from": cover["class"].astype(str), "to": cover["class"].astype(str), "period": 0})
    chosen = stay.drop_duplicates("zone").index[::5]
    stay.loc[chosen, "area_ha"] /= 2
    moved = stay.loc[chosen].assign(
        to=stay.loc[chosen, "from"].map(lambda kind: kinds[1] if kind != kinds[1] else kinds[0])
    )
    moved["period"] = instance.settings.time.periods[0]
    moves = pd.concat([stay, moved], ignore_index=True).assign(overlay="")
    return ReportInput(
        instance=instance,
        summary={"status": "optimal", "objective_unit": "tCO2e", "size": {"zones": ZONES}},
        moves=moves,
        rules=pd.DataFrame({"rule": []}),
        audit={"passed": True, "checks": 1, "failed": 0},
        lang="zh",
        **plan_tables(instance, moves),
    )


def test_the_page_is_below_15_megabytes(large):
    page = render(large)
    assert len(page.encode()) < 15e6
    assert page.count("data:image/png;base64,") == 3
    assert "100\u202f000" in page
    assert "<svg" in page


def test_maps_in_svg_are_pictures(large, tmp_path):
    write_figures(tmp_path / "figures", large)
    for name in ("before", "after", "change"):
        text = (tmp_path / "figures" / f"map-{name}.svg").read_text(encoding="utf-8")
        assert "<image" in text
        assert "<path" not in text
        assert len(text) < 5e6
