"""The two steps from layers to a network part: sites on eligible land, then routes between buses (选址、选线)."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyproj import Transformer

from instances.faults import Fault, InstanceError, raise_if_any
from instances.instance import check_written
from instances.siting.config import PotentialConfig, RouteConfig, read_config
from instances.siting.corridors import Corridors, find_corridors, needed_buses
from instances.siting.eligibility import roles_asked
from instances.siting.friction import surface
from instances.siting.ground import read_ground
from instances.siting.potential import Potential, find_potential, without_place
from instances.siting.write import earlier_sites, instance_crs, write_corridors, write_potential

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from instances.instance import Instance
    from instances.siting.config import Layer


@dataclass(frozen=True)
class RouteReport:
    """Corridors with the hectares of their strips, of overlaps that count once, and of strips outside the zones."""

    corridors: Corridors
    strip_ha: float
    overlap_ha: float
    outside_ha: float


def potential(instance: Instance, source: Path, config_path: Path, folder: Path) -> Potential:
    """Find sites and write the instance with them into an existing empty folder.

    Raises InstanceError with every fault of config and files, or of the instance that they make.
    """
    config = read_config(config_path, PotentialConfig)
    with _named(instance, config_path):
        _require_use(config.layer, roles_asked(config.technology), "no criterion asks for it; misspelt?")
        ground = read_ground(source, config_path.parent, config, instance)
        before = earlier_sites(instance, config)
        shapes = before.to_crs(ground.crs).geometry.to_list()
        found = find_potential(ground, config, exclusive=instance.land is None, before=shapes)
        _copy(instance.folder, folder)
        found = write_potential(folder, instance, config, found, before)
    check_written(folder)
    return found


def route(instance: Instance, source: Path, config_path: Path, folder: Path) -> RouteReport:
    """Find corridors and write the instance with them into an existing empty folder.

    Raises InstanceError with every fault of config and files, or of the instance that they make.
    """
    config = read_config(config_path, RouteConfig)
    network = instance.require_network()
    with _named(instance, config_path):
        _require_use(config.layer, {one.role for one in config.crossing}, "add a [[crossing]] that says what it means")
        ground = read_ground(source, config_path.parent, config, instance)
        grid = surface(ground, config)
        buses = network["buses"]
        raise_if_any(without_place(buses[buses["bus"].isin(needed_buses(config, buses["bus"]))]))
        buses = _on(buses, instance, grid.crs)
        of_sites = set(network["sites"]["bus"].astype(str)) & set(network["sites"]["site"].astype(str))
        found = find_corridors(grid, config, buses, of_sites)
        _copy(instance.folder, folder)
        figures = write_corridors(folder, instance, config, grid, found)
    check_written(folder)
    return RouteReport(found, **figures)


@contextmanager
def _named(instance: Instance, config_path: Path) -> Iterator[None]:
    """Say in faults which file is meant by `config`, and by the name of a table."""
    files = {"config": str(config_path), "routes": str(config_path)}
    files |= {name: str(instance.folder / "network" / name) for name in ("buses", "sites")}
    try:
        yield
    except InstanceError as error:
        raise InstanceError(
            replace(fault, where=files.get(fault.where, fault.where)) for fault in error.faults
        ) from error


def _require_use(layers: Sequence[Layer], roles: set[str], hint: str) -> None:
    """Refuse layers that nothing would look at."""
    raise_if_any(
        Fault("config", f"the role {layer.role!r} of {layer.file} is not used", hint, column="layer")
        for layer in layers
        if layer.role not in roles
    )


def _on(buses: pd.DataFrame, instance: Instance, crs: object) -> pd.DataFrame:
    """Return the buses with coordinates in another reference system."""
    move = Transformer.from_crs(instance_crs(instance), crs, always_xy=True)
    x, y = move.transform(buses["x_m"].to_numpy(dtype=float), buses["y_m"].to_numpy(dtype=float))
    return buses.assign(x_m=x, y_m=y)


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True)
