"""Standard types of lines and transformers, from which PyPSA computes reactance where `type` is stated.

A type goes before what the row says of `x`, `r`, `s_nom` and `tap_ratio`. Types of the folder (`line_types.csv`,
`transformer_types.csv`) go before those that PyPSA brings, which lie in `tables/pypsa_types.csv`.

Source: PyPSA 1.4 (MIT), standard types after pandapower, and `apply_line_types`, `apply_transformer_types`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.readers.pypsa_files import Component

    Values = NDArray[np.float64]

_TABLES = {"lines": "line_types", "transformers": "transformer_types"}
_DEFAULTS = {"phase_shift": 0.0, "tap_neutral": 0.0, "tap_step": 0.0}


@cache
def _standard(component: str) -> pd.DataFrame:
    with files("instances.tables").joinpath("pypsa_types.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream)
    return table[table["component"] == component].set_index("name").drop(columns="component")


def types_of(component: Component) -> tuple[NDArray[np.bool_], pd.DataFrame]:
    """Return which rows state a type (rows,), and the figures of the types by row, NaN where none is stated.

    Raises InstanceError where a type is neither in the folder nor one of PyPSA's.
    """
    named = component.text("type")
    own = component.source.component(_TABLES[component.name])
    standard = _standard(component.name)
    held = {name: own.numbers(name, _DEFAULTS.get(name, np.nan)) for name in standard.columns}
    stated = pd.DataFrame(held, index=own.names)
    known = pd.concat([stated, standard[~standard.index.isin(stated.index)]])
    typed = (named != "").to_numpy()
    for row in np.flatnonzero(typed & ~named.isin(known.index).to_numpy()):
        hint = f"add it to {_TABLES[component.name]}.csv, or state x and leave type empty"
        raise component.fault(int(row), "type", f"{named.iloc[row]!r} is no standard type", hint)
    return typed, known.reindex(named).set_axis(component.frame.index)


def line_ohm(component: Component, direct: NDArray[np.bool_]) -> Values:
    """Return what divides the flow of each line (rows,), ohm: its reactance, where `direct` its resistance."""
    typed, types = types_of(component)
    stated = np.where(direct, component.numbers("r", 0.0), component.numbers("x", 0.0))
    per_km = np.where(direct, types["r_per_length"], types["x_per_length"])
    made = per_km * component.numbers("length", 0.0) / component.numbers("num_parallel", 1.0)
    return np.where(typed, made, stated)


def transformer_figures(component: Component) -> tuple[Values, Values, Values]:
    """Return size (MVA), reactance (per unit of it) and tap ratio of each transformer (rows,).

    Raises InstanceError where a type shifts the phase: flows would not divide by reactance alone.
    """
    typed, types = types_of(component)
    figures = {name: types[name].to_numpy(dtype=float) for name in types.columns}
    for row in np.flatnonzero(typed & (figures["phase_shift"] != 0)):
        message = f"{component.text('type').iloc[row]!r} shifts the phase by {figures['phase_shift'][row]:g} degrees"
        raise component.fault(int(row), "type", f"{message}; Sanqu has no counterpart for it", "state x and s_nom")
    reactance = np.sqrt((figures["vsc"] / 100) ** 2 - (figures["vscr"] / 100) ** 2)
    moved = component.numbers("tap_position", 0.0) - figures["tap_neutral"]
    made = (
        figures["s_nom"],
        reactance / component.numbers("num_parallel", 1.0),
        1 + moved * figures["tap_step"] / 100,
    )
    stated = (component.numbers("s_nom", 0.0), component.numbers("x", 0.0), component.numbers("tap_ratio", 1.0))
    size, share, tap = (np.where(typed, one, other) for one, other in zip(made, stated, strict=True))
    return size, share, tap
