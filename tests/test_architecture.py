"""Who may import whom, read off the syntax tree; and no file grows beyond what one can read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("instances", "formulations", "optimizer")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MOST_LINES = 450
HIGHS = {"optimizer/methods/highs.py", "optimizer/methods/decompose/master.py"}
"""The one place that touches HiGHS, and the LP over multipliers, which it keeps warm from pass to pass."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class WithoutTypes(ast.NodeTransformer):
    """Drops what only a type checker reads."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        checked = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if checked else self.generic_visit(node)


def imports(path: Path, types: bool = True) -> set[str]:
    """Every module that a file imports, at the top or inside a function, for types too unless told otherwise."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree if types else WithoutTypes().visit(tree)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def importers(folder: str, *packages: str, types: bool = True) -> list[str]:
    """Files below a folder that import any of some packages."""
    held = [path for path in FILES if name_of(path).startswith(folder)]
    assert held, folder
    return [name_of(path) for path in held if {name.split(".")[0] for name in imports(path, types)} & set(packages)]


@pytest.mark.parametrize(
    ("folder", "packages"),
    [
        ("instances/", ("formulations", "optimizer")),  # data knows no model
        ("formulations/", ("optimizer",)),  # a model knows no method
        ("optimizer/results/audit/", ("formulations", "instances")),  # a second opinion shares no code
    ],
)
def test_no_package_looks_up(folder, packages):
    assert importers(folder, *packages) == []


def test_the_audit_uses_nothing_of_the_optimizer_but_itself():
    own = "optimizer.results.audit"
    for path in FILES:
        if name_of(path).startswith("optimizer/results/audit/"):
            assert all(name.startswith(own) for name in imports(path) if name.startswith("optimizer")), path


def test_one_place_touches_highs():
    assert set(importers("", "highspy", types=False)) <= HIGHS


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_too_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
