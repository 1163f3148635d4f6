"""What a page shows of a network plan, computed once: figures, tables, colours and strings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from optimizer.report.network.text import network_text
from optimizer.results.network.colors import technology_colors
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
    """A network plan in the language of a page; `goal` is what is minimised: cost, emissions or weighted."""

    plan: NetworkPlan
    lang: Lang
    goal: str = "cost"

    @property
    def money(self) -> str:
        """Unit of money in words."""
        return term("unit", self.plan.network.settings.money, self.lang)

    @property
    def price_unit(self) -> str:
        """Unit of nodal prices in words: of what is minimised, per MWh."""
        money = self.plan.network.settings.money
        return f"{term('unit', price_of(self.goal, money), self.lang)}/MWh"

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

    def stage_name(self, stage: int) -> str:
        """Return the year of a stage; empty where time is not stated."""
        year = self.plan.network.stage_years[stage]
        return str(year) if year else ""


def scaled(greatest: float, unit: str) -> tuple[float, str]:
    """Return by what MW or MWh are multiplied so that figures are short, and the unit then."""
    return (1e-3, unit.replace("M", "G")) if greatest >= GIGA else (1.0, unit)
