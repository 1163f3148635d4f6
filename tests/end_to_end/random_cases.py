"""A random instance, its Program and its true optimum, made once for all the tests that a process runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.build import program_of
from tests.end_to_end.random_instances import make
from tests.end_to_end.reference import Study
from tests.end_to_end.reference_optimum import by_milp

if TYPE_CHECKING:
    from formulations.program import Program
    from instances.instance import Instance
    from tests.build import Draft


@dataclass(frozen=True)
class Posed:
    instance: Instance
    program: Program


@cache
def drawn(seed: int) -> Draft:
    return make(seed)


@cache
def posed(seed: int) -> Posed:
    instance = drawn(seed).instance()
    return Posed(instance, program_of(instance))


@cache
def optimum(seed: int) -> float | None:
    """Return the least objective by the reference; None where no plan meets every rule."""
    made = drawn(seed)
    return by_milp(Study(made.settings, made.tables))
