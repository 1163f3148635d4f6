"""Sums come out the same to the last digit on any number of cores, in one process and in the workers of a cluster."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from optimizer import solve
from optimizer.studies.tasks import Task, perform

RANDOM = np.random.default_rng(0)
LEFT, RIGHT = RANDOM.random(200_000), RANDOM.random(200_000)
"""Long enough for BLAS to share a sum among its threads."""


def product() -> float:
    return float(LEFT @ RIGHT)


@pytest.fixture(autouse=True)
def four_threads():
    with threadpool_limits(4, user_api="blas"):
        shared = ThreadpoolController().select(user_api="blas")
        if {one.num_threads for one in shared.lib_controllers} != {4}:
            pytest.skip("BLAS has no more than one thread here")
        yield


def of_one_thread() -> float:
    with threadpool_limits(1, user_api="blas"):
        return product()


def test_a_solve_sums_on_one_thread(monkeypatch, tmp_path):
    sums = []
    monkeypatch.setattr(solve, "load", lambda _: sums.append(product()) or (_ for _ in ()).throw(KeyError))
    with pytest.raises(KeyError):
        solve.solve_into("tiny", tmp_path, tmp_path)
    assert sums == [of_one_thread()] != [product()]


def test_a_task_sums_on_one_thread(tmp_path):
    task = Task("here", lambda folder: {"sum": product()}, {}, {})
    ended = perform(tmp_path, task, "key")
    assert ended.record == {"sum": of_one_thread()}
