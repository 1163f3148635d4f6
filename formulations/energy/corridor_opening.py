r"""Corridors opened at a fixed cost 走廊开辟: circuits need every segment of their corridor, shared segments cost once.

.. math:: u_{k,1,p} \le \sum_{q \le p} \omega_{s,q} \le 1 \qquad \forall s \in S(k)

:math:`\omega` binary: segment s (a trunk that several corridors may share) is opened in stage q, at its cost; :math:`u`
first circuit of candidate k, whose corridor has the segments S(k). Further circuits come after the first. The
multiplier is the part of the segment's cost that this candidate bears; zero: others open it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from formulations.energy.dispatch import names, numbers
from formulations.energy.template import Means

if TYPE_CHECKING:
    from formulations.energy.dc_candidates import Circuits
    from formulations.energy.template import Template

SEGMENT = "segment_opening"


def add_corridors(template: Template, circuits: Circuits | None) -> None:
    """Add the opening of segments, and what needs them."""
    network = template.calendar.network
    table = network["segments"]
    if table.empty:
        return
    segments = names(table, "segment")
    opening = template.columns(
        "stage", SEGMENT, segments, "1", 0.0, 1.0, integer=True, cost={"cost": numbers(table, "cost")}
    )
    is_open = template.stand_in("stage", "segment_is_open", segments, Means(opening, template.calendar.so_far("stage")))
    if template.calendar.stages > 1:
        template.rows("stage", "segment_once", segments, "1", lambda one: is_open[one] <= 1)
    if circuits is None:
        return
    corridors = network["corridors"].groupby("corridor")["segment"].apply(list).to_dict()
    candidates = network["candidates"]
    needs = [
        (name, str(segment))
        for name, corridor in zip(names(candidates, "candidate"), names(candidates, "corridor"), strict=True)
        for segment in corridors.get(corridor, [])
        if (name, 1) in circuits.members
    ]
    built = circuits.built["stage"]

    def row(one: tuple[str, str]) -> Any:
        return built[one[0], 1] <= is_open[one[1]]

    if needs:
        template.rows("stage", "corridor", needs, "1", row)
