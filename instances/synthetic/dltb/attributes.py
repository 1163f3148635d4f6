"""What a made survey says of each parcel: class, units, areas, grade, slope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from instances.classes import base_code, load_classes
from instances.synthetic.dltb.surface import slope_class, slope_degrees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.synthetic.dltb.fabric import Fabric
    from instances.synthetic.dltb.surface import Surface

COUNTY, COUNTY_NAME = "371099", "合成县"
URBAN = {
    "0701": 0.36, "0601": 0.2, "05H1": 0.12, "08H2": 0.08, "0810": 0.06, "08H1": 0.05, "0508": 0.05,
    "1004": 0.05, "0810A": 0.02, "1201": 0.01,
}  # fmt: skip
RURAL = {"0702": 0.78, "1004": 0.08, "0809": 0.03, "0201": 0.06, "1104": 0.05}
PLAIN = {
    "0102": 0.47, "0101": 0.1, "0103": 0.1, "0201": 0.09, "0201K": 0.04, "1104": 0.04, "1104A": 0.02,
    "1202": 0.03, "0301K": 0.02, "0307": 0.03, "0404": 0.03, "1106": 0.02, "0601": 0.01,
}  # fmt: skip
HILL = {
    "0103": 0.46, "0201": 0.19, "0202": 0.03, "0301": 0.15, "0307": 0.06, "0404": 0.06, "1206": 0.03, "0602": 0.02,
}  # fmt: skip
MOUNTAIN = {"0301": 0.58, "0305": 0.13, "0307": 0.1, "0404": 0.09, "0103": 0.06, "1207": 0.04}
TOWN_RADIUS, VILLAGE_RADIUS = 0.2, 0.13
"""Radius of built land, as a share of the distance between towns and between villages."""
RIDGE_SHARE = (0.0, 0.02, 0.05, 0.11, 0.16, 0.21)
"""Ridges as a share of cropland, by slope class (none where there is no class)."""
KINDS = {"urban": ("201", "202"), "rural": "203", "0602": "204", "09": "205", "0601": "203A"}


def town_radius(fabric: Fabric) -> float:
    """Return the radius of built land around towns in metres."""
    return float(TOWN_RADIUS * fabric.side_m / np.sqrt(len(fabric.towns)))


def unit_codes(fabric: Fabric) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the 12-digit code and the name of each village."""
    order = pd.Series(fabric.township).groupby(fabric.township).cumcount()
    towns = [f"{town + 1:03d}" for town in fabric.township]
    codes = [f"{COUNTY}{town}{number + 201:03d}" for town, number in zip(towns, order, strict=True)]
    names = [f"{COUNTY_NAME}第{int(town)}镇第{number + 1}村" for town, number in zip(towns, order, strict=True)]
    return np.array(codes, dtype=object), np.array(names, dtype=object)


def draw_attributes(
    rng: np.random.Generator, fabric: Fabric, surface: Surface, area_m2: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the attribute table of layer DLTB; areas of the tables are those on the ellipsoid, to 0.01 m2."""
    centre = shapely.get_coordinates(shapely.point_on_surface(fabric.shapes))
    slope = slope_class(slope_degrees(surface.at(centre)))
    code, setting = _classes(rng, fabric, centre, slope)
    cropland = np.char.startswith(code.astype(str), "010")
    total = np.round(area_m2, 2)
    share = np.where(cropland, np.array(RIDGE_SHARE)[slope], 0.0)
    ridge = np.round(total * share, 2)
    names = load_classes("third_survey").set_index("code")["name_zh"]
    codes, villages = unit_codes(fabric)
    unit = np.char.add(codes[fabric.village].astype(str), "0000000")
    number = np.arange(1, len(code) + 1)
    grade = np.clip(np.round(4 + 1.2 * slope + rng.normal(0, 0.8, len(code))), 1, 15).astype(int)
    return pd.DataFrame(
        {
            "BSM": [f"{COUNTY}2110{n:08d}" for n in number],
            "YSDM": "2001010100",
            "TBBH": [f"{n % 10**8:08d}" for n in number],
            "DLBM": code,
            "DLMC": names.loc[[base_code(c) for c in code]].to_numpy(),
            "QSXZ": "30",
            "QSDWDM": unit,
            "QSDWMC": villages[fabric.village],
            "ZLDWDM": unit,
            "ZLDWMC": villages[fabric.village],
            "TBMJ": total,
            "KCDLBM": np.where(cropland, "1203", ""),
            "KCXS": share,
            "KCMJ": ridge,
            "TBDLMJ": np.round(total - ridge, 2),
            "GDLX": np.where(cropland, np.where(slope > 2, "T", "P"), ""),
            "GDPDJB": np.where(cropland, slope.astype(str), ""),
            "ZZSXDM": np.where(cropland, "LS", ""),
            "GDDB": np.where(cropland, grade, 0),
            "CZCSXM": _kinds(code, setting, fabric),
            "SJNF": 2020,
            "BZ": "",
        }
    )


def _classes(
    rng: np.random.Generator, fabric: Fabric, centre: NDArray[Any], slope: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return class and setting (urban, rural or empty) of each parcel."""
    to_town = cKDTree(fabric.towns).query(centre)[0] + rng.normal(0, 20, len(centre))
    to_village = cKDTree(fabric.villages).query(centre)[0]
    village_radius = VILLAGE_RADIUS * fabric.side_m / np.sqrt(len(fabric.villages))
    strip = fabric.linear != ""
    urban = ~strip & (to_town < town_radius(fabric))
    rural = ~strip & ~urban & (to_village < village_radius)
    code = np.empty(len(centre), dtype=object)
    terrain = np.select([slope <= 2, slope <= 3], ["plain", "hill"], "mountain")
    mixes = {"plain": PLAIN, "hill": HILL, "mountain": MOUNTAIN}
    for chosen, mix in (*((terrain == name, mix) for name, mix in mixes.items()), (rural, RURAL), (urban, URBAN)):
        share = np.array(list(mix.values()))
        code[chosen] = rng.choice(np.array(list(mix), dtype=object), int(chosen.sum()), p=share / share.sum())
    code[strip] = fabric.linear[strip]
    return code, np.where(urban, "urban", np.where(rural, "rural", ""))


def _kinds(code: NDArray[Any], setting: NDArray[Any], fabric: Fabric) -> NDArray[Any]:
    """Return CZCSXM: the first town is the city; industry in the fields is a village's own (A)."""
    town = np.where(fabric.township[fabric.village] == 0, *KINDS["urban"])
    built = np.isin([c[:2] for c in code], ["05", "06", "07", "08"]) | (code == "1004") | (code == "1201")
    found = np.where(built & (setting == "urban"), town, "")
    found = np.where(built & (setting == "rural"), KINDS["rural"], found)
    for single in ("0602", "0601"):
        found = np.where((code == single) & (setting == ""), KINDS[single], found)
    return found.astype(object)
