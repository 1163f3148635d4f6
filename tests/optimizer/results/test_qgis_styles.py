import sqlite3
from contextlib import closing
from xml.etree import ElementTree

from optimizer.results.qgis_styles import Category, LayerStyle, qml

STYLE = LayerStyle(
    "before",
    "dominant",
    "",
    [Category("0103", '旱地 "dry" <cropland> & \x01more', "#ffee80"), Category("x'y", "林", "#0a0b0c")],
)


def test_qml_is_a_categorised_renderer_with_a_symbol_for_each_class():
    text = qml(STYLE)
    assert text.startswith("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=")
    root = ElementTree.fromstring(text.split("\n", 1)[1])
    renderer = root.find("renderer-v2")
    assert renderer.get("type") == "categorizedSymbol"
    assert renderer.get("attr") == "dominant"
    categories = renderer.findall("categories/category")
    assert [(c.get("value"), c.get("label")) for c in categories] == [
        ("0103", '旱地 "dry" <cropland> & more'),
        ("x'y", "林"),
    ]
    symbols = {symbol.get("name"): symbol for symbol in renderer.findall("symbols/symbol")}
    colors = [
        symbols[c.get("symbol")].find("layer[@class='SimpleFill']/Option/Option[@name='color']").get("value")
        for c in categories
    ]
    assert colors == ["255,238,128,255", "10,11,12,255"]


def test_the_plan_carries_a_default_style_for_each_layer(solved):
    with closing(sqlite3.connect(solved / "plan.gpkg")) as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault, update_time FROM layer_styles"
        ).fetchall()
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        kind = database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone()
        columns = {
            layer: [row[1] for row in database.execute(f"PRAGMA table_info({layer})")]
            for layer in ("before", "after", "changes")
        }
        counted = database.execute(
            "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
    assert kind == ("attributes",)
    assert counted == (3,)
    assert {row[0]: row[1] for row in rows} == geometry
    for layer, _, style, default, time in rows:
        renderer = ElementTree.fromstring(style.split("\n", 1)[1]).find("renderer-v2")
        assert renderer.get("attr") in columns[layer]
        assert default == 1
        assert time.endswith("Z")
        assert "裸土地 Bare soil" in [c.get("label") for c in renderer.iter("category")]


def test_layers_and_styles_open_as_layers(solved):
    import pyogrio

    layers = {name: kind for name, kind in pyogrio.list_layers(solved / "plan.gpkg")}
    assert set(layers) == {"before", "after", "changes", "layer_styles"}
    assert layers["layer_styles"] is None
    styles = pyogrio.read_dataframe(solved / "plan.gpkg", layer="layer_styles")
    assert list(styles["f_table_name"]) == ["before", "after", "changes"]
    changes = pyogrio.read_dataframe(solved / "plan.gpkg", layer="changes")
    # docs/tiny.md: 8 ha of bare land become forest
    bare = changes[(changes["from"] == "bare") & (changes["to"] == "forest")]
    assert bare["area_ha"].sum() == 8
