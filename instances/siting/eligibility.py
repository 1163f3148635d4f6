r"""Which land a technology may use, and how many hectares each criterion takes away (适宜性评价).

Land is eligible where no criterion forbids it: classes, control lines and other layers with a setback, nearness to
classes such as homes, distance from roads, slope. Areas are exact: pieces are cut along lines and setbacks, no pixel
counts by its centre. With :math:`E_k` the land that criterion k forbids, the account states for each in its order
:math:`|E_k|` (alone), :math:`|E_k \setminus \cup_{j<k} E_j|` (in order) and what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from instances.classes import shipped_table
from instances.faults import Fault, InstanceError, raise_if_any

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from instances.siting.config import TechnologyConfig
    from instances.siting.ground import Ground

PLACES = ("class", "layer", "slope", "near_class", "far")
"""Kinds of criteria that forbid land piece by piece."""

OF_LAYERS = ("layer", "far")
"""Kinds that ask for a layer of a role."""

STEEPEST = 90.0
"""No slope is steeper, degrees."""

ACCOUNT = ["technology", "criterion", "name_zh", "name_en", "value", "unit", "alone_ha", "in_order_ha", "left_ha"]

QUARTER = 16
"""Segments of a quarter circle of a setback: the circle falls short by at most 0.1 % of its radius."""


@dataclass(frozen=True)
class Eligible:
    """Land that passes every criterion but the least area.

    Attributes
    ----------
    ground
        Pieces with some eligible land; `area_ha` counts eligible land alone.
    account
        What each criterion took: columns ACCOUNT, source, status; `alone_ha` is empty where no layer has the role.
    """

    ground: Ground
    account: pd.DataFrame


def criteria(config: TechnologyConfig) -> pd.DataFrame:
    """Return the criteria of a technology: the shipped ones, without those switched off, with the config's own.

    Raises InstanceError where the config names a criterion that there is not.
    """
    table = shipped_table("siting_criteria")
    table = table[table["technology"] == config.name].reset_index(drop=True)
    table["value"] = pd.to_numeric(table["value"])
    table["required"] = False
    own = pd.DataFrame(
        [
            {"technology": config.name, "name_zh": one.criterion, "name_en": one.criterion, "note": "", "unit": "m"}
            | {"required": True, **one.model_dump()}
            for one in config.criterion
        ],
        columns=table.columns,
    )
    raise_if_any(_faults(config, table, own))
    for name, value in config.values.items():
        changed = table["criterion"] == name
        table = table.assign(
            value=table["value"].mask(changed, value),
            source=table["source"].mask(changed, "set in the config"),
            status=table["status"].mask(changed, "assumed"),
            required=table["required"] | changed,
        )
    table = table[~table["criterion"].isin(config.off)]
    last = table["kind"].isin(PLACES)
    return pd.concat([each for each in (table[last], own, table[~last]) if len(each)], ignore_index=True)


def _faults(config: TechnologyConfig, table: pd.DataFrame, own: pd.DataFrame) -> list[Fault]:
    """Return where a config names criteria that there are not, or gives them numbers that they cannot have."""
    known, plain = set(table["criterion"]), set(table.loc[table["kind"] == "class", "criterion"])
    faults = [
        Fault("config", f"no criterion {name!r} of {config.name}", f"one of {', '.join(table['criterion'])}")
        for name in (*config.off, *config.values)
        if name not in known
    ]
    for name, value in config.values.items():
        if name in plain:
            faults.append(Fault("config", f"criterion {name!r} has no number", "switch it off instead"))
        if value < 0:
            faults.append(Fault("config", f"{name} = {value:g} must not be below 0", f"of {config.name}"))
        if name == "slope" and value > STEEPEST:
            faults.append(Fault("config", f"slope = {value:g} is above {STEEPEST:g}", "it is in degrees"))
        if name in config.off:
            faults.append(Fault("config", f"criterion {name!r} is both off and in values", "drop one of them"))
    for name in sorted(set(own["criterion"]) & known):
        faults.append(Fault("config", f"criterion {name!r} is shipped", "choose another name, or use values"))
    for name in sorted(set(own.loc[own["criterion"].duplicated(), "criterion"])):
        faults.append(Fault("config", f"criterion {name!r} is stated twice for {config.name}", "rename one"))
    for name in own.loc[(own["kind"] == "class") & (own["value"] != 0), "criterion"]:
        faults.append(Fault("config", f"criterion {name!r} is of kind class and has no value", "near_class has one"))
    return faults


def roles_asked(configs: Sequence[TechnologyConfig]) -> set[str]:
    """Return the roles of layers that criteria ask for: the shipped ones of any technology, and the configs' own."""
    shipped = shipped_table("siting_criteria")
    asked = set(shipped.loc[shipped["kind"].isin(OF_LAYERS), "of"])
    return asked | {one.of for config in configs for one in config.criterion if one.kind in OF_LAYERS}


def value_of(table: pd.DataFrame, kind: str) -> float:
    """Return the number of the criterion of a kind, 0 where there is none."""
    found = table.loc[table["kind"] == kind, "value"]
    return float(found.iloc[0]) if len(found) else 0.0


def eligible(ground: Ground, table: pd.DataFrame) -> Eligible:
    """Return the land that passes the criteria, and the account of the rest.

    Raises InstanceError where a criterion that the config sets names a layer or class that there is not, or limits the
    slope and there is no elevation.
    """
    rows = table[table["kind"].isin(PLACES)].to_dict("records")
    for row in rows:
        polygon = _polygon(ground, row)
        if polygon is not None:
            ground = ground.cut(polygon, _mark(row))
    left, found = ground.area_ha.copy(), []
    for row in rows:
        barred = _barred(ground, row)
        alone = taken = np.nan
        if barred is not None:
            alone, taken = float((ground.area_ha * barred).sum()), float((left * barred).sum())
            left = left * ~barred
        found.append({**row, "alone_ha": alone, "in_order_ha": taken, "left_ha": float(left.sum())})
    kept = np.flatnonzero(left.any(axis=1))
    account = pd.DataFrame(found, columns=[*ACCOUNT, "source", "status"])
    passed = replace(ground, area_ha=left).take(kept)
    return Eligible(passed, account)


def _mark(row: Mapping[Hashable, object]) -> str:
    return f"criterion {row['criterion']}"


def _barred(ground: Ground, row: Mapping[Hashable, object]) -> NDArray[np.bool_] | None:
    """Return what land a criterion forbids, (pieces, classes) or what broadcasts to it; None without its layer."""
    kind, of = str(row["kind"]), str(row["of"])
    if kind == "class":
        return np.broadcast_to(ground.in_group(of), ground.area_ha.shape)
    if kind == "slope":
        if np.isnan(ground.steepest_deg).all():
            if row["required"]:
                raise InstanceError([Fault("config", "limits the slope, and there is no elevation", "add it")])
            return None
        return (ground.steepest_deg > float(str(row["value"])))[:, None]
    if kind == "layer" and row["value"] == 0 and of in ground.own and of not in ground.layers:
        return ground.own[of][:, None]
    held = ground.own.get(_mark(row))
    if held is None:
        return None
    return (~held if kind == "far" else held)[:, None]


def _polygon(ground: Ground, row: Mapping[Hashable, object]) -> shapely.Geometry | None:
    """Return the polygon along which a criterion cuts, None where it cuts nothing."""
    kind, of, metres = str(row["kind"]), str(row["of"]), float(str(row["value"]))
    if kind == "near_class":
        return widened(ground.of_group(of), metres)
    if kind not in ("layer", "far"):
        return None
    if not ground.has_role(of):
        if row["required"]:
            raise InstanceError([Fault("config", f"no layer has the role {of!r}", "give it, or drop the criterion")])
        return None
    if kind == "layer" and metres == 0 and of not in ground.layers:
        return None
    found = widened(ground.in_role(of), metres)
    if shapely.area(found) == 0:
        message = f"layers of role {of!r} hold points or lines, which take no land"
        raise InstanceError([Fault("config", message, f"give polygons, or values = {{ {row['criterion']} = METRES }}")])
    return found


def widened(shape: shapely.Geometry, metres: float) -> shapely.Geometry:
    """Return a shape with all land within so many metres of it."""
    if metres <= 0:
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(shapely.buffer(parts, metres, quad_segs=QUARTER))
