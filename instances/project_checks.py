"""Checks of restoration projects: members, classes, prerequisites, and land that only one may restore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from instances.faults import Fault
from instances.places import line_of, place_of
from instances.restoration import split_names

if TYPE_CHECKING:
    from pathlib import Path

Tables = Mapping[str, pd.DataFrame]


def project_faults(folder: Path, tables: Tables, land: Tables | None) -> Iterator[Fault]:
    """Find projects that name what is not there, wait for each other, or share land."""
    if tables["projects"].empty:
        return
    place = place_of(folder, "restoration", "projects")
    projects = tables["projects"]
    units = set(tables["units"]["unit"].astype(str))
    names = set(projects["project"].astype(str))
    classes = set(land["classes"]["class"].astype(str)) if land is not None else None
    graph: nx.DiGraph[str] = nx.DiGraph()
    for row, record in enumerate(projects.to_dict("records")):
        line = line_of(place, row)
        name = f"project {record['project']}"
        for column, known, what in (("members", units, "units.unit"), ("prerequisites", names, "projects.project")):
            for other in split_names(record[column]):
                if other not in known:
                    yield Fault(place, f"{name}: {other} is not in {what}", "", line, column)
        for other in split_names(record["to"]) if classes is not None else ():
            if other not in (classes or ()):
                yield Fault(place, f"{name}: {other} is not in classes.class", "", line, "to")
        if record["min_area_ha"] > record["max_area_ha"]:
            yield Fault(place, f"{name}: the minimum area is above the maximum", "", line, "min_area_ha")
        graph.add_edges_from((other, record["project"]) for other in split_names(record["prerequisites"]))
    if not nx.is_directed_acyclic_graph(graph):
        ring = " > ".join(str(edge[0]) for edge in nx.find_cycle(graph))
        yield Fault(place, f"prerequisites form a ring: {ring}", "delete one", column="prerequisites")
    yield from _shared_land(place, tables)


def _shared_land(place: str, tables: Tables) -> Iterator[Fault]:
    owner: dict[tuple[str, str], str] = {}
    zones_of = tables["unit_zone"].groupby(tables["unit_zone"]["unit"].astype(str))["zone"].agg(list).to_dict()
    for row, record in enumerate(tables["projects"].to_dict("records")):
        for unit in split_names(record["members"]):
            for zone in zones_of.get(unit, []):
                for target in split_names(record["to"]):
                    first = owner.setdefault((str(zone), target), record["project"])
                    if first != record["project"]:
                        message = f"projects {first} and {record['project']} both restore zone {zone} to {target}"
                        yield Fault(
                            place, message, "a zone may serve one project for a class", line_of(place, row), "members"
                        )
