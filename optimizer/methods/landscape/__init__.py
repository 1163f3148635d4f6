"""Indices of a landscape, and units to restore for which one of them is best, with a bound."""

from __future__ import annotations

from optimizer.methods.landscape.indices import (
    diameter,
    iic,
    largest_patch,
    mesh,
    number_of_patches,
    patch_areas,
    patches,
)
from optimizer.methods.landscape.landscape import Landscape, grid_landscape
from optimizer.methods.landscape.limits import Limits
from optimizer.methods.landscape.search import LandscapeResult, Objective, choose_restoration

__all__ = [
    "Landscape",
    "LandscapeResult",
    "Limits",
    "Objective",
    "choose_restoration",
    "diameter",
    "grid_landscape",
    "iic",
    "largest_patch",
    "mesh",
    "number_of_patches",
    "patch_areas",
    "patches",
]
