"""The documentation agrees with the code: generated sections, commands, options, links and the worked examples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

import pandas as pd
import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from docs.build import ROOT, pages, refreshed
from formulations.land import OPTIONAL_RULES
from instances.instance import load
from instances.readers.raster.config import Config as RasterConfig
from instances.settings import Settings
from instances.siting.config import PotentialConfig, RouteConfig
from optimizer.cli import app
from optimizer.solve import solve
from optimizer.studies.file import StudyFile

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "formulations/README.md", "benchmarks/README.md")),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "instances/library").rglob("*.md"),
    ]
)
COMMAND = re.compile(r"\bsanqu (?P<name>[a-z]+(?:-[a-z]+)*)(?P<rest>[^`\n|]*)")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
EXAMPLE_FILE = re.compile(r"^`(?P<name>[\w./]+)`\n\n```\w+\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _documented() -> list[tuple[str, str, str]]:
    """Page, command and the rest of the line, for every `sanqu ...` in the pages."""
    found = [(_name(page), m["name"], m["rest"]) for page in PAGES for m in COMMAND.finditer(_text(page))]
    return sorted(set(found))


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_generated_sections_are_fresh(page: Path) -> None:
    assert refreshed(_text(page)) == _text(page), "run: python docs/build.py"


def test_every_page_with_markers_is_generated() -> None:
    marked = {page for page in PAGES if "<!-- begin " in _text(page)}
    assert marked == set(pages())


@pytest.mark.parametrize("name", sorted({name for _, name, _ in _documented()}))
def test_a_documented_command_has_help(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


@pytest.mark.parametrize(("page", "name", "rest"), _documented())
def test_documented_options_exist(page: str, name: str, rest: str) -> None:
    command = COMMANDS[name]
    words = rest.split()
    if hasattr(command, "commands") and words:  # a command with commands of its own: sanqu import raster
        command = command.commands[words[0]]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= known, f"{page}: sanqu {name}{rest}"


@pytest.mark.parametrize(("page", "name", "rest"), _documented())
def test_rules_that_are_switched_off_exist(page: str, name: str, rest: str) -> None:
    rules = [rule for rule in re.findall(r"--without (\S+)", rest) if not rule.isupper()]
    assert set(rules) <= set(OPTIONAL_RULES), page


def test_readme_has_both_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)", _text(ROOT / "README.md"))) | {"demo", "test"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def _slug(heading: str) -> str:
    """The anchor that a heading gets on GitHub."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(FENCE.sub("", _text(page))):
        target, _, anchor = unquote(found["target"]).partition("#")
        if "://" in target:
            continue
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), f"{_name(page)}: {found['target']}"
        if anchor:
            headings = {_slug(heading) for heading in HEADING.findall(FENCE.sub("", _text(linked)))}
            assert anchor in headings, f"{_name(page)}: {found['target']}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_tables_are_rectangular(page: Path) -> None:
    width = 0
    for line in FENCE.sub("", _text(page)).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (width and cells) or cells == width, f"{_name(page)}: {line}"
        width = cells


def _keys(settings: type[BaseModel]) -> set[str]:
    """Return the keys of a section of a TOML file and of those below it."""
    found = set()
    for name, field in settings.model_fields.items():
        inner = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        below = [kind for kind in inner if issubclass(kind, BaseModel)]
        found |= set().union(*map(_keys, below)) if below else {field.alias or name}
    return found


def test_every_setting_is_listed() -> None:
    section = _text(ROOT / "docs/instance-format.md").partition("## instance.toml")[2].partition("\n## ")[0]
    listed = set(re.findall(r"\b(\w+)`", "".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
    assert _keys(Settings) <= listed


@pytest.mark.parametrize(
    ("page", "settings"),
    [
        ("docs/howto/studies.md", StudyFile),
        ("docs/howto/aachen.md", RasterConfig),
        ("docs/howto/energy-siting.md", PotentialConfig),
        ("docs/howto/energy-siting.md", RouteConfig),
    ],
)
def test_every_key_of_a_file_is_named(page: str, settings: type[BaseModel]) -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]*)`", _text(ROOT / page)))))
    assert _keys(settings) - _keys(Settings) <= named


def test_the_minimal_instance_solves_as_described(tmp_path: Path) -> None:
    folder = tmp_path / "my_county"
    for found in EXAMPLE_FILE.finditer(_text(ROOT / "docs/instance-format.md")):
        path = folder / found["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["text"], encoding="utf-8")
    assert load(folder).settings.instance.name == "my_county"
    outcome = solve(folder, tmp_path / "plan")
    assert outcome.audit_passed
    lines = (tmp_path / "plan" / "transitions.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    areas = {tuple(line.split(",")[:2]): float(line.split(",")[2]) for line in lines}
    changes = {pair: round(area, 6) for pair, area in areas.items() if pair[0] != pair[1]}
    assert changes == {("0103", "0701"): 7.0, ("1206", "0701"): 3.0, ("1206", "0301"): 20.0}


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name}: {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _follow_the_guide(copy: Path) -> None:
    """Do in a copy of the project what `formulations/README.md` says."""
    guide = _text(ROOT / "formulations/README.md")
    name, before = "afforestation_share", "restoration_area"
    for found in EXAMPLE_FILE.finditer(guide):
        (copy / found["name"]).write_text(found["text"], encoding="utf-8")
    blocks = re.findall(r"^```\w+\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    form, names, check = (
        next(b for b in blocks if b.strip().startswith(start)) for start in (f'"{name}"', "rule,", "def _aff")
    )
    rules = copy / "formulations/land/__init__.py"
    _replace(rules, "from formulations.land import (\n", f"from formulations.land import (\n    {name},\n")
    _replace(rules, f"    {before}.RULE,\n", f"    {before}.RULE,\n    {name}.RULE,\n")
    _replace(copy / "instances/tables/fields.csv", f"|{before}|", f"|{before}|{name}|")
    _replace(copy / "instances/quota_checks.py", f'    "{before}": (', f'{form}    "{before}": (')
    _replace(copy / "optimizer/results/terms.csv", f"rule,{before}", f"{names}rule,{before}")
    audit = copy / "optimizer/results/audit/quotas.py"
    _replace(audit, "LINES: dict", f"{check}\n\nLINES: dict")
    _replace(audit, f'    "{before}": _restored,', f'    "{before}": _restored,\n    "{name}": _afforested,')


TEST_AND_SOLVE_WITH_THE_NEW_RULE = """
from pathlib import Path
import pytest
assert pytest.main(["-p", "no:cacheprovider", "tests/formulations/land/test_afforestation_share.py"]) == 0
from optimizer.solve import solve
outcome = solve("tiny_green", Path("plan"))
assert outcome.audit_passed and outcome.has_plan
assert "\\nafforestation_share," in Path("plan/rules.csv").read_text("utf-8-sig")
"""


def test_the_guide_to_a_new_rule_works(tmp_path: Path) -> None:
    # Compiled modules come along; what is half written beside them does not.
    ignored = shutil.ignore_patterns("weihai", "weihai-*", "*.pyc.*", "*.nb?", "*.tmp*")
    for package in ("instances", "formulations", "optimizer"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    (tmp_path / "tests/formulations/land").mkdir(parents=True)
    for name in ("pyproject.toml", "tests/build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    _follow_the_guide(tmp_path)
    shutil.copytree(tmp_path / "instances/library/tiny", tmp_path / "tiny_green")
    quotas = pd.read_csv(tmp_path / "tiny_green/land/quotas.csv", dtype=str, keep_default_na=False)
    green = {
        **quotas.iloc[-1],
        "id": "green",
        "rule": "afforestation_share",
        "group": "",
        "sense": ">=",
        "value": "0.9",
        "unit": "share",
    }
    quotas.loc[len(quotas)] = green
    quotas.to_csv(tmp_path / "tiny_green/land/quotas.csv", index=False)
    # The kernels of the copy would be compiled anew, which takes longer than to run them as they are.
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", TEST_AND_SOLVE_WITH_THE_NEW_RULE]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
