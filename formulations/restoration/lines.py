"""What a line of the rules table names: its value, management zones, features, layer and label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError
from instances.sites import EVERY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

TABLE = "restoration/rules"


def value(record: Record) -> float:
    """Return the value of a line."""
    return float(record["value"])  # type: ignore[arg-type]


def factor(record: Record) -> float:
    """Return the factor of a line."""
    return float(record["factor"])  # type: ignore[arg-type]


def number(record: Record) -> int:
    """Return the value of a line that counts something; raises InstanceError where it is no whole number."""
    if value(record) != int(value(record)):
        what = f"value {value(record):g} of rule {record['rule']} is no whole number"
        raise InstanceError([Fault(TABLE, what, f"correct line {record['id']}", column="value")])
    return int(value(record))


def label(record: Record, **more: object) -> dict[str, object]:
    """Return the label of a row that stands for a line."""
    kept = ("management_zone", "feature", "layer", "group", "source", "status")
    return {"id": record["id"], **{name: record[name] for name in kept if record[name]}, **more}


def in_zones(block: SiteBlock, record: Record) -> NDArray[np.bool_]:
    """Whether each variable lies in the management zones of a line, (variables,)."""
    return block.sites.in_zones(str(record["management_zone"]))


def of_features(block: SiteBlock, record: Record) -> NDArray[np.bool_]:
    """Whether a line names each feature, (features,); `*` or nothing names all."""
    features, name = block.sites.features["feature"].astype(str), str(record["feature"])
    if name in (EVERY, ""):
        return np.ones(len(features), dtype=bool)
    return (features == name).to_numpy()


def layer(block: SiteBlock, record: Record, default: str = "") -> NDArray[np.float64]:
    """Return the layer of a line in its management zones, (variables,), 0 elsewhere."""
    name = str(record["layer"]) or default
    if not name:
        what = f"rule {record['rule']} needs a layer"
        raise InstanceError([Fault(TABLE, what, f"name one in line {record['id']}", column="layer")])
    return np.where(in_zones(block, record), block.sites.layer(name), 0.0)


def groups(block: SiteBlock, record: Record) -> dict[str, NDArray[np.int64]]:
    """Return the units of the groups of a line, by name; raises InstanceError where there is none of the name."""
    known, name = block.sites.groups, str(record["group"])
    if name in (EVERY, ""):
        return known
    if name not in known:
        what = f"no group is called {name!r}"
        raise InstanceError([Fault(TABLE, what, f"known are {', '.join(map(repr, known))}", column="group")])
    return {name: known[name]}
