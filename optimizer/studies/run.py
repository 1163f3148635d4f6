"""Running a study: every scenario made, solved and audited, then all of them compared.

The folder of a study holds `instances/NAME` (each scenario as an instance), `scenarios/NAME` (each as `sanqu solve`
leaves it), a folder for each analysis, `manifest.json` and what compares them. A rerun does only what is missing or
determined by other inputs.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from instances.faults import Fault, InstanceError, raise_if_any
from instances.instance import hash_folder, library, load
from optimizer.results.folder import alone_in, clear_below, new_file, require_folder
from optimizer.results.solution import Status
from optimizer.studies.alternatives import run_alternatives
from optimizer.studies.compare.gather import FILE
from optimizer.studies.compare.words import beyond, changes_in_words
from optimizer.studies.compare.write import run_comparison
from optimizer.studies.file import read_study
from optimizer.studies.fits import unfit
from optimizer.studies.fronts import run_front
from optimizer.studies.ledger import run_ledger
from optimizer.studies.manifest import MANIFEST, Manifest
from optimizer.studies.pathway import run_pathway
from optimizer.studies.ranges import run_ranges
from optimizer.studies.regret import run_regret
from optimizer.studies.robust import run_robust
from optimizer.studies.runners import ClusterLostError, Runner, runner
from optimizer.studies.scenarios import reference, scenarios
from optimizer.studies.solving import INSTANCES, SCENARIOS, instance_task, solve_task
from optimizer.studies.tasks import RUN, broken, failed
from optimizer.studies.transmission import run_transmission
from optimizer.studies.worth import run_worth
from optimizer.study import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optimizer.report.text import Lang
    from optimizer.studies.entries import Titled
    from optimizer.studies.file import StudyFile
    from optimizer.studies.runners import Watcher
    from optimizer.studies.scenarios import Scenario
    from optimizer.studies.tasks import Ended

ANALYSES: Mapping[str, Callable[..., object]] = {
    "pathway": run_pathway,
    "front": run_front,
    "alternatives": run_alternatives,
    "ranges": run_ranges,
    "robust": run_robust,
    "regret": run_regret,
    "worth": run_worth,
    "transmission": run_transmission,
}
"""What runs the entries of each section of a study file, after the scenarios are solved."""

UNFINISHED = re.compile(rf"\S*/{INSTANCES}/\.[^/]+\.new\.[^/]+/")
"""Folder of an instance that is being made, which is gone when its faults are told."""

PLANNED = (Status.OPTIMAL, Status.FEASIBLE)
"""What a scenario with a plan came to."""


@dataclass(frozen=True)
class Study:
    """A study file with what it names found: its base and its scenarios, the reference among them."""

    path: Path
    file: StudyFile
    base: Path
    base_hash: str
    scenarios: tuple[Scenario, ...]
    reference: Scenario

    def scenario(self, name: str) -> Scenario:
        """Return a scenario by name, the reference where it is empty; raises InstanceError where there is none."""
        name = name or self.reference.name
        for one in self.scenarios:
            if one.name == name:
                return one
        hint = f"known are {', '.join(one.name for one in self.scenarios)}"
        raise InstanceError([Fault(str(self.path), f"no scenario is called {name}", hint)])


def open_study(path: Path) -> Study:
    """Read a study file and what it names; raises InstanceError with every fault found."""
    file, place = read_study(path), str(path)
    base = _base(path, file.study.base)
    load(base)
    found = scenarios(file, place)
    study = Study(path, file, base, hash_folder(base), found, reference(file, found, place))
    known = [one.name for one in found]
    raise_if_any(
        Fault(
            place,
            f"no scenario is called {entry.scenario}",
            f"known are {', '.join(known)}",
            None,
            f"{kind}.{entry.name}",
        )
        for kind in ANALYSES
        for entry in getattr(file, kind)
        if entry.scenario and entry.scenario not in known
    )
    hint = f"a folder, or one of {', '.join(known)}"
    raise_if_any(
        Fault(place, f"there is no plan {plan}", hint, None, f"robust.{entry.name}")
        for entry in file.robust
        for plan in entry.plans
        if plan not in known and not Path(plan).is_dir()
    )
    return study


def _base(path: Path, name: str) -> Path:
    """Return the folder of the base: beside the study file, or bundled."""
    beside = (path.parent / name).absolute()
    if (beside / "instance.toml").is_file():
        return beside
    if name in library():
        return library()[name]
    hint = f"a folder with an instance.toml, as seen from the study file, or one of {', '.join(library())}"
    raise InstanceError([Fault(str(path), f"there is no instance {name}", hint, column="study.base")])


def run_study(
    path: Path, out: Path, lang: Lang = "zh", watcher: Watcher | None = None, workers: int = 0, scheduler: str = ""
) -> dict[str, Ended]:
    """Run a study into the folder `out`, which may hold an earlier run of it, and return how each task ended.

    Raises InstanceError for bad input, before anything is solved, and ClusterLostError where the cluster is gone. A
    first run that comes to nothing leaves nothing.
    """
    study = open_study(path)
    _refuse(study, out)
    made, first = not out.exists(), not (out / MANIFEST).exists()
    require_folder(out)
    with alone_in(out):
        _clear(out)
        manifest = Manifest(out, _head(study), {f"{SCENARIOS}/{one.name}": one for one in study.scenarios}, watcher)
        manifest.write()  # first of all: by it the folder is known for one of a study
        with new_file(out / FILE) as copy:
            shutil.copyfile(path, copy)
        try:
            with runner(out, manifest, workers, scheduler) as at:
                _run(study, out, lang, at)
                ended = dict(at.ended)
        except BaseException:
            if first and not manifest.any_done:
                _take_back(out, made)
            else:
                manifest.write()
            raise
        manifest.write(complete=True)
    return ended


def _run(study: Study, out: Path, lang: Lang, at: Runner) -> None:
    """Make and solve all scenarios, do the analyses of those that have a plan, then compare everything."""
    _make(study, out, at)
    at.run([solve_task(one, out.absolute(), study.file.study.asked, lang) for one in study.scenarios])
    # pathways show every scenario that is solved, so other analyses, which solve scenarios of their own, come later
    for kinds in (["pathway"], [kind for kind in ANALYSES if kind != "pathway"]):
        entries = [(kind, entry) for kind in kinds for entry in getattr(study.file, kind)]
        at.side_by_side([partial(_analyse, kind, entry, study, out, at) for kind, entry in entries])
    measures = {one.name: one for one in study.file.measure}
    for ledger in study.file.ledger:
        run_ledger(ledger, study.scenario(ledger.parent), measures, out, at)
    run_comparison(study.file, out, lang, at)


def _make(study: Study, out: Path, at: Runner) -> None:
    """Make the instance of every scenario; raises InstanceError where one, or what is asked of it, is not sound."""
    _raise_if_any(at.run([instance_task(one, study.base, study.base_hash) for one in study.scenarios]), study.path)
    asked = [(kind, entry) for kind in ANALYSES for entry in getattr(study.file, kind)]
    names = {study.scenario(entry.scenario).name for _, entry in asked}
    instances = {name: load(out / INSTANCES / name) for name in names}
    raise_if_any(
        fault
        for kind, entry in asked
        for fault in unfit(kind, entry, instances[study.scenario(entry.scenario).name], str(study.path))
    )


def _analyse(kind: str, entry: Titled, study: Study, out: Path, at: Runner) -> None:
    """Do an analysis of a scenario that has a plan; what goes wrong with it is told and takes no other with it."""
    place, asked_of = f"{kind}/{entry.name}", getattr(entry, "scenario", "")
    scenario = study.scenario(asked_of)
    planned = at.ended[f"{SCENARIOS}/{scenario.name}"].record.get("status") in PLANNED
    if not planned and (kind != "pathway" or asked_of):
        zh = f"需要情景 {scenario.name}，但它没有方案"
        at.bar(broken(place, f"needs scenario {scenario.name}, which has no plan", zh=zh))
        return
    try:
        ANALYSES[kind](entry, scenario, study.file.study.asked, out, at)
    except ClusterLostError:
        raise
    except Exception as error:
        at.bar(failed(place, error))


def check_study(path: Path, lang: Lang = "zh") -> pd.DataFrame:
    """Make the instance of every scenario for a look, and return one row a scenario: title, parent, changes in words.

    Raises InstanceError with all faults of all scenarios.
    """
    study = open_study(path)
    with tempfile.TemporaryDirectory() as folder:
        _make(study, Path(folder), Runner(Path(folder)))
    rows = [(one.name, one.title(lang), one.parent, "\n".join(_own(one, study, lang))) for one in study.scenarios]
    return pd.DataFrame(rows, columns=["scenario", "called", "from", "changes"])


def _own(one: Scenario, study: Study, lang: Lang) -> list[str]:
    """Return what a scenario changes beyond the one that it starts from, in words."""
    inherited = changes_in_words(study.scenario(one.parent).changes, lang) if one.parent else ()
    return beyond(changes_in_words(one.changes, lang), inherited)


def _raise_if_any(ended: Mapping[str, Ended], path: Path) -> None:
    """Raise InstanceError with what is wrong with scenarios; what several have, once, in the name of the first."""
    found: dict[Fault, str] = {}
    for one in ended.values():
        for fault in one.faults:
            within = replace(fault, where=UNFINISHED.sub("", fault.where))
            found.setdefault(within, one.folder.removeprefix(f"{INSTANCES}/"))
    raise_if_any(Fault(f"{path}, scenario {name}", str(fault)) for fault, name in found.items())


def _refuse(study: Study, out: Path) -> None:
    """Raise InstanceError where another thing than an earlier run of a study is in the way."""
    if study.base.resolve().is_relative_to(out.resolve()):
        message = f"the base {study.base} lies in the folder of the study, where a run replaces what is there"
        raise InstanceError([Fault(str(out), message, "name another folder")])
    if not out.exists():
        return
    found = {one.name for one in out.iterdir() if not one.name.startswith(".")} if out.is_dir() else {out.name}
    if found and found != {MANIFEST} and not {MANIFEST, FILE} <= found:
        hint = "name a new folder, or one that an earlier run of a study made"
        raise InstanceError([Fault(str(out), "exists and is no folder of a study", hint)])


def _clear(out: Path) -> None:
    """Clear away what a killed run left half done."""
    clear_below(out)
    for name in (FILE, MANIFEST):
        for left in out.glob(f".{name}.????????"):
            left.unlink()


def _take_back(out: Path, made: bool) -> None:
    """Delete what a first run wrote that has finished no task, and the folder itself where it `made` it."""
    for name in (MANIFEST, FILE, RUN):
        (out / name).unlink(missing_ok=True)
    for empty in (*out.iterdir(), *([out] if made else [])):
        with suppress(OSError):  # what holds anything stays
            empty.rmdir()


def _head(study: Study) -> dict[str, Any]:
    """Return what the manifest says of the study as a whole."""
    return {
        "study": study.file.study.name,
        "base": study.file.study.base,
        "base_hash": study.base_hash,
        "reference": study.reference.name,
        "versions": versions(),
    }
