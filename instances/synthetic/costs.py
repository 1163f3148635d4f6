"""What a move costs in a made instance: by pair, by the zone's factor, and by place for two of the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.synthetic.moves import Array, cost

if TYPE_CHECKING:
    from instances.synthetic.landscape import Landscape
    from instances.synthetic.options import Options

ACCESS_COST = 30.0
LEVELLING_COST = 6.0


@dataclass(frozen=True)
class Costs:
    """Cost in 10k CNY/ha: by pair of classes, and by zone for arriving in the classes that depend on the place."""

    by_pair: Array
    by_place: dict[int, Array]
    """Class to one value a zone, NaN where the table has no row."""
    factor: Array

    def per_ha(self, land: Landscape, rows: Array, to: Array) -> Array:
        """Return the cost of moving the cover `rows` to the classes `to`."""
        zone = land.cover_zone[rows]
        total = self.by_pair[land.cover_class[rows], to] * self.factor[zone]
        for after, place in self.by_place.items():
            total += np.where(to == after, np.nan_to_num(place[zone]), 0.0)
        return total


def draw_costs(land: Landscape, options: Options) -> Costs:
    """Draw costs: pairs vary by up to a tenth; new housing is dear far from town, new cropland on slopes."""
    rng = np.random.default_rng([options.seed, 4])
    by_pair = np.array([[cost(before, after) for after in land.types] for before in land.types])
    by_pair = np.round(by_pair * rng.uniform(0.9, 1.1, by_pair.shape), 2)
    np.fill_diagonal(by_pair, 0.0)
    access = ACCESS_COST * (1 - land.urbanity) + 10 * rng.standard_normal(land.zones)
    levelling = LEVELLING_COST * (land.slope_class - 1) + 3 * rng.random(land.zones)
    fit = (land.potential_grade >= 1) & (land.slope_class < 5)
    by_place = {
        land.class_of("urban_housing"): np.where(land.boundary, np.round(access, 3), np.nan),
        land.class_of("cropland"): np.where(fit, np.round(levelling, 3), np.nan),
    }
    return Costs(by_pair, by_place, np.round(land.cost_factor, 5))
