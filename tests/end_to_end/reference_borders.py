"""The lie of the land in a reference `Study`: borders between groups, and land that must hang together."""

from __future__ import annotations

import math

from tests.end_to_end.reference_land import Land

INF = math.inf


class Borders(Land):
    def penalties(self):
        """Weighted price of a km of border, with its quota."""
        carbon, money = self.prices()
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
