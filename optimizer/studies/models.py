"""The model of a scenario that is solved again and again, with other objectives and further rows.

Land, joint, sites and network studies alike: an instance, its Program, and for land the block that knows its groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.start import read_values
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.program import Program
    from formulations.restoration.site_block import SiteBlock
    from instances.instance import Instance
    from optimizer.results.solution import Solution, SolveOptions


@dataclass(frozen=True)
class Model:
    """An instance and its Program; `block` where there is land, `sites` where sites alone are chosen."""

    instance: Instance
    program: Program
    block: LandBlock | None = None
    sites: SiteBlock | None = None

    def solve(self, program: Program, options: SolveOptions, method: str = "auto") -> Solution:
        """Solve this Program or one that was made of it."""
        return choose(method, program)(program, options, Silent())

    def kept(self, folder: Path) -> NDArray[np.float64]:
        """Return the values of a plan that the study has found, (columns,) of this Program."""
        values = read_values(self.program, folder)
        assert values is not None
        return values


def model_of(source: str | Path) -> Model:
    """Return the model of an instance; raises InstanceError for bad input.

    Objectives of sites that are taken in order are refused: what is compared is the value of one.
    """
    instance = load(source)
    if instance.land is not None:
        block = land_block(instance)
        return Model(instance, assemble(block), block=block)
    if instance.restoration is not None:
        from optimizer.sites.model import model_of as sites_of

        sites = sites_of(instance)
        return Model(instance, sites.stage.of(sites.program), sites=sites.block)
    from optimizer.solve_network import network_program

    return Model(instance, network_program(instance, StudyOptions()))
