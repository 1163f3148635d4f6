r"""Connected pieces as a flow (单商品流): exact rows for small graphs, where no method separates paths.

For nodes n with :math:`x_n \in \{0, 1\}`, roots :math:`r_n \in \{0, 1\}` and flows over both directions of every edge,

.. math::

    r_n \le x_n, \qquad \sum_n r_n \le \text{most}, \qquad f_{nm} \le (N - 1)\, x_n,\ (N - 1)\, x_m \\
    x_n + \sum_m f_{mn} = \sum_m f_{nm} + a_n, \qquad 0 \le a_n \le N\, r_n

so that each chosen node sends one unit to a root of its piece, and there are no more pieces than roots. Where a piece
has a least weight L, a second flow carries weight :math:`w_n x_n` at most, of which L at least arrives at each root.
For `areas` each of the k areas is a copy of the nodes, :math:`\sum_k x^k_n \le x_n`, that is one piece with a root
and contains the chosen neighbours of its nodes, :math:`x^k_m \ge x^k_n + x_m - 1`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.connected import Connected
    from formulations.program import Program

PREFIX = "flow:"
"""Families of columns, and rules of rows, that only state what hangs together begin so."""


def is_flow(rule: str) -> bool:
    """Whether rows only state what hangs together; no planner states them."""
    return rule.startswith(PREFIX)


def flow_rows(program: Program) -> Program:
    """Return a Program whose columns and rows say what its connected structures ask for; those are gone."""
    for number, connected in enumerate(program.connected):
        program = _Flow(program, connected, f"{PREFIX}{connected.rule}:{number}").joined()
    return replace(program, connected=())


Terms = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]
"""Entries of rows: row, column of the family, value."""


@dataclass
class _Flow:
    """Columns and rows of one structure; families are added one after another."""

    program: Program
    connected: Connected
    name: str
    columns: list[Columns] = field(default_factory=list)
    quotas: list[Quota] = field(default_factory=list)

    def joined(self) -> Program:
        """Return the Program with this structure stated."""
        connected = self.connected
        nodes = (connected.node.astype(np.int64), connected.index, np.ones(len(connected.index)))
        if connected.kind == "pieces":
            self._pieces("", nodes, None, connected.most)
        else:
            self._areas(nodes)
        program = self.program
        return replace(program, columns=(*program.columns, *self.columns), quotas=(*program.quotas, *self.quotas))

    def _areas(self, nodes: Terms) -> None:
        """State k areas, each a copy of the nodes."""
        count, copies = self.connected.n_nodes, self.connected.count
        families = [self._family(f":area{k}", count, integer=True) for k in range(copies)]
        every = np.arange(count)
        inside: dict[str, Terms] = {copy: (every, every, np.full(count, -1.0)) for copy in families}
        self._rows(count, nodes, inside, 0.0, INFINITY)
        tail, head = self._arcs()
        arc = np.arange(len(tail))
        at_head = _at(nodes, head, -1.0)
        for k, family in enumerate(families):
            rows = (np.tile(arc, 2), np.concatenate([head, tail]), np.repeat([1.0, -1.0], len(arc)))
            self._rows(len(arc), at_head, {family: rows}, -1.0, INFINITY)
            self._pieces(f":area{k}", nodes, family, 1)
            self._rows(1, None, {f"{self.name}:root:area{k}": _sum(count)}, 1.0, 1.0)

    def _pieces(self, suffix: str, nodes: Terms, copy: str | None, most: float) -> None:
        """State that nodes, or a copy of them in a family, fall into few and heavy pieces."""
        connected, count = self.connected, self.connected.n_nodes
        every = np.arange(count)
        root = self._family(f":root{suffix}", count, integer=True)
        no_more = {root: (every, every, np.full(count, -1.0))}
        if copy is None:
            self._rows(count, nodes, no_more, 0.0, INFINITY)
        else:
            self._rows(count, None, {**no_more, copy: (every, every, np.ones(count))}, 0.0, INFINITY)
        if np.isfinite(most):
            self._rows(1, None, {root: _sum(count)}, -INFINITY, most)
        self._carry(suffix, (*nodes[:2], np.ones(len(connected.index))), copy, root, 0.0)
        if connected.least > 0:
            self._carry(f":weight{suffix}", (*nodes[:2], connected.weight), copy, root, connected.least)

    def _carry(self, suffix: str, sent: Terms, copy: str | None, root: str, least: float) -> None:
        """State a flow to roots: what each column of a node sends at most, and what a root receives at least.

        With a least of 0 everything is sent.
        """
        count, (tail, head) = self.connected.n_nodes, self._arcs()
        arcs, every, arc = len(tail), np.arange(count), np.arange(len(tail))
        weight = np.zeros(count)
        np.maximum.at(weight, sent[0], sent[2])
        total = float(weight.sum())
        flow = self._family(f":flow{suffix}", arcs, upper=total)
        taken = self._family(f":taken{suffix}", count, upper=total)
        for end in (tail, head):
            within = {flow: (arc, arc, np.full(arcs, -1.0))}
            if copy is None:
                self._rows(arcs, _at(sent, end, total), within, 0.0, INFINITY)
            else:
                self._rows(arcs, None, {**within, copy: (arc, end, np.full(arcs, total))}, 0.0, INFINITY)
        leaving = {
            flow: (np.concatenate([head, tail]), np.tile(arc, 2), np.repeat([1.0, -1.0], arcs)),
            taken: (every, every, np.full(count, -1.0)),
        }
        most = INFINITY if least else 0.0
        if copy is None:
            self._rows(count, sent, leaving, 0.0, most)
        else:
            self._rows(count, None, {**leaving, copy: (every, every, weight)}, 0.0, most)
            self._rows(count, sent, leaving, 0.0, INFINITY)
        at_root = {taken: (every, every, np.full(count, -1.0)), root: (every, every, np.full(count, total))}
        self._rows(count, None, at_root, 0.0, INFINITY)
        if least:
            enough = {taken: (every, every, np.ones(count)), root: (every, every, np.full(count, -least))}
            self._rows(count, None, enough, 0.0, INFINITY)

    def _arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return tail and head of both directions of every edge."""
        left, right = self.connected.left.astype(np.int64), self.connected.right.astype(np.int64)
        return np.concatenate([left, right]), np.concatenate([right, left])

    def _family(self, suffix: str, count: int, integer: bool = False, upper: float = 1.0) -> str:
        labels = pd.DataFrame({"part": np.arange(count)})
        name = f"{self.name}{suffix}"
        self.columns.append(Columns(name, labels, np.zeros(count), np.full(count, upper), integer=integer, unit="1"))
        return name

    def _rows(self, count: int, nodes: Terms | None, families: dict[str, Terms], lower: float, upper: float) -> None:
        """Add rows over columns of the Program, and over families by name."""
        terms = {name: self._block(entries, count, name) for name, entries in families.items()}
        over = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)) if nodes is None else nodes
        moves = over[1] < len(self.program.moves)
        for family in self.program.columns:
            first = self.program.offsets[family.family]
            mine = (over[1] >= first) & (over[1] < first + len(family))
            if mine.any():
                entries = (over[2][mine], (over[0][mine], over[1][mine] - first))
                terms[family.family] = sp.csr_array(sp.coo_array(entries, shape=(count, len(family))))
        index = over[1][moves]
        self.quotas.append(
            Quota(
                rule=self.name,
                index=index.astype(np.int32),
                weight=over[2][moves] / self.program.moves.area_ha[index],
                cell=over[0][moves].astype(np.int32),
                rollup=sp.csr_array(sp.eye_array(count)),
                lower=np.full(count, lower),
                upper=np.full(count, upper),
                labels=pd.DataFrame([dict(self.connected.label)] * count),
                unit="1",
                terms=terms,
            )
        )

    def _block(self, entries: Terms, count: int, name: str) -> sp.csr_array:
        width = next(len(family) for family in self.columns if family.family == name)
        return sp.csr_array(sp.coo_array((entries[2], (entries[0], entries[1])), shape=(count, width)))


def _at(nodes: Terms, places: NDArray[np.int64], value: float) -> Terms:
    """Return rows that each count the node at a place: all its columns, times a value."""
    order = np.argsort(nodes[0], kind="stable")
    first, last = np.searchsorted(nodes[0][order], places, "left"), np.searchsorted(nodes[0][order], places, "right")
    length = last - first
    row = np.repeat(np.arange(len(places)), length)
    run = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(first, length)
    return row, nodes[1][order][run], np.full(len(row), value)


def _sum(count: int) -> Terms:
    """Return one row that adds up a family."""
    return np.zeros(count, np.int64), np.arange(count), np.ones(count)
