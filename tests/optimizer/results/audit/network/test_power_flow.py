"""Power flow and outages by the audit against a dense solve of the textbook's equations."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.results.audit.network.flows import Grid


def random_grid(rng: np.random.Generator, buses: int, more: int) -> Grid:
    """Return a connected network: a random tree and further branches, parallel ones among them."""
    start = np.concatenate([np.arange(1, buses), rng.integers(0, buses, more)])
    end = np.concatenate([[int(rng.integers(0, k)) for k in range(1, buses)], rng.integers(0, buses, more)])
    kept = start != end
    count = int(kept.sum())
    return Grid([f"l{k}" for k in range(count)], start[kept], end[kept], rng.uniform(5.0, 500.0, count), buses)


def dense(grid: Grid, injected: np.ndarray) -> np.ndarray:
    """Return flows by B theta = P with the angle of bus 0 at 0, written out branch by branch."""
    matrix = np.zeros((grid.buses, grid.buses))
    for i, j, b in zip(grid.start, grid.end, grid.stiffness, strict=True):
        matrix[i, i] += b
        matrix[j, j] += b
        matrix[i, j] -= b
        matrix[j, i] -= b
    angle = np.zeros((grid.buses, len(injected)))
    angle[1:] = np.linalg.solve(matrix[1:, 1:], injected[:, 1:].T)
    return np.array([b * (angle[i] - angle[j]) for i, j, b in zip(grid.start, grid.end, grid.stiffness, strict=True)]).T


@pytest.mark.parametrize("seed", range(12))
def test_flows(seed: int) -> None:
    """Flows from injections, and injections from flows."""
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, int(rng.integers(3, 40)), int(rng.integers(0, 40)))
    injected = rng.normal(size=(5, grid.buses))
    injected -= injected.mean(axis=1, keepdims=True)
    flows = grid.solve(injected)
    np.testing.assert_allclose(flows, dense(grid, injected), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(grid.injections(flows), injected, rtol=1e-8, atol=1e-8)


def test_two_islands() -> None:
    """Parts that nothing joins each have an angle of their own; a branch without susceptance carries nothing."""
    ends = (np.array([0, 1, 3, 0]), np.array([1, 2, 4, 3]))
    grid = Grid(["a", "b", "c", "d"], *ends, np.array([10.0, 20.0, 5.0, 0.0]), 5)
    np.testing.assert_allclose(grid.solve(np.array([[3.0, 0.0, -3.0, 2.0, -2.0]])), [[3.0, 3.0, 2.0, 0.0]], atol=1e-12)


def test_by_hand() -> None:
    """Three equal lines in a ring: two thirds of 90 MW take the short way."""
    grid = Grid(["ab", "bc", "ac"], np.array([0, 1, 0]), np.array([1, 2, 2]), np.full(3, 7.0), 3)
    np.testing.assert_allclose(grid.solve(np.array([[90.0, 0.0, -90.0]])), [[30.0, 30.0, 60.0]])
