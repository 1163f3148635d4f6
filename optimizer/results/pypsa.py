"""A network and its plan as PyPSA's CSV folder: components with `p_nom_opt`, and what happens in each snapshot.

Sites become generators and storage units, imports generators, circuits that are built become lines of their own;
what PyPSA has no counterpart for is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instances.faults import Fault, InstanceError, raise_if_any
from optimizer.results.pypsa_limits import without_counterpart

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.network import Network

FORMAT = "1.4.0"
"""PyPSA whose attributes are written."""

COLUMNS = ("component", "name", "period", "snapshot", "quantity", "value")


@dataclass
class _Folder:
    """Tables of a PyPSA folder by file name, and the plan that they are filled from."""

    network: Network
    plan: pd.DataFrame
    files: dict[str, pd.DataFrame] = field(default_factory=dict)

    def once(
        self, component: str, quantity: str, names: pd.Series, default: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a quantity of the plan by name (names,), a default where the plan does not state it."""
        held = self.plan[(self.plan["component"] == component) & (self.plan["quantity"] == quantity)]
        value = pd.Series(held["value"].to_numpy(), index=held["name"].astype(str))
        found = value[~value.index.duplicated(keep="last")].reindex(names.astype(str)).to_numpy(dtype=float)
        return np.where(np.isnan(found), default, found)

    def in_time(self, component: str, quantity: str) -> pd.DataFrame:
        """Return a quantity of the plan (snapshots, names), in the order of the snapshots."""
        held = self.plan[(self.plan["component"] == component) & (self.plan["quantity"] == quantity)]
        table = held.pivot_table(index="snapshot", columns="name", values="value", aggfunc="sum", sort=False)
        return table.reindex(self.network["snapshots"]["snapshot"].astype(str))

    def add(self, name: str, frame: pd.DataFrame) -> None:
        """Add rows to a component."""
        if len(frame):
            held = self.files.get(name)
            self.files[name] = frame if held is None else pd.concat([held, frame], ignore_index=True)

    def add_series(self, name: str, frame: pd.DataFrame) -> None:
        """Add columns to an attribute in time."""
        if frame.shape[1]:
            frame = frame.set_axis(self.network["snapshots"]["snapshot"].astype(str), axis=0)
            held = self.files.get(name)
            self.files[name] = frame if held is None else pd.concat([held, frame], axis=1)

    def curves(self, name: str, rows: pd.Series, profiles: pd.Series, scale: NDArray[np.float64]) -> None:
        """Add the curves of rows, where they are not 1 throughout, times a scale (rows,)."""
        values = self.network.curves(profiles) * scale[:, None]
        changing = (values != 1).any(axis=1)
        self.add_series(name, pd.DataFrame(values[changing].T, columns=rows[changing].astype(str)))


def pypsa_tables(instance: Instance, plandir: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a PyPSA folder by file name; those of attributes in time have snapshots as index.

    Raises
    ------
    InstanceError
        Where there is no plan of a network, it has several periods, or PyPSA has no counterpart for a component.
    """
    network = instance.require_network()
    if len(network.stage_years) > 1:
        place = str(instance.folder / "instance.toml")
        raise InstanceError([Fault(place, "PyPSA's folder holds one period", "solve one period", column="time")])
    out = _Folder(network, _plan(plandir))
    raise_if_any(without_counterpart(instance.folder, network))
    for part in (_frame, _generators, _sites, _imports, _wires, _links, _candidates, _storage, _loads, _rules):
        part(out)
    srid = instance.settings.instance.crs.removeprefix("EPSG:")
    head = {"name": instance.settings.instance.name, "srid": srid if srid.isdigit() else "", "pypsa_version": FORMAT}
    return {"network": pd.DataFrame([head]), **out.files}


def write_pypsa(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write the tables as CSV files into a folder that exists."""
    for name, frame in tables.items():
        in_time = "-" in name or name == "snapshots"
        frame.to_csv(folder / f"{name}.csv", index=in_time, index_label="snapshot" if in_time else None)


def _plan(plandir: Path) -> pd.DataFrame:
    for path in (plandir / "plan" / "network.parquet", plandir / "network.parquet"):
        if path.is_file():
            break
    else:
        hint = "a plan is what sanqu solve writes"
        raise InstanceError([Fault(str(plandir), "has no plan/network.parquet", hint)])
    try:
        table = pq.read_table(path, columns=list(COLUMNS)).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "is it complete?")]) from error
    return table.astype({name: str for name in ("component", "name", "snapshot", "quantity")})


def _frame(out: _Folder) -> None:
    """Buses with their prices, and snapshots with their weights."""
    buses = out.network["buses"]
    names = {"bus": "name", "voltage_kv": "v_nom", "x_m": "x", "y_m": "y"}
    voltage = buses["voltage_kv"].where(buses["voltage_kv"] > 0, 1.0)
    out.add("buses", buses.assign(voltage_kv=voltage)[list(names)].rename(columns=names).assign(carrier="AC"))
    weights = {"objective": out.network.cost_weight_h, "stores": out.network.step_h, "generators": out.network.weight_h}
    out.files["snapshots"] = pd.DataFrame(weights, index=out.network["snapshots"]["snapshot"].astype(str))
    out.add_series("buses-marginal_price", out.in_time("bus", "price"))


def _carriers(out: _Folder, technology: pd.Series, emission: pd.Series) -> pd.Series:
    """Return the carrier of each row, having added those that are new: one for each technology and emission."""
    known = out.files.get("carriers", pd.DataFrame({"name": [], "co2_emissions": []}))
    held = dict(zip(known["name"], known["co2_emissions"], strict=True))
    names = []
    for name, factor in zip(technology.astype(str), emission.astype(float), strict=True):
        own = name if held.get(name, factor) == factor else f"{name} {factor:g}"
        held[own] = factor
        names.append(own)
    out.files["carriers"] = pd.DataFrame({"name": list(held), "co2_emissions": list(held.values())})
    return pd.Series(names, index=technology.index, dtype=str)


def _sizes(frame: pd.DataFrame, size: str, unit: str = "mw") -> dict[str, pd.Series]:
    return {
        f"{size}_extendable": frame["extendable"] == 1,
        f"{size}_min": frame[f"minimum_{unit}"],
        f"{size}_max": frame[f"maximum_{unit}"],
    }


def _generators(out: _Folder) -> None:
    frame = out.network["generators"]
    if frame.empty:
        return
    name, size = frame["generator"].astype(str), frame["capacity_mw"].to_numpy(dtype=float)
    table = {"name": name, "bus": frame["bus"], "p_nom": size, **_sizes(frame, "p_nom")}
    table |= {"p_nom_opt": out.once("generator", "capacity_mw", name, size)}
    table |= {"capital_cost": frame["capital_cost"], "marginal_cost": frame["marginal_cost"]}
    table |= {"carrier": _carriers(out, frame["technology"], frame["emission_tco2_per_mwh"])}
    out.add("generators", pd.DataFrame(table))
    out.curves("generators-p_max_pu", name, frame["profile"], np.ones(len(frame)))
    least = frame["minimum_share"].to_numpy(dtype=float)
    must = frame[least > 0]
    out.curves("generators-p_min_pu", must["generator"], must["profile"], least[least > 0])
    _fixed(out, must, least[least > 0])
    out.add_series("generators-p", out.in_time("generator", "power_mw"))


def _fixed(out: _Folder, must: pd.DataFrame, least: NDArray[np.float64]) -> None:
    """State least output of 1 throughout, which `curves` leaves to the default of another attribute."""
    table = out.files["generators"]
    full = must["generator"].astype(str)[(least == 1) & (must["profile"] == "").to_numpy()]
    table["p_min_pu"] = table["name"].isin(full).astype(float)


def _sites(out: _Folder) -> None:
    frame = out.network["sites"]
    plant, held = frame[frame["technology"] != "storage"], frame[frame["technology"] == "storage"]
    if len(plant):
        name = plant["site"].astype(str)
        size = out.once("site", "capacity_mw", name, np.zeros(len(plant)))
        table = pd.DataFrame({"name": name, "bus": plant["bus"]})
        whole = (plant["fixed_cost"] > 0) | (plant["minimum_mw"] > 0)  # opened or not: fixed at what the plan builds
        table = table.assign(p_nom=np.where(whole, size, 0.0), p_nom_extendable=~whole.to_numpy())
        table = table.assign(p_nom_min=0.0, p_nom_max=plant["potential_mw"], p_nom_opt=size, p_min_pu=0.0)
        table = table.assign(capital_cost=plant["capital_cost"], marginal_cost=plant["marginal_cost"])
        carrier = _carriers(out, plant["technology"], pd.Series(0.0, index=plant.index))
        out.add("generators", table.assign(carrier=carrier))
        out.curves("generators-p_max_pu", name, plant["profile"], np.ones(len(plant)))
        out.add_series("generators-p", out.in_time("site", "power_mw"))
    if len(held):
        each_way = np.sqrt(held["efficiency"])
        table = pd.DataFrame({"name": held["site"].astype(str), "bus": held["bus"], "p_nom": 0.0, "energy": 0.0})
        table = table.assign(p_nom_extendable=False, max_hours=0.0)
        _units(out, "site", table.assign(efficiency_store=each_way, efficiency_dispatch=each_way))


def _imports(out: _Folder) -> None:
    frame = out.network.at_stage("imports", 0)
    if frame.empty:
        return
    name = "import " + frame["bus"].astype(str)
    size = frame["capacity_mw"]
    table = pd.DataFrame({"name": name, "bus": frame["bus"], "p_nom": size, "p_nom_opt": size})
    table = table.assign(marginal_cost=frame["price"], capital_cost=0.0, p_nom_extendable=False, p_min_pu=0.0)
    carrier = _carriers(out, pd.Series("import", index=frame.index), frame["emission_tco2_per_mwh"])
    out.add("generators", table.assign(carrier=carrier))
    out.add_series("generators-p", out.in_time("import", "power_mw").add_prefix("import "))


def _wires(out: _Folder) -> None:
    """Lines with all their circuits; links where the flow of lines is chosen."""
    frame = out.network["lines"]
    if frame.empty:
        return
    circuits = frame["circuits"].to_numpy(dtype=float)
    size = frame["capacity_mw"].to_numpy(dtype=float) * circuits
    name = frame["line"].astype(str)
    built = out.once("line", "capacity_mw", name, size / circuits) * circuits
    ends = {"name": name, "bus0": frame["from_bus"], "bus1": frame["to_bus"], "capital_cost": frame["capital_cost"]}
    total = frame.assign(minimum_mw=frame["minimum_mw"] * circuits, maximum_mw=frame["maximum_mw"] * circuits)
    share, flow = frame["maximum_share"], out.in_time("line", "flow_mw")
    if out.network.settings.power_flow == "transport":
        table = {**ends, "p_nom": size, **_sizes(total, "p_nom"), "p_nom_opt": built}
        out.add("links", pd.DataFrame({**table, "p_min_pu": -share, "p_max_pu": share, "efficiency": 1.0}))
        out.add_series("links-p0", flow)
        return
    table = {**ends, "x": frame["reactance_ohm"] / circuits, "s_nom": size, **_sizes(total, "s_nom")}
    out.add("lines", pd.DataFrame({**table, "s_nom_opt": built, "s_max_pu": share, "carrier": "AC"}))
    out.add_series("lines-p0", flow)


def _links(out: _Folder) -> None:
    frame = out.network["links"]
    if frame.empty:
        return
    name, size = frame["link"].astype(str), frame["capacity_mw"].to_numpy(dtype=float)
    table = {"name": name, "bus0": frame["from_bus"], "bus1": frame["to_bus"], "p_nom": size}
    table |= {**_sizes(frame, "p_nom"), "p_nom_opt": out.once("link", "capacity_mw", name, size)}
    table |= {"p_min_pu": frame["minimum_share"], "p_max_pu": frame["maximum_share"]}
    table |= {"efficiency": out.network.link_efficiency, "length": frame["length_km"]}
    table |= {"capital_cost": frame["capital_cost"], "marginal_cost": frame["marginal_cost"]}
    out.add("links", pd.DataFrame(table))
    out.add_series("links-p0", out.in_time("link", "flow_mw"))


def _candidates(out: _Folder) -> None:
    """Circuits that are built, as lines that exist; as links where their flow is chosen."""
    frame = out.network["candidates"]
    name = frame["candidate"].astype(str)
    circuits = np.round(out.once("candidate", "circuits", name, np.zeros(len(frame))))
    chosen = (frame["reactance_ohm"] == 0).to_numpy() | (out.network.settings.power_flow == "transport")
    flow = out.in_time("candidate", "flow_mw")
    for kind, held in (("lines", ~chosen & (circuits > 0)), ("links", chosen & (circuits > 0))):
        part, number = frame[held], circuits[held]
        size = part["capacity_mw"] * number
        table = pd.DataFrame({"name": name[held], "bus0": part["from_bus"], "bus1": part["to_bus"]})
        if kind == "lines":
            table = table.assign(x=part["reactance_ohm"] / number, s_nom=size, s_nom_opt=size, s_max_pu=1.0)
            table = table.assign(s_nom_extendable=False, capital_cost=0.0, carrier="AC")
        else:
            table = table.assign(p_nom=size, p_nom_opt=size, p_min_pu=-1.0, p_max_pu=1.0)
            table = table.assign(p_nom_extendable=False, capital_cost=0.0, marginal_cost=0.0, efficiency=1.0)
        out.add(kind, table)
        out.add_series(f"{kind}-p0", flow[[column for column in flow.columns if column in set(name[held])]])


def _storage(out: _Folder) -> None:
    """Storage without a limit of power is a store, other storage a storage unit."""
    frame = out.network["storage"]
    free = np.isinf(frame["power_mw"].to_numpy(dtype=float))
    stores, units = frame[free], frame[~free]
    if len(stores):
        name = stores["storage"].astype(str)
        size = stores["energy_mwh"].to_numpy(dtype=float)
        table = {"name": name, "bus": stores["bus"], "e_nom": size, **_sizes(stores, "e_nom", "mwh")}
        table |= {"e_nom_opt": out.once("storage", "energy_mwh", name, size), "capital_cost": stores["energy_cost"]}
        out.add("stores", pd.DataFrame({**table, "standing_loss": stores["standing_loss"], "e_cyclic": True}))
        net = out.in_time("storage", "discharge_mw").sub(out.in_time("storage", "charge_mw"), fill_value=0)
        out.add_series("stores-p", net[[column for column in net.columns if column in set(name)]])
    if len(units):
        table = {"name": units["storage"].astype(str), "bus": units["bus"], "standing_loss": units["standing_loss"]}
        tied = (units["extendable"] == 1) & (units["hours"] > 0)
        limits = {key: values.where(tied, np.nan) for key, values in _sizes(units, "p_nom").items()}
        table |= {**limits, "p_nom_extendable": tied, "p_nom": units["power_mw"], "max_hours": units["hours"]}
        table |= {"energy": units["energy_mwh"], "capital_cost": units["capital_cost"].where(tied, 0.0)}
        table |= {"marginal_cost": units["marginal_cost"], "efficiency_store": units["efficiency_in"]}
        table |= {"efficiency_dispatch": units["efficiency_out"]}
        _units(out, "storage", pd.DataFrame(table))


def _units(out: _Folder, component: str, table: pd.DataFrame) -> None:
    """Add storage units; where energy does not follow power, both are fixed to what the plan says."""
    name, tied = table["name"], table["p_nom_extendable"].to_numpy(dtype=bool)
    power = out.once(component, "capacity_mw", name, table["p_nom"].to_numpy(dtype=float))
    energy = out.once(component, "energy_mwh", name, table["energy"].to_numpy(dtype=float))
    hours = np.divide(energy, power, out=np.ones(len(table)), where=power > 0)
    table = table.assign(
        p_nom=np.where(tied, table["p_nom"], power),
        p_nom_opt=power,
        max_hours=np.where(tied, table["max_hours"], hours),
        cyclic_state_of_charge=True,
    )
    out.add("storage_units", table.drop(columns="energy"))
    net = out.in_time(component, "discharge_mw").sub(out.in_time(component, "charge_mw"), fill_value=0)
    level = out.in_time(component, "level_mwh")
    for file, values in (("storage_units-p", net), ("storage_units-state_of_charge", level)):
        out.add_series(file, values[[column for column in values.columns if column in set(name)]])


def _loads(out: _Folder) -> None:
    frame = out.network.at_stage("loads", 0)
    if frame.empty:
        return
    name = frame["load"].astype(str)
    out.add("loads", pd.DataFrame({"name": name, "bus": frame["bus"]}))
    drawn = out.network.curves(frame["profile"]) * frame["peak_mw"].to_numpy(dtype=float)[:, None]
    out.add_series("loads-p_set", pd.DataFrame(drawn.T, columns=name))


def _rules(out: _Folder) -> None:
    frame = out.network["rules"]
    table = {"name": frame["id"].astype(str), "type": "primary_energy", "carrier_attribute": "co2_emissions"}
    out.add("global_constraints", pd.DataFrame({**table, "sense": "<=", "constant": frame["value"]}))
