"""The land classes that made instances are drawn from; every number is made, near what is usual.

`catalogue.csv` is ordered so that its first K rows are a sensible instance of K classes.
Its `share` and `rank` say how much land a class takes and when; `elevation` to `texture`
weigh the random fields, so that a class lies where their sum is high.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SYNTHETIC = "synthetic"
MADE = "made"
FIELDS = ("elevation", "urbanity", "wetness", "soil", "texture")


@dataclass(frozen=True)
class LandType:
    """One land class: what it is called, where it lies, what it holds and what it costs.

    Sink in tC/ha/yr (positive = uptake), stock in tC/ha, ramp in years, costs in 10k CNY/ha.
    """

    name: str
    code: str
    name_zh: str
    name_en: str
    group: str
    setting: str
    color: str
    share: float
    rank: int
    place: tuple[float, ...]
    sink: float
    stock: float
    ramp_years: float
    arrival_cost: float
    clearing_cost: float

    @property
    def built(self) -> bool:
        """Whether the class is construction land."""
        return self.group in BUILT

    @property
    def ecological(self) -> bool:
        """Whether restoration may lead to the class."""
        return self.group in ECOLOGICAL


BUILT = frozenset(
    [
        "commerce",
        "industry",
        "mining",
        "housing_urban",
        "housing_rural",
        "public",
        "park",
        "special",
        "transport",
        "hydraulic",
    ]
)
ECOLOGICAL = frozenset({"forest", "grass", "wetland", "water"})
CLOSED_TO_NEW = {
    "unused": "no land may become unused",
    "mining": "new mining needs a licence",
    "special": "special land is set by others",
}
"""Groups that receive no land, with the reason."""
NEVER_LEAVES = {"transport": "roads stay", "special": "special land is set by others"}
"""Groups that give up no land, with the reason."""


def _land_type(row: dict[str, str]) -> LandType:
    return LandType(
        name=row["class"],
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        group=row["group"],
        setting=row["setting"],
        color=row["color"],
        share=float(row["share"]),
        rank=int(row["rank"]),
        place=tuple(float(row[field]) for field in FIELDS),
        sink=float(row["sink_tc_per_ha_yr"]),
        stock=float(row["stock_tc_per_ha"]),
        ramp_years=float(row["ramp_years"]),
        arrival_cost=float(row["arrival_wanyuan_per_ha"]),
        clearing_cost=float(row["clearing_wanyuan_per_ha"]),
    )


def _read() -> tuple[LandType, ...]:
    with (Path(__file__).parent / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_land_type(row) for row in csv.DictReader(file))


LAND_TYPES = _read()
