r"""The land that a project takes: its polygon cut with the zones (叠加分析).

.. math:: s_z = \frac{|P \cap Z_z|}{|Z_z|}, \qquad x_{z,i} = s_z A_{z,i}

:math:`s_z` share of the polygon of zone z that lies in the project, :math:`A_{z,i}` (ha) land of class i that the cover
states. A zone is the smallest place a plan knows: where it holds several classes, a project takes each in proportion,
or, if it names the class that it stands on, that one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from instances.faults import Fault, InstanceError
from instances.readers.geometry import hectares
from optimizer.followup.given import groups_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.land import Land
    from optimizer.followup.given import Given
    from optimizer.followup.project import Project

OFF = 1e-3
"""Part of a project that may lie outside every zone: what drawing and reprojecting do."""

SLIVER = 1e-6
"""Part of a project, or of a zone, below which a cut counts as none."""


@dataclass(frozen=True)
class Taken:
    """Land that a project takes: choice groups and hectares of each, (pieces,); `cuts` are the zones it cuts.

    `cuts` (zone code, share, geometry) is None where the land was not read from polygons.
    """

    group: NDArray[np.int64]
    area_ha: NDArray[np.float64]
    cuts: geopandas.GeoDataFrame | None = None


def taken_by(project: Project, given: Given, where: str) -> Taken:
    """Return the land that a project takes; raises InstanceError where part of it is on no land."""
    instance, land = given.model.instance, given.block.land
    cuts = _cuts(project, instance, where)
    share = np.zeros(len(land.zones))
    share[cuts["zone"]] = cuts["share"]
    zone, kind, area = land.cover
    here = np.flatnonzero(share[zone] > 0)
    hectare = share[zone[here]] * area[here]
    if project.source >= 0:
        here, hectare = _of_class(project.source, share, given, where)
    return Taken(groups_of(given.program, zone[here], kind[here]), hectare, cuts)


def _cuts(project: Project, instance: Instance, where: str) -> geopandas.GeoDataFrame:
    """Return what of each zone lies in the project."""
    if not instance.has_geometry():
        hint = "store the zones table as GeoParquet or GeoPackage"
        raise InstanceError([Fault(str(instance.folder), "its zones have no polygons to cut with", hint)])
    shapes = instance.zone_geometry()
    crs = shapes.crs or (
        CRS.from_user_input(instance.settings.instance.crs) if instance.settings.instance.crs else None
    )
    if crs is None:
        hint = "state [instance] crs"
        raise InstanceError([Fault(str(instance.folder), "its zones have no reference system", hint)])
    outline = project.shape.to_crs(crs).iloc[0]
    if not np.isfinite(outline.bounds).all():
        raise InstanceError(
            [Fault(where, f"cannot be brought into {crs.to_string()}", "is its reference system right?")]
        )
    zones = shapes.geometry.to_numpy()
    near = np.sort(shapely.STRtree(zones).query(outline, predicate="intersects"))
    parts = shapely.intersection(zones[near], outline)
    cut, whole, all_of_it = (
        hectares(geopandas.GeoDataFrame(geometry=list(one), crs=crs)) for one in (parts, zones[near], [outline])
    )
    total = float(all_of_it[0])
    off = total - float(cut.sum())
    if not len(near) or off > OFF * total:
        words = f"{off:,.4g} of its {total:,.4g} ha lie on no land of the instance"
        raise InstanceError([Fault(where, words, "is its reference system right? draw it on the zones")])
    kept = (cut > SLIVER * total) & (cut > 0)
    share = np.minimum(cut[kept] / whole[kept], 1.0)
    share[share > 1 - SLIVER] = 1.0
    return geopandas.GeoDataFrame(
        {"zone": near[kept], "share": share, "polygon_ha": cut[kept]}, geometry=list(parts[kept]), crs=crs
    )


def _of_class(
    kind: int, share: NDArray[np.float64], given: Given, where: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pieces of one class in the project's zones, and what the project takes: all that lies in it."""
    land: Land = given.block.land
    zone, kinds, area = land.cover
    wanted = share * land.zone_area_ha
    pieces = np.flatnonzero((share[zone] > 0) & (kinds == kind))
    there = np.zeros(len(share))
    there[zone[pieces]] = area[pieces]
    lacks = wanted - there
    if (lacks > SLIVER * max(float(wanted.sum()), 1.0)).any():
        worst = int(np.argmax(lacks))
        words = (
            f"takes {wanted[worst]:,.4g} ha of zone {land.zones['zone'].iloc[worst]}, which holds "
            f"{there[worst]:,.4g} ha of class {land.classes['class'].iloc[kind]}"
        )
        raise InstanceError([Fault(where, words, "leave out the class, or correct the outline", column="from")])
    return pieces, np.minimum(wanted[zone[pieces]], area[pieces])
