"""The account of an import: where every hectare of the raster went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

TOLERANCE = 1e-9
"""Relative difference at which totals no longer balance."""

WORDS = {
    "read": ("read from the raster", "读入栅格"),
    "outside": ("outside the area", "范围之外"),
    "nodata": ("no data", "无数据"),
    "refused": ("refused by the class table", "地类表剔除"),
    "imported": ("imported", "导入"),
    "class": ("imported, class", "导入，地类"),
    "uncut": ("in cells that nothing cuts", "未被切割的单元"),
    "split": ("in cells cut into several zones", "被切割为多个单元"),
    "sliver_merged": ("slivers merged into a larger zone", "碎片并入较大单元"),
    "sliver_kept": ("slivers kept, nothing near to join", "保留的碎片"),
    "line_exact": ("inside, exact", "控制线内（精确）"),
    "line_sliver": ("change by merged slivers", "碎片合并引起的变化"),
    "line": ("inside, as imported", "控制线内（导入）"),
    "overlap": ("lay in two polygons, given to the first", "面重叠，归先列者"),
    "repaired": ("invalid shapes repaired", "修复的无效图形"),
    "empty": ("shapes without geometry left out", "剔除的空图形"),
    "slope_filled": ("without elevation, slope class as configured", "无高程，坡度级按配置"),
}

Lang = Literal["zh", "en"]


class Unbalanced(RuntimeError):
    """The totals of an import do not add up: a fault of the program, never of the data."""


@dataclass
class Ledger:
    """Lines of the account as they arise: item, what it is of, hectares, how many pixels, zones or shapes."""

    lines: list[tuple[str, str, float, int]] = field(default_factory=list)

    def add(self, item: str, of: str, hectares: float, count: int) -> None:
        """Add a line."""
        self.lines.append((item, of, float(hectares), int(count)))

    def sum(self, *items: str) -> float:
        """Hectares of all lines of some items."""
        return sum(hectares for item, _, hectares, _ in self.lines if item in items)


@dataclass(frozen=True)
class ImportReport:
    """The finished account, with the number of zones."""

    lines: tuple[tuple[str, str, float, int], ...]
    zones: int

    def hectares(self, item: str, of: str = "") -> float:
        """Hectares of a line; 0 where there is none."""
        return sum(line[2] for line in self.lines if line[:2] == (item, of))

    def frame(self, lang: Lang) -> pd.DataFrame:
        """Return the account in words."""
        column = 0 if lang == "en" else 1
        heads = ("item", "of", "hectares", "count") if lang == "en" else ("项目", "对象", "公顷", "个数")
        rows = [(WORDS[item][column], of, round(hectares, 4), count) for item, of, hectares, count in self.lines]
        return pd.DataFrame(rows, columns=list(heads))

    def note(self, lang: Lang) -> str:
        """Say what the totals prove."""
        if lang == "en":
            return "read = outside + no data + refused + imported; imported = sum of classes = uncut + split"
        return "读入 = 范围之外 + 无数据 + 剔除 + 导入；导入 = 各地类之和 = 未切割 + 被切割"

    def closing(self, instance: Path, lang: Lang) -> str:
        """Say what to do next."""
        if lang == "en":
            return f"{self.zones:,} zones in {instance}; check with: sanqu check {instance} --lang en"
        return f"{self.zones:,} 个单元，位于 {instance}；检查：sanqu check {instance}"

    def write(self, path: Path) -> None:
        """Write the account as CSV, at full precision."""
        pd.DataFrame(self.lines, columns=["item", "of", "area_ha", "count"]).to_csv(path, index=False)


def close(ledger: Ledger, zones: int, cover_ha: float) -> ImportReport:
    """Check that every total balances and finish the account; raises Unbalanced where one does not."""
    read = ledger.sum("read")
    imported = ledger.sum("imported")
    balances = (
        ("read", read, ledger.sum("outside", "nodata", "refused", "imported")),
        ("classes", imported, ledger.sum("class")),
        ("cells", imported, ledger.sum("uncut", "split")),
        ("cover", imported, cover_ha),
    )
    for name, left, right in balances:
        if abs(left - right) > TOLERANCE * max(read, 1.0):
            raise Unbalanced(f"{name}: {left!r} ha against {right!r} ha")
    return ImportReport(tuple(ledger.lines), zones)
