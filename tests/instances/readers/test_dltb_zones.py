from __future__ import annotations

import pandas as pd
import pytest
import shapely

from instances.instance import load
from instances.readers.dltb.regions import region_table, trimmed
from tests.instances.readers.dltb_case import cover, entry, layer, parcels, run, square, squares, write, zones


def row(bsm, code, area, unit, slope="", grade=0, kind="", ridge=0.0):
    return (bsm, code, area + ridge, area, "1203" if ridge else "", ridge, unit, "", slope, grade, kind)


ROWS = (
    row("a", "0103", 9_000.0, "371002001201", "2", 6, ridge=1_000.0),
    row("b", "0103", 10_000.0, "371002001201", "2", 6),
    row("c", "0702", 10_000.0, "371002001201", "", 0, "203"),
    row("d", "0102", 10_000.0, "371002001202", "1", 5),
    row("e", "0103", 10_000.0, "371002002201", "2", 6),
)


def imported(tmp_path, toml, **lines):
    made = run(write(tmp_path / "survey", DLTB=parcels(squares(5), ROWS), **lines), tmp_path / "made", toml)
    load(tmp_path / "made")
    return made, zones(tmp_path / "made"), cover(tmp_path / "made")


def by_content(held):
    found = {}
    for (zone, code), area in held.items():
        found.setdefault(zone, {})[code] = round(area, 9)
    return sorted(found.values(), key=str)


def test_villages_unite_what_is_alike(tmp_path):
    made, table, held = imported(tmp_path, '[zones]\naggregate = "village"\nregion = "village"')
    assert by_content(held) == [{"0102": 1.0}, {"0103": 1.0}, {"0103": 1.9, "1203": 0.1}, {"0702": 1.0}]
    assert sorted(table.index) == ["371002001201-1", "371002001201-2", "371002001202-1", "371002002201-1"]
    big = table[table["area_ha"] == 2.0].iloc[0]
    assert (big["grade"], big["slope_class"], big["region"]) == (6, 2, "371002001201")
    assert big["geometry"].equals(square(0, 0, 200, 100))
    assert entry(made, "kept", "zones") == (4, pytest.approx(5.0))


def test_a_line_keeps_what_it_divides_apart(tmp_path):
    line = layer([square(-10, -10, 150, 110)])
    _, table, held = imported(tmp_path, '[zones]\naggregate = "village"\nregion = "village"', YJJBNTTB=line)
    inside = table[table["farmland"] == 1]
    assert list(inside["area_ha"]) == pytest.approx([1.5])
    assert held[inside.index[0], "0103"] == pytest.approx(1.4)
    assert held[inside.index[0], "1203"] == pytest.approx(0.1)
    assert inside["geometry"].iloc[0].area == pytest.approx(15_000)


def test_townships(tmp_path):
    _, table, held = imported(tmp_path, '[zones]\naggregate = "township"')
    assert by_content(held) == [{"0102": 1.0}, {"0103": 1.0}, {"0103": 1.9, "1203": 0.1}, {"0702": 1.0}]
    assert set(table["region"]) == {"371002001", "371002002"}


def test_a_grid_cuts_along_its_cells(tmp_path):
    # cells of 250 m from the origin of the system: lines at 0 m and 250 m of the case
    _, table, held = imported(tmp_path, '[zones]\naggregate = "grid"\ngrid_m = 250\nregion = "county"')
    assert sum(held.values()) == pytest.approx(5.0)
    homes = {zone: area for (zone, code), area in held.items() if code == "0702"}
    assert sorted(homes.values()) == pytest.approx([0.5, 0.5])  # c lies half in each cell
    west = table[table.index.str.startswith("165840_")]
    assert west["area_ha"].sum() == pytest.approx(2.5)
    assert shapely.area(table.geometry.to_numpy()).sum() == pytest.approx(50_000)
    assert not any(shapely.overlaps(a, b) for a in table.geometry for b in table.geometry)


def test_steep_cropland_may_be_retired_but_not_permanent_farmland(tmp_path):
    rows = (row("a", "0103", 10_000.0, "371002001201", "5", 9), row("b", "0103", 10_000.0, "371002001201", "5", 9))
    source = write(tmp_path / "survey", DLTB=parcels(squares(2), rows), YJJBNTTB=layer([square(100, -10, 210, 110)]))
    run(source, tmp_path / "made")
    assert zones(tmp_path / "made")["retirement"].to_dict() == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("371002001201", "371002001201"),
        ("371002001201000", "371002001201"),
        ("371002001000", "371002001"),
        ("371002000000", "371002"),
        ("371002", "371002"),
        ("371000", "3710"),
    ],
)
def test_region_codes_lose_the_zeros_that_fill_them_up(code, short):
    assert trimmed(code) == short


@pytest.mark.parametrize(
    ("units", "level", "regions"),
    [
        (["371002001201", "371002002201"], "village", 5),  # a county, two townships, two villages
        (["371002001201", "371002002201"], "county", 1),
        (["371002001201", "371003001201"], "county", 3),  # a city above two counties
        (["371002001201", "370102001201"], "county", 5),  # a province, two cities, two counties
        (["371002001201", "110102001201"], "county", 7),  # the country above two provinces
    ],
)
def test_one_region_lies_above_all(units, level, regions):
    table = region_table(pd.Series(units), level, {})
    assert len(table) == regions
    assert (table["parent"] == "").sum() == 1
    assert set(table["parent"]) - {""} <= set(table["region"])


def test_quotas_of_the_configuration_are_written_and_bind_the_root_by_default(tmp_path):
    toml = (
        '[[quotas]]\nid = "keep"\nrule = "cropland_retention"\nsense = ">="\nvalue = 3.5\nunit = "ha"\nsource = "x"\n'
    )
    imported(tmp_path, toml)
    quotas = load(tmp_path / "made").require_land().quotas
    assert quotas[["id", "region", "value", "status"]].to_numpy().tolist() == [["keep", "371002", 3.5, "assumed"]]
