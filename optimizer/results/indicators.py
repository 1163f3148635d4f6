"""Planning indicators before and after a plan, against their targets (规划指标).

Only what an allocation determines is computed (catalogue: `indicator_catalogue.csv`); the rest is
listed as needing outside data, with no value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from instances.demand import Demand
from optimizer.results.indicator_facts import Facts, facts_by_region

if TYPE_CHECKING:
    from instances.instance import Instance

COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "region",
    "unit",
    "direction",
    "present",
    "value",
    "target",
    "gap",
    "status",
    "note",
    "note_zh",
)
COMPUTED = "computed"
OUTSIDE = "needs outside data"

_SCALES = {
    "ha": ("ha", 1.0),
    "km2": ("ha", 100.0),
    "1e4 mu": ("ha", 1e4 / 15),
    "mu": ("ha", 1 / 15),
    "share": ("share", 1.0),
    "1": ("share", 1.0),
    "%": ("share", 0.01),
    "tCO2/yr": ("1e4 tCO2/yr", 1e-4),
    "tCO2e/yr": ("1e4 tCO2e/yr", 1e-4),
}
"""Units a target may come in: the unit it is shown in, and what one is worth."""

_URBAN_AND_RURAL = ("commerce", "industry", "mining", "housing", "public", "park", "special")
_SINKS = ("land_sink", "lost_sink", "new_sink", "overlay")
_ACTIVITY = ("activity", "added_activity")

Targets = dict[tuple[str, str], tuple[float, str]]
"""Value and unit by code and region."""
Measure = Callable[[Facts, bool], float | None]


def _ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None or not below else above / below


def _red_line(facts: Facts, after: bool) -> float:
    inside = facts.within("red_line")
    total = float(facts.coded.area_ha[inside].sum())
    if not after:
        return total
    land = facts.land
    barred = land.member("built") | land.member("cropland") | land.member("farm_facility")
    worse = ~barred[facts.coded.source] & barred[facts.coded.target]
    return total - facts.changed(inside & worse)


def _farmland(facts: Facts, after: bool) -> float:
    kind = facts.coded.target if after else facts.coded.source
    cropland = facts.land.member("cropland")[kind]
    return float(facts.coded.area_ha[facts.within("farmland") & cropland].sum())


def _of_codes(codes: tuple[str, ...], broader: str) -> Measure:
    def measure(facts: Facts, after: bool) -> float | None:
        classes = facts.coded_as(codes, broader)
        return None if classes is None else _ratio(facts.area(classes, after), facts.land_ha)

    return measure


def _of_group(name: str) -> Measure:
    return lambda facts, after: facts.group(name, after)


def _per_person(area: Measure, item: str) -> Measure:
    """Square metres a person; population comes in 10k, so that ha / 10k = m2 / person."""

    def measure(facts: Facts, after: bool) -> float | None:
        people = facts.context(item, facts.year(after))
        return None if people is None else _ratio(area(facts, after), people)

    return measure


def _volume(facts: Facts, after: bool) -> float | None:
    volume = facts.volume(after)
    return None if volume is None else volume / 1e4


def _restored(facts: Facts, after: bool) -> float:
    return facts.changed(facts.restores) if after else 0.0


def _urban_and_rural(facts: Facts, after: bool) -> float:
    return sum(facts.group(name, after) for name in _URBAN_AND_RURAL)


def _redeveloped(facts: Facts, after: bool) -> float | None:
    built = facts.land.member("built")
    again, new = facts.between(built, built), facts.between(~built, built)
    return _ratio(again, again + new) if after else np.nan


def _intensity(facts: Facts, after: bool) -> float | None:
    return _ratio(facts.group("built", after), facts.land_ha)


def _land_per_gdp(facts: Facts, after: bool) -> float | None:
    """Hectares over 10^8 CNY is m2 / 10k CNY."""
    return _ratio(facts.group("built", after), facts.gdp(facts.year(after)))


def _reduction(facts: Facts, after: bool) -> float | None:
    """Return it for the whole instance only: the projection is the whole instance's."""
    if facts.region != facts.land.root:
        return None
    first = facts.first_year
    start = _ratio(_kaya(facts, first), facts.gdp(first))
    now = _ratio(facts.annual(_ACTIVITY, after), facts.gdp(facts.year(after)))
    left = _ratio(now, start)
    return None if left is None else 1 - left


def _kaya(facts: Facts, year: int) -> float | None:
    return Demand(facts.land, facts.instance.settings).kaya(year) or None


def _energy_per_gdp(facts: Facts, after: bool) -> float | None:
    """Energy in 10^4 tce over GDP in 10^8 CNY is tce / 10k CNY."""
    year = facts.year(after)
    return _ratio(facts.context("energy_use", year), facts.gdp(year))


def _renewable(facts: Facts, after: bool) -> float | None:
    year = facts.year(after)
    return _ratio(facts.context("renewable_energy", year), facts.context("energy_use", year))


def _sinks(facts: Facts, after: bool) -> float:
    return 0.0 - facts.annual(_SINKS, after) / 1e4


def _sink_share(facts: Facts, after: bool) -> float | None:
    return _ratio(_sinks(facts, after) * 1e4, facts.annual(_ACTIVITY, after))


def _net(facts: Facts, after: bool) -> float | None:
    """Return nothing where no activity is counted in the region: sinks alone would look like net emissions."""
    if not (facts.rows["component"] == "activity").any():
        return None
    return facts.annual(_ACTIVITY + _SINKS, after) / 1e4


def _new_green(facts: Facts, after: bool) -> float:
    if not after:
        return 0.0
    land, coded = facts.land, facts.coded
    green = land.member("ecological") | land.member("park")
    new = coded.changes & ~green[coded.source] & green[coded.target]
    return float((coded.area_ha * facts.sink)[new].sum()) / 1e4


def _open_space(facts: Facts, after: bool) -> float:
    land = facts.land
    green = land.member("ecological") | land.member("park")
    return facts.between(green, land.member("built") & ~green) if after else 0.0


MEASURES: dict[str, Measure] = {
    "A-01": _red_line,
    "B-23": _of_group("forest"),
    "A-06": _of_group("wetland"),
    "cropland_area": _of_group("cropland"),
    "farmland_area": _farmland,
    "B-22": _volume,
    "A-28": _of_codes(("0301", "0302", "0303"), "03"),
    "A-53": _per_person(_of_group("park"), "population"),
    "A-07": _of_codes(("1101", "1102", "1103"), "11"),
    "A-29": _restored,
    "A-17": _urban_and_rural,
    "A-21": _per_person(lambda facts, after: facts.member_ha("built_urban", after), "urban_population"),
    "A-24": _redeveloped,
    "development_intensity": _intensity,
    "A-31": _land_per_gdp,
    "A-32": _reduction,
    "B-25": _energy_per_gdp,
    "B-27": _renewable,
    "sink_total": _sinks,
    "sink_share": _sink_share,
    "net_emissions": _net,
    "new_green_sink": _new_green,
    "open_space_converted": _open_space,
}


def catalogue() -> pd.DataFrame:
    """Return every indicator known: code, names, unit, direction, source, notes."""
    with files("optimizer.results").joinpath("indicator_catalogue.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    return table.assign(direction=table["direction"].astype(int))


def indicators(instance: Instance, moves: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators of a plan for the whole instance, and by region where they have a meaning.

    Columns: code, name_zh, name_en, region, unit, direction (+1 more is better), present (base
    year), value (end year, under the plan), target, gap = direction x (value - target), negative
    where the target is missed, status (`computed` or `needs outside data`), note, note_zh.
    """
    everywhere, *parts = facts_by_region(instance, moves)
    known = catalogue().to_dict("records")
    targets = _targets(instance)
    rows = []
    for entry in known:
        rows.append(_row(entry, everywhere, targets))
        regional = [_row(entry, facts, targets) for facts in parts if entry["code"] in MEASURES]
        rows += [row for row in regional if row["status"] == COMPUTED or not np.isnan(row["target"])]
    listed = {entry["code"] for entry in known}
    rows += [_unknown(key, target) for key, target in targets.items() if key[0] not in listed]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _targets(instance: Instance) -> Targets:
    """Read the targets, the last year's where there are several."""
    table = instance.require_land().tables["indicators"].sort_values("year")
    keys = zip(table["code"].astype(str), table["region"].astype(str), strict=True)
    return dict(zip(keys, zip(table["value"].astype(float), table["unit"].astype(str), strict=True), strict=True))


def _in_unit(target: tuple[float, str], unit: str) -> float | None:
    value, given = target
    if given == unit:
        return value
    shown, scale = _SCALES.get(given, ("", 1.0))
    return value * scale if shown == unit else None


def _row(entry: Mapping[Hashable, Any], facts: Facts, targets: Targets) -> dict[str, Any]:
    code, unit = str(entry["code"]), str(entry["unit"])
    region = str(facts.land.regions["region"].iloc[facts.region])
    measure = MEASURES.get(code)
    present, value = (measure(facts, False), measure(facts, True)) if measure else (None, None)
    given = targets.get((code, region))
    target = _in_unit(given, unit) if given else None
    notes = {lang: str(entry[f"note_{lang}"]).format(year=facts.first_year) for lang in ("en", "zh")}
    if given and target is None:
        notes = {
            "en": f"{notes['en']}; the target of {given[0]:g} {given[1]} is in another unit",
            "zh": f"{notes['zh']}；目标 {given[0]:g} {given[1]} 的单位不同",
        }
    gap = None if value is None or target is None else entry["direction"] * (value - target)
    no_supply = measure is _redeveloped and value is None
    return {
        **{name: entry[name] for name in ("code", "name_zh", "name_en", "unit", "direction")},
        "region": region,
        "present": _number(present),
        "value": _number(value),
        "target": _number(target),
        "gap": _number(gap),
        "status": COMPUTED if value is not None or no_supply else OUTSIDE,
        "note": notes["en"],
        "note_zh": notes["zh"],
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _unknown(key: tuple[str, str], target: tuple[float, str]) -> dict[str, Any]:
    return {
        "code": key[0],
        "name_zh": key[0],
        "name_en": key[0],
        "region": key[1],
        "unit": target[1],
        "direction": 0,
        "present": np.nan,
        "value": np.nan,
        "target": target[0],
        "gap": np.nan,
        "status": OUTSIDE,
        "note": "not an indicator that an allocation determines",
        "note_zh": "不由用地配置决定的指标",
    }
