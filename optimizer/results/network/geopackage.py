"""Layers of a network plan in plan.gpkg: buses, lines, candidates, sites and segments, with styles for QGIS."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyogrio
import shapely

from optimizer.results.colors import BLANK
from optimizer.results.network.builds import BUILT, corridor_facts
from optimizer.results.network.colors import technology_colors
from optimizer.results.network.costs import wire_cost
from optimizer.results.network.figures import stores, supply, wires
from optimizer.results.network.places import frame_of, places, straight_segments, wire_shapes
from optimizer.results.network.rows import year_mwh
from optimizer.results.network.tables import bus_prices, flow_table, price_table, use_table
from optimizer.results.qgis_styles import Category, LayerStyle, write_styles
from optimizer.results.terms import term

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.results.network.places import Places
    from optimizer.results.network.reading import NetworkPlan, Values

NEW, OLD, LINK = "#b4543c", "#5c645f", "#5a6fa8"
"""Colours of circuits that are built, of lines that are there, and of links."""
BUS = "#1c2320"


def write_network_geopackage(path: Path, instance: Instance, plan: NetworkPlan) -> None:
    """Write plan.gpkg of a study of the network alone; nothing where no one knows where buses lie."""
    styles = write_network_layers(path, instance, plan)
    if styles:
        write_styles(path, styles)


def write_network_layers(path: Path, instance: Instance, plan: NetworkPlan) -> list[LayerStyle]:
    """Add the layers, those with a feature at least, and return their styles.

    `buses`: voltage_kv, load_mwh and price of the last stage. `lines`: lines and links, capacity, energy each way,
    loading. `candidates`: circuits by the last stage, their year, length, cost, crossings. `sites`: technology,
    capacity, opened, energy and curtailment of the last year. `segments`: opened or not, with length, width, cost and
    crossings; `drawn` is `straight` where no route is known and a line between the buses stands for it. Two tables
    without shapes, to be joined by name: `flows` of every wire and `prices` of every bus by period and snapshot.
    """
    where = places(instance)
    if where is None:
        return []
    written = []
    for layer, (table, shapes) in {
        "buses": _buses(plan, where),
        "lines": _lines(plan, where),
        "candidates": _candidates(plan, where),
        "sites": _sites(plan, where),
        "segments": _segments(plan, where),
    }.items():
        if not len(table):
            continue
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            frame = frame_of(table, shapes, where)
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=path.is_file())
        written.append(layer)
    for name, table in (("flows", flow_table(plan, wires(plan))), ("prices", price_table(plan))):
        if written and len(table):
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=True)
    return [style for style in _styles(plan) if style.layer in written]


def _buses(plan: NetworkPlan, where: Places) -> tuple[pd.DataFrame, list[shapely.Geometry]]:
    buses = plan.network["buses"]
    load = year_mwh(plan, plan.demand)[-1]
    table = pd.DataFrame(
        {
            "bus": buses["bus"].astype(str),
            "voltage_kv": buses["voltage_kv"].astype(float),
            "region": buses["region"].astype(str),
            "load_mwh": load,
        }
    )
    found = bus_prices(plan)
    if len(found):
        table["mean_price"] = found["mean"].to_numpy()[-len(buses) :]
    return table, list(shapely.points(where.bus))


def _lines(plan: NetworkPlan, where: Places) -> tuple[pd.DataFrame, list[shapely.Geometry]]:
    network, carries = plan.network, wires(plan)
    use = use_table(plan, carries)
    use = use[(use["period"] == network.stage_years[-1]) & (use["component"] != "candidate")]
    shapes = {
        (one, str(name)): shape
        for one, table in (("line", "lines"), ("link", "links"))
        for name, shape in zip(network[table][one], wire_shapes(network, where, table), strict=True)
    }
    keys = zip(use["component"], use["name"], strict=True)
    return use.drop(columns="period"), [shapes[one, name] for one, name in keys]


def _candidates(plan: NetworkPlan, where: Places) -> tuple[pd.DataFrame, list[shapely.Geometry]]:
    network, carries = plan.network, wires(plan)
    table = network["candidates"]
    mine = (carries.units["component"] == "candidate").to_numpy()
    circuits = np.round(carries.circuits[:, mine])
    facts = corridor_facts(plan).reindex(table["corridor"].astype(str))
    first = np.array([*network.stage_years, 0])[np.where(circuits.any(axis=0), (circuits > 0).argmax(axis=0), -1)]
    flow = np.abs(carries.flow[-1][:, mine]).max(axis=0, initial=0.0)
    frame = pd.DataFrame(
        {
            "candidate": table["candidate"].astype(str),
            "from_bus": table["from_bus"].astype(str),
            "to_bus": table["to_bus"].astype(str),
            "voltage_class": table["voltage_class"].astype(str),
            "corridor": table["corridor"].astype(str),
            "built": (circuits[-1] > 0).astype(np.int32),
            "circuits": circuits[-1].astype(np.int32),
            "first_year": first,
            "capacity_mw": table["capacity_mw"].astype(float) * circuits[-1],
            "peak_mw": flow,
            "cost": wire_cost(plan, carries)[:, mine].sum(axis=0),
            "length_km": facts["length_km"].to_numpy(dtype=float),
            "crossings": facts["crossings"].fillna("").to_numpy(dtype=object),
        }
    )
    return frame, wire_shapes(network, where, "candidates")


def _sites(plan: NetworkPlan, where: Places) -> tuple[pd.DataFrame, list[shapely.Geometry]]:
    sites, feeds, holds = plan.network["sites"], supply(plan), stores(plan)

    def of_year(*given: tuple[pd.DataFrame, Values]) -> pd.Series:
        """Return MWh of the last year by site."""
        parts = [
            pd.Series(year_mwh(plan, power)[-1], units["name"])[units["component"].to_numpy() == "site"]
            for units, power in given
        ]
        return sites["site"].astype(str).map(pd.concat(parts)).astype(float)

    capacity = np.nan_to_num(plan.once("site", "capacity_mw", sites["site"]))[-1]
    frame = pd.DataFrame(
        {
            "site": sites["site"].astype(str),
            "technology": sites["technology"].astype(str),
            "bus": sites["bus"].astype(str),
            "opened": (capacity > BUILT).astype(np.int32),
            "capacity_mw": capacity,
            "potential_mw": sites["potential_mw"].astype(float),
            "generation_mwh": of_year((feeds.units, feeds.power), (holds.units, holds.discharge)),
            "curtailed_mwh": of_year((feeds.units, feeds.curtailed)),
        }
    )
    return frame, list(shapely.points(where.site)) if len(sites) else []


def _segments(plan: NetworkPlan, where: Places) -> tuple[pd.DataFrame, list[shapely.Geometry]]:
    table = plan.network["segments"]
    opened = np.nan_to_num(plan.once("segment", "opened", table["segment"]))[-1]
    frame = table[["segment", "length_km", "width_m", "cost", "crossings"]].assign(
        opened=np.round(opened).astype(np.int32)
    )
    names = frame["segment"].astype(str)
    shapes = straight_segments(plan.network, where) | where.routes
    frame["drawn"] = np.where(names.isin(where.routes), "route", "straight")
    known = names.isin(shapes).to_numpy()
    return frame[known], [shapes[name] for name in names[known]]


def _styles(plan: NetworkPlan) -> list[LayerStyle]:
    kinds = dict.fromkeys(plan.network["sites"]["technology"].astype(str))
    sites = [
        Category(name, f"{term('technology', name, 'zh')} {term('technology', name, 'en')}", color)
        for name, color in technology_colors(kinds).items()
    ]
    built = [Category("1", "新建 built", NEW), Category("0", "未建 not built", BLANK)]
    opened = [Category("1", "开辟 opened", NEW), Category("0", "未用 not used", BLANK)]
    wired = [Category("line", "线路 lines", OLD), Category("link", "联络线 links", LINK)]
    volts = sorted({float(value) for value in plan.network["buses"]["voltage_kv"]}, reverse=True)
    buses = [Category(f"{value:g}", f"{value:g} kV", BUS) for value in volts]
    return [
        LayerStyle("segments", "opened", "走廊区段 segments of routes", opened, "line"),
        LayerStyle("candidates", "built", "候选线路 candidate circuits", built, "line"),
        LayerStyle("lines", "component", "线路 lines", wired, "line"),
        LayerStyle("sites", "technology", "场址 sites", sites, "marker"),
        LayerStyle("buses", "voltage_kv", "节点 buses", buses, "marker"),
    ]
