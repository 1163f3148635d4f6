"""From a network to its part of a Program: every component, the laws that fit, the limits on the whole.

选址与输电扩展模型的组装。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from formulations.energy.balance import Terminals, balance
from formulations.energy.calendar import Calendar
from formulations.energy.connection import add_connections
from formulations.energy.contingency import add_contingencies
from formulations.energy.contingency_candidates import add_open_contingencies
from formulations.energy.corridor_opening import add_corridors
from formulations.energy.dc_candidates import add_angles, add_circuits
from formulations.energy.dispatch import add_generators, add_imports
from formulations.energy.kvl import add_cycles
from formulations.energy.shares import add_shares
from formulations.energy.site_capacity import add_sites
from formulations.energy.storage import add_site_storage, add_storage
from formulations.energy.template import Template
from formulations.energy.transport import add_lines, add_links
from formulations.moves import choices
from formulations.program import Names, Objective, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.rule import Part
    from instances.instance import Instance
    from instances.network import Network
    from instances.settings import Settings


def energy_part(network: Network) -> Part:
    """Return the columns and rows of a network, all stages and snapshots.

    Raises InstanceError where candidates lie beside lines whose capacity has no limit.
    """
    template, terminals = Template(Calendar(network)), Terminals()
    add_generators(template, terminals)
    add_imports(template, terminals)
    sites = add_sites(template, terminals)
    add_storage(template, terminals)
    add_site_storage(template, terminals, sites)
    lines = add_lines(template, terminals)
    add_links(template, terminals)
    circuits = add_circuits(template, terminals)
    add_corridors(template, circuits)
    add_connections(template, circuits)
    if network.settings.power_flow == "dc":
        open_, fixed = laws(network)
        add_cycles(template, lines, fixed)
        add_contingencies(template, lines, fixed, open_)
        if circuits is not None:
            alternating = network["candidates"]["reactance_ohm"].to_numpy() > 0
            add_angles(template, lines, circuits, open_, alternating)
            add_open_contingencies(template, lines, circuits, open_, alternating)
    else:
        add_contingencies(template, lines, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    balance(template, terminals)
    add_shares(template)
    return template.compiled()


def laws(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lines, by place, whose network candidates may change, and those whose network is fixed."""
    lines, candidates = network["lines"], network["candidates"]
    with_law = np.flatnonzero(lines["reactance_ohm"].to_numpy() > 0)
    graph: nx.Graph[str] = nx.Graph()
    candidates = candidates[(candidates["reactance_ohm"] > 0) & (candidates["max_additions"] > 0)]
    for frame in (lines, candidates):
        graph.add_edges_from(zip(frame["from_bus"].astype(str), frame["to_bus"].astype(str), strict=True))
    changed = set(candidates["from_bus"].astype(str))
    open_: set[str] = set()
    for part in nx.connected_components(graph):
        if part & changed:
            open_ |= part
    touched = lines["from_bus"].astype(str).isin(open_).to_numpy()[with_law]
    return with_law[touched], with_law[~touched]


def assemble_network(instance: Instance) -> Program:
    """Return the Program of a study of the network alone: no moves, gaps relative to the objective."""
    return program_of(instance.require_network(), weights(instance.settings))


def program_of(network: Network, minimise: Mapping[str, float]) -> Program:
    """Return the Program of a network alone; `minimise` weighs cost and emissions."""
    part = energy_part(network)
    none = np.zeros(0)
    return Program(
        moves=choices(np.zeros((0, 1)), whole=False),
        columns=part.columns,
        quotas=part.quotas,
        objectives={
            "cost": Objective("cost", none, network.settings.money),
            "emissions": Objective("emissions", none, "tCO2e"),
        },
        minimise=minimise,
        names=Names(pd.Series([], dtype=object), pd.Series([], dtype=object), (), np.zeros(0, dtype=np.int32)),
        gap_base="objective",
    )


def weights(settings: Settings) -> dict[str, float]:
    """Return the weight of each objective: cost where the study does not say."""
    if "objective" not in settings.model_fields_set:
        return {"cost": 1.0}
    chosen = settings.objective
    if chosen.kind == "weighted":
        return {"emissions": chosen.emission_weight, "cost": chosen.cost_weight}
    return {chosen.kind: 1.0}


def existing_cost(network: Network) -> float:
    """Return what the present capacity of everything extendable would cost, which no decision changes.

    The objective counts what departs from it; their sum is what PyPSA 1.2 and later report.
    """
    parts = []
    for name in ("generators", "lines", "links"):
        table = network[name]
        parts.append((table["capital_cost"] * table["capacity_mw"])[table["extendable"] == 1].sum())
    storage = network["storage"]
    price = storage["capital_cost"] + storage["hours"] * storage["energy_cost"]
    power = np.where(storage["power_mw"] < np.inf, storage["power_mw"], 0.0)
    energy = storage["energy_cost"] * storage["energy_mwh"] * (storage["hours"] == 0)
    parts.append((price * power + energy)[storage["extendable"] == 1].sum())
    return float(sum(parts))
