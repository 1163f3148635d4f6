"""Made prioritisations: a grid of planning units with smooth cost and features that lie where they lie.

合成选址实例：规则格网单元，费用与保护对象在空间上平滑，任意规模，同一随机种子结果相同。
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp

from instances.settings import About, Prioritisation
from instances.synthetic.geoparquet import Corners, write_geoparquet
from instances.synthetic.landscape import smooth_field
from instances.write_sites import write_settings, write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

CRS = "EPSG:4550"
CELL_M = 100.0
WEST, SOUTH = 500_000.0, 4_100_000.0
"""South-west corner in CRS."""

TARGET = 0.2
"""Share of each feature that is to be held."""

PENALTY, EDGE_FACTOR = 10.0, 0.5
"""Boundary penalty; an outer edge counts half."""

FEATURES_EACH = 5.0
"""How many features a unit holds on average where no density is given."""

_CHUNK = 250_000


@dataclass(frozen=True)
class SiteOptions:
    """How many units and features, whether borders are written, and which share of the units holds a feature."""

    units: int
    features: int
    seed: int = 0
    boundary: bool = False
    density: float | None = None

    def __post_init__(self) -> None:
        if self.units < 1 or self.features < 1:
            raise ValueError("needs one unit and one feature at least")
        if self.density is not None and not 0 < self.density <= 1:
            raise ValueError(f"density {self.density:g} must lie above 0 and not above 1")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the smallest nearly square grid that holds the units; the last row may be short."""
        columns = math.isqrt(self.units - 1) + 1
        return -(-self.units // columns), columns

    @property
    def share(self) -> float:
        """Share of the units that hold a feature."""
        return self.density if self.density is not None else min(0.5, FEATURES_EACH / self.features)


def write_sites(folder: Path, options: SiteOptions, name: str = "") -> None:
    """Write a made instance; units are numbered from 1, row by row from the south."""
    objective = "minimum set" + (", boundary penalty" if options.boundary else "")
    about = About(
        name=name or folder.name,
        title_zh=f"合成选址实例（{options.units} 个单元）",
        title_en=f"Made prioritisation of {options.units:,} units: {objective}",
        crs=CRS,
        provenance=f"made by sanqu new-sites, seed {options.seed}",
        synthetic_geography=True,
    )
    write_settings(folder, about, Prioritisation())
    tables = {"features": _features(options)}
    if options.boundary:
        tables |= {"boundary": boundary(options), "rules": _rules()}
    write_tables(folder, tables)
    rng = np.random.default_rng(options.seed)
    cost = _cost(rng, options)
    write_geoparquet(folder / "restoration" / "units.parquet", _unit_chunks(cost, options), CRS)
    _write_amounts(folder / "restoration" / "amounts.parquet", rng, options)


def _features(options: SiteOptions) -> pd.DataFrame:
    number = [str(k) for k in range(1, options.features + 1)]
    return pd.DataFrame(
        {
            "feature": [f"f{k}" for k in number],
            "name_zh": [f"对象{k}" for k in number],
            "name_en": [f"feature {k}" for k in number],
            "unit_of_amount": "ha",
            "target": TARGET,
            "target_kind": "relative",
            "source": "made",
            "status": "made",
        }
    )


def _rules() -> pd.DataFrame:
    row = {"id": "compact", "rule": "boundary_penalty", "value": PENALTY, "factor": EDGE_FACTOR}
    return pd.DataFrame([row | {"source": "made", "status": "made"}])


def _cost(rng: np.random.Generator, options: SiteOptions) -> NDArray[np.float64]:
    """Draw costs, (units,): about 50, smooth with a rough part, never below 1."""
    smooth = smooth_field(rng, options.shape, math.sqrt(options.units) / 12).ravel()[: options.units]
    rough = rng.normal(size=options.units)
    return np.round(np.maximum(50 + 20 * smooth + 5 * rough, 1.0), 2).astype(float)


def _unit_chunks(cost: NDArray[np.float64], options: SiteOptions) -> Iterator[tuple[pa.Table, Corners]]:
    for start in range(0, options.units, _CHUNK):
        place = np.arange(start, min(start + _CHUNK, options.units))
        row, column = np.divmod(place, options.shape[1])
        west, south = WEST + CELL_M * column, SOUTH + CELL_M * row
        table = pa.table(
            {
                "unit": place + 1,
                "cost": cost[place],
                "area_ha": np.full(len(place), CELL_M**2 / 1e4),
                "x": west + CELL_M / 2,
                "y": south + CELL_M / 2,
            }
        )
        yield table, (west, south, west + CELL_M, south + CELL_M)


def _write_amounts(path: Path, rng: np.random.Generator, options: SiteOptions) -> None:
    """Write one row group a feature."""
    names = pa.array([f"f{k + 1}" for k in range(options.features)])
    schema = pa.schema({"unit": pa.int64(), "feature": pa.dictionary(pa.int32(), pa.string()), "amount": pa.float64()})
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["feature"]) as writer:
        for number, (unit, amount) in enumerate(_amounts(rng, options)):
            feature = pa.DictionaryArray.from_arrays(np.full(len(unit), number, dtype=np.int32), names)
            writer.write_table(pa.table([pa.array(unit + 1), feature, pa.array(amount)], schema=schema))


def _amounts(rng: np.random.Generator, options: SiteOptions) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Draw each feature: the units where its field is high enough, and the amounts, the more the higher."""
    held = max(1, round(options.share * options.units))
    for _ in range(options.features):
        field = smooth_field(rng, options.shape, math.sqrt(options.units) / rng.uniform(8, 24)).ravel()
        field = field[: options.units]
        unit = np.sort(np.argpartition(field, options.units - held)[options.units - held :])
        yield unit, np.round(field[unit] - field[unit].min() + 0.1, 4).astype(float)


def in_memory(options: SiteOptions) -> tuple[NDArray[np.float64], list[str], sp.csc_array]:
    """Return the same instance unwritten: costs, (units,), names of features, and amounts, (units, features)."""
    rng = np.random.default_rng(options.seed)
    cost = _cost(rng, options)
    drawn = list(_amounts(rng, options))
    unit, amount = (np.concatenate(side) for side in zip(*drawn, strict=True))
    start = np.concatenate([[0], np.cumsum([len(units) for units, _ in drawn])])
    amounts = sp.csc_array((amount, unit, start), shape=(options.units, options.features))
    return cost, [f"f{k + 1}" for k in range(options.features)], amounts


def boundary(options: SiteOptions) -> pd.DataFrame:
    """Return the borders of the grid in cells: 1 for each pair of neighbours, and the outer edges of each unit."""
    columns = options.shape[1]
    place = np.arange(options.units)
    column = place % columns
    east = place[(column + 1 < columns) & (place + 1 < options.units)]
    north = place[place + columns < options.units]
    outer = np.full(options.units, 4.0)
    for one, other in ((east, east + 1), (north, north + columns)):
        outer[one] -= 1
        outer[other] -= 1
    edge = np.flatnonzero(outer)
    left, right = np.concatenate([east, north, edge]), np.concatenate([east + 1, north + columns, edge])
    length = np.concatenate([np.ones(len(east) + len(north)), outer[edge]])
    return pd.DataFrame({"unit_a": left + 1, "unit_b": right + 1, "length_m": length})
