"""Styles that QGIS picks up from a GeoPackage by itself: its table `layer_styles`, one default style a layer.

The table has the columns that QGIS writes, the styles are QML (categorised by class, in the colours of the
classes), and the table is registered in `gpkg_contents`, without which QGIS does not find it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

from optimizer.results.xml_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.28.0-Firenze"
_CREATE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_REGISTER = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'), 0)"""
_INSERT = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
                          styleSLD, useAsDefault, description, owner, ui)
VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', '')"""


@dataclass(frozen=True)
class Category:
    """A value of the styled column, how it is called and its colour as #rrggbb."""

    value: str
    label: str
    color: str


@dataclass(frozen=True)
class LayerStyle:
    """The default style of a layer by the values of a column; `shape` is fill (polygons), line or marker (points)."""

    layer: str
    column: str
    description: str
    categories: Sequence[Category]
    shape: Literal["fill", "line", "marker"] = "fill"


def _rgba(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"


_LAYER_CLASS = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}
_GEOMETRY = {"marker": "0", "line": "1", "fill": "2"}
"""Types of geometry as QGIS numbers them."""


def _look(shape: str, color: str) -> dict[str, str]:
    """Return the settings of a simple symbol of a colour."""
    rgba = _rgba(color)
    if shape == "line":
        return {"line_color": rgba, "line_style": "solid", "line_width": "0.6", "line_width_unit": "MM"}
    outline = {"outline_style": "solid", "outline_width": "0.1", "outline_width_unit": "MM"}
    if shape == "marker":
        sized = {"name": "circle", "size": "2.6", "size_unit": "MM"}
        return {"color": rgba, "outline_color": _rgba("#ffffff"), **outline, **sized}
    return {
        "border_width_map_unit_scale": "3x:0,0,0,0,0,0",
        "color": rgba,
        "joinstyle": "bevel",
        "offset": "0,0",
        "offset_map_unit_scale": "3x:0,0,0,0,0,0",
        "offset_unit": "MM",
        "outline_color": rgba,
        **outline,
        "style": "solid",
    }


def _symbol(parent: ElementTree.Element, name: str, color: str, shape: str) -> None:
    plain = {"force_rhr": "0", "clip_to_extent": "1", "alpha": "1"}
    symbol = ElementTree.SubElement(parent, "symbol", {"type": shape, "name": name, **plain})
    layer = {"class": _LAYER_CLASS[shape], "pass": "0", "locked": "0", "enabled": "1"}
    options = ElementTree.SubElement(ElementTree.SubElement(symbol, "layer", layer), "Option", {"type": "Map"})
    for key, value in _look(shape, color).items():
        ElementTree.SubElement(options, "Option", {"name": key, "value": value, "type": "QString"})


def qml(style: LayerStyle) -> str:
    """Return the style as a QML document."""
    root = ElementTree.Element("qgis", {"version": _VERSION, "styleCategories": "Symbology"})
    plain = {"forceraster": "0", "symbollevels": "0", "enableorderby": "0", "referencescale": "-1"}
    renderer = ElementTree.SubElement(
        root, "renderer-v2", {"type": "categorizedSymbol", "attr": xml_text(style.column), **plain}
    )
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, category in enumerate(style.categories):
        texts = {"value": xml_text(category.value), "label": xml_text(category.label)}
        ElementTree.SubElement(
            categories, "category", {"type": "string", "render": "true", "symbol": str(number), **texts}
        )
        _symbol(symbols, str(number), category.color, style.shape)
    ElementTree.SubElement(root, "layerGeometryType").text = _GEOMETRY[style.shape]
    return _DOCTYPE + ElementTree.tostring(root, encoding="unicode")


def write_styles(path: Path, styles: Sequence[LayerStyle]) -> None:
    """Add default styles of its layers to a GeoPackage that has none yet."""
    with closing(sqlite3.connect(path)) as database, database:
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        database.execute(_CREATE)
        database.execute(_REGISTER)
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_ogr_contents'").fetchone():
            counted = ("layer_styles", len(styles))
            database.execute("INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?, ?)", counted)
        for style in styles:
            row = (style.layer, geometry[style.layer], style.layer, qml(style), style.description)
            database.execute(_INSERT, row)
