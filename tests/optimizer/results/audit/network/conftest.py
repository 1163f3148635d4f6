from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.optimizer.results.audit.network.cases import YEARS, meshed, solved, staged

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a meshed network of one stage in `in` and its plan in `out`."""
    folder = tmp_path_factory.mktemp("meshed")
    solved(folder, meshed())
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a network of two stages and whole decisions, and its plan."""
    folder = tmp_path_factory.mktemp("staged")
    solved(folder, staged(), YEARS)
    return folder
