"""Write the bundled instance `tiny`, whose optimum `docs/tiny.md` works out by hand.

Run `python -m instances.library.build_tiny`; the folder it writes is committed. 手算小例的构建脚本。
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pandas as pd
import shapely

FOLDER = Path(__file__).parent / "tiny"
SOURCE = "docs/tiny.md"
CRS = "EPSG:4550"
HEIGHT_M = 500.0
ORIGIN_M = (520_000.0, 4_120_000.0)

TOML = """[instance]
name = "tiny"
title_zh = "手算小例：两县十二个单元"
title_en = "Worked by hand: two counties, twelve zones"
crs = "EPSG:4550"
provenance = "made; the optimum is worked out in docs/tiny.md"
synthetic_geography = true
rules_off = []

[carbon]
base_year = 2020
end_year = 2040
mode = "flux"
existing_activity = "top_down"
embodied = false

[time]
periods = [2040]

[objective]
kind = "emissions"
"""

ZONES = """
zone region red_line farmland boundary slope_class grade potential_grade built_kind retirement afforestable
N1   north  -        0        1        1           5     5               city       0          0
N2   north  -        1        1        1           3     3               -          0          0
N3   north  -        0        1        2           0     7               -          0          1
N4   north  general  0        1        3           0     9               -          0          1
N5   north  -        0        0        2           0     6               village    0          0
N6   north  -        0        0        5           0     9               -          0          1
S1   south  -        0        1        1           6     6               town       0          0
S2   south  -        0        0        5           12    0               -          1          1
S3   south  -        0        0        2           0     8               -          0          0
S4   south  core     0        1        2           0     0               -          0          1
S5   south  -        0        1        2           0     0               -          0          0
S6   south  -        0        0        5           0     0               -          0          1
"""

COVER = """
zone class   area_ha
N1   crop    10
N1   urban   5
N2   crop    20
N3   grass   6
N3   bare    2
N4   forest  30
N4   bare    3
N5   village 8
N6   bare    4
S1   crop    12
S1   grass   3
S1   urban   5
S2   crop    8
S3   bare    5
S4   grass   10
S5   bare    3
S6   bare    2
"""

CLASSES = """
class   code name_zh        name_en          group         setting color
crop    0103 旱地           Dry~cropland     cropland      -       #f6e58d
forest  0301 乔木林地       Arbor~forest     forest        -       #2e7d32
grass   0404 其他草地       Other~grassland  grass         -       #aed581
urban   0701 城镇住宅用地   Urban~housing    housing_urban urban   #e57373
village 0702 农村宅基地     Rural~housing    housing_rural rural   #bcaaa4
bare    1206 裸土地         Bare~soil        unused        -       #d7ccc8
"""

FACTORS = """
class   stock soil_share sink ramp_years
crop    300   0.80       0    0
forest  600   0.50       4    10
grass   320   0.75       1    10
urban   180   1.00       0    0
village 180   1.00       0    0
bare    120   1.00       0    0
"""
UNITS = {"stock": "tCO2/ha", "soil_share": "1", "sink": "tCO2/ha/yr", "ramp_years": "yr"}

TRANSITIONS = """
from    to     restoration condition    reason
crop    urban  0           -            building
crop    forest 1           retirement   retirement~of~steep~cropland
grass   urban  0           -            building
grass   forest 1           afforestable planting
forest  urban  0           -            building
village urban  0           -            rebuilding
village crop   0           -            reclamation
village grass  1           -            greening
bare    urban  0           -            building
bare    crop   0           -            reclamation
bare    forest 1           afforestable planting
"""

QUOTAS = """
id                 rule               region group         sense value unit
growth-north       growth_demand      north  housing_urban >=    13    ha
growth-south       growth_demand      south  housing_urban >=    6     ha
retention          cropland_retention tiny   -             >=    43    ha
compensation       compensation       tiny   -             ==    1     1
compensation-bank  compensation_bank  tiny   -             ==    1     ha
village-floor      floor              north  housing_rural >=    2     ha
"""

REGIONS = """
region parent level  name_zh name_en
tiny   -      city   小市    Tiny
north  tiny   county 北县    North
south  tiny   county 南县    South
"""

PARAMETERS = """
parameter       value unit
soil_loss_years 20    yr
gain_years      20    yr
"""

UNIT_ZONE = """
unit zone share
u1   S2   1.0
u2   S6   0.5
"""

PROJECTS = """
project name_zh      name_en         members to     min_area_ha max_area_ha cost_wanyuan prerequisites
p1      陡坡退耕还林 Steep~cropland  u1;u2   forest 4           8           500          -
"""

FLUX_MOVES = """
zone from    to     area_ha
N1   crop    urban  10
N3   bare    urban  2
N3   grass   urban  1
N3   grass   forest 5
N4   bare    forest 3
N5   village crop   6
N6   bare    forest 4
S1   crop    urban  2
S1   grass   urban  1
S2   crop    forest 6
S3   bare    crop   5
S5   bare    urban  3
S6   bare    forest 1
"""

STOCK_MOVES = """
zone from    to     area_ha
N1   crop    urban  10
N3   bare    urban  2
N3   grass   urban  1
N3   grass   forest 5
N4   bare    forest 3
N5   village crop   5
N5   village grass  1
N6   bare    forest 4
S1   grass   urban  3
S2   crop    forest 7
S3   bare    crop   5
S5   bare    urban  3
S6   bare    forest 1
"""


def rows(text: str) -> pd.DataFrame:
    """Read a table written with blanks between columns: `-` is empty, `~` a blank within a value."""
    lines = [line.split() for line in text.strip().splitlines()]
    clean = [["" if value == "-" else value.replace("~", " ") for value in line] for line in lines[1:]]
    return pd.DataFrame(clean, columns=lines[0])


def zones() -> geopandas.GeoDataFrame:
    """Return the zones as rectangles, a row of them for each county, as wide as their cover needs."""
    table = rows(ZONES)
    numbers = ("farmland", "boundary", "slope_class", "grade", "potential_grade", "retirement", "afforestable")
    table = table.astype(dict.fromkeys(numbers, "int64"))
    area = rows(COVER).astype({"area_ha": float}).groupby("zone")["area_ha"].sum()
    width = table["zone"].map(area) * 1e4 / HEIGHT_M
    east = ORIGIN_M[0] + width.groupby(table["region"]).cumsum()
    south = ORIGIN_M[1] + HEIGHT_M * table["region"].eq("north")
    boxes = shapely.box(east - width, south, east, south + HEIGHT_M)
    return geopandas.GeoDataFrame(table, geometry=boxes, crs=CRS)


def units(land: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Return the planning units: zone S2, and the western half of zone S6."""
    shapes = land.set_index("zone").geometry
    west, south, east, north = shapes["S6"].bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    geometry = geopandas.GeoSeries([shapes["S2"], half], crs=CRS)
    table = pd.DataFrame({"unit": ["u1", "u2"], "area_ha": geometry.area / 1e4})
    return geopandas.GeoDataFrame(table, geometry=geometry)


def factors() -> pd.DataFrame:
    """Return `factors` in long form, the same in both counties."""
    wide = rows(FACTORS).melt("class", var_name="factor", value_name="value")
    return wide.assign(region="*", unit=wide["factor"].map(UNITS), **_made())


def expected() -> dict[str, object]:
    """Return what `docs/tiny.md` works out."""
    modes = {"flux": (990.0, -2780.0, FLUX_MOVES), "stock": (-2400.0, 0.0, STOCK_MOVES)}
    return {
        "source": SOURCE,
        "unit": "tCO2e",
        "modes": {
            mode: {
                "objective": objective,
                "constant": constant,
                "projects": [{"project": "p1", "period": 2040}],
                "moves": [
                    {"zone": zone, "from": before, "to": after, "period": 2040, "area_ha": float(area)}
                    for zone, before, after, area in rows(moves).to_numpy(dtype=str).tolist()
                ],
            }
            for mode, (objective, constant, moves) in modes.items()
        },
    }


def _made() -> dict[str, str]:
    return {"source": SOURCE, "status": "made"}


def _csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def build(folder: Path = FOLDER) -> None:
    """Write the whole instance with its expected optimum."""
    land, restoration = folder / "land", folder / "restoration"
    for part in (land, restoration):
        part.mkdir(parents=True, exist_ok=True)
    (folder / "instance.toml").write_text(TOML, encoding="utf-8")
    (folder / "expected.json").write_text(json.dumps(expected(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    shapes = zones()
    shapes.to_parquet(land / "zones.parquet", index=False)
    _csv(rows(COVER), land / "cover.csv")
    _csv(rows(CLASSES).assign(scheme="third_survey"), land / "classes.csv")
    _csv(rows(TRANSITIONS).assign(allowed=1, **_made()), land / "transitions.csv")
    _csv(factors(), land / "factors.csv")
    _csv(rows(QUOTAS).assign(period=0, **_made()), land / "quotas.csv")
    _csv(rows(REGIONS), land / "regions.csv")
    _csv(rows(PARAMETERS).assign(**_made()), land / "parameters.csv")
    units(shapes).to_parquet(restoration / "units.parquet", index=False)
    _csv(rows(UNIT_ZONE), restoration / "unit_zone.csv")
    _csv(rows(PROJECTS).assign(**_made()), restoration / "projects.csv")


if __name__ == "__main__":
    build()
