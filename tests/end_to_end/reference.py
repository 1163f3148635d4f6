"""A second opinion: the rules written once more as slow plain loops over the raw tables.

Nothing here comes from `instances`, `formulations` or `optimizer`; only the shipped data files are read. A
`Study` lists the permitted moves and, row by row, what every rule asks of them in hectares; the optimum is
found by `reference_optimum`.

A row is (coefficients by variable, lower, upper). Variables: ("x", zone, from, to, t) hectares,
("r", project, t) opened, ("L" | "LC", region, t, grade) linked quota, ("e", group, zone, zone) the difference of
two neighbours' shares in a group.
"""

from __future__ import annotations

import csv
import math
from functools import cached_property
from itertools import pairwise
from pathlib import Path

DATA = Path(__file__).parents[2] / "instances" / "tables"
INF = math.inf
WORST = 15


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


class Study:
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

    # Carbon

    def factor(self, name, factor, region):
        rows = {row["region"]: row for row in self.tables["factors"] if (row["class"], row["factor"]) == (name, factor)}
        while region and region not in rows:
            region = self.above[region]
        row = rows.get(region or "*")
        if row is None:
            return self.parameter["soil_share"] if factor == "soil_share" else 0.0
        return row["value"] * (44 / 12 if row["unit"].startswith("tC/") else 1.0)

    def credit(self, i, j):
        return not (self.is_(j, "built") or self.is_(j, "cropland") or self.is_(i, "water"))

    def emission(self, move, year):
        """Emissions of one hectare of a move up to a year, tCO2e."""
        _, zone, i, j, t = move
        region, years = self.zones[zone]["region"], max(year - self.middle[t - 1], 0.0)
        stock = {k: self.factor(k, "stock", region) for k in (i, j)}
        soil = {k: stock[k] * self.factor(k, "soil_share", region) for k in (i, j)}
        plant = {k: stock[k] - soil[k] for k in (i, j)}
        total = max(plant[i] - plant[j], 0.0)
        total += max(soil[i] - soil[j], 0.0) * min(years / self.parameter["soil_loss_years"], 1.0)
        if self.carbon["mode"] == "stock":
            if self.change[i, j].get("restoration") and self.credit(i, j):
                gain = max(plant[j] - plant[i], 0.0) + max(soil[j] - soil[i], 0.0)
                total -= gain * min(years / self.parameter["gain_years"], 1.0)
        else:
            old, new = self.factor(i, "sink", region), self.factor(j, "sink", region)
            if old >= 0 or self.credit(i, j):
                total += years * old
            if new < 0:
                total -= years * new
            elif self.credit(i, j):
                ramp = self.factor(j, "ramp_years", region)
                total -= new * (years**2 / (2 * ramp) if years < ramp else years - ramp / 2)
        if self.carbon["embodied"] and self.is_(j, "built"):
            total += self.factor(j, "embodied", region)
        return total + self.added(i, j, t, year)

    def anchor(self, item, year):
        points = sorted(
            (row["year"], row["value"] * (1e4 if row["unit"] == "1e4 tCO2" else 1.0))
            for row in self.tables["context"]
            if row["item"] == item and row["region"] == self.root
        )
        if not points:
            return None
        for (y0, v0), (y1, v1) in pairwise(points):
            if y0 <= year <= y1:
                return v0 * (v1 / v0) ** ((year - y0) / (y1 - y0))
        return points[0][1] if year < points[0][0] else points[-1][1]

    def activity(self, year):
        """Projected emissions of one year, tCO2e."""
        factors = [self.anchor(item, year) for item in ("population", "gdp_per_capita", "carbon_intensity")]
        if None not in factors:
            return math.prod(factors) * 1e4
        return self.anchor("emissions", year) or 0.0

    def intensity(self, year):
        now = self.anchor("carbon_intensity", year)
        return 1.0 if now is None else now / self.anchor("carbon_intensity", self.base)

    @cached_property
    def density(self):
        """Base-year emissions per hectare of each activity group."""
        share = {}
        for row in self.tables["activity"]:
            share[row["group"]] = share.get(row["group"], 0.0) + row["share"]
        base = self.activity(self.base)
        return {group: base * part / self.present(group, self.root) for group, part in share.items()}

    def reference_growth(self, group, end):
        latest = {}
        for row in self.tables["quotas"]:
            year = row["period"] or self.ends[-1]
            name = self.classes[row["group"]]["group"] if row["group"] in self.classes else row["group"]
            if row["rule"] == "growth_demand" and year <= end and name in PARENT and under(name, group):
                key = row["region"], row["group"]
                latest[key] = max(latest.get(key, (0, 0.0)), (year, row["value"]))
        return sum(value for _, value in latest.values())

    def added(self, i, j, t, year):
        if self.carbon["existing_activity"] == "top_down" or not self.tables["activity"]:
            return 0.0
        density, total = self.density, 0.0
        here = sum(d for group, d in density.items() if self.is_(j, group) and not self.is_(i, group))
        for start, end in zip(self.starts, self.ends, strict=True):
            missing = self.activity(end) - self.intensity(end) * self.activity(self.base)
            scale = missing / sum(d * self.reference_growth(group, end) for group, d in density.items())
            total += scale * here * max(min(end, year) - max(start, self.middle[t - 1]), 0.0)
        return total

    def constant(self, region, year):
        """Emissions up to a year that no decision changes."""
        years = range(self.base + 1, year + 1)
        if self.carbon["existing_activity"] == "top_down":
            total = sum(map(self.activity, years))
        else:
            total = sum(self.activity(self.base) * self.intensity(y) for y in years)
        share = [row["share"] for row in self.tables["activity"] if self.inside(row["region"], region)]
        total *= sum(share) if self.tables["activity"] else region == self.root
        if self.carbon["mode"] == "flux":
            for (zone, name), area in self.area.items():
                if self.zone_inside(zone, region):
                    total -= self.factor(name, "sink", self.zones[zone]["region"]) * area * (year - self.base)
        return total

    # Objective

    def cost(self, move):
        _, zone, i, j, _ = move
        factor = self.zones[zone].get("cost_factor", 1.0)
        return self.change[i, j]["cost_wanyuan_per_ha"] * factor + self.local_cost.get((zone, j), 0.0)

    def objective(self):
        """Cost of every variable that has one."""
        kind = self.goal["kind"]
        carbon = {"emissions": 1.0, "cost": 0.0}.get(kind, self.goal.get("emission_weight", 1.0))
        money = {"emissions": 0.0, "cost": 1.0}.get(kind, self.goal.get("cost_weight", 0.0))
        result = {m: carbon * self.emission(m, self.ends[-1]) + money * self.cost(m) for m in self.moves}
        for name, project in self.projects.items():
            result |= {("r", name, t): money * project["cost_wanyuan"] for t in self.periods}
        for rate, row in self.penalties():
            for name, km in self.edges(row):
                result[name] = result.get(name, 0.0) + rate * km
        return result

    # The lie of the land

    def penalties(self):
        """Weighted price of a km of border, with its quota."""
        kind = self.goal["kind"]
        carbon = {"emissions": 1.0, "cost": 0.0}.get(kind, self.goal.get("emission_weight", 1.0))
        money = {"emissions": 0.0, "cost": 1.0}.get(kind, self.goal.get("cost_weight", 0.0))
        rows = [row for row in self.tables["quotas"] if row["rule"] == "compactness" and row["rule"] not in self.off]
        return [(row["value"] * (carbon if row["unit"] == "tCO2e/km" else money), row) for row in rows]

    def edges(self, row):
        """The edges that a quota counts, with their km."""
        top = row["region"]
        return [
            (("e", row["group"], pair["zone_a"], pair["zone_b"]), pair["length_m"] / 1000)
            for pair in self.tables["neighbours"]
            if self.zone_inside(pair["zone_a"], top) and self.zone_inside(pair["zone_b"], top)
        ]

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

    def border_km(self, row, plan):
        """The border that a quota counts, in a plan of hectares by move."""

        def reached(zone):
            base, terms = self.share(zone, row["group"])
            return base + sum(value * plan.get(m, 0.0) for m, value in terms.items())

        return sum(km * abs(reached(name[2]) - reached(name[3])) for name, km in self.edges(row))

    def present_border(self):
        """What the penalties ask of the land as it is; a plan pays the difference."""
        return sum(rate * self.border_km(row, {}) for rate, row in self.penalties())

    def _border_rows(self):
        rows, seen = [], set()
        for row in self.tables["quotas"]:
            if row["rule"] not in ("compactness", "perimeter_limit") or row["rule"] in self.off:
                continue
            for name, _ in self.edges(row):
                if name not in seen:
                    seen.add(name)
                    rows += self._apart(name) + self._apart(("e", name[1], name[3], name[2]), name)
            if row["rule"] == "perimeter_limit":
                rows.append((dict(self.edges(row)), -INF, row["value"]))
        return rows

    def _apart(self, ends, name=None):
        """An edge's variable is at least the share of its first zone less that of its second."""
        (b0, first), (b1, second) = (self.share(zone, ends[1]) for zone in ends[2:])
        return [({name or ends: 1.0} | {m: -v for m, v in first.items()} | second, b0 - b1, INF)]

    def together(self, rule_row, new):
        """Whether the zones that are new land of a group lie as a quota asks."""
        top, group = rule_row["region"], rule_row["group"]
        held = {z for z, i in self.area if self.old_in(z, i, group) and self.zone_inside(z, top)}
        attached = rule_row["rule"] == "contiguity"
        links = [name[2:] for name, _ in self.edges(rule_row)]
        left = {zone for zone in new if self.zone_inside(zone, top)}
        while left:
            patch, size = {left.pop()}, 0
            while len(patch) != size:
                size = len(patch)
                reach = {b if a in patch else a for a, b in links if (a in patch) != (b in patch)}
                patch |= reach & (left | held if attached else left)
            left -= patch
            area = sum(value for (zone, _), value in self.area.items() if zone in patch)
            if not patch & held if attached else area < rule_row["value"] - 1e-9:
                return False
        return True

    # Rows

    def total(self, row, counts, until=None, periods=None):
        """One for each move in the row's region and periods that counts."""
        chosen = periods or range(1, (until or self.last(row)) + 1)
        return {m: 1.0 for m in self.moves if m[4] in chosen and self.zone_inside(m[1], row["region"]) and counts(m)}

    def last(self, row):
        return self.ends.index(row["period"]) + 1 if row["period"] else len(self.ends)

    def net(self, row, group):
        return self.total(row, lambda m: self.joins(m, group)) | {
            m: -1.0 for m in self.total(row, lambda m: self.leaves(m, group))
        }

    def linked(self, kind, top, periods, grades=range(1, WORST + 1), factor=1.0):
        """Linked-quota variables of every region inside `top`."""
        rows = [
            row for row in self.tables["quotas"] if row["rule"] == "linked_quota" and self.inside(row["region"], top)
        ]
        if "linked_quota" in self.off:
            rows = []
        return {(kind, row["region"], t, h): factor for row in rows for t in periods for h in grades}

    def quota_rows(self, row):
        """The rows of one quota."""
        rule, value, group, region = row["rule"], row["value"], row.get("group", ""), row["region"]
        until = range(1, self.last(row) + 1)
        if rule in ("cropland_retention", "floor"):
            group = group or "cropland"
            had = self.present(group, region)
            return [(self.net(row, group), value * (had if row["unit"] == "share" else 1.0) - had, INF)]
        if rule in ("ceiling", "construction_total", "construction_intensity"):
            group = group if rule == "ceiling" else "built"
            had = self.present(group, region)
            scale = {"ha": 1.0, "share": had}[row["unit"]]
            if rule == "construction_intensity":
                scale = sum(area for (zone, _), area in self.area.items() if self.zone_inside(zone, region))
            return [(self.net(row, group), -INF, value * scale - had)]
        if rule == "construction_increment":
            new = self.total(row, lambda m: self.joins(m, "built"))
            return [(new | self.linked("L", region, until, factor=-1.0), -INF, value)]
        if rule == "growth_demand":
            return [(self.net(row, group), value, INF)]
        if rule == "redevelopment_share":
            return [(self._redevelopment(row, group or "built", value), 0.0, INF)]
        if rule in ("loss_cap", "gain_cap"):
            limit = value * (self.present(group, region) if row["unit"] == "share" else 1.0)
            side = self.leaves if rule == "loss_cap" else self.joins
            periods = [self.last(row)] if row["period"] else self.periods
            return [(self.total(row, lambda m: side(m, group), periods=[t]), -INF, limit) for t in periods]
        if rule == "restoration_area":
            return [(self.total(row, lambda m: self.change[m[2], m[3]].get("restoration")), value, INF)]
        if rule == "carbon_cap":
            end = self.ends[self.last(row) - 1]
            moves = self.total(row, lambda m: True)
            return [({m: self.emission(m, end) for m in moves}, -INF, value - self.constant(region, end))]
        if rule == "budget":
            return [(self._spending(row, group == "projects", until), -INF, value)]
        if rule in ("compensation", "compensation_grade"):
            return self._compensation(row)
        return self._linked_rows(row) if rule == "linked_quota" else []

    def _redevelopment(self, row, group, share):
        def arrives(m):
            return self.is_(m[3], "built") if group == "built" else self.joins(m, group)

        return {m: float(self.is_(m[2], "built")) - share for m in self.total(row, arrives)}

    def _spending(self, row, only_projects, until):
        counted = self.total(row, lambda m: not only_projects or (m[1], m[3]) in self.governed)
        spent = {m: self.cost(m) for m in counted}
        for name, project in self.projects.items():
            if all(self.zone_inside(zone, row["region"]) for zone in project["zones"]):
                spent |= {("r", name, t): project["cost_wanyuan"] for t in until}
        return spent

    def grade(self, move, column):
        return self.zones[move[1]].get(column, 0) or WORST

    def _compensation(self, row):
        """Loss - LC - kappa (gain - L) <= bank, in every period, in all or over the better grades."""
        graded, rows = row["rule"] == "compensation_grade", []
        banks = [bank for bank in self.tables["quotas"] if bank["rule"] == "compensation_bank"]
        banks = [] if "compensation_bank" in self.off else [b for b in banks if b["region"] == row["region"]]
        for t in self.periods:
            now = range(1, t + 1)
            before = now if len(self.ends) == 1 else range(1, t)
            for worst in range(1, WORST + 1) if graded else (WORST,):
                better = range(1, worst + 1)
                exempt = {m for m in self.moves if self.change[m[2], m[3]].get("restoration")}
                lost = self.total(row, lambda m: self.leaves(m, "cropland"), periods=now)
                won = self.total(row, lambda m: self.joins(m, "cropland"), periods=before) if before else {}
                terms = {m: 1.0 for m in lost if m not in exempt and self.grade(m, "grade") in better}
                terms |= {m: -row["value"] for m in won if self.grade(m, "potential_grade") in better}
                terms |= self.linked("LC", row["region"], now, better, -1.0)
                terms |= self.linked("L", row["region"], before, better, row["value"])
                bank = sum(b["value"] for b in banks if (b["grade"] in better if graded else not b["grade"]))
                rows.append((terms, -INF, bank))
        return rows

    def _linked_rows(self, row):
        region, rows = row["region"], []
        rows.append((self.linked("L", region, range(1, self.last(row) + 1)), -INF, row["value"]))
        for t in self.periods:
            now = range(1, t + 1)
            for h in range(1, WORST + 1):
                reclaimed = self.total(
                    row,
                    lambda m: self.old_in(m[1], m[2], "built_rural") and self.is_(m[3], "cropland"),
                    periods=[t],
                )
                given = {m: -1.0 for m in reclaimed if self.grade(m, "potential_grade") == h}
                rows.append((self.linked("L", region, [t], [h]) | given, -INF, 0.0))
                better = range(1, h + 1)
                covered = self.linked("LC", region, now, better) | self.linked("L", region, now, better, -1.0)
                rows.append((covered, -INF, 0.0))
                taken = self.total(row, lambda m: self.leaves(m, "cropland") and self.is_(m[3], "built"), periods=[t])
                taken = {m: -1.0 for m in taken if self.grade(m, "grade") == h}
                rows.append((self.linked("LC", region, [t], [h]) | taken, -INF, 0.0))
        return rows

    def rows(self, borders=True):
        """Land is used once; every quota; every project; borders unless they are left out."""
        rows = [({m: 1.0 for m in self.moves if m[1:3] == key}, -INF, area) for key, area in self.area.items()]
        for row in self.tables["quotas"]:
            if row["rule"] not in self.off:
                rows += self.quota_rows(row)
        rows += self._border_rows() if borders else []
        for name, project in self.projects.items():
            rows.append(({("r", name, t): 1.0 for t in self.periods}, -INF, 1.0))
            for t in self.periods:
                used = {m: 1.0 for m in self.moves if m[4] == t and self.governed.get((m[1], m[3])) == name}
                rows.append((used | {("r", name, t): -project["min_area_ha"]}, 0.0, INF))
                rows.append((used | {("r", name, t): -project["max_area_ha"]}, -INF, 0.0))
                for needed in filter(None, project["prerequisites"].split(";")):
                    own = {("r", name, s): 1.0 for s in range(1, t + 1)}
                    rows.append((own | {("r", needed, s): -1.0 for s in range(1, t + 1)}, -INF, 0.0))
        return rows

    def most(self, move):
        """Greatest area of a move."""
        name = self.governed.get((move[1], move[3]))
        share = self.projects[name]["zones"][move[1]] if name else 1.0
        return share * self.area[move[1:3]]

    def lot(self, zone):
        return 0.0 if "minimum_lot" in self.off else self.zones[zone].get("min_lot_ha", 0.0)

    def whole(self, zone):
        return "whole_parcel" not in self.off and self.zones[zone].get("whole", 0) == 1
