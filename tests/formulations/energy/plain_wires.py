"""Wires of a network, written out plainly: flows, losses, the laws of power by angles, outages one by one."""

from __future__ import annotations

from typing import Any

from tests.formulations.energy.plain_sheet import Sheet
from tests.formulations.energy.plain_study import INF, Terms


class Wires(Sheet):
    """What carries."""

    def _wires(self) -> None:
        kv = {row["bus"]: row.get("voltage_kv", 0.0) for row in self.study.rows("buses")}
        self.wires: dict[Any, tuple[Any, Any, list[float], list[float]]] = {}
        for row in self.study.rows("lines"):
            count = row.get("circuits", 1)
            capacity = self._chosen(row)
            use = row.get("maximum_share", 1.0) * count
            curve = _over(row.get("resistance_ohm", 0.0), kv[row["from_bus"]] ** 2 * count)
            most = use * (row.get("maximum_mw", INF) if row.get("extendable", 0) else row["capacity_mw"])
            key = ("line", row["line"])
            self._law(key, row, kv, [count] * len(self.stages))
            for p in self.stages:
                terms, constant = capacity[p]
                self.limit[key, p] = ([(k, v * use) for k, v in terms], constant * use)
            self._flow(key, row, capacity, (-use, use), row.get("loss_share", 0.0), 0.0, (curve, most))
        for row in self.study.rows("links"):
            loss = row.get("loss_share", 0.0) + row.get("loss_per_1000km", 0.0) * row.get("length_km", 0.0) / 1000
            shares = row.get("minimum_share", 0.0), row.get("maximum_share", 1.0)
            key, price = ("link", row["link"]), row.get("marginal_cost", 0.0)
            self._flow(key, row, self._chosen(row), shares, loss, price, (0.0, INF))
        for row, build in zip(self.study.rows("candidates"), self.build, strict=True):
            money, most = self.study.weights[0], row["capacity_mw"]
            self.constant += money * row["cost"] * build[-1]
            key = ("candidate", row["candidate"])
            self._law(key, row, kv, build)
            for p in self.stages:
                self.limit[key, p] = ([], most * build[p])
            curve = _over(row.get("resistance_ohm", 0.0), kv[row["from_bus"]] ** 2)
            # Circuits are alike but for losses by the square, which each has by itself.
            for c in range(row.get("max_additions", 1)):
                stands = [([], most * float(n > c)) for n in build]
                self._flow(
                    key,
                    row,
                    stands,
                    (-1.0, 1.0),
                    row.get("loss_share", 0.0),
                    row.get("marginal_cost", 0.0),
                    (curve, most),
                    equal=c,
                )
        if self.study.dc:
            self._angles()

    def _chosen(self, row: dict[str, Any]) -> Any:
        if not row.get("extendable", 0):
            return self._fixed(row["capacity_mw"])
        limits = row.get("minimum_mw", 0.0), row.get("maximum_mw", INF), row.get("capital_cost", 0.0)
        return self._capacity(row["capacity_mw"], *limits)

    def _law(self, key: Any, row: dict[str, Any], kv: dict[Any, float], circuits: list[int]) -> None:
        reactance = row.get("reactance_ohm", 0.0)
        if self.study.dc and reactance > 0:
            one = kv[row["from_bus"]] ** 2 / reactance
            self.wires[key] = (
                row["from_bus"],
                row["to_bus"],
                [one * n for n in circuits],
                [float(n) for n in circuits],
            )

    def _flow(
        self,
        key: Any,
        row: dict[str, Any],
        capacity: Any,
        shares: tuple[float, float],
        loss: float,
        price: float,
        square: tuple[float, float],
        equal: int = 0,
    ) -> None:
        """Add flows between shares of a capacity, what they lose, and what they cost."""
        split = shares[0] < 0 and (loss > 0 or price != 0)
        curve, most = square
        for p, t in self.hours:
            cost = self._operation(p, t, price)
            ways = [(1.0, row["from_bus"], row["to_bus"])]
            ways += [(-1.0, row["to_bus"], row["from_bus"])] if split else []
            net, lost = [], []
            if curve > 0:
                lost = [(self.linear.variable(0.0, curve * most**2), 1.0)]
                for bus in (row["from_bus"], row["to_bus"]):
                    self._feed(bus, p, t, lost[0][0], -0.5)
            for sign, start, end in ways:
                one = self.linear.variable(0.0 if split else -INF, INF, cost)
                self._feed(start, p, t, one, -1.0)
                self._feed(end, p, t, one, 1.0 - loss)
                net.append((one, sign))
                limit = -shares[0] if sign < 0 else shares[1]
                self._within([(one, 1.0), *lost], capacity[p], limit, "<")
                if not split:
                    self._within([(one, 1.0), *((k, -v) for k, v in lost)], capacity[p], shares[0], ">")
            if curve > 0:
                stands = 1.0 if key[0] != "candidate" else capacity[p][1] / most
                for k in range(1, self.study.segments + 1):
                    at = k / self.study.segments * most
                    for way in (1.0, -1.0):
                        body = [*lost, *((place, -way * 2 * curve * at * sign) for place, sign in net)]
                        self.linear.row(body, -curve * at**2 * stands, INF)
            if key in self.wires:
                self.before.setdefault((key, p, t), []).extend(net)
                if key[0] == "candidate" and equal and capacity[p][1] > 0:
                    # Parallel circuits carry the same.
                    first = self.first[key, p, t]
                    self.linear.row([*net, *((place, -sign) for place, sign in first)], 0.0, 0.0)
                elif key[0] == "candidate" and not equal:
                    self.first[key, p, t] = net

    def _angles(self) -> None:
        for p, t in self.hours:
            angle = {bus: self.linear.variable(-INF, INF) for wire in self.wires.values() for bus in wire[:2]}
            for key, (start, end, stiff, _) in self.wires.items():
                if stiff[p] > 0:
                    net = self.before[key, p, t]
                    self.linear.row([*net, (angle[start], -stiff[p]), (angle[end], stiff[p])], 0.0, 0.0)

    def _outage(self, line: Any) -> None:
        """Add the network that is left when one circuit of a line fails: the same is fed in, flows obey the law."""
        failing = ("line", line)
        if failing not in self.wires:
            return
        for p, t in self.hours:
            angle = {bus: self.linear.variable(-INF, INF) for wire in self.wires.values() for bus in wire[:2]}
            fed: dict[Any, Terms] = {}
            for key, (start, end, stiff, count) in self.wires.items():
                left = (count[p] - (key == failing)) / count[p] if count[p] else 0.0
                net = self.before[key, p, t]
                after = self.linear.variable(-INF, INF) if left > 0 else None
                for bus, sign in ((start, 1.0), (end, -1.0)):
                    terms = fed.setdefault(bus, [])
                    terms += [(place, -sign * value) for place, value in net]
                    terms += [(after, sign)] if after is not None else []
                if after is not None:
                    b = stiff[p] * left
                    self.linear.row([(after, 1.0), (angle[start], -b), (angle[end], b)], 0.0, 0.0)
                    self._within([(after, 1.0)], self.limit[key, p], left, "<")
                    self._within([(after, 1.0)], self.limit[key, p], -left, ">")
            for terms in fed.values():
                self.linear.row(terms, 0.0, 0.0)


def _over(value: float, by: float) -> float:
    return value / by if value else 0.0
