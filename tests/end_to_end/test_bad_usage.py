"""Several faults at once, warnings, wrong usage, and input that is unusual but right."""

from __future__ import annotations

import re
import zipfile

import pandas as pd
import pytest

from tests.end_to_end.bad_input import BOW_TIE, TOML, added, all_of, cell, copy_of_tiny, gone, sanqu, shapes, text


def test_several_faults_are_told_at_once(tmp_path):
    folder = copy_of_tiny(tmp_path)
    breaks = all_of(
        text(TOML, 'mode = "flux"', 'mode = "net"'),
        cell("cover", 0, "area_ha", -1),
        cell("quotas", 0, "region", "west"),
        cell("transitions", 0, "allowed", 2),
        gone("land/factors.csv"),
        cell("projects", 0, "min_area_ha", "four"),
    )
    breaks(folder)
    run = sanqu("check", folder)
    assert run.code == 2
    assert len(run.error_lines()) == 6
    for word in (
        "carbon.mode",
        "cover.csv, row 2",
        "west is not in",
        "transitions.csv, row 2",
        "land/factors",
        "'four'",
    ):
        assert word in run.err
    assert "6 errors" in run.err


def test_a_wrong_column_is_told_twenty_times_and_counted(tmp_path):
    folder = copy_of_tiny(tmp_path)
    rows = "".join(f"z{k},N1,crop,-1\n" for k in range(50))
    (folder / "land" / "cover.csv").write_text("note,zone,class,area_ha\n" + rows)
    lines = sanqu("check", folder).error_lines()
    assert len(lines) == 21
    assert "30 more rows: must not be below 0" in lines[-1]


def test_broken_polygons_are_told_twenty_times_and_counted(tmp_path):
    folder = copy_of_tiny(tmp_path)
    shapes("zones", lambda frame: pd.concat([frame] * 3).assign(zone=range(36), geometry=BOW_TIE))(folder)
    (folder / "land" / "cover.csv").write_text("zone,class,area_ha\n0,crop,60\n")
    (folder / "restoration" / "unit_zone.csv").write_text("unit,zone,share\nu1,0,1\nu2,1,1\n")
    lines = sanqu("check", folder).error_lines()
    assert len(lines) == 21
    assert "16 more shapes are missing or broken" in lines[-1]


def test_a_polygon_that_disagrees_with_its_cover_is_a_warning(tmp_path):
    """N1 is drawn as 15 ha; the account says 17.5."""
    folder = copy_of_tiny(tmp_path)
    cell("cover", 0, "area_ha", 12.5)(folder)
    run = sanqu("check", folder, "--lang", "en")
    assert run.code == 0
    assert "warning: " in run.err
    assert "row 1, column geometry: zone N1: cover adds to 17.5000 ha, its polygon has 15.0000 ha" in run.err
    assert run.err.count("warning: ") == 1


def test_areas_of_degrees_are_taken_on_the_ellipsoid(tmp_path):
    """In longitude and latitude the polygons are the same land, so nothing is odd."""
    folder = copy_of_tiny(tmp_path)
    text(TOML, "EPSG:4550", "EPSG:4490")(folder)
    for table in ("zones", "units"):
        shapes(table, lambda frame: frame.to_crs("EPSG:4490"))(folder)
    run = sanqu("check", folder)
    assert (run.code, run.err) == (0, "")


def test_targets_beyond_reach_are_told_by_check(tmp_path):
    """A class with no way to stay below its ceiling: 30 ha of forest, none of which may leave."""
    folder = copy_of_tiny(tmp_path)
    added("quotas", id="cap", rule="ceiling", group="forest", region="tiny", sense="<=", value=20)(folder)
    run = sanqu("check", folder, "--lang", "en")
    assert run.code == 0
    assert "Targets beyond reach" in run.out
    assert re.search(r"ceiling\s+cap\s+tiny\s+2040\s+<=\s+20.00\s+30.00\s+ha", run.out)
    solved = sanqu("solve", folder, "--out", tmp_path / "plan", "--lang", "en")
    assert solved.code == 3
    assert "the ceiling for Arbor forest of 20 ha is exceeded by 10 ha" in solved.out


def test_byte_order_marks_and_windows_line_ends_are_read(tmp_path):
    folder = copy_of_tiny(tmp_path)
    for path in [*folder.rglob("*.csv"), folder / TOML]:
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    run = sanqu("solve", folder, "--out", tmp_path / "plan")
    assert run.code == 0
    assert "990.00" in run.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["check", "nowhere"],
            "nowhere: is neither a folder nor a bundled instance (bundled are: tiny, weihai, weihai-energy, ",
        ),
        (["solve", "tiny"], "--out"),
        (["solve", "tiny", "--out", "plan", "--gap", "-1"], "--gap"),
        (["solve", "tiny", "--out", "plan", "--gap", "nan"], "--gap"),
        (["solve", "tiny", "--out", "plan", "--time-limit", "soon"], "--time-limit"),
        (["solve", "tiny", "--out", "plan", "--time-limit", "nan"], "--time-limit"),
        (["solve", "tiny", "--out", "plan", "--threads", "-2"], "--threads"),
        (["solve", "tiny", "--out", "plan", "--mode", "net"], "--mode"),
        (
            ["solve", "tiny", "--out", "plan", "--method", "magic"],
            "--method: 'magic' is not known (one of auto, direct",
        ),
        (["solve", "tiny", "--out", "plan", "--without", "slopes"], "slopes"),
        (["explain", "tiny", "--lang", "fr"], "--lang"),
        (["new", "made", "--zones", "0"], "--zones"),
        (["new", "made", "--zones", "10", "--whole", "2"], "whole"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_usage(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    run = sanqu(*arguments)
    assert run.code == 2
    assert words in re.sub(r"\x1b\[[0-9;]*m", "", run.err)
    assert not any(tmp_path.iterdir())


def test_an_archive_is_not_unpacked(tmp_path):
    path = tmp_path / "county.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("county/instance.toml", b"0" * 10_000_000)
    run = sanqu("check", path)
    assert run.code == 2
    assert "county.zip: is a file, not a folder (an instance is a folder with an instance.toml; unpack" in run.err
