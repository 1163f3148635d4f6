"""Sets of nodes whose border costs, under linear rows: minimum cuts split by multipliers, plans, core, branching."""

from __future__ import annotations

from optimizer.methods.boundary.cut import certify
from optimizer.methods.boundary.engine import BoundaryResult, Point, solve_boundary
from optimizer.methods.boundary.problem import BoundaryProblem, in_or_out

__all__ = ["BoundaryProblem", "BoundaryResult", "Point", "certify", "in_or_out", "solve_boundary"]
