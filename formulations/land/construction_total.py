r"""Total construction land (建设用地总规模).

.. math::

    A^0_{g,B} + \sum_{t\le T}\Big(\sum_{i\notin B, j\in B} x_{z,i,j,t} - \sum_{i\in B, j\notin B} x_{z,i,j,t}\Big)
    \le K_{g,T}\quad\text{ha}

All built land of region g at the end of period T. Source: total and intensity control of the
territorial plan (建设用地总量和强度双控). A zero worth means that growth meets another limit first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    records = block.records("construction_total")
    return Part(quotas=(block.stock_quota("construction_total", "built", records),)) if records else Part()


RULE = Rule("construction_total", "建设用地总规模", build)
