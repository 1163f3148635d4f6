"""Studies whose processes are killed while they solve. `benchmarks/study_kills.py` does so again and again."""

import pytest
from study_kills import WAYS, answers, complete, write_study


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the study comes to where nothing is killed."""
    folder = tmp_path_factory.mktemp("untouched")
    complete(write_study(folder), folder / "out", {}, "--workers", "1")
    return answers(folder / "out")


@pytest.mark.long
def test_client_worker_and_scheduler_killed_in_turn(tmp_path, expected):
    assert answers(WAYS["in turn"](tmp_path)) == expected


@pytest.mark.long
@pytest.mark.parametrize("way", ["worker", "client", "scheduler", "interrupt"])
def test_killed(tmp_path, expected, way):
    assert answers(WAYS[way](tmp_path)) == expected
