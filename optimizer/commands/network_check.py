"""What `sanqu check` prints of a power network: its size, what supplies and draws, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.text import Text

from instances import schema
from instances.network.plausibility import network_warnings
from optimizer import show
from optimizer.commands.common import error_console, out_console

if TYPE_CHECKING:
    from instances.instance import Instance
    from instances.network import Network
    from optimizer.report.text import Lang

TITLES: dict[Lang, dict[str, str]] = {
    "zh": {
        "size": "规模",
        "supply": "供给与需求 (MW)",
        "choices": "可以建设",
        "table": "表",
        "rows": "行数",
        "amount": "数量",
        "about": "内容",
    },
    "en": {
        "size": "Size",
        "supply": "Supply and demand (MW)",
        "choices": "What may be built",
        "table": "table",
        "rows": "rows",
        "amount": "amount",
        "about": "about",
    },
}
WORDS: dict[Lang, tuple[str, ...]] = {
    "zh": ("现有装机", "场址可开发容量", "外购电", "最大负荷", "年用电量 (MWh)"),
    "en": ("present plant", "potential of sites", "imports", "peak load", "energy a year (MWh)"),
}


def check_network(instance: Instance, lang: Lang) -> None:
    """Print the size of a network; what is odd is told by `warn_of_network`."""
    network, about, titles = instance.require_network(), instance.settings.instance, TITLES[lang]
    out_console.print(Text(about.title_zh if lang == "zh" else about.title_en, style="bold"))
    show.table(out_console, titles["size"], size_table(network, lang))
    choices = choice_table(network, lang)
    if len(choices):
        show.table(out_console, titles["choices"], choices)
    supply = supply_table(network, lang)
    if len(supply):
        show.table(out_console, titles["supply"], supply)


def warn_of_network(instance: Instance) -> None:
    """Print what is odd about the network of an instance."""
    bounds = instance.zone_geometry().total_bounds if instance.land is not None and instance.has_geometry() else None
    show.warnings(error_console, network_warnings(instance.folder, instance.require_network(), instance.land, bounds))


def size_table(network: Network, lang: Lang) -> pd.DataFrame:
    """Return the tables that have rows, and how many."""
    titles = TITLES[lang]
    rows = [
        (table.name, len(network[table.name]), table.about_zh if lang == "zh" else table.about)
        for table in schema.tables()["network"]
        if len(network[table.name])
    ]
    return pd.DataFrame(rows, columns=[titles["table"], titles["rows"], titles["about"]])


def supply_table(network: Network, lang: Lang) -> pd.DataFrame:
    """Return what supplies and draws by stage, in MW; energy in MWh a year. What is zero throughout is left out."""
    columns = {}
    for stage, year in enumerate(network.stage_years):
        demand = network.demand_mw(stage).sum(axis=0)
        columns[str(year) if year else "MW"] = [
            network["generators"]["capacity_mw"].sum(),
            network["sites"].loc[network["sites"]["technology"] != "storage", "potential_mw"].sum(),
            network.at_stage("imports", stage)["capacity_mw"].sum(),
            demand.max(),
            demand @ network.weight_h,
        ]
    values = {name: np.round(np.array(values, dtype=float), 1) for name, values in columns.items()}
    table = pd.DataFrame({"": WORDS[lang], **values})
    return table[(table[list(values)] != 0).any(axis=1)].reset_index(drop=True)


def choice_table(network: Network, lang: Lang) -> pd.DataFrame:
    """Return what may be built, each figure with its unit: sites, circuits, segments of routes, buses to be joined."""
    zh = lang == "zh"
    sites, candidates = network["sites"], network["candidates"]
    figures = (
        ("场址", "sites", len(sites), "处", ""),
        ("候选线路", "candidate circuits", candidates["max_additions"].sum(), "回", ""),
        ("走廊区段", "segments of routes", network["segments"]["length_km"].sum(), "公里", "km"),
        ("须连通的节点", "buses to be connected", network["connections"]["bus"].nunique(), "个", ""),
    )
    rows = [
        (name_zh if zh else name_en, f"{value:,.6g} {unit_zh if zh else unit_en}".rstrip())
        for name_zh, name_en, value, unit_zh, unit_en in figures
        if value
    ]
    return pd.DataFrame(rows, columns=["", TITLES[lang]["amount"]])
