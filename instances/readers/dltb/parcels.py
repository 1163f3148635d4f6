"""Parcels of the survey with their areas by the tables, checked and repaired.

图斑。Hectares are TBDLMJ (class DLBM) and KCMJ (class KCDLBM), never the area of the polygon, which only
divides them where a line cuts the parcel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from instances.classes import load_classes
from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.dltb import fields, topology
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.config import Config
    from instances.readers.dltb.layers import Layer

M2_PER_HA = 1e4
RIDGE = "1203"
KINDS = {"201": "city", "202": "town", "203": "village", "204": "mining", "205": "special"}
SUM_TOLERANCE_M2 = 0.02
"""Rounding of three areas to 0.01 m2."""
PLAUSIBLE = (0.5, 2.0)
"""All areas of the tables over all polygon areas; outside, the tables are not in m2."""


@dataclass(frozen=True)
class Parcels:
    """Parcels kept. `table`: row, bsm, code, ridge_code, main_ha, ridge_ha, unit, unit_name, slope, grade, kind."""

    table: pd.DataFrame
    shapes: NDArray[Any]
    place: str

    def __len__(self) -> int:
        return len(self.table)

    @property
    def area_ha(self) -> NDArray[np.float64]:
        """Hectares of each parcel by the tables."""
        return np.asarray(self.table["main_ha"] + self.table["ridge_ha"], dtype=float)

    def keep(self, chosen: NDArray[np.bool_]) -> Parcels:
        """Return some of the parcels."""
        return Parcels(self.table[chosen].reset_index(drop=True), self.shapes[chosen], self.place)

    def records(self, chosen: NDArray[np.bool_]) -> pd.DataFrame:
        """Return row, bsm and hectares of some parcels, as the account wants them."""
        table = self.table.loc[chosen, ["row", "bsm"]]
        return table.assign(area_ha=self.area_ha[chosen])


def read_parcels(layer: Layer, config: Config, account: Account) -> Parcels:
    """Return the parcels that can be used; the rest is refused in the account.

    Raises InstanceError, with every fault, for areas that are negative or no number, codes that the survey
    does not know, and tables that are not in m2.
    """
    raw = fields.parcels_table(layer, config)
    table = pd.DataFrame(
        {
            "row": np.arange(1, len(raw) + 1),
            "bsm": fields.text(raw["BSM"]),
            "code": fields.codes(raw["DLBM"], 4).str.upper(),
            "ridge_code": fields.codes(raw["KCDLBM"], 4).str.upper(),
            "main_ha": _areas(raw["TBDLMJ"]) / M2_PER_HA,
            "ridge_ha": _areas(raw["KCMJ"], empty=0.0) / M2_PER_HA,
            "unit": _units(raw),
            "unit_name": fields.text(raw["ZLDWMC"]),
            "slope": fields.small_integers(raw["GDPDJB"], 5),
            "grade": fields.small_integers(raw["GDDB"], 15),
            "kind": fields.text(raw["CZCSXM"]).str[:3].map(KINDS).fillna(""),
        }
    )
    table.loc[(table["ridge_ha"] > 0) & (table["ridge_code"] == ""), "ridge_code"] = RIDGE
    parcels = Parcels(table, layer.shapes, str(layer.place))
    raise_if_any(_faults(parcels, raw))
    account.add("read", "DLTB", len(parcels), parcels.area_ha.sum(), "TBDLMJ + KCMJ of every record 逐图斑相加")
    _compare_sums(parcels, raw, account)
    _note_unknown(parcels, raw, account)
    kept = _refuse(parcels, account)
    if not len(kept):
        reasons = ", ".join(f"{entry.item} {entry.count:,}" for entry in account.entries if entry.stage == "refused")
        raise InstanceError([Fault(parcels.place, f"no record can be used: {reasons}", "mend the database")])
    return topology.repair(kept, config, account)


def _areas(values: pd.Series, empty: float = np.nan) -> NDArray[np.float64]:
    numbers = pd.to_numeric(values, errors="coerce")
    absent = fields.text(values) == ""
    return np.asarray(numbers.where(~absent, empty), dtype=float)


def _units(raw: pd.DataFrame) -> pd.Series:
    where, owner = fields.codes(raw["ZLDWDM"], 12), fields.codes(raw["QSDWDM"], 12)
    chosen = where.where(where.str.fullmatch(r"\d{12,19}"), owner)
    return chosen.where(chosen.str.fullmatch(r"\d{12,19}"), "").str[:12]


def _faults(parcels: Parcels, raw: pd.DataFrame) -> list[Fault]:
    table, place = parcels.table, parcels.place
    if not len(table):
        return [Fault(place, "has no records", "a survey has at least one parcel")]
    known = _known_codes()
    checks = (
        ("TBDLMJ", ~np.isfinite(table["main_ha"]) | (table["main_ha"] < 0), "an area in m2, not negative"),
        ("KCMJ", ~np.isfinite(table["ridge_ha"]) | (table["ridge_ha"] < 0), "an area in m2, not negative"),
        ("DLBM", (table["code"] != "") & ~table["code"].isin(known), "a four-digit code of the third survey"),
        ("KCDLBM", (table["ridge_ha"] > 0) & ~table["ridge_code"].isin(known), "1203 or another code"),
    )
    found: list[Fault] = []
    for column, wrong, hint in checks:

        def words(row: int, column: str = column) -> str:
            return f"{_shown(raw[column].iloc[row])} is not usable"

        found += row_faults(place, np.flatnonzero(wrong), words, hint, column, "not usable")
    return found


def _shown(value: object) -> str:
    """Return a value as a message shows it: text in quotes, numbers bare."""
    return repr(value) if isinstance(value, str) else str(value)


def _known_codes() -> set[str]:
    """Return the codes of the survey's second level, each also with suffix K and A."""
    classes = load_classes("third_survey")
    codes = classes.loc[(classes["level"] == 2) | (classes["code"] == "09"), "code"]
    return {code + suffix for code in codes for suffix in ("", "K", "A")}


def _compare_sums(parcels: Parcels, raw: pd.DataFrame, account: Account) -> None:
    stated = _areas(raw["TBMJ"])
    off = np.abs(stated - parcels.area_ha * M2_PER_HA) > SUM_TOLERANCE_M2
    if off.any():
        rule = "TBMJ differs from TBDLMJ + KCMJ; the sum is used 以两者之和为准"
        account.add("noted", "areas that do not add up", off.sum(), parcels.area_ha[off].sum(), rule)


def _note_unknown(parcels: Parcels, raw: pd.DataFrame, account: Account) -> None:
    """Note values of GDPDJB, GDDB and CZCSXM that the standard does not have; they count as empty."""
    for field, column, empty in (("GDPDJB", "slope", 0), ("GDDB", "grade", 0), ("CZCSXM", "kind", "")):
        stated = ~fields.text(raw[field]).str.fullmatch(r"0*(\.0*)?")
        unknown = np.asarray(stated & (parcels.table[column] == empty), dtype=bool)
        if unknown.any():
            rule = f"{field} is no value of the standard and counts as empty 取值不在标准内，按空值处理"
            account.add("noted", f"unknown {field}", unknown.sum(), parcels.area_ha[unknown].sum(), rule)


def _refuse(parcels: Parcels, account: Account) -> Parcels:
    table = parcels.table
    empty = shapely.is_missing(parcels.shapes) | shapely.is_empty(parcels.shapes)
    flat = shapely.get_dimensions(parcels.shapes) < 2
    reasons = (
        ("empty class code", table["code"] == "", "no DLBM: the class is not known 无地类编码"),
        ("no unit code", table["unit"] == "", "neither ZLDWDM nor QSDWDM has 12 digits 无坐落与权属单位代码"),
        ("no area", parcels.area_ha <= 0, "TBDLMJ and KCMJ are zero 面积为零"),
        ("no polygon", empty | flat, "no polygon: it lies nowhere 无图形"),
    )
    kept = np.ones(len(parcels), dtype=bool)
    for item, wrong, rule in reasons:
        chosen = kept & np.asarray(wrong, dtype=bool)
        account.refuse(item, parcels.records(chosen), rule)
        kept &= ~chosen
    return parcels.keep(kept)


def check_plausible(parcels: Parcels, ellipsoidal_ha: float) -> list[Fault]:
    """Return a fault where the areas of the tables cannot be in m2."""
    ratio = float(parcels.area_ha.sum()) / max(ellipsoidal_ha, 1e-12)
    if PLAUSIBLE[0] <= ratio <= PLAUSIBLE[1]:
        return []
    hint = "TBDLMJ and KCMJ must be in m2"
    return [Fault(parcels.place, f"areas of the tables are {ratio:.3g} times those of the polygons", hint)]
