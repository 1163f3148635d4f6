"""The carbon account of a reference `Study`: what a move emits, and what no decision changes."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise

from tests.end_to_end.reference_land import PARENT, Land, under


class Carbon(Land):
    @cached_property
    def rated(self):
        """Rows of the factors by class, factor and region."""
        return {(row["class"], row["factor"], row["region"]): row for row in self.tables["factors"]}

    def factor(self, name, factor, region):
        while region and (name, factor, region) not in self.rated:
            region = self.above[region]
        row = self.rated.get((name, factor, region or "*"))
        if row is None:
            return self.parameter["soil_share"] if factor == "soil_share" else 0.0
        return row["value"] * (44 / 12 if row["unit"].startswith("tC/") else 1.0)

    def credit(self, i, j):
        return not (self.is_(j, "built") or self.is_(j, "cropland") or self.is_(i, "water"))

    def emission(self, move, year):
        """Emissions of one hectare of a move up to a year, tCO2e."""
        _, zone, i, j, t = move
        total = self.stocks(zone, i, j, self.years(t, year)) + self.acting(move, year)
        if self.carbon["embodied"] and self.is_(j, "built"):
            total += self.factor(j, "embodied", self.zones[zone]["region"])
        return total

    def years(self, t, year):
        return max(year - self.middle[t - 1], 0.0)

    def stocks(self, zone, i, j, years):
        """What one hectare loses of its stock in some years, less what it gains."""
        region = self.zones[zone]["region"]
        stock = {k: self.factor(k, "stock", region) for k in (i, j)}
        soil = {k: stock[k] * self.factor(k, "soil_share", region) for k in (i, j)}
        plant = {k: stock[k] - soil[k] for k in (i, j)}
        total = max(plant[i] - plant[j], 0.0)
        total += max(soil[i] - soil[j], 0.0) * min(years / self.parameter["soil_loss_years"], 1.0)
        if self.carbon["mode"] == "stock" and self.change[i, j].get("restoration") and self.credit(i, j):
            gain = max(plant[j] - plant[i], 0.0) + max(soil[j] - soil[i], 0.0)
            total -= gain * min(years / self.parameter["gain_years"], 1.0)
        return total

    def acting(self, move, year):
        """What one hectare of a move emits year by year, summed up to a year: sinks and activity."""
        _, zone, i, j, t = move
        region, years, total = self.zones[zone]["region"], self.years(t, year), 0.0
        if self.carbon["mode"] == "flux":
            old, new = self.factor(i, "sink", region), self.factor(j, "sink", region)
            if old >= 0 or self.credit(i, j):
                total += years * old
            if new < 0:
                total -= years * new
            elif self.credit(i, j):
                ramp = self.factor(j, "ramp_years", region)
                total -= new * (years**2 / (2 * ramp) if years < ramp else years - ramp / 2)
        return total + self.added(i, j, t, year)

    def inventory(self, region, year):
        """The annual inventory of a region: what each hectare of a move adds, and what no decision changes."""
        moves = [m for m in self.moves if self.zone_inside(m[1], region)]
        terms = {m: self.acting(m, year) - self.acting(m, year - 1) for m in moves}
        return terms, self.constant(region, year) - self.constant(region, year - 1)

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
