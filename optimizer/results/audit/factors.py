"""Carbon factors by class and region in tCO2, from factors.csv and parameters.csv.

The row of the most specific region holds: the region itself, then those above it, then `*`; absent = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.files import RawTable, find_table, need_table, shipped_table

if TYPE_CHECKING:
    from optimizer.results.audit.tables import LandTables

CARBON_TO_CO2 = 44.0 / 12.0
_UNITS = {
    "sink": {"tC/ha/yr": CARBON_TO_CO2, "tCO2/ha/yr": 1.0, "tCO2e/ha/yr": 1.0},
    "stock": {"tC/ha": CARBON_TO_CO2, "tCO2/ha": 1.0, "tCO2e/ha": 1.0},
    "embodied": {"tC/ha": CARBON_TO_CO2, "tCO2/ha": 1.0, "tCO2e/ha": 1.0},
    "soil_share": {},
    "ramp_years": {},
    "volume": {},
}
"""Multiplier to tCO2 by unit; a factor without units listed here is taken as it stands."""


@dataclass(frozen=True)
class Factors:
    """Arrays [class, region]: sink tCO2/ha/yr (positive = uptake), stock and embodied tCO2/ha, share, years."""

    sink: np.ndarray
    stock: np.ndarray
    soil_share: np.ndarray
    ramp_years: np.ndarray
    embodied: np.ndarray
    gain_years: float
    soil_loss_years: float


def read_parameters(land: LandTables) -> dict[str, float]:
    """Return the shipped scalars, replaced by those of the instance."""
    values: dict[str, float] = {}
    for table in (shipped_table("parameters"), find_table(land.folder, "parameters", required=False)):
        if table is not None:
            values |= dict(zip(table.text("parameter"), table.numbers("value").tolist(), strict=True))
    return values


def _scaled(table: RawTable) -> list[float]:
    scaled = []
    for factor, unit, value in zip(table.text("factor"), table.text("unit"), table.numbers("value"), strict=True):
        if factor not in _UNITS:
            raise table.error(f"factor {factor!r} is not known")
        units = _UNITS[factor]
        if units and unit not in units:
            raise table.error(f"factor {factor} in {unit!r}, one of {', '.join(units)} was expected")
        scaled.append(float(value) * units.get(unit, 1.0))
    return scaled


def _inherited(given: dict[tuple[int, int], float], land: LandTables, default: float) -> np.ndarray:
    """Spread {(class, region or -1 for *): value} down the tree; regions are numbered parents first."""
    values = np.full((len(land.class_names), len(land.regions)), default)
    for (cls, region), value in given.items():
        if region < 0:
            values[cls] = value
    for (cls, region), value in sorted(given.items(), key=lambda item: item[0][1]):
        if region >= 0:
            values[cls, land.regions.subtree(region)] = value
    return values


def read_factors(land: LandTables, *, marine: bool) -> Factors:
    """Read factors and parameters of an instance; classes of the sea count only where `marine` is on.

    Raises AuditInputError for a value that lacks or stands twice, and for names that are not known.
    """
    table, parameters = need_table(land.folder, "factors"), read_parameters(land)
    if missing := {"soil_share", "gain_years", "soil_loss_years"} - set(parameters):
        raise table.error(f"parameter {min(missing)} has no value")
    given: dict[str, dict[tuple[int, int], float]] = {factor: {} for factor in _UNITS}
    classes = table.known_codes("class", land.class_names, "class").tolist()
    sea = land.groups.node("marine")
    for cls, name, factor, value in zip(
        classes, table.text("region"), table.text("factor"), _scaled(table), strict=True
    ):
        region = -1 if name == "*" else land.regions.names.code(name)
        if name != "*" and region < 0:
            raise table.error(f"region {name!r} is not known")
        if sea[cls] and not marine and factor in ("sink", "stock"):
            continue
        if given[factor].setdefault((cls, region), value) != value:
            raise table.error(f"class {land.class_names.label(cls)!r}, {name}, {factor} stands twice")
    return Factors(
        sink=_inherited(given["sink"], land, 0.0),
        stock=_inherited(given["stock"], land, 0.0),
        soil_share=_inherited(given["soil_share"], land, parameters["soil_share"]),
        ramp_years=_inherited(given["ramp_years"], land, 0.0),
        embodied=_inherited(given["embodied"], land, 0.0),
        gain_years=parameters["gain_years"],
        soil_loss_years=parameters["soil_loss_years"],
    )
