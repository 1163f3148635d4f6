"""Random studies of land and network: three to five zones, two or three sites, a line or two with segments, by seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.build import draft, quota
from tests.formulations.energy.plain_land import LandStudy
from tests.formulations.energy.plain_study import Study

if TYPE_CHECKING:
    from tests.build import Draft

STATED = {"source": "made", "status": "made"}
GROUPS = {"wood": "forest", "grass": "grass", "crop": "cropland"}
MOVES = {
    ("bare", "wood"): {"restoration": 1, "cost": 2.0},
    ("grass", "wood"): {"restoration": 1, "cost": 4.0},
    ("bare", "grass"): {"restoration": 1, "cost": 1.0},
    ("bare", "crop"): {"cost": 3.0},
    ("bare", "ind"): {"cost": 5.0},
    ("grass", "ind"): {"cost": 6.0},
}


class _Draw:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.years = (2030, 2040) if self.yes(0.4) else (2030,)
        self.zones = [f"z{k}" for k in range(int(self.random.integers(3, 6)))]
        self.sites = [f"s{k}" for k in range(int(self.random.integers(1, 4)))]
        self.lines = [f"c{k}" for k in range(int(self.random.integers(0, 3)))]
        self.facility = "ind" if self.yes() else ""

    def yes(self, chance: float = 0.5) -> bool:
        return bool(self.random.random() < chance)

    def number(self, low: float, high: float, digits: int = 1) -> float:
        return float(np.round(self.random.uniform(low, high), digits))

    def some(self, of: list[str], least: int = 1) -> list[str]:
        count = int(self.random.integers(least, len(of) + 1))
        return [str(one) for one in self.random.choice(of, count, replace=False)]

    def land(self) -> dict[str, dict[str, Any]]:
        zones: dict[str, dict[str, Any]] = {}
        for zone in self.zones:
            whole = self.yes(0.25)
            kinds = self.some(["bare", "grass", "wood"])[: 1 if whole else 3]
            zones[zone] = {kind: self.number(5, 40) for kind in kinds}
            if whole:
                zones[zone] |= {"whole": 1}
            elif self.yes(0.3):
                # No move leads out of these, so that control lines bar overlays alone.
                zones[zone] = {"crop": self.number(5, 20), "farmland": 1}
                if self.yes():
                    zones[zone] = {
                        "marsh": self.number(5, 20),
                        "red_line": str(self.random.choice(["core", "general"])),
                    }
        return zones

    def network(self) -> dict[str, list[dict[str, Any]]]:
        hours = [{"snapshot": "day", "weight_h": 4000.0}, {"snapshot": "night", "weight_h": 4760.0}]
        tables: dict[str, list[dict[str, Any]]] = {
            "buses": [{"bus": "n", "voltage_kv": 110.0}, {"bus": "m", "voltage_kv": 110.0}],
            "snapshots": hours,
            "profiles": [
                {"profile": name, "snapshot": row["snapshot"], "value": value}
                for name, values in {"sun": (0.5, 0.0), "wind": (0.3, 0.4)}.items()
                for row, value in zip(hours, values, strict=True)
            ],
            "loads": [{"load": bus, "bus": bus, "peak_mw": self.number(3, 12)} for bus in ("n", "m")],
            "generators": [
                {"generator": f"coal {bus}", "bus": bus, "technology": "coal", "capacity_mw": 40.0}
                | {"marginal_cost": self.number(0.01, 0.06, 3), "emission_tco2_per_mwh": 0.9}
                for bus in ("n", "m")
            ],
            "imports": [
                {"bus": "n", "capacity_mw": 5.0, "emission_tco2_per_mwh": 0.5, "price": self.number(0.01, 0.05, 3)}
            ],
            "lines": [{"line": "old", "from_bus": "m", "to_bus": "n", "reactance_ohm": 12.0, "capacity_mw": 3.0}],
        }
        tables["sites"] = [self.site(name) for name in self.sites]
        tables["site_zones"] = [
            {"site": site, "zone": zone, "share": 1.0 if self.yes(0.6) else self.number(0.2, 0.9)}
            for site in self.sites
            for zone in self.some(self.zones)
        ]
        return tables | self.corridors() | {"overlays": self.overlays()}

    def site(self, name: str) -> dict[str, Any]:
        kind = str(self.random.choice(["solar", "wind"]))
        row = {"site": name, "technology": kind, "bus": str(self.random.choice(["n", "m"])), "potential_mw": 40.0}
        row |= {"density_mw_per_km2": self.number(10, 60), "capital_cost": self.number(100, 600, 0)}
        row |= {"profile": {"solar": "sun", "wind": "wind"}[kind]}
        row |= {"fixed_cost": self.number(50, 900, 0)} if self.yes(0.3) else {}
        row |= {"minimum_mw": self.number(1, 4)} if self.yes(0.3) else {}
        return row | ({"facility_ha_per_mw": self.number(0.02, 0.3, 2)} if self.facility and self.yes() else {})

    def corridors(self) -> dict[str, list[dict[str, Any]]]:
        if not self.lines:
            return {}
        segments = ["t0", "t1", "t2"]
        return {
            "candidates": [
                {"candidate": line, "from_bus": "m", "to_bus": "n", "reactance_ohm": self.number(4, 12)}
                | {"capacity_mw": self.number(4, 12), "cost": self.number(10, 500, 0), "corridor": f"r {line}"}
                for line in self.lines
            ],
            "corridors": [
                {"corridor": f"r {line}", "segment": one} for line in self.lines for one in self.some(segments)
            ],
            "segments": [{"segment": one, "length_km": 1.0, "cost": self.number(5, 200, 0)} for one in segments],
            "segment_zones": [
                {"segment": one, "zone": zone, "area_ha": self.number(0.5, 5)}
                | ({"tower_ha": self.number(0.01, 0.2, 2)} if self.facility else {})
                for one in segments
                for zone in self.some(self.zones)
            ],
        }

    def overlays(self) -> list[dict[str, Any]]:
        found = []
        for technology in ("solar", "wind", "corridor"):
            for kind in ("bare", "grass", "wood", "crop", "marsh"):
                row = {"technology": technology, "class": kind, "allowed": int(self.yes(0.8)), **STATED}
                row |= {"sink_kept": self.number(0.3, 1)} if self.yes() else {}
                row |= {"in_red_line": int(self.yes()), "in_farmland": int(self.yes())}
                if kind == "wood" and self.yes(0.7):
                    row |= {"as_class": "grass"}
                found.append(row)
        return found

    def study(self) -> LandStudy:
        lengths = tuple(float(b - a) for a, b in zip((2020, *self.years), self.years, strict=False))
        weights = [(1.0, 0.0), (1.0, 0.05), (0.0, 1.0)][int(self.random.integers(3))]
        tables = self.network()
        if len(self.years) > 1 and self.yes():
            tables["loads"].append(tables["loads"][0] | {"peak_mw": 15.0, "year": 2040})
        zones = self.land()
        moves = {pair: move for pair, move in MOVES.items() if self.yes(0.7) or (self.facility and pair[1] == "ind")}
        factors = {(kind, "stock"): self.number(0, 150) for kind in ("grass", "wood", "bare", "crop")}
        factors |= {(kind, "soil_share"): self.number(0, 0.9) for kind in ("grass", "wood", "bare", "crop", "marsh")}
        factors |= {(kind, "soil_share"): 0.0 for kind in ("ind", "city")}
        factors |= {(kind, "sink"): self.number(0, 8) for kind in ("grass", "wood", "crop", "marsh")}
        total = {kind: sum(content.get(kind, 0.0) for content in zones.values()) for kind in GROUPS}
        floors = {kind: round(area * self.number(0.8, 1.3, 2), 1) for kind, area in total.items() if self.yes(0.4)}
        study = Study(tables, self.years, lengths, True, 3, weights)
        return LandStudy(zones, moves, factors, floors, study, 2020, self.yes(), self.facility)


def with_carbon(of: LandStudy, seed: int) -> LandStudy:
    """Return a study with limits on what land and supply emit together, from loose to too tight; half have none."""
    random = np.random.default_rng([seed, 1])
    stages, loads = range(len(of.study.years)), of.study.of_year("loads", "load", of.study.years[0])
    most = 0.9 * 8760.0 * sum(row["peak_mw"] for row in loads)
    carbon = []
    if random.random() < 0.35:
        stage = int(random.choice(stages))
        years = of.study.years[stage] - of.base_year
        carbon.append(("span", stage, round(most * years * random.uniform(0.45, 0.95))))
    if of.flux and random.random() < 0.35:
        carbon.append(("year", int(random.choice(stages)), round(most * random.uniform(0.45, 0.95))))
    if of.flux and len(stages) > 1 and random.random() < 0.7:
        carbon.append(("peak", 0, float(random.choice([0.0, 0.05, 0.3]))))
    return replace(of, carbon=tuple(carbon))


def _carbon_quota(years: tuple[int, ...], what: str, stage: int, value: float) -> dict[str, Any]:
    if what == "peak":
        return quota("peak", value, period=years[stage])
    return quota("carbon_cap", value, period=years[stage], unit={"span": "tCO2e", "year": "tCO2e/yr"}[what])


def made(seed: int) -> LandStudy:
    """Return a random study."""
    return with_carbon(_Draw(seed).study(), seed)


def draft_of(of: LandStudy) -> Draft:
    """Return the draft of a study."""
    money, carbon = of.study.weights
    objective = {"kind": "weighted", "cost_weight": money, "emission_weight": carbon}
    made = draft(
        of.zones,
        {f"{source}>{to}": dict(move) for (source, to), move in of.moves.items()},
        quotas=[
            *(quota("floor", value, GROUPS[kind], period=0) for kind, value in of.floors.items()),
            *(_carbon_quota(of.study.years, *one) for one in of.carbon),
        ],
        factors=of.factors,
        periods=of.study.years,
        base_year=of.base_year,
        mode="flux" if of.flux else "stock",
        objective=objective,
        # Only what is written out in `plain_land` holds.
        rules_off=["cropland_retention", "compensation", "compensation_grade", "construction_increment"],
    )
    made.settings["network"] = {"horizon_h": 0, **({"facility_class": of.facility} if of.facility else {})}
    for name, rows in of.study.tables.items():
        made.tables[f"network/{name}"] = [dict(row) for row in rows]
    return made
