"""Restoration sites that are chosen with the land: where they lie, what they hold and cost, against targets and limits.

Sites are drawn over the planned land in pale colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from formulations.restoration.in_land import SITE
from instances.carbon import CarbonAccount
from instances.land import codes_of
from optimizer.report.figures import Table
from optimizer.report.maps import canvas_on, rgb
from optimizer.report.sites.maps import Entry, chosen_colors, site_map
from optimizer.report.sites.sections import SENSES, Representation, corridor_rows, represented
from optimizer.report.sites.text import site_text
from optimizer.report.text import THIN_SPACE, number, significant, text
from optimizer.results.colors import class_colors
from optimizer.results.sites.figures import units_table
from optimizer.results.sites.shapes import joint_shapes
from optimizer.results.terms import term

if TYPE_CHECKING:
    from instances.land import Floats
    from optimizer.report.maps import Maps
    from optimizer.report.page import ReportInput
    from optimizer.report.sites.maps import SiteMap
    from optimizer.results.sites.plan import Selection

MOST_UNITS = 40
"""Chosen units that are listed."""
LEFT = "#8f8a80"
"""Colour of units that are not chosen; darker than the pale land behind them."""
_PALE = 0.3
"""Strength of the colours of the land behind the units."""


@dataclass(frozen=True)
class JointSites:
    """What the page of a land plan shows of its restoration sites; `more` chosen units are not listed."""

    chosen: str
    units: str
    cost: str
    map: SiteMap | None
    represented: Representation
    limits: Table | None
    corridors: Table | None
    table: Table
    more: int


def joint_sites(report: ReportInput) -> JointSites | None:
    """Return what is shown of the chosen sites; None where land is planned alone."""
    selection, lang = report.selection, report.lang
    if selection is None:
        return None
    taken = units_table(selection)
    code = selection.sites.unit_codes(taken["unit"])
    taken = taken.assign(restored_ha=restored_ha(report, selection)[code])
    return JointSites(
        chosen=number(int(selection.chosen.sum()), 0),
        units=number(selection.sites.n_units, 0),
        cost=significant(float(taken["cost"].sum()), 6),
        map=_map(report, selection),
        represented=represented(selection, lang),
        limits=limit_table(report),
        corridors=corridor_rows(selection, lang),
        table=_chosen(report, taken.head(MOST_UNITS)),
        more=max(len(taken) - MOST_UNITS, 0),
    )


def limit_table(report: ReportInput) -> Table | None:
    """Return the sums over chosen units that are limited, targets left out; None without any."""
    rules = report.rules[report.rules["rule"].astype(str).str.startswith(SITE)]
    rows = tuple(
        (
            term("rule", str(row["rule"]).removeprefix(SITE), report.lang),
            str(row["id"]),
            f"{SENSES[str(row['sense'])]}{THIN_SPACE}{significant(float(row['bound']), 6)}",
            significant(float(row["value"]), 6),
        )
        for row in rules[rules["rule"] != f"{SITE}target"].to_dict("records")
    )
    heads = ("rule", "id", "limit", "reached")
    return Table(tuple(text(report.lang, name) for name in heads), rows) if rows else None


def restored_ha(report: ReportInput, selection: Selection) -> Floats:
    """Return the hectares that are restored in each unit, (units,): its share of what is restored in its zones."""
    land, coded, stands = report.instance.require_land(), report.coded, selection.sites.tables["unit_zone"]
    restores = CarbonAccount(land, report.instance.settings).restores[coded.source, coded.target] & coded.changes
    zones = land.zones["zone"]
    by_zone = np.bincount(coded.zone[restores], coded.area_ha[restores], minlength=len(zones))
    unit = selection.sites.unit_codes(stands["unit"].astype(str))
    held = by_zone[codes_of(stands["zone"], zones)] * stands["share"].to_numpy(dtype=float)
    return np.bincount(unit, held, minlength=selection.sites.n_units).astype(float)


def _chosen(report: ReportInput, taken: pd.DataFrame) -> Table:
    """Return the chosen units: area, area restored, cost and, where there are any, management zone and share."""
    lang, zoned = report.lang, bool(taken["management_zone"].astype(str).any())
    partly = report.selection is not None and report.selection.sites.settings.decision != "binary"
    names = ["unit", *["management_zone"] * zoned, *["amount"] * partly, "area_ha", "restored_ha", "cost"]
    heads = [site_text(lang, "cost_wanyuan" if name == "cost" else name) for name in names]
    columns = [
        [str(one) if name in ("unit", "management_zone") else significant(one, 5) for one in taken[name].tolist()]
        for name in names
    ]
    return Table(tuple(heads), tuple(zip(*columns, strict=True)))


def _map(report: ReportInput, selection: Selection) -> SiteMap | None:
    """Return the map of chosen units over the planned land; None where either has no polygons."""
    maps, lang = report.maps, report.lang
    shapes = None if maps is None else joint_shapes(report.instance)
    if maps is None or shapes is None:
        return None
    land = report.instance.zone_geometry().geometry
    if land.crs is None and shapes.crs is not None:
        land = land.set_crs(shapes.crs)
    both = pd.concat([land, shapes.to_crs(land.crs) if shapes.crs is not None else shapes], ignore_index=True)
    region = np.concatenate([maps.canvas.region, np.full(len(shapes), -1, dtype=np.int64)])
    colors, legend = chosen_colors(selection, lang, LEFT)
    pale = 1 - _PALE + _PALE * maps.fills["after"]
    backdrop = Entry("linear-gradient(90deg," + ",".join(_pale_classes(report, maps)) + ")", text(lang, "sites_land"))
    canvas = canvas_on(both, region)
    return site_map(canvas, np.vstack([pale, colors]), text(lang, "map_sites"), (*legend, backdrop))


def _pale_classes(report: ReportInput, maps: Maps) -> list[str]:
    colors = rgb(class_colors(report.coded.land))[list(maps.shown)]
    return [to_hex(color) for color in 1 - _PALE + _PALE * colors]
