"""The frame that every page has: one HTML file that stands alone, opens offline and prints."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizer.results.terms import Lang


def resource(name: str, package: str = "optimizer.report") -> str:
    """Return a text file of a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def environment(templates: Mapping[str, str]) -> Environment:
    """Return what fills in templates, by name; `frame.html` and `macros.html` are there for all of them."""
    shared = {name: resource(name) for name in ("frame.html", "macros.html")}
    return Environment(
        loader=DictLoader({**shared, **templates}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def frame(lang: Lang, title: str, version: str, style: str = "") -> dict[str, object]:
    """Return what `frame.html` shows beside `t` and `head`; `style` comes after that of all pages."""
    return {
        "lang": "zh-CN" if lang == "zh" else "en",
        "style": Markup(resource("style.css") + style),
        "title": title,
        "version": version,
    }
