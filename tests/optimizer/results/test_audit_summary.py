"""summary.json against the recomputed figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from optimizer.results.audit import AuditInputError, audit
from tests.optimizer.results.audit_instance import FLUX, MAGNITUDES, hand_case

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    ("objective off by 0.01", {"objective": FLUX + 0.01, "gap_abs": 0.61, "gap": 0.61 / MAGNITUDES}, {"objective"}),
    ("no objective", {"objective": None}, {"objective", "status", "bound", "gap_abs", "gap"}),
    ("constant off by 1 t of 4 million", {"objective_constant": 3993341.0}, {"objective_constant"}),
    ("no constant", {"objective_constant": None}, {"objective_constant"}),
    ("bound above the objective", {"bound": FLUX + 0.6}, {"bound"}),
    ("no bound for an optimal plan", {"bound": None}, {"bound", "gap_abs", "gap"}),
    ("absolute gap not the difference", {"gap_abs": 0.5}, {"gap_abs"}),
    ("gap relative to the constant", {"gap": 0.6 / 3993340}, {"gap"}),
    ("gap relative to the objective", {"gap": 0.6 / FLUX}, {"gap"}),
    ("optimal beyond the asked gap", {"options": {"gap": 1e-5}}, {"optimal"}),
    ("a maximum", {"sense": "maximise"}, {"sense"}),
    ("infeasible with a plan", {"status": "infeasible"}, {"status"}),
    ("a word that is no status", {"status": "fine"}, {"status"}),
    ("no status", {"status": None}, {"status"}),
    (
        "another mode than was solved",
        {"options": {"mode": "stock"}},
        {"objective", "objective_constant", "gap", "bound"},
    ),
    (
        "another objective than was solved",
        {"options": {"objective": "cost"}},
        {"objective", "objective_constant", "gap", "bound"},
    ),
]


@pytest.mark.parametrize(("change", "caught"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_spoilt_summary(change: dict[str, Any], caught: set[str], tmp_path: Path) -> None:
    case = hand_case()
    case.off("carbon_cap")
    case.summary |= change
    failed = {check.name for check in audit(*case.write(tmp_path)).failed}
    assert failed == {f"summary.{name}" for name in caught}


def test_feasible_without_a_bound_has_no_gap(tmp_path: Path) -> None:
    case = hand_case()
    case.summary |= {"status": "feasible", "bound": None, "gap": None, "gap_abs": None}
    assert audit(*case.write(tmp_path / "a")).lines() == []
    case.summary["gap"] = 0.0
    assert [check.name for check in audit(*case.write(tmp_path / "b")).failed] == ["summary.gap"]


def test_unreadable_and_missing_summary_fail_a_check(tmp_path: Path) -> None:
    instance, out = hand_case().write(tmp_path)
    for text in ("{", "[]", '{"options": [1]}', None):
        if text is None:
            (out / "summary.json").unlink()
        else:
            (out / "summary.json").write_text(text, encoding="utf-8")
        (line,) = audit(instance, out).lines()
        assert "summary.json" in line


def test_a_bare_folder_of_moves_is_audited_without_figures(tmp_path: Path) -> None:
    instance, out = hand_case().write(tmp_path)
    bare = (out / "plan").rename(tmp_path / "bare")
    report = audit(instance, bare)
    assert report.passed
    assert "summary" not in report.counts()


def test_the_plan_folder_of_a_solve_finds_its_summary(tmp_path: Path) -> None:
    instance, out = hand_case().write(tmp_path)
    assert audit(instance, out / "plan").counts() == audit(instance, out).counts()


def test_options_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    for place, options in enumerate(({"mode": "flow"}, {"objective": "beauty"}, {"rules_off": "slope"})):
        case = hand_case()
        case.summary["options"] = options
        with pytest.raises(AuditInputError, match="instance"):
            audit(*case.write(tmp_path / str(place)))
