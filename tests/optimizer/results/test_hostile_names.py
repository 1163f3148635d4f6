"""Names that hold HTML, spreadsheet formulas or path separators do no harm in any file of a result."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest

from instances.instance import library
from optimizer.solve import solve

HTML = "<script>alert('x')</script>"
FORMULA = '=HYPERLINK("http://x.example","y")'
PATH = "../../outside/$a_b$"
QUOTES = "\"'; DROP TABLE changes; --"


def edit(path, column, key, names):
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for value, changed in names.items():
        table.loc[table[key] == value, column] = changed
    table.to_csv(path, index=False)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    folder = root / "instance"
    shutil.copytree(library()["tiny"], folder)
    for lang in ("zh", "en"):
        names = {"crop": HTML, "forest": FORMULA, "grass": PATH, "urban": QUOTES, "bare": "@SUM(A1)"}
        edit(folder / "land" / "classes.csv", f"name_{lang}", "class", names)
        edit(folder / "land" / "regions.csv", f"name_{lang}", "region", {"north": PATH, "south": HTML})
    edit(folder / "land" / "quotas.csv", "source", "id", {"retention": HTML, "compensation": FORMULA})
    toml = folder / "instance.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(re.sub(r'(title_\w+) = ".*"', rf"\1 = '''{HTML}'''", text), encoding="utf-8")
    solve(folder, root / "plan")
    return root / "plan"


def test_files_have_their_own_names(result):
    figures = {"before", "after", "change"}
    expected = {f"figures/map-{name}.{kind}" for name in figures for kind in ("svg", "png")}
    expected |= {f"figures/{name}.{kind}" for name in ("flow", "ledger") for kind in ("svg", "png")}
    expected |= {"report.html", "tables.xlsx", "plan.gpkg", "summary.json", "audit.json"}
    expected |= {f"{name}.csv" for name in ("transitions", "indicators", "rules", "ledger")}
    found = {path.relative_to(result).as_posix() for path in result.rglob("*") if path.is_file()}
    assert {name for name in found if not name.startswith("plan/")} == expected
    assert {path.name for path in result.parent.iterdir()} == {"instance", "plan"}


def test_the_page_shows_html_as_text(result):
    page = (result / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page


def test_figures_show_html_as_text(result):
    for path in sorted((result / "figures").glob("*.svg")):
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    labels = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert HTML in labels


def test_the_workbook_has_no_formula(result):
    book = openpyxl.load_workbook(result / "tables.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert FORMULA in {cell.value for cell in cells}
    assert any(isinstance(cell.value, str) and cell.value.startswith("@SUM") and cell.quotePrefix for cell in cells)


def test_the_styles_hold_the_names_as_text(result):
    with closing(sqlite3.connect(result / "plan.gpkg")) as database:
        assert database.execute("SELECT count(*) FROM changes").fetchone()[0] > 0
        styles = [row[0] for row in database.execute("SELECT styleQML FROM layer_styles")]
    for style in styles:
        labels = [one.get("label") for one in ElementTree.fromstring(style.split("\n", 1)[1]).iter("category")]
        assert f"{QUOTES} {QUOTES}" in labels
        assert f"{HTML} {HTML}" in labels


def test_pngs_are_painted(result):
    for path in sorted(Path(result, "figures").glob("*.png")):
        assert path.read_bytes().startswith(b"\x89PNG")
