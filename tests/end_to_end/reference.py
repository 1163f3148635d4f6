"""A second opinion: the rules written once more as slow plain loops over the raw tables.

Nothing here comes from `instances`, `formulations` or `optimizer`; only the shipped data files are read. A
`Study` lists the permitted moves and, row by row, what every rule asks of them in hectares; the optimum is
found by `reference_optimum`.

A row is (coefficients by variable, lower, upper). Variables: ("x", zone, from, to, t) hectares,
("r", project, t) opened, ("L" | "LC", region, t, grade) linked quota, ("e", group, zone, zone) the difference of
two neighbours' shares in a group.
"""

from __future__ import annotations

import math
from itertools import pairwise

from tests.end_to_end.reference_borders import Borders
from tests.end_to_end.reference_carbon import Carbon

INF = math.inf
WORST = 15


class Study(Carbon, Borders):
    def cost(self, move):
        _, zone, i, j, _ = move
        factor = self.zones[zone].get("cost_factor", 1.0)
        return self.change[i, j]["cost_wanyuan_per_ha"] * factor + self.local_cost.get((zone, j), 0.0)

    def objective(self):
        """Cost of every variable that has one."""
        carbon, money = self.prices()
        result = {m: carbon * self.emission(m, self.ends[-1]) + money * self.cost(m) for m in self.moves}
        for name, project in self.projects.items():
            result |= {("r", name, t): money * project["cost_wanyuan"] for t in self.periods}
        for rate, row in self.penalties():
            for name, km in self.edges(row):
                result[name] = result.get(name, 0.0) + rate * km
        return result

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
        if rule == "carbon_cap" and row["unit"] == "tCO2e/yr":
            terms, constant = self.inventory(region, self.ends[self.last(row) - 1])
            return [(terms, -INF, value - constant)]
        if rule == "peak":
            falls = (0.0, value) if value else (0.0,)
            return [self._fall(region, *years, fall) for years in self._later(row) for fall in falls]
        if rule == "carbon_cap":
            end = self.ends[self.last(row) - 1]
            moves = self.total(row, lambda m: True)
            return [({m: self.emission(m, end) for m in moves}, -INF, value - self.constant(region, end))]
        if rule == "budget":
            return [(self._spending(row, group == "projects", until), -INF, value)]
        if rule in ("compensation", "compensation_grade"):
            return self._compensation(row)
        return self._linked_rows(row) if rule == "linked_quota" else []

    def _later(self, row):
        """The ends of periods from a quota's year on, each with the one before."""
        return pairwise(self.ends[self.last(row) - 1 :])

    def _fall(self, region, before, now, fall):
        """The inventory of a year is less than that of an earlier one by some part of it."""
        (then, base), (later, constant) = self.inventory(region, before), self.inventory(region, now)
        return {m: later[m] - (1 - fall) * then[m] for m in later}, -INF, (1 - fall) * base - constant

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
