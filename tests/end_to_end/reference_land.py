"""The land of a reference `Study` as its raw tables tell it: regions, groups, and which changes are permitted.

Nothing here comes from `instances`, `formulations` or `optimizer`; only the shipped data files are read.
"""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parents[2] / "instances" / "tables"


def _shipped(name, key, value):
    with (DATA / f"{name}.csv").open(encoding="utf-8") as stream:
        return {row[key]: row[value] for row in csv.DictReader(stream)}


PARENT = _shipped("groups", "group", "parent")
PARAMETERS = {name: float(value) for name, value in _shipped("parameters", "parameter", "value").items()}


def under(leaf, node):
    """Whether a leaf group lies under a node of the group tree."""
    while leaf and leaf != node:
        leaf = PARENT[leaf]
    return leaf == node


class Land:
    def __init__(self, settings, tables, off=()):
        self.tables = tables
        self.off = set(off) | set(settings["instance"]["rules_off"])
        self.carbon, self.goal = settings["carbon"], settings["objective"]
        self.base, self.ends = self.carbon["base_year"], settings["time"]["periods"]
        self.starts = [self.base, *self.ends[:-1]]
        self.middle = [(a + b) / 2 for a, b in zip(self.starts, self.ends, strict=True)]
        self.periods = range(1, len(self.ends) + 1)
        self.zones = {row["zone"]: row for row in tables["zones"]}
        self.classes = {row["class"]: row for row in tables["classes"]}
        self.above = {row["region"]: row["parent"] for row in tables["regions"]}
        self.root = next(region for region, parent in self.above.items() if not parent)
        self.area = {(row["zone"], row["class"]): row["area_ha"] for row in tables["cover"] if row["area_ha"] > 0}
        self.change = {(row["from"], row["to"]): row for row in tables["transitions"]}
        self.parameter = PARAMETERS | {row["parameter"]: row["value"] for row in tables["parameters"]}
        self.local_cost = {(row["zone"], row["to"]): row["cost_wanyuan_per_ha"] for row in tables["zone_costs"]}
        self._shares = {}
        self.projects = {} if "restoration_project" in self.off else self._projects()
        self.governed = {
            (zone, target): name
            for name, project in self.projects.items()
            for zone in project["zones"]
            for target in project["to"].split(";")
        }
        self.moves = [
            ("x", zone, i, j, t)
            for zone, i in self.area
            for j in self.classes
            if j != i and not self.bars(zone, i, j)
            for t in self.periods
        ]

    def _projects(self):
        """Projects with the share of each zone that they may use."""
        projects = {}
        locked = {row["unit"] for row in self.tables["units"] if row["status"] == "locked_out"}
        for row in self.tables["projects"]:
            shares = {}
            for pair in self.tables["unit_zone"]:
                if pair["unit"] in row["members"].split(";"):
                    share = 0.0 if pair["unit"] in locked else pair["share"]
                    shares[pair["zone"]] = min(1.0, shares.get(pair["zone"], 0.0) + share)
            projects[row["project"]] = row | {"zones": shares}
        return projects

    # Land, regions, groups

    def inside(self, region, top):
        while region and region != top:
            region = self.above[region]
        return region == top

    def zone_inside(self, zone, top):
        return self.inside(self.zones[zone]["region"], top)

    def is_(self, name, group):
        return name == group if group in self.classes else under(self.classes[name]["group"], group)

    def new_in(self, name, group):
        if group in ("built_urban", "built_rural"):
            return self.is_(name, "built") and "built_" + self.classes[name]["setting"] == group
        return self.is_(name, group)

    def old_in(self, zone, name, group):
        kind = self.zones[zone].get("built_kind", "")
        if group in ("built_urban", "built_rural") and kind:
            told = {"city": "built_urban", "town": "built_urban", "village": "built_rural"}.get(kind)
            return self.is_(name, "built") and told == group
        return self.new_in(name, group)

    def present(self, group, region):
        return sum(
            area
            for (zone, name), area in self.area.items()
            if self.zone_inside(zone, region) and self.old_in(zone, name, group)
        )

    def joins(self, move, group):
        _, zone, i, j, _ = move
        return self.new_in(j, group) and not self.old_in(zone, i, group)

    def leaves(self, move, group):
        _, zone, i, j, _ = move
        return self.old_in(zone, i, group) and not self.new_in(j, group)

    def share(self, zone, group):
        """Present share of a zone in a group, and by how much a hectare of each move changes it."""
        if (zone, group) not in self._shares:
            self._shares[zone, group] = self._share(zone, group)
        return self._shares[zone, group]

    def _share(self, zone, group):
        size = sum(area for (name, _), area in self.area.items() if name == zone)
        moves = [m for m in self.moves if m[1] == zone]
        if group == "restored":
            return 0.0, {m: 1 / size for m in moves if self.change[m[2], m[3]].get("restoration")}
        held = sum(area for (name, i), area in self.area.items() if name == zone and self.old_in(zone, i, group))
        terms = {m: (self.joins(m, group) - self.leaves(m, group)) / size for m in moves}
        return held / size, terms

    def prices(self):
        """Weight of a tonne and of 10k CNY in the objective."""
        kind = self.goal["kind"]
        carbon = {"emissions": 1.0, "cost": 0.0}.get(kind, self.goal.get("emission_weight", 1.0))
        money = {"emissions": 0.0, "cost": 1.0}.get(kind, self.goal.get("cost_weight", 0.0))
        return carbon, money

    # Permission

    def bars(self, zone_name, i, j):
        """Names of the rules that forbid a change."""
        zone, rule = self.zones[zone_name], self.change.get((i, j), {"allowed": 0})
        new_crop = self.is_(j, "cropland") and not self.is_(i, "cropland")
        found = []
        condition = rule.get("condition", "")
        if (
            not rule["allowed"]
            or (condition and zone.get(condition, 0) != 1)
            or (new_crop and zone.get("potential_grade", 0) < 1)
        ):
            found.append("transition_matrix")
        line = zone.get("red_line", "")
        if line == "core" or (
            line == "general" and any(self.is_(j, g) for g in ("built", "cropland", "farm_facility"))
        ):
            found.append("red_line")
        if zone.get("farmland", 0) and self.is_(i, "cropland") and not self.is_(j, "cropland"):
            found.append("permanent_farmland")
        if zone.get("slope_class", 1) == 5 and new_crop:
            found.append("slope")
        if not zone.get("boundary", 0) and self.is_(j, "built") and self.classes[j]["setting"] == "urban":
            found.append("urban_boundary")
        return [name for name in found if name not in self.off]
