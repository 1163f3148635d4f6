"""Broken and hostile instances, one by one: each fault is named with its place, and nothing is left behind."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from tests.end_to_end.bad_input import (
    BOW_TIE,
    TOML,
    added,
    all_of,
    as_geopackage,
    cell,
    content,
    copy_of_tiny,
    cut,
    gone,
    sanqu,
    shapes,
    text,
)


def value(column, value, row=0):
    def change(frame):
        frame.loc[row, column] = value

    return change


def geometry(shape, row=3):
    def change(frame):
        frame.loc[row, "geometry"] = shape

    return change


def parquet(folder, **columns):
    pq.write_table(pa.table(columns), folder / "land" / "cover.parquet")
    (folder / "land" / "cover.csv").unlink()


def many_rows(folder):
    """Two hundred million rows of nothing: a megabyte on disk."""
    nothing, rows = pa.nulls(210_000_000), 210_000_000
    table = pa.table({"zone": nothing, "class": nothing, "area_ha": nothing})
    pq.write_table(table, folder / "land" / "cover.parquet", row_group_size=rows)
    (folder / "land" / "cover.csv").unlink()


def many_pages(folder):
    """Let the header of a GeoPackage claim sixteen terabytes."""
    as_geopackage()(folder)
    path = folder / "land" / "zones.gpkg"
    data = bytearray(path.read_bytes())
    data[28:32] = b"\xff" * 4
    path.write_bytes(bytes(data))


def huge_csv(folder):
    with (folder / "land" / "cover.csv").open("ab") as stream:
        stream.truncate(5 * 2**30)


def link_outside(folder):
    elsewhere = folder.parent / "secret.csv"
    (folder / "land" / "cover.csv").rename(elsewhere)
    (folder / "land" / "cover.csv").symlink_to(elsewhere)


def linked_settings(folder):
    (folder / "instance.toml").rename(folder.parent / "other.toml")
    (folder / "instance.toml").symlink_to(folder.parent / "other.toml")


def gbk(folder):
    path = folder / "land" / "regions.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


def as_csv(table):
    def change(folder):
        path = folder / "land" / f"{table}.parquet"
        frame = pd.read_parquet(path).drop(columns="geometry")
        frame.to_csv(path.with_suffix(".csv"), index=False)

    return change


ACTIVITY = "end_use,sector,scope,region,group,share,source,status\nindustry,energy,1,tiny,industry,0.7,x,made\n"
CASES = {
    # files, layers, columns
    "no instance.toml": (gone(TOML), ["instance.toml: file is missing"]),
    "missing table": (gone("land/cover.csv"), ["land/cover: table is missing", "add cover.csv, .parquet or .gpkg"]),
    "missing column": (
        text("land/cover.csv", "area_ha", "hectares"),
        ["cover.csv, column area_ha: column is missing", "columns present: zone, class, hectares"],
    ),
    "missing layer": (as_geopackage("parcels"), ["zones.gpkg: has no layer zones", "layers present: parcels"]),
    "two files for one table": (as_csv("zones"), ["zones.parquet and zones.csv both hold table zones", "keep one"]),
    "column twice": (text("land/cover.csv", "class", "zone"), ["cover.csv, column zone: two columns have this name"]),
    "no part": (all_of(gone("land"), gone("restoration")), ["has none of land/, restoration/, network/"]),
    "empty file": (content("land/cover.csv", ""), ["cover.csv: cannot be read: No columns to parse"]),
    "empty instance": (
        text("land/regions.csv", r"(?s)\n.*", "\n"),
        ["regions.csv: table is empty (an instance needs at least one row)"],
    ),
    "no zones": (shapes("zones", lambda frame: frame.iloc[:0]), ["zones.parquet: table is empty"]),
    "more cells than names": (
        text("land/cover.csv", "N1,urban,5", "N1,urban,5,x"),
        ["cover.csv, row 3: the row has 4 cells, the header 3 names"],
    ),
    "every row too long": (
        content("land/cover.csv", "zone,class,area_ha\nN1,crop,10,\nN2,crop,20,\n"),
        ["cover.csv: rows have more cells than the header has names"],
    ),
    "open quotation mark": (
        text("land/cover.csv", "N1,urban", '"N1,urban'),
        ["cover.csv, row 3: a quotation mark is opened and never closed"],
    ),
    # cells
    "negative area": (cell("cover", 0, "area_ha", -1), ["cover.csv, row 2, column area_ha: -1.0 must not be below 0"]),
    "area not a number": (cell("cover", 0, "area_ha", "nan"), ["cover.csv, row 2, column area_ha: is empty"]),
    "infinite area": (cell("cover", 0, "area_ha", "inf"), ["row 2, column area_ha: inf must be a finite number"]),
    "empty area": (cell("cover", 0, "area_ha", ""), ["cover.csv, row 2, column area_ha:"]),
    "words for a number": (cell("cover", 1, "area_ha", "ten"), ["row 3, column area_ha: 'ten' is not a number"]),
    "thousands separator": (cell("cover", 1, "area_ha", "1,000"), ["row 3, column area_ha: '1,000' is not a number"]),
    "wrong flag": (cell("transitions", 0, "allowed", 2), ["transitions.csv, row 2, column allowed: 2 must be 0 or 1"]),
    "not a whole number": (
        cell("quotas", 0, "period", "2040.5"),
        ["quotas.csv, row 2, column period: '2040.5' is not a whole number"],
    ),
    "unknown red line": (
        shapes("zones", value("red_line", "outer")),
        ["zones.parquet, row 1, column red_line: 'outer' must be one of '', 'core', 'general'"],
    ),
    "slope class out of range": (
        shapes("zones", value("slope_class", 9)),
        ["zones.parquet, row 1, column slope_class: 9 must not be above 5"],
    ),
    "lists for cells": (
        lambda folder: parquet(folder, zone=[["N1"]], **{"class": ["crop"]}, area_ha=[1.0]),
        ["cover.parquet, column zone: holds list", "one value a cell"],
    ),
    # references and keys
    "duplicate key": (
        added("cover"),
        ["cover.csv, row", "column zone: zone N1, class crop stands twice", "each key may occur once"],
    ),
    "duplicate zone": (
        shapes("zones", value("zone", "N2", row=2)),
        ["zones.parquet, row 3, column zone: zone N2 stands twice"],
    ),
    "unknown class": (cell("cover", 0, "class", "corn"), ["cover.csv, row 2, column class: corn is not in classes"]),
    "unknown code": (
        cell("classes", 0, "code", "103"),
        ["classes.csv, row 2, column code: class crop: 103 is no code of third_survey", "leading zeros"],
    ),
    "unknown scheme": (
        cell("classes", 0, "scheme", "Third-Survey"),
        ["classes.csv, row 2, column scheme: scheme 'Third-Survey' is not known", "write third_survey"],
    ),
    "colour that is a style": (
        cell("classes", 0, "color", "red;background:url(http://x)"),
        ["classes.csv, row 2, column color:", "write #rrggbb"],
    ),
    "unknown group of a class": (
        cell("classes", 0, "group", "field"),
        ["classes.csv, row 2, column group: class crop: 'field' is not a leaf group"],
    ),
    "quota for an unknown region": (
        cell("quotas", 0, "region", "west"),
        ["quotas.csv, row 2, column region: west is not in regions.region"],
    ),
    "unknown rule": (
        cell("quotas", 0, "rule", "growth"),
        ["quotas.csv, row 2, column rule: 'growth' must be one of"],
    ),
    "unknown group of a quota": (
        cell("quotas", 0, "group", "villas"),
        ["quotas.csv, row 2, column group: quota growth-north: 'villas' is neither a group nor a class"],
    ),
    "wrong sense": (
        cell("quotas", 0, "sense", "<="),
        ["row 2, column sense: quota growth-north: growth_demand takes >="],
    ),
    "wrong unit": (
        cell("quotas", 0, "unit", "km2"),
        ["row 2, column unit: quota growth-north: growth_demand takes ha"],
    ),
    "year that ends no period": (
        cell("quotas", 0, "period", 2030),
        ["quotas.csv, row 2, column period: quota growth-north: 2030 ends no period", "use 2040 or 0"],
    ),
    "unknown condition": (
        cell("transitions", 0, "condition", "sunny"),
        ["transitions.csv, row 2, column condition: crop to urban: zones has no column 'sunny'"],
    ),
    "unknown project member": (
        cell("projects", 0, "members", "u1;u9"),
        ["projects.csv, row 2, column members: project p1: u9 is not in units.unit"],
    ),
    "ring of prerequisites": (
        cell("projects", 0, "prerequisites", "p1"),
        ["projects.csv, column prerequisites: prerequisites form a ring: p1"],
    ),
    "unit on an unknown zone": (
        cell("unit_zone", 0, "zone", "S9"),
        ["unit_zone.csv, row 2, column zone: S9 is not in zones.zone"],
    ),
    # figures that do not fit together
    "cover that does not add up": (
        shapes("zones", lambda frame: frame.assign(area_ha=[16.0] + [0.0] * 11)),
        ["zones.parquet, row 1, column area_ha: zone N1: cover adds to 15.0000 ha, not 16.0000 ha"],
    ),
    "contradictory targets": (
        all_of(
            added("quotas", id="low", rule="floor", group="forest", region="tiny", value=50),
            added("quotas", id="high", rule="ceiling", group="forest", region="tiny", value=40, sense="<="),
        ),
        ["quotas.csv, column value: low, high: forest in tiny by 2040 must be at least 50 and at most 40 ha"],
    ),
    "nested linked quotas": (
        all_of(
            added("quotas", id="l1", rule="linked_quota", group="", region="tiny", sense="<="),
            added("quotas", id="l2", rule="linked_quota", group="", region="north", sense="<="),
        ),
        ["linked quotas l1 and l2 cover the same land"],
    ),
    "children above their parent's cap": (
        all_of(
            added("quotas", id="c1", rule="carbon_cap", group="", region="tiny", sense="<=", value=5, unit="tCO2e"),
            added("quotas", id="c2", rule="carbon_cap", group="", region="north", sense="<=", value=9, unit="tCO2e"),
        ),
        ["carbon caps of 2040 below tiny add to 9 tCO2e, above its 5"],
    ),
    "regions in a ring": (
        all_of(cell("regions", 1, "parent", "south"), cell("regions", 2, "parent", "north")),
        ["regions.csv: regions lie in each other: "],
    ),
    "two roots": (
        cell("regions", 1, "parent", ""),
        ["regions.csv, column parent: must have exactly one region without a parent, found tiny, north"],
    ),
    "factor in a wrong unit": (
        cell("factors", 0, "unit", "kg"),
        ["factors.csv, row 2, column unit: 'kg' is no unit of stock", "tCO2/ha"],
    ),
    "shares of activity": (
        content("land/activity.csv", ACTIVITY),
        ["activity.csv, column share: shares add to 0.700000, not 1"],
    ),
    # polygons
    "self-intersection": (
        shapes("zones", geometry(BOW_TIE)),
        ["zones.parquet, row 4, column geometry: zone N4: is no valid polygon: Self-intersection", "Fix Geometries"],
    ),
    "empty polygon": (shapes("zones", geometry(shapely.Polygon())), ["row 4, column geometry: zone N4: has an empty"]),
    "no polygon": (shapes("zones", geometry(None)), ["row 4, column geometry: zone N4: has no polygon"]),
    "point for a polygon": (
        shapes("zones", geometry(shapely.Point(1, 2))),
        ["row 4, column geometry: zone N4: is a Point, not a polygon"],
    ),
    "no reference system": (
        shapes("zones", lambda frame: frame.set_crs(None, allow_override=True)),
        ["zones.parquet, column crs: has no reference system; instance.toml says EPSG:4550"],
    ),
    "another reference system": (
        shapes("zones", lambda frame: frame.to_crs("EPSG:4490")),
        ["zones.parquet, column crs: is in EPSG:4490; instance.toml says EPSG:4550", "reproject"],
    ),
    "mixed reference systems": (
        shapes("units", lambda frame: frame.to_crs("EPSG:4549")),
        ["units.parquet, column crs: is in EPSG:4549; instance.toml says EPSG:4550"],
    ),
    "units far from the zones": (
        shapes("units", lambda frame: frame.set_geometry(frame.translate(1e6, 0))),
        ["units.parquet, row 1, column geometry: unit u1 lies outside the zones"],
    ),
    # broken and hostile files
    "truncated Parquet": (cut("land/zones.parquet", 0.6), ["zones.parquet: cannot be read", "copy or export it again"]),
    "text for Parquet": (content("land/zones.parquet", "zone,region\n"), ["zones.parquet: cannot be read"]),
    "truncated GeoPackage": (
        all_of(as_geopackage(), cut("land/zones.gpkg", 0.6)),
        ["zones.gpkg: is cut off: ", "copy or export it again"],
    ),
    "text for a GeoPackage": (
        all_of(as_geopackage(), content("land/zones.gpkg", "PK\3\4 no database")),
        ["zones.gpkg: cannot be read"],
    ),
    "GeoPackage that claims too much": (
        many_pages,
        ["zones.gpkg: is cut off: ", "bytes of 17,592,186,040,320"],
    ),
    "Parquet bomb": (many_rows, ["cover.parquet: claims 210,000,000 rows of 3 columns", "at most 200,000,000"]),
    "CSV of five gigabytes": (huge_csv, ["cover.csv: has 5.0 GiB; a CSV of at most 4 GiB is read", "Parquet"]),
    "GBK": (gbk, ["regions.csv, row 2: is not UTF-8; it looks like GBK", "save it as UTF-8"]),
    "link out of the folder": (link_outside, ["cover.csv: leads out of the instance, to ", "secret.csv"]),
    "settings out of the folder": (linked_settings, ["instance.toml: leads out of the instance, to "]),
    # instance.toml
    "no TOML": (content(TOML, "[instance\n"), ["instance.toml: not a readable TOML file:", "line 1"]),
    "TOML in GBK": (content(TOML, '[instance]\nname = "县"'.encode("gbk")), ["instance.toml: is not UTF-8"]),
    "TOML too deep": (content(TOML, "a = " + "[" * 100_000), ["instance.toml: not a readable TOML file"]),
    "large TOML": (content(TOML, "#" * 2**21), ["instance.toml: is larger than a megabyte"]),
    "misspelt key": (
        text(TOML, "base_year", "basis_year"),
        ["column carbon.base_year: is missing", "column carbon.basis_year: is not known; misspelt?"],
    ),
    "years the wrong way round": (text(TOML, "base_year = 2020", "base_year = 2050"), ["end_year must lie after"]),
    "periods past the end": (text(TOML, r"periods = \[2040\]", "periods = [2045]"), ["must equal [carbon] end_year"]),
    "periods that fall": (text(TOML, r"periods = \[2040\]", "periods = [2040, 2030]"), ["must be increasing years"]),
    "no periods": (text(TOML, r"periods = \[2040\]", "periods = []"), ["column time.periods: Tuple should have"]),
    "unknown mode": (text(TOML, 'mode = "flux"', 'mode = "net"'), ["column carbon.mode: Input should be 'flux' or"]),
    "unknown objective": (text(TOML, 'kind = "emissions"', 'kind = "beauty"'), ["column objective.kind: Input should"]),
    "unknown reference system": (
        text(TOML, "EPSG:4550", "EPSG:999999"),
        ["column instance.crs: 'EPSG:999999' is no reference system"],
    ),
    "infinite weight": (
        text(TOML, 'kind = "emissions"', 'kind = "weighted"\nemission_weight = inf'),
        ["column objective.emission_weight: Input should be a finite number"],
    ),
    "unknown rule off": (text(TOML, r"rules_off = \[\]", 'rules_off = ["slopes"]'), ["slopes"]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_named_with_its_place(tmp_path, name):
    breaks, words = CASES[name]
    folder = copy_of_tiny(tmp_path)
    breaks(folder)
    before = sorted(path.name for path in tmp_path.iterdir())
    run = sanqu("solve", folder, "--out", tmp_path / "plan")
    assert run.code == 2, run.out + run.err
    for word in words:
        assert word in run.err
    assert run.error_lines()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
