"""Figures as a list of shapes, written as SVG (text stays text) or painted as PNG.

PNG text is set in DejaVu Sans, the open font that matplotlib brings; it has no Chinese, so PNG figures are
in English. SVG names fonts of the reader's machine and holds either language.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path
from PIL import Image

from optimizer.results.xml_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instances.land import Floats

INK, SOFT = "#1c2320", "#66706a"
FONTS = "'Source Han Sans SC','Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',Arial,sans-serif"
_DPI = 200
_PNG_FONT = "DejaVu Sans"
_POINT = 0.72
"""Points of print in a point of a drawing, a hundredth of an inch."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle; `title` shows under the pointer."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    title: str = ""


@dataclass(frozen=True)
class Band:
    """A ribbon from a span (top, bottom) at `left` to a span at `right`."""

    left: float
    right: float
    start: tuple[float, float]
    end: tuple[float, float]
    fill: str
    title: str = ""

    def outline(self) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
        """Return the commands of its outline: M, C, L, C with their points."""
        middle = (self.left + self.right) / 2
        (a, b), (c, d) = self.start, self.end
        return (
            ("M", ((self.left, a),)),
            ("C", ((middle, a), (middle, c), (self.right, c))),
            ("L", ((self.right, d),)),
            ("C", ((middle, d), (middle, b), (self.left, b))),
        )


@dataclass(frozen=True)
class Shape:
    """A filled area of one or more closed rings, holes by the even-odd rule."""

    rings: Sequence[Floats]
    fill: str


@dataclass(frozen=True)
class Line:
    """A line through points, (points, 2), broken where `dash` says how."""

    points: Floats
    color: str
    width: float
    title: str = ""
    dash: str = ""


@dataclass(frozen=True)
class Dot:
    """A filled circle with a white rim."""

    x: float
    y: float
    radius: float
    fill: str
    title: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG in a frame."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


@dataclass(frozen=True)
class Label:
    """A line of text; `anchor` start, middle or end, `y` the base line."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = 12.5
    color: str = INK
    bold: bool = False


Item = Box | Band | Shape | Line | Dot | Picture | Label


@dataclass(frozen=True)
class Drawing:
    """Shapes on a canvas of so many points, painted in order."""

    width: float
    height: float
    items: tuple[Item, ...]


def moved(item: Item, right: float, down: float) -> Item:
    """Return an item so many points further right and down."""
    by = np.array([right, down])
    match item:
        case Band():
            start, end = ((top + down, bottom + down) for top, bottom in (item.start, item.end))
            return replace(item, left=item.left + right, right=item.right + right, start=start, end=end)
        case Shape():
            return replace(item, rings=[ring + by for ring in item.rings])
        case Line():
            return replace(item, points=item.points + by)
        case _:
            return replace(item, x=item.x + right, y=item.y + down)


def data_uri(png: bytes) -> str:
    """Return a PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


@lru_cache
def _drawable() -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont(_PNG_FONT)).get_charmap())


def drawable(text: str) -> bool:
    """Whether a PNG can show the text: a name that is not empty, in letters that the shipped font has."""
    return bool(text.strip()) and all(ord(letter) in _drawable() for letter in text)


def text_width(text: str, size: float = 12.5) -> float:
    """Return about how wide a line of text is; a Chinese letter is as wide as high."""
    return size * sum(1.0 if ord(letter) > 0x2E7F else 0.62 for letter in text)


def shortened(text: str, most: int = 44) -> str:
    """Return the text, its end cut off where it is very long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _svg_item(item: Item) -> Markup:
    match item:
        case Box():
            tip = Markup("<title>{}</title>").format(xml_text(item.title)) if item.title else ""
            places = (_n(item.x), _n(item.y), _n(item.width), f"{max(item.height, 0.3):.2f}", item.fill)
            return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}">{}</rect>').format(*places, tip)
        case Band():
            path = "".join(mark + " ".join(f"{_n(x)},{y:.2f}" for x, y in points) for mark, points in item.outline())
            tip = Markup("<title>{}</title>").format(xml_text(item.title)) if item.title else ""
            return Markup('<path d="{}Z" fill="{}" fill-opacity=".55">{}</path>').format(path, item.fill, tip)
        case Shape():
            rings = "".join("M" + " ".join(f"{_n(x)},{_n(y)}" for x, y in ring) + "Z" for ring in item.rings)
            shape = '<path d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width=".3"/>'
            return Markup(shape).format(rings, item.fill, item.fill)
        case Line():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in item.points)
            dash = Markup(' stroke-dasharray="{}"').format(item.dash) if item.dash else ""
            if not item.title:
                line = '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"{}/>'
                return Markup(line).format(points, item.color, _n(item.width), dash)
            line = '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"{}><title>{}</title></polyline>'
            return Markup(line).format(points, item.color, _n(item.width), dash, xml_text(item.title))
        case Dot():
            tip = Markup("<title>{}</title>").format(xml_text(item.title)) if item.title else ""
            dot = '<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="#fff" stroke-width="1.2">{}</circle>'
            return Markup(dot).format(_n(item.x), _n(item.y), _n(item.radius), item.fill, tip)
        case Picture():
            places = (_n(item.x), _n(item.y), _n(item.width), _n(item.height), data_uri(item.png))
            return Markup('<image x="{}" y="{}" width="{}" height="{}" href="{}"/>').format(*places)
        case Label():
            weight = Markup(' font-weight="600"') if item.bold else ""
            look = (item.anchor, _n(item.size), item.color, weight, xml_text(item.text))
            text = '<text x="{}" y="{}" text-anchor="{}" font-size="{}" fill="{}"{}>{}</text>'
            return Markup(text).format(_n(item.x), _n(item.y), *look)


def svg(drawing: Drawing, *, alone: bool = False) -> Markup:
    """Return the drawing as an SVG element; `alone` makes it a file of its own, on white."""
    body = Markup("").join(_svg_item(item) for item in drawing.items)
    size = (_n(drawing.width), _n(drawing.height))
    if not alone:
        return Markup('<svg class="drawing" viewBox="0 0 {} {}" role="img">{}</svg>').format(*size, body)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" font-family="{}">'
        '<rect width="100%" height="100%" fill="#fff"/>{}</svg>\n'
    )
    return Markup(head).format(*size, *size, FONTS, body)


_CODES = {"M": Path.MOVETO, "C": Path.CURVE4, "L": Path.LINETO}
_ALIGN = {"start": "left", "middle": "center", "end": "right"}


def png(drawing: Drawing) -> bytes:
    """Paint the drawing at 200 dpi, pictures below all else; a point of the drawing is a hundredth of an inch."""
    figure = Figure(figsize=(drawing.width / 100, drawing.height / 100), dpi=_DPI, facecolor="none")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for item in drawing.items:
        match item:
            case Box():
                axes.add_patch(Rectangle((item.x, item.y), item.width, max(item.height, 0.3), fc=item.fill, lw=0))
            case Band():
                outline = item.outline()
                points = [point for _, part in outline for point in part]
                codes = [_CODES[mark] for mark, part in outline for _ in part]
                axes.add_patch(PathPatch(Path(points, codes), fc=item.fill, lw=0, alpha=0.55))
            case Shape():
                axes.add_patch(PathPatch(_rings(item), fc=item.fill, lw=0))
            case Line():
                axes.add_patch(_stroke(item))
            case Dot():
                look = {"fc": item.fill, "ec": "white", "lw": 1.2 * _POINT}
                axes.add_patch(Circle((item.x, item.y), item.radius, **look))
            case Label():
                axes.text(
                    item.x,
                    item.y,
                    item.text,
                    ha=_ALIGN[item.anchor],
                    va="baseline",
                    fontsize=item.size * _POINT,
                    color=item.color,
                    family=_PNG_FONT,
                    weight="bold" if item.bold else "normal",
                    parse_math=False,
                )
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    canvas.draw()
    over = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    painted = Image.new("RGB", over.size, "white")
    for item in drawing.items:
        if isinstance(item, Picture):
            _paste(painted, item)
    painted.paste(over, (0, 0), over)
    stream = io.BytesIO()
    painted.save(stream, "png", compress_level=4)
    return stream.getvalue()


def _rings(item: Shape) -> Path:
    return Path.make_compound_path(*(Path(ring, closed=False) for ring in item.rings))


def _stroke(item: Line) -> PathPatch:
    dash = (0, tuple(float(part) * _POINT for part in item.dash.split())) if item.dash else "-"
    return PathPatch(Path(item.points), fill=False, ec=item.color, lw=item.width * _POINT, ls=dash, capstyle="butt")


def _paste(painted: Image.Image, item: Picture) -> None:
    """Paste a picture with sharp edges: it is painted at a hundredth of an inch a point already."""
    scale = _DPI / 100
    size = (round(item.width * scale), round(item.height * scale))
    inner = Image.open(io.BytesIO(item.png)).convert("RGB").resize(size, Image.Resampling.NEAREST)
    painted.paste(inner, (round(item.x * scale), round(item.y * scale)))
