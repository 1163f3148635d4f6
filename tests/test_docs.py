"""The documentation agrees with the code: generated sections, commands, options, links and the worked examples."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.testing import CliRunner

from docs.build import ROOT, pages, refreshed
from formulations.land import OPTIONAL_RULES
from instances.instance import load
from optimizer.cli import app
from optimizer.solve import solve

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "formulations/README.md", *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"\bsanqu (?P<name>[a-z]+)(?P<rest>[^`\n|]*)")
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
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help"}
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
