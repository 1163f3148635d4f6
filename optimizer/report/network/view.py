"""What a page shows of a network plan, computed once: figures, tables, colours and strings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from optimizer.report.network.text import network_text
from optimizer.report.text import NONE
from optimizer.results.network.colors import technology_colors
from optimizer.results.network.crossings import crossing_words
from optimizer.results.network.figures import mean_price, stores, supply, wires
from optimizer.results.network.tables import network_tables, price_of
from optimizer.results.terms import term

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.results.network.figures import Stores, Supply, Wires
    from optimizer.results.network.reading import NetworkPlan, Values
    from optimizer.results.terms import Lang

GIGA = 10_000.0
"""MW or MWh from which figures are drawn in thousands."""


@dataclass(frozen=True)
class NetworkView:
    """A network plan in the language of a page; `goal` is what is minimised: cost, emissions or weighted.

    Maps draw lines of `widest` MW widest and sites of `largest` MW largest; where these are 0, those of the plan.
    """

    plan: NetworkPlan
    lang: Lang
    goal: str = "cost"
    widest: float = 0.0
    largest: float = 0.0

    @property
    def money(self) -> str:
        """Unit of money in words."""
        return term("unit", self.plan.network.settings.money, self.lang)

    @property
    def goal_unit(self) -> str:
        """Unit of what is minimised in words."""
        return term("unit", price_of(self.goal, self.plan.network.settings.money), self.lang)

    @property
    def price_unit(self) -> str:
        """Unit of nodal prices in words: of what is minimised, per MWh."""
        return f"{self.goal_unit}/MWh"

    @cached_property
    def supply(self) -> Supply:
        """What feeds the network."""
        return supply(self.plan)

    @cached_property
    def stores(self) -> Stores:
        """What stores energy."""
        return stores(self.plan)

    @cached_property
    def wires(self) -> Wires:
        """What carries power."""
        return wires(self.plan)

    @cached_property
    def load(self) -> Values:
        """MW drawn in all, (stages, snapshots)."""
        return self.plan.demand.sum(axis=2)

    @cached_property
    def idle(self) -> bool:
        """Whether nothing feeds and nothing draws, as where buses are only to be connected."""
        return not len(self.supply.units) and not self.load.any()

    @cached_property
    def price(self) -> Values | None:
        """Price weighted by load, (stages, snapshots)."""
        return mean_price(self.plan)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the plan by name."""
        return network_tables(self.plan)

    @cached_property
    def colors(self) -> dict[str, str]:
        """Colour of each technology, in the order in which they are stacked."""
        return technology_colors([*self.supply.units["technology"], *self.stores.units["technology"]])

    def t(self, key: str, **values: object) -> str:
        """Return a string of the page."""
        return network_text(self.lang, key, **values)

    def technology(self, name: str) -> str:
        """Return what the page calls a technology."""
        return term("technology", name, self.lang)

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """Names of buses and sites in the language of the page by their ids."""
        found: dict[str, dict[str, str]] = {"buses": {}, "sites": {}}
        for table, key in (("buses", "bus"), ("sites", "site")):
            rows = self.plan.network[table]
            if f"name_{self.lang}" in rows:
                named = zip(rows[key].astype(str), rows[f"name_{self.lang}"].astype(str), strict=True)
                found[table] = {one: name for one, name in named if name}
        return found

    def named(self, table: str, one: object) -> str:
        """Return what a bus or site of a table is called; its id where it has no name."""
        return self._names[table].get(str(one), str(one))

    def labelled(self, table: str, one: object) -> str:
        """Return the name of a bus or site with its id behind it."""
        name = self.named(table, one)
        return name if name == str(one) else f"{name} · {one}"

    def crossings(self, text: str) -> str:
        """Return the control lines that a route crosses in words; a dash for none."""
        return crossing_words(text, self.lang) or NONE

    def stage_name(self, stage: int) -> str:
        """Return the year of a stage; empty where time is not stated."""
        year = self.plan.network.stage_years[stage]
        return str(year) if year else ""


def scaled(greatest: float, unit: str) -> tuple[float, str]:
    """Return by what MW or MWh are multiplied so that figures are short, and the unit then."""
    return (1e-3, unit.replace("M", "G")) if greatest >= GIGA else (1.0, unit)
