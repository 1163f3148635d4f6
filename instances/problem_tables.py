"""What researchers hold (frames, polygons, arrays, sparse matrices) as tables of the restoration part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import scipy.sparse as sp

from instances.faults import Fault, InstanceError
from instances.readers.borders import shared_borders
from instances.readers.geometry import hectares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

ROUNDING = 1e-9
"""Part of a perimeter that is rounding, and relative difference of a matrix from its transpose."""


def wrong(what: str, message: str, hint: str = "") -> InstanceError:
    """Return the error for an argument that cannot be used."""
    return InstanceError([Fault(what, message, hint)])


def units_table(units: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    """Return the units table: a frame with further columns as they are, or one cost a unit.

    Units are numbered from 1 where no column says otherwise; area and centre come from polygons.
    """
    frame = units.copy() if isinstance(units, pd.DataFrame) else pd.DataFrame({"cost": np.asarray(units, dtype=float)})
    if "unit" not in frame:
        frame.insert(0, "unit", np.arange(1, len(frame) + 1))
    if isinstance(frame, geopandas.GeoDataFrame):
        if frame.geometry.name != "geometry":
            frame = frame.rename_geometry("geometry")
        centre = frame.geometry.centroid if frame.crs is None or not frame.crs.is_geographic else None
        given = {"area_ha": hectares(frame)}
        if centre is not None:
            given |= {"x": centre.x.to_numpy(), "y": centre.y.to_numpy()}
        for name, values in given.items():
            if name not in frame:
                frame[name] = values
    return frame.reset_index(drop=True)


def features_table(features: pd.DataFrame | Sequence[str]) -> pd.DataFrame:
    """Return the features table of a frame, or of names."""
    if isinstance(features, pd.DataFrame):
        return features.reset_index(drop=True)
    return pd.DataFrame({"feature": [str(name) for name in features]})


def amounts_table(amounts: object, units: pd.Series, features: pd.Series) -> pd.DataFrame:
    """Return the long amounts table.

    Parameters
    ----------
    amounts
        A long frame (unit, feature, amount), a matrix (units, features), dense or sparse, or one matrix by name of
        the management zone.

    Raises
    ------
    InstanceError
        Where a matrix has another shape.
    """
    if isinstance(amounts, pd.DataFrame) and {"unit", "feature", "amount"} <= set(amounts.columns):
        return amounts.reset_index(drop=True)
    if isinstance(amounts, Mapping):
        parts = [_long(matrix, units, features).assign(management_zone=zone) for zone, matrix in amounts.items()]
        return pd.concat(parts, ignore_index=True)
    return _long(amounts, units, features)


def _long(matrix: Any, units: pd.Series, features: pd.Series) -> pd.DataFrame:
    if not sp.issparse(matrix):
        matrix = np.asarray(matrix, dtype=float)
    if matrix.shape != (len(units), len(features)):
        shape = "x".join(map(str, matrix.shape))
        hint = "one row a unit, one column a feature"
        raise wrong("amounts", f"is {shape}, not {len(units)}x{len(features)}", hint)
    held = sp.coo_array(matrix)
    held.sum_duplicates()
    names = features.astype("str")
    columns = {"unit": units.take(held.row), "feature": names.take(held.col), "amount": pd.Series(held.data)}
    return pd.DataFrame({name: values.reset_index(drop=True) for name, values in columns.items()})


def boundary_table(boundary: object, units: pd.Series) -> pd.DataFrame:
    """Return the boundary table of a frame (unit_a, unit_b, length_m) or a symmetric matrix, outer edges diagonal.

    Raises InstanceError where a matrix is not symmetric, or has another shape.
    """
    if isinstance(boundary, pd.DataFrame):
        return boundary.reset_index(drop=True)
    matrix = _square("boundary", boundary, units)
    return _pairs(_upper("boundary", matrix, units, "each border has one length"), units, "length_m")


def _upper(what: str, matrix: sp.csr_array, units: pd.Series, hint: str) -> sp.coo_array:
    """Return the upper triangle with the diagonal; raises InstanceError where the matrix is not symmetric."""
    unlike = abs(matrix - matrix.T).tocoo()
    if unlike.nnz and unlike.data.max() > ROUNDING * abs(matrix).max():
        worst = int(np.argmax(unlike.data))
        one, two = units.iloc[unlike.row[worst]], units.iloc[unlike.col[worst]]
        raise wrong(what, f"the matrix is not symmetric: {one} and {two} differ", hint)
    return sp.coo_array(sp.triu(matrix))


def connectivity_table(name: str, connectivity: object, units: pd.Series, both: bool) -> pd.DataFrame:
    """Return the connectivity table of a frame (unit_a, unit_b, value) or a matrix from row to column.

    Where it is the same in `both` directions only the upper triangle is kept; raises InstanceError where it is not.
    """
    if isinstance(connectivity, pd.DataFrame):
        return connectivity.reset_index(drop=True).assign(layer=name)
    matrix = _square("connectivity", connectivity, units)
    hint = "give symmetric=False, or the same value in both directions"
    if both:  # what is stated in one direction alone holds in the other
        matrix = sp.csr_array(matrix + matrix.T - matrix.T.multiply(matrix != 0))
    kept = _upper("connectivity", matrix, units, hint) if both else sp.coo_array(matrix)
    return _pairs(kept, units, "value").assign(layer=name)


def _square(what: str, matrix: Any, units: pd.Series) -> sp.csr_array:
    held = sp.csr_array(matrix)
    if held.shape != (len(units), len(units)):
        shape = "x".join(map(str, held.shape))
        raise wrong(what, f"is {shape}, not {len(units)}x{len(units)}", "one row and one column a unit")
    return held


def _pairs(held: sp.coo_array, units: pd.Series, column: str) -> pd.DataFrame:
    real = held.data != 0
    left, right = (units.take(codes[real]).reset_index(drop=True) for codes in (held.row, held.col))
    return pd.DataFrame({"unit_a": left, "unit_b": right, column: held.data[real]})


def measured_boundary(units: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Return shared borders of polygons and, as a border with itself, what is left of each perimeter, in m."""
    shared = shared_borders(units[["unit", "geometry"]].rename(columns={"unit": "zone"}))
    shared = shared.rename(columns={"zone_a": "unit_a", "zone_b": "unit_b"})
    code = pd.Index(units["unit"])
    inner = np.zeros(len(units))
    for name in ("unit_a", "unit_b"):
        inner += np.bincount(code.get_indexer(shared[name]), shared["length_m"], minlength=len(units))
    metres = 1.0 if units.crs is None else float(units.crs.axis_info[0].unit_conversion_factor)
    whole = units.geometry.length.to_numpy() * metres
    outer = np.flatnonzero(whole - inner > ROUNDING * whole)
    names = units["unit"].iloc[outer].to_numpy()
    edges = pd.DataFrame({"unit_a": names, "unit_b": names, "length_m": (whole - inner)[outer]})
    return pd.concat([shared, edges], ignore_index=True)
