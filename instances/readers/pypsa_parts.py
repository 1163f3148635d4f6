"""Components of PyPSA as tables of the network part, one function each.

What PyPSA computes with and Sanqu has no counterpart for must have PyPSA's default; where it has not, the component is
refused by name. What PyPSA only shows or keeps for power flow with voltages (`IDLE`) is left out.

Source: PyPSA 1.4, documentation of components and of the optimisation (Hörsch, Ronellenfitsch, Witthaut, Brown 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.readers.pypsa_types import line_ohm, transformer_figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.readers.pypsa_files import Component, PypsaFolder

    Values = NDArray[np.float64]

SAME = 1e-9
"""Difference that is rounding, between curves."""

RENEWABLE = ("solar", "pv", "wind", "hydro", "ror", "run of river", "biomass", "biogas", "geothermal", "wave", "tidal")
"""Words in the name of a carrier that make it count as renewable."""

NAN, INF = float("nan"), float("inf")
_COSTS = {"overnight_cost": NAN, "fom_cost": 0.0}
_PLANT = {"p_nom_mod": 0.0, "p_nom_set": NAN, "p_set": NAN, "marginal_cost_quadratic": 0.0, **_COSTS}
_UNITS = {"committable": 0.0, "maintainable": 0.0, "ramp_limit_up": NAN, "ramp_limit_down": NAN, "stand_by_cost": 0.0}
_WIRE = {"s_nom_mod": 0.0, "s_nom_set": NAN, "v_ang_min": -INF, "v_ang_max": INF, **_COSTS}

MUST = {
    "generators": {**_PLANT, **_UNITS, "sign": 1.0, "e_sum_min": -INF, "e_sum_max": INF},
    "loads": {"sign": -1.0},
    "lines": _WIRE,
    "transformers": {**_WIRE, "phase_shift": 0.0, "phase_shift_min": 0.0, "phase_shift_max": 0.0},
    "links": {**_PLANT, **_UNITS, "delay": 0.0},
    "storage_units": {
        **_PLANT, "p_dispatch_set": NAN, "p_store_set": NAN, "state_of_charge_set": NAN, "sign": 1.0, "p_min_pu": -1.0,
        "p_max_pu": 1.0, "inflow": 0.0, "spill_cost": 0.0, "marginal_cost_storage": 0.0,
    },
    "stores": {
        **_COSTS, "e_nom_mod": 0.0, "e_nom_set": NAN, "p_set": NAN, "e_set": NAN, "e_min_pu": 0.0, "e_max_pu": 1.0,
        "sign": 1.0, "marginal_cost": 0.0, "marginal_cost_quadratic": 0.0, "marginal_cost_storage": 0.0,
    },
}  # fmt: skip
"""Attributes that PyPSA computes with and that must have this value, by component."""


@dataclass
class Parts:
    """What the parts of a network share while they are read: curves, that several rows may name."""

    snapshots: int
    curves: dict[str, Values] = field(default_factory=dict)
    _known: dict[bytes, str] = field(default_factory=dict)

    def profile(self, name: str, curve: Values) -> str:
        """Return the name of a curve (snapshots,); nothing where it is 1 throughout."""
        if np.all(curve == 1):
            return ""
        known = self._known.setdefault(curve.tobytes(), name)
        self.curves[known] = curve
        return known

    def table(self, snapshots: pd.Series) -> pd.DataFrame:
        """Return table `profiles` of the curves that were named."""
        count = len(self.curves)
        values = np.concatenate([*self.curves.values(), np.empty(0)])
        names = np.repeat(np.array(list(self.curves), dtype=object), self.snapshots)
        return pd.DataFrame({"profile": names, "snapshot": np.tile(snapshots, count), "value": values})


def active(component: Component, snapshots: int) -> Component:
    """Return the rows that are switched on, having refused attributes without counterpart.

    Raises InstanceError for an attribute without counterpart.
    """
    found = component.without(~component.flags("active", True))
    for attribute, wanted in MUST[component.name].items():
        values = found.series(attribute, wanted, snapshots) if attribute not in ("committable", "maintainable") else (
            found.flags(attribute).astype(float)[:, None]
        )  # fmt: skip
        other = np.flatnonzero((~((values == wanted) | (np.isnan(values) & np.isnan(wanted)))).any(axis=1))
        if len(other):
            held = values[other[0]].flat[0] if values.shape[1] else wanted
            message = f"is {held:g}; Sanqu has no counterpart for it"
            raise found.fault(int(other[0]), attribute, message, f"only its default ({wanted:g}) can be read")
    return found


def extension(component: Component, size: str, unit: str = "mw") -> dict[str, object]:
    """Return whether a component may be extended, between which sizes, and what that costs.

    Raises InstanceError where the least size is above the greatest.
    """
    may = component.flags(f"{size}_extendable")
    least, most = component.numbers(f"{size}_min", 0.0), component.numbers(f"{size}_max", INF)
    wrong = np.flatnonzero(may & (least > most))
    if len(wrong):
        raise component.fault(int(wrong[0]), f"{size}_min", f"{least[wrong[0]]:g} is above {size}_max")
    return {
        "extendable": may.astype(int),
        f"minimum_{unit}": np.where(may, least, 0.0),
        f"maximum_{unit}": np.where(may, most, INF),
    }


def buses(component: Component) -> pd.DataFrame:
    """Return table `buses`; coordinates stay as they are."""
    if not len(component):
        place = component.place
        raise InstanceError([Fault(place, "is missing or empty", "name the folder that export_to_csv_folder wrote")])
    for attribute in [name for name in map(str, component.frame) if name.startswith(("nom_min_", "nom_max_"))]:
        for row in np.flatnonzero(component.text(attribute) != ""):
            message = "limits what is built at a bus; Sanqu has no counterpart for it"
            raise component.fault(int(row), attribute, message, "write p_nom_max of the generators")
    return pd.DataFrame(
        {
            "bus": component.names,
            "voltage_kv": component.numbers("v_nom", 1.0),
            "x_m": component.numbers("x", 0.0),
            "y_m": component.numbers("y", 0.0),
        }
    )


def generators(component: Component, parts: Parts, carbon: dict[str, float]) -> pd.DataFrame:
    """Return table `generators`; tonnes a MWh of electricity are those of the carrier over the efficiency."""
    found = active(component, parts.snapshots)
    most = found.series("p_max_pu", 1.0, parts.snapshots)
    least = found.series("p_min_pu", 0.0, parts.snapshots)
    _within(found, "p_max_pu", most)
    _within(found, "p_min_pu", least)
    carrier = found.text("carrier")
    burnt = carrier.map(carbon).fillna(0.0).to_numpy(dtype=float)
    emission = np.zeros(len(found))
    if (burnt > 0).any():
        fuelled = found.without(burnt <= 0)
        emission[burnt > 0] = burnt[burnt > 0] / fuelled.constant("efficiency", 1.0, parts.snapshots)
    return pd.DataFrame(
        {
            "generator": found.names,
            "bus": found.text("bus"),
            "technology": carrier.where(carrier != "", "generator"),
            "capacity_mw": found.numbers("p_nom", 0.0),
            **extension(found, "p_nom"),
            "capital_cost": found.numbers("capital_cost", 0.0),
            "marginal_cost": found.constant("marginal_cost", 0.0, parts.snapshots),
            "emission_tco2_per_mwh": emission,
            "minimum_share": _least_share(found, least, most),
            "profile": [parts.profile(name, curve) for name, curve in zip(found.names, most, strict=True)],
            "renewable": [int(any(word in name.lower() for word in RENEWABLE)) for name in carrier],
        }
    )


def _within(component: Component, attribute: str, curves: Values) -> None:
    outside = np.flatnonzero(((curves < 0) | (curves > 1)).any(axis=1))
    if len(outside):
        row = int(outside[0])
        value = curves[row][(curves[row] < 0) | (curves[row] > 1)][0]
        hint = "scale the curve and the capacity, or write what is taken as a load"
        raise component.fault(row, attribute, f"{value:g} lies outside 0 to 1", hint)


def _least_share(component: Component, least: Values, most: Values) -> Values:
    """Return least output as a share of what is available; refused where it is none."""
    top = np.argmax(most, axis=1) if most.size else np.zeros(len(most), dtype=np.int64)
    rows = np.arange(len(most))
    peak = most[rows, top]
    share = np.divide(least[rows, top], peak, out=np.zeros(len(most)), where=peak > 0)
    odd = np.flatnonzero((np.abs(least - share[:, None] * most) > SAME).any(axis=1) | (share > 1 + SAME))
    if len(odd):
        hint = "Sanqu takes p_min_pu as one share of p_max_pu"
        raise component.fault(int(odd[0]), "p_min_pu", "is not the same share of p_max_pu in every snapshot", hint)
    return np.minimum(share, 1.0)


def loads(component: Component, parts: Parts) -> pd.DataFrame:
    """Return table `loads`: the greatest demand, and the curve as a share of it."""
    found = active(component, parts.snapshots)
    drawn = found.series("p_set", 0.0, parts.snapshots)
    fed = np.flatnonzero((drawn < 0).any(axis=1))
    if len(fed):
        hint = "write what is fed in as a generator with p_min_pu = p_max_pu"
        raise found.fault(int(fed[0]), "p_set", "is negative in some snapshot", hint)
    peak = drawn.max(axis=1, initial=0.0)
    curves = np.divide(drawn, peak[:, None], out=np.ones_like(drawn), where=peak[:, None] > 0)
    names = [parts.profile(f"load {name}", curve) for name, curve in zip(found.names, curves, strict=True)]
    return pd.DataFrame({"load": found.names, "bus": found.text("bus"), "peak_mw": peak, "profile": names})


def lines(component: Component, parts: Parts, bus: Component) -> pd.DataFrame:
    """Return table `lines` of lines; on lines between DC buses the resistance divides the flow, as in PyPSA."""
    found = active(component, parts.snapshots)
    direct = found.text("bus0").isin(bus.names[bus.text("carrier", "AC") == "DC"]).to_numpy()
    ohm = line_ohm(found, direct)
    for row in np.flatnonzero(~(ohm > 0)):
        attribute = "length" if found.text("type").iloc[row] else "r" if direct[row] else "x"
        raise found.fault(int(row), attribute, "must be above 0", "power divides by it")
    return pd.DataFrame({"line": found.names, "reactance_ohm": ohm, **_wires(found, parts)})


def transformers(component: Component, parts: Parts, bus: Component) -> pd.DataFrame:
    """Return table `lines` of transformers: per-unit reactance on their own size, in ohm at the voltage of `bus0`.

    Raises InstanceError where size, reactance or tap ratio is not above 0.
    """
    found = active(component, parts.snapshots)
    size, share, tap = transformer_figures(found)
    for attribute, values in (("s_nom", size), ("x", share), ("tap_ratio", tap)):
        for row in np.flatnonzero(~(values > 0)):
            raise found.fault(int(row), attribute, "must be above 0", "power divides by the reactance on its size")
    voltage = found.text("bus0").map(pd.Series(bus.numbers("v_nom", 1.0), index=bus.names)).to_numpy(dtype=float)
    table = {"line": found.names, "reactance_ohm": share / size * tap * voltage**2}
    return pd.DataFrame({**table, **_wires(found, parts), "capacity_mw": size})


def _wires(found: Component, parts: Parts) -> dict[str, object]:
    share = found.constant("s_max_pu", 1.0, parts.snapshots)
    _within(found, "s_max_pu", share[:, None])
    return {
        "from_bus": found.text("bus0"),
        "to_bus": found.text("bus1"),
        "capacity_mw": found.numbers("s_nom", 0.0),
        "maximum_share": share,
        **extension(found, "s_nom"),
        "capital_cost": found.numbers("capital_cost", 0.0),
    }


def links(component: Component, parts: Parts) -> pd.DataFrame:
    """Return table `links`; those with further buses, or with losses in both directions, are refused."""
    found = active(component, parts.snapshots)
    for attribute in [name for name in (f"bus{number}" for number in range(2, 10)) if name in found.frame]:
        more = np.flatnonzero(found.text(attribute) != "")
        if len(more):
            raise found.fault(int(more[0]), attribute, "is a third bus; Sanqu has no counterpart for it")
    efficiency = found.constant("efficiency", 1.0, parts.snapshots)
    least = found.constant("p_min_pu", 0.0, parts.snapshots)
    most = found.constant("p_max_pu", 1.0, parts.snapshots)
    for row in np.flatnonzero((efficiency <= 0) | (efficiency > 1)):
        raise found.fault(int(row), "efficiency", f"{efficiency[row]:g} lies outside 0 to 1", "losses are a share")
    for row in np.flatnonzero((efficiency < 1) & (least < 0)):
        hint = "PyPSA gains on the way back; make two links, one each way"
        raise found.fault(int(row), "efficiency", f"{efficiency[row]:g} of a link that runs both ways", hint)
    cost = found.constant("marginal_cost", 0.0, parts.snapshots)
    for row in np.flatnonzero((cost != 0) & (least < 0)):
        hint = "PyPSA earns it on the way back; make two links, one each way"
        raise found.fault(int(row), "marginal_cost", f"{cost[row]:g} of a link that runs both ways", hint)
    for attribute, values in (("p_min_pu", least), ("p_max_pu", most)):
        for row in np.flatnonzero(np.abs(values) > 1):
            raise found.fault(int(row), attribute, f"{values[row]:g} lies outside -1 to 1", "scale the capacity")
    for row in np.flatnonzero(most < 0):
        raise found.fault(int(row), "p_max_pu", f"{most[row]:g} is below 0", "swap bus0 and bus1")
    return pd.DataFrame(
        {
            "link": found.names,
            "from_bus": found.text("bus0"),
            "to_bus": found.text("bus1"),
            "capacity_mw": found.numbers("p_nom", 0.0),
            "minimum_share": least,
            "maximum_share": most,
            "loss_share": 1 - efficiency,
            "length_km": found.numbers("length", 0.0),
            **extension(found, "p_nom"),
            "capital_cost": found.numbers("capital_cost", 0.0),
            "marginal_cost": cost,
        }
    )


def storage_units(component: Component, parts: Parts) -> pd.DataFrame:
    """Return table `storage` of storage units, whose energy follows their power; only cyclic ones."""
    found = active(component, parts.snapshots)
    _cyclic(found, "cyclic_state_of_charge")
    power, hours = found.numbers("p_nom", 0.0), found.numbers("max_hours", 1.0)
    return pd.DataFrame(
        {
            "storage": found.names,
            "bus": found.text("bus"),
            "power_mw": power,
            "energy_mwh": power * hours,
            "efficiency_in": found.constant("efficiency_store", 1.0, parts.snapshots),
            "efficiency_out": found.constant("efficiency_dispatch", 1.0, parts.snapshots),
            "standing_loss": found.constant("standing_loss", 0.0, parts.snapshots),
            **extension(found, "p_nom"),
            "hours": hours,
            "capital_cost": found.numbers("capital_cost", 0.0),
            "marginal_cost": found.constant("marginal_cost", 0.0, parts.snapshots),
        }
    )


def stores(component: Component, parts: Parts) -> pd.DataFrame:
    """Return table `storage` of stores: energy without a limit on power; only cyclic ones."""
    found = active(component, parts.snapshots)
    _cyclic(found, "e_cyclic")
    return pd.DataFrame(
        {
            "storage": found.names,
            "bus": found.text("bus"),
            "power_mw": INF,
            "energy_mwh": found.numbers("e_nom", 0.0),
            "standing_loss": found.constant("standing_loss", 0.0, parts.snapshots),
            **extension(found, "e_nom", "mwh"),
            "energy_cost": found.numbers("capital_cost", 0.0),
        }
    )


def _cyclic(component: Component, attribute: str) -> None:
    for row in np.flatnonzero(~component.flags(attribute)):
        hint = f"Sanqu ends with the level it began with; set {attribute} to True"
        raise component.fault(int(row), attribute, "is False", hint)


def rules(source: PypsaFolder, component: Component) -> pd.DataFrame:
    """Return table `rules`: a cap on CO2 of primary energy; other global constraints are refused."""
    rows = []
    constant = component.numbers("constant", 0.0)
    wanted = {"type": "primary_energy", "carrier_attribute": "co2_emissions", "sense": "<=", "bus": ""}
    for row in range(len(component)):
        for attribute, value in wanted.items():
            stated = component.text(attribute, {"sense": "=="}.get(attribute, value)).iloc[row]
            if stated != value:
                message = f"{stated!r} has no counterpart in Sanqu"
                raise component.fault(row, attribute, message, f"only {value or 'none'} can be read")
        cap = {"id": component.names.iloc[row], "rule": "emission_cap", "sense": "<=", "value": constant[row]}
        rows.append({**cap, "unit": "tCO2e", "source": f"{source.folder.name}/global_constraints.csv"})
    return pd.DataFrame(rows).assign(status="assumed") if rows else pd.DataFrame()
