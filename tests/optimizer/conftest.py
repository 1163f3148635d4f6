"""A solved `tiny`, once for all tests that read results."""

from pathlib import Path

import pytest

from optimizer.solve import solve


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solved") / "tiny"
    solve("tiny", folder)
    return folder
