"""Plans of wide corridors: ways that pay each cell once, laid one after another, then taken up and laid anew.

A way between two parts of a line pays only for cells that nothing else has bought. Source of the exchange of ways
between key nodes: Verhoeven, Severens and Aarts (1996), Local search for Steiner trees in graphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels
from optimizer.methods.corridors.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optimizer.methods.corridors.model import Model
    from optimizer.methods.corridors.shares import Charged

SWEEPS = 6
"""Times all ways are taken up at most."""

BETTER = 1e-9
"""Part of the cost by which a plan must be cheaper to be another."""

Lines = list["NDArray[np.int64]"]


class Strips:
    """Lines of all layers of a model, as masks of their nodes with core areas, and what they buy."""

    def __init__(self, model: Model, layers: list[Charged]) -> None:
        self.model, self.layers = model, layers
        self.cost = model.cost[: model.bought]

    def plan(self, lines: Lines) -> NDArray[np.float64]:
        """Return the columns of lines, (columns,)."""
        return plan_of(self.model, lines)

    def laid(self, weight: NDArray[np.float64]) -> Lines:
        """Return lines that pay little by a weight of cells, (bought,), the first core area of each layer first."""
        pay = weight.copy()
        lines: Lines = []
        for charge in self.layers:
            cores = charge.layer.cores
            held = charge.only(0)
            while not held[:cores].all():
                goal = ~held
                goal[cores:] = False
                self._add(charge, held, charge.least(pay, held, goal, whole=True).nodes(), pay)
            lines.append(np.flatnonzero(held))
        return lines

    def _add(
        self, charge: Charged, held: NDArray[np.bool_], nodes: NDArray[np.int64], pay: NDArray[np.float64]
    ) -> None:
        """Hold more nodes, and pay for their cells."""
        held[nodes] = True
        pay[charge.layer.discs[nodes].indices] = 0.0

    def improved(self, lines: Lines) -> tuple[Lines, float]:
        """Return lines none of whose ways between key nodes can be exchanged for a cheaper one, and their cost."""
        best = self.model.objective(self.plan(lines))
        for _ in range(SWEEPS):
            before = best
            for number in range(len(lines)):
                lines, best = self._swept(lines, number, best)
            if best >= before - BETTER * abs(before):
                break
        return lines, best

    def _swept(self, lines: Lines, number: int, best: float) -> tuple[Lines, float]:
        """Take up each way of one layer's line once."""
        todo = list(self._parts(lines[number], number))
        while todo:
            inside = todo.pop()
            if not np.isin(inside, lines[number]).all():
                continue
            changed = self._exchanged(lines, number, inside)
            if changed is None:
                continue
            cost = self.model.objective(self.plan(changed))
            if cost < best - BETTER * abs(best):
                lines, best = changed, cost
        return lines, best

    def _exchanged(self, lines: Lines, number: int, inside: NDArray[np.int64]) -> Lines | None:
        """Return lines in which the inside of a way is taken up and its two ends are joined anew."""
        charge = self.layers[number]
        graph = charge.layer.contracted.graph
        held = np.zeros(len(graph), dtype=bool)
        held[lines[number]] = True
        held[inside] = False
        rest = [np.flatnonzero(held) if k == number else line for k, line in enumerate(lines)]
        part = graph.components(held)
        first = held & (part == part[0])
        other = held & ~first
        pay = self.cost * (1.0 - self.plan(rest)[: self.model.bought])
        while other.any():
            found = charge.least(pay, first, other, whole=True)
            if found.last < 0:
                return None
            nodes = found.nodes()
            pay[charge.layer.discs[nodes].indices] = 0.0
            held[nodes] = True
            first = held & (graph.components(held) == graph.components(held)[0])
            other = held & ~first
        rest[number] = np.flatnonzero(held)
        return rest

    def _parts(self, line: NDArray[np.int64], number: int) -> Iterator[NDArray[np.int64]]:
        """Yield the inside of each way between key nodes of a line: core areas, and nodes where ways meet.

        The nodes next to a meeting point are yielded with it too, so that it may move.
        """
        layer = self.layers[number].layer
        graph = layer.contracted.graph
        held = np.zeros(len(graph), dtype=bool)
        held[line] = True
        entry = kernels.entries(graph.start, graph.beside, held)
        reached = np.flatnonzero(entry >= 0)
        owner = graph.ends()[0]
        parent = np.full(len(graph), -1, dtype=np.int64)
        parent[reached] = owner[entry[reached]]
        kids = np.bincount(parent[reached], minlength=len(graph))
        key = held & (kids > 1)
        key[: layer.cores] = True
        meeting = []
        for end in np.flatnonzero(key | (held & (kids == 0))).tolist():
            inside, node = [], int(parent[end])
            while node >= 0 and not key[node]:
                inside.append(node)
                node = int(parent[node])
            if inside:
                yield np.array(inside, dtype=np.int64)
            if inside and node >= layer.cores:
                meeting.append((node, inside))
        for node in np.flatnonzero(key[layer.cores :]).tolist():
            whole = [layer.cores + node]
            for at, inside in meeting:
                if at == whole[0]:
                    whole += inside
            yield np.array(whole, dtype=np.int64)
