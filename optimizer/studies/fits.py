"""Whether what a study asks of a scenario fits its instance, told before anything is solved.

What only a Program can say (whether rows of a table become columns of it) is told by the analysis itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from instances.faults import Fault, InstanceError
from instances.scenarios.edit import like
from optimizer.studies.demands import RULE as DEMAND
from optimizer.studies.demands import unknown_demand
from optimizer.studies.entries import (
    MOST,
    FrontEntry,
    PathwayEntry,
    RangesEntry,
    RegretEntry,
    RobustEntry,
    TransmissionEntry,
    WorthEntry,
)
from optimizer.studies.measures import AREA, TITLES
from optimizer.studies.transmission import rows_of
from optimizer.studies.uncertainty import meant, unknown_factor
from optimizer.studies.worth import limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from instances.instance import Instance
    from instances.land import Land
    from optimizer.studies.entries import ScaleEntry, Titled, UncertainEntry

GENERAL = ("objective", "emissions", "cost", "border")
"""Measures that are not of land alone."""


def unfit(kind: str, entry: Titled, instance: Instance, place: str) -> Iterator[Fault]:
    """Yield what is wrong with an entry of a section for the instance that it is about.

    `place` is how messages call the study file.
    """
    column = f"{kind}.{entry.name}"
    if isinstance(entry, FrontEntry | RangesEntry):
        for name in entry.objectives if isinstance(entry, FrontEntry) else entry.measures:
            yield from _unknown_measure(name, instance, place, column)
    if isinstance(entry, RobustEntry):
        yield from _unknown_factors(entry.uncertain, instance, place, column)
        yield from _unknown_demands([one.id for one in entry.demand], instance, place, column)
    if isinstance(entry, RegretEntry):
        yield from _unknown_factors([one for case in entry.case for one in case.scale], instance, place, column)
        yield from _unknown_demands([one.id for case in entry.case for one in case.demand], instance, place, column)
    if isinstance(entry, PathwayEntry) and instance.land is None:
        message = "the annual inventory is one of land, and the instance has none"
        yield Fault(place, message, "leave [[pathway]] out, or add the land part", None, column)
    try:
        if isinstance(entry, WorthEntry):
            limits_of(entry, instance.folder)
        if isinstance(entry, TransmissionEntry):
            rows_of(entry, instance)
    except InstanceError as error:
        for fault in error.faults:  # the instance's folder may be gone when they are read
            where = fault.where.removeprefix(str(instance.folder)).lstrip("/")
            own = replace(fault, where=where) if where else None
            yield Fault(place, fault.message if own is None else str(own), "" if own else fault.hint, None, column)


def _unknown_factors(
    entries: Sequence[UncertainEntry | ScaleEntry], instance: Instance, place: str, column: str
) -> Iterator[Fault]:
    """Yield the faults of factors that the instance does not have."""
    if instance.land is None:
        yield Fault(place, "the instance has no land, and uncertain factors are those of land", "", None, column)
        return
    table = instance.land.tables["factors"]
    for entry in entries:
        if not meant(table, entry).any():
            yield unknown_factor(entry, place, column)


def _unknown_demands(wanted: Sequence[str], instance: Instance, place: str, column: str) -> Iterator[Fault]:
    """Yield the faults of growth demands that the instance does not have."""
    quotas = None if instance.land is None else instance.land.quotas
    for name in wanted:
        if quotas is None or not like(quotas["id"][quotas["rule"] == DEMAND], name).any():
            yield unknown_demand(name, place, column)


def _unknown_measure(goal: str, instance: Instance, place: str, column: str) -> Iterator[Fault]:
    """Yield the fault of a measure that the instance surely does not have; units that are chosen name further ones."""
    name, land = goal.removeprefix(MOST), instance.land
    if name in GENERAL or (land is None and name not in TITLES and not name.startswith(AREA)):
        return
    if land is None:
        yield Fault(place, f"{name!r} is a measure of land, and the instance has none", "", None, column)
    elif name.startswith(AREA):
        yield from _unknown_area(name.removeprefix(AREA), land, place, column)
    elif name not in TITLES and not instance.is_joint:
        hint = f"known are {', '.join(TITLES)}, {AREA}GROUP, {AREA}GROUP@REGION"
        yield Fault(place, f"there is no measure {name!r}", hint, None, column)


def _unknown_area(name: str, land: Land, place: str, column: str) -> Iterator[Fault]:
    group, _, region = name.partition("@")
    if not land.member(group).any():
        known = ", ".join(sorted(set(land.classes["group"].astype(str))))
        yield Fault(place, f"no group of classes is called {group!r}", f"known are {known}", None, column)
    known_regions = land.regions["region"].astype(str).tolist()
    if region and region not in known_regions:
        yield Fault(place, f"no region is called {region!r}", f"known are {', '.join(known_regions)}", None, column)
