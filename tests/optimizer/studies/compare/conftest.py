import pytest

from tests.optimizer.studies.compare.by_hand import write_study


@pytest.fixture
def folder(tmp_path):
    """The folder of a study of two scenarios, written by hand."""
    return write_study(tmp_path)
