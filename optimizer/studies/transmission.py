r"""Handing a quota down (指标五级传导): which split of a region's quota among those below it loses nothing.

The quotas of one rule below a region are dropped and the plan is solved anew: its objective is the least that any split
can reach, for every split only adds rows. Each region below then gets what that plan uses there, and an even share of
what is left over, level by level:

.. math:: v_c = u_c + \frac{1}{n_g} \Big(v_g - \max\big(u_g, \sum_{c'} u_{c'}\big)\Big)\qquad c \in \text{children}(g)

with :math:`u` what the plan uses, of targets what it reaches; n children. So the plan keeps the split, and the parts
fit into the whole. A cap of carbon is the exception where land of no child takes up carbon that its children emit:
their parts are then cut to fit, and a plan may lose by it. A third solve, under the split, shows what holds. The saving
against the split that was given is known as far as both solves are proven, from :math:`B_\text{given} - v_\text{free}`
to :math:`v_\text{given} - B_\text{free}`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.land import RULES
from instances.faults import Fault, InstanceError
from instances.instance import load
from instances.land import Land
from instances.quota_levels import AMOUNTS, CAPS, SIGNED
from instances.scenarios.changes import Change
from instances.scenarios.derive import Changes
from optimizer.results.start import read_values
from optimizer.results.tables import write_csv
from optimizer.studies.models import model_of
from optimizer.studies.solving import INSTANCES, SCENARIOS, instance_task, solve_task
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import TransmissionEntry
    from optimizer.studies.models import Model
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

TRANSMISSION = "transmission"
"""Folder of a study."""

QUOTAS = "land/quotas"

ROUNDING = 1e-6
"""Part of a cap up to which it is only rounding that parts are cut."""


def run_transmission(
    entry: TransmissionEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner
) -> dict[str, Any]:
    """Find the split of a quota that loses nothing, show it by solving under it, and return what it saves."""
    base = root.absolute() / INSTANCES / scenario.name
    above, given = rows_of(entry, load(base))
    free = _variant(scenario, entry, "free", _dropped(given))
    ended = _solved(free, scenario, asked, root, at)
    folder, before = f"{TRANSMISSION}/{entry.name}/split", f"{SCENARIOS}/{free.name}"
    stated = {"entry": entry.model_dump(), "above": above, "given": given}
    arguments = {"instance": base, "plan": root.absolute() / before, **stated, "entry": entry}
    (split,) = at.run([Task(folder, write_split, arguments, stated, (f"{INSTANCES}/{scenario.name}", before))]).values()
    records = {"given": at.ended[f"{SCENARIOS}/{scenario.name}"].record, "free": ended}
    rows = split.record.get("rows", [])
    if rows:
        added = Change(table=QUOTAS, append=tuple(rows))
        shown = _variant(scenario, entry, "split", (*_dropped(given), added))
        records["split"] = _solved(replace(shown, parent=free.name), scenario, asked, root, at)
    told = saving(records) | {"cut": split.record.get("cut", 0.0)}
    at.run([Task(f"{TRANSMISSION}/{entry.name}/result", write_result, {"told": told}, {"told": told}, (folder,))])
    return told


def rows_of(entry: TransmissionEntry, instance: Instance) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the quota that is handed down, and those of the same rule, group and period below its region.

    Period 0 and the last one are the same. Raises InstanceError where there is no such quota, or it does not add up.
    """
    land, last = instance.require_land(), instance.settings.time.periods[-1]
    region, table = entry.region or str(land.regions["region"].iloc[land.root]), land.quotas
    until = table["period"].replace(0, last) == (entry.period or last)
    same = (table["rule"] == entry.rule) & (table["group"] == entry.group) & until
    of_region = table[same & (table["region"].astype(str) == region) & table["unit"].isin(_units(entry))]
    if of_region.empty:
        of_group = f" of {entry.group}" if entry.group else ""
        message = f"{region} has no quota {entry.rule}{of_group} for period {entry.period}"
        zh = f"{region} 没有 {entry.period} 期的指标 {entry.rule}（请分解已下达的指标）"
        raise _fault(instance, entry, message, "hand down one that is stated", zh)
    unit = str(of_region["unit"].iloc[0])
    if len(of_region) > 1 or unit not in AMOUNTS:
        message = f"{entry.rule} of {region} stands once and in {', '.join(AMOUNTS)}, or it cannot be shared out"
        zh = f"{region} 的 {entry.rule} 应只有一行，且以 {'、'.join(AMOUNTS)} 计（有多个单位时请写明 unit）"
        raise _fault(instance, entry, message, "name its unit where it stands in several", zh)
    below = land.subtree[land.region_code(region)]
    others = below & (land.regions["region"].astype(str) != region).to_numpy()
    levels = sorted(set(land.regions["level"].astype(str)[others]))
    if lacking := [name for name in entry.levels if name not in levels]:
        message, known = f"no region of {region} is of level {', '.join(lacking)}", ", ".join(levels)
        zh = f"{region} 没有级别为 {'、'.join(lacking)} 的行政区（已有 {known}）"
        raise _fault(instance, entry, message, f"known are {known}", zh)
    codes = np.array([land.region_code(str(name)) for name in table["region"]], dtype=np.int64)
    inside = same & below[codes] & (table["region"].astype(str) != region) & table["unit"].isin([unit, "share"])
    return _records(of_region)[0], _records(table[inside])


def _units(entry: TransmissionEntry) -> tuple[str, ...]:
    return (entry.unit,) if entry.unit else (*AMOUNTS, "share")


def _fault(instance: Instance, entry: TransmissionEntry, message: str, hint: str, zh: str) -> InstanceError:
    return InstanceError([Fault(str(instance.folder), message, hint, None, f"transmission.{entry.name}", zh)])


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _dropped(given: list[dict[str, Any]]) -> tuple[Change, ...]:
    ids = tuple(str(row["id"]) for row in given)
    return (Change(table=QUOTAS, where={"id": ids}, drop=True),) if ids else ()


def _variant(scenario: Scenario, entry: TransmissionEntry, kind: str, tables: tuple[Change, ...]) -> Scenario:
    """Return the scenario with other quotas below; it begins from the plan of the scenario itself."""
    name = f"{scenario.name}.{entry.name}.{kind}"
    return replace(
        scenario, name=name, title_zh=name, title_en=name, parent=scenario.name, changes=Changes(tables=tables)
    )


def _solved(one: Scenario, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> Mapping[str, Any]:
    """Make and solve a variant of a scenario."""
    base = root.absolute() / INSTANCES / scenario.name
    made = instance_task(one, base, at.hashes[f"{INSTANCES}/{scenario.name}"])
    ended = at.run([made, solve_task(one, root.absolute(), asked, "en", tables=False)])
    faults = [fault for end in ended.values() for fault in end.faults]
    if faults:
        raise InstanceError(faults)
    return ended[f"{SCENARIOS}/{one.name}"].record


def write_split(
    folder: Path, instance: Path, plan: Path, entry: TransmissionEntry, above: dict[str, Any], given: list[Any]
) -> dict[str, Any]:
    """Write the split that a plan keeps: a table to read, and rows for the table of quotas.

    `cut` is by how much parts of a cap lie below what the plan uses, since they would not fit into the whole.
    """
    model = model_of(instance)
    shares = read_values(model.program, plan)
    if shares is None:
        return {"status": "no_plan"}
    table = split_of(model, shares, entry, above)
    alike = [row for row in given if row["unit"] == above["unit"]]
    table["given"] = table["region"].map({str(row["region"]): row["value"] for row in alike})
    write_both(folder, "split", table)
    rows = [
        {
            **above,
            "id": f"{entry.name}_{region}",
            "region": region,
            "value": value,
            "source": f"computed: {above['id']} handed down",
            "status": "computed",
        }
        for region, value in zip(table["region"], table["split"], strict=True)
        if value >= 0 or above["rule"] in SIGNED  # a target below zero asks nothing
    ]
    write_csv(folder / "quotas.csv", pd.DataFrame(rows))
    cut = -float(table["extra"].clip(upper=0.0).sum()) if above["rule"] in CAPS else 0.0
    rounding = ROUNDING * max(abs(above["value"]), 1.0)
    return {"status": "written", "rows": rows, "cut": cut if cut > rounding else 0.0}


def split_of(model: Model, shares: np.ndarray, entry: TransmissionEntry, above: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row a region below: region, parent, level, used, extra (its share of what is left), split."""
    assert model.block is not None
    land, top = model.block.land, str(above["region"])
    levels = dict(zip(land.regions["region"].astype(str), land.regions["level"].astype(str), strict=True))
    below = land.subtree[land.region_code(top)]
    chosen = [
        name
        for name, inside in zip(levels, below, strict=True)
        if inside and name != top and (not entry.levels or levels[name] in entry.levels)
    ]
    used = used_by(model, shares, above, [top, *chosen])
    parents = _nearest(land, top, chosen)
    split = {top: float(above["value"])}
    for name in _top_down(land, [top, *chosen]):
        children = {child: used[child] for child in chosen if parents[child] == name}
        split |= _shared(str(above["rule"]), split[name], used[name], children)
    columns = {"region": chosen, "parent": [parents[name] for name in chosen], "level": [levels[n] for n in chosen]}
    table = pd.DataFrame(columns)
    table["used"], table["split"] = table["region"].map(used), table["region"].map(split)
    table.insert(4, "extra", table["split"] - table["used"])
    return table


def _shared(rule: str, value: float, used: float, children: Mapping[str, float]) -> dict[str, float]:
    """Return the parts of children: what each uses, and an even share of what is left of the value of their parent.

    Of targets it is less by an even share of what their parent reaches beyond its own, but none falls below zero.
    """
    if rule not in CAPS:
        return _cut(children, used - value, 0.0)
    least = -math.inf if rule in SIGNED else 0.0
    held = {child: max(own, least) for child, own in children.items()}
    taken = max(used, sum(held.values()))
    if taken > value:
        return _cut(held, taken - value, least)
    return {child: own + (value - taken) / len(held) for child, own in held.items()}


def _cut(parts: Mapping[str, float], by: float, least: float) -> dict[str, float]:
    """Return parts less an even share of an amount each, none that lies above `least` below it."""
    left, cut = max(by, 0.0), {}
    for rank, name in enumerate(sorted(parts, key=lambda one: parts[one])):
        taken = min(max(parts[name] - least, 0.0), left / (len(parts) - rank))
        cut[name] = parts[name] - taken
        left -= taken
    return cut


def _nearest(land: Land, top: str, chosen: list[str]) -> dict[str, str]:
    """Return the nearest region above each that takes part."""
    parent = dict(zip(land.regions["region"].astype(str), land.regions["parent"].astype(str), strict=True))
    found = {}
    for name in chosen:
        above = parent[name]
        while above not in (top, *chosen):
            above = parent[above]
        found[name] = above
    return found


def _top_down(land: Land, names: list[str]) -> list[str]:
    """Return regions in an order in which each follows those above it."""
    return sorted(names, key=lambda name: -int(land.subtree[land.region_code(name)].sum()))


def used_by(model: Model, shares: np.ndarray, above: Mapping[str, Any], regions: list[str]) -> dict[str, float]:
    """Return what a plan uses of a quota in each region, counted as the rule counts it, in the quota's unit.

    Raises InstanceError where the rule is off.
    """
    assert model.block is not None
    block = model.block
    rows = pd.DataFrame([{**above, "id": region, "region": region, "value": 0.0} for region in regions])
    others = block.land.quotas[block.land.quotas["rule"] != above["rule"]]
    quotas = pd.concat([others, rows.astype(block.land.quotas.dtypes.to_dict())], ignore_index=True)
    rule = next(one for one in RULES if one.name == above["rule"])
    part = rule.build(replace(block, land=Land({**block.land.tables, "quotas": quotas})))
    used: dict[str, float] = {}
    for quota in part.quotas:
        rows_of_rule = model.program.quota_rows(quota)
        sums = rows_of_rule @ shares[: rows_of_rule.shape[1]]  # a rule of land alone has no columns beside the moves
        base = quota.labels["base"].to_numpy(dtype=float) if "base" in quota.labels else 0.0
        used |= dict(zip(quota.labels["id"].astype(str), (sums + base).tolist(), strict=True))
    if not used:
        message = f"rule {above['rule']} is off, so nothing is handed down"
        zh = f"规则 {above['rule']} 已停用，无指标可分解（请启用）"
        raise InstanceError([Fault(str(model.instance.folder), message, "switch it on", zh=zh)])
    return used


def saving(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return objectives and bounds of the solves, and what the free split saves with the ends that are proven."""
    told: dict[str, Any] = {
        f"{name}_{what}": record.get(what) for name, record in records.items() for what in ("objective", "bound")
    }
    told["objective_unit"] = records["free"].get("objective_unit")
    given, free = records["given"], records["free"]
    if any(one.get(what) is None for one in (given, free) for what in ("objective", "bound")):
        return told
    told["saving"] = given["objective"] - free["objective"]
    told["saving_least"] = max(given["bound"] - free["objective"], 0.0)
    told["saving_greatest"] = given["objective"] - free["bound"]
    return told


def write_result(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Write what the split saves."""
    write_json(folder / "result.json", told)
    return told
