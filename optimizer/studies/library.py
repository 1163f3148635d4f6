"""The bundled studies, by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from instances.faults import Fault, InstanceError
from optimizer.studies.file import read_study
from optimizer.studies.scenarios import scenarios

if TYPE_CHECKING:
    from optimizer.report.text import Lang

SUFFIX = ".toml"


def bundled() -> dict[str, Path]:
    """Return the bundled study files by name."""
    root = Path(str(resources.files("optimizer.studies"))) / "bundled"
    return {path.stem: path for path in sorted(root.glob(f"*{SUFFIX}"))}


def study_path(name: str) -> Path:
    """Return the file that `name` means: a path, or the name of a bundled study; raises InstanceError for neither."""
    path = Path(name)
    if path.is_file() or path.suffix == SUFFIX:
        return path
    if name in bundled():
        return bundled()[name]
    hint = f"write a path that ends in {SUFFIX}; bundled are: {', '.join(bundled())}"
    raise InstanceError([Fault(name, "is neither a study file nor a bundled study", hint)])


def studies_table(lang: Lang) -> pd.DataFrame:
    """Return one row a bundled study: name, title, base instance, number of scenarios."""
    rows = []
    for name, path in bundled().items():
        file = read_study(path)
        rows.append((name, file.study.title(lang), file.study.base, len(scenarios(file, str(path)))))
    return pd.DataFrame(rows, columns=["study", "called", "base", "scenarios"])
