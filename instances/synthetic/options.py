"""What the user of the generator may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from instances.synthetic.catalogue import LAND_TYPES

BASE_YEAR = 2020
END_YEAR = 2035
LEAST_CLASSES = 3
LEAST_BUSES = 4


@dataclass(frozen=True)
class Options:
    """Size and content of a made instance.

    Attributes
    ----------
    zones
        Number of zones, at least 1.
    seed
        Seed of every random draw, 0 or more.
    classes
        Number of land classes, 3 to 20, taken in the order of the catalogue.
    regions
        Number of leaf regions; never more than there are zones.
    quotas
        Number of quotas in each leaf region, beside those of the inner regions.
    claims
        Whether each class has a least and a greatest area in each leaf region.
    projects
        Number of restoration projects, at most one for each zone.
    periods
        Number of planning periods between 2020 and 2035, 1 to 15.
    whole
        Share of the zones that hold one class and change as a whole or not at all.
    neighbours
        Whether the table of zones that share a border is written; it always is with `compactness`.
    compactness
        Penalty on a km of border of the built land, 10k CNY; 0 for none.
    network
        Number of buses of a power network that is planned with the land, 4 or more; 0 for none.
    hours
        Snapshots of each of its four representative days.
    """

    zones: int
    seed: int
    classes: int = 7
    regions: int = 4
    quotas: int = 0
    claims: bool = False
    projects: int = 0
    periods: int = 1
    whole: float = 0.0
    neighbours: bool = False
    compactness: float = 0.0
    network: int = 0
    hours: int = 24

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn, with one clear reason."""
        years = END_YEAR - BASE_YEAR
        checks = (
            (self.zones >= 1, f"zones must be at least 1, not {self.zones}"),
            (self.seed >= 0, f"seed must be 0 or more, not {self.seed}"),
            (
                LEAST_CLASSES <= self.classes <= len(LAND_TYPES),
                f"classes must be {LEAST_CLASSES} to {len(LAND_TYPES)}, not {self.classes}",
            ),
            (self.regions >= 1, f"regions must be at least 1, not {self.regions}"),
            (self.quotas >= 0, f"quotas must be 0 or more, not {self.quotas}"),
            (
                0 <= self.projects <= self.zones,
                f"projects must be 0 to the number of zones ({self.zones}), not {self.projects}",
            ),
            (1 <= self.periods <= years, f"periods must be 1 to {years}, not {self.periods}"),
            (0.0 <= self.whole <= 1.0, f"whole must be a share between 0 and 1, not {self.whole}"),
            (self.network == 0 or self.network >= LEAST_BUSES, f"network must be {LEAST_BUSES} buses or more, or 0"),
            (self.hours >= 1, f"hours must be at least 1, not {self.hours}"),
            (0.0 <= self.compactness < float("inf"), f"compactness must be 0 or more, not {self.compactness}"),
        )
        for holds, message in checks:
            if not holds:
                raise ValueError(message)

    @property
    def leaf_regions(self) -> int:
        """Number of leaf regions: as asked, but each needs a zone."""
        return min(self.regions, self.zones)

    @property
    def period_ends(self) -> list[int]:
        """End year of each period, evenly spread; the last is the end year."""
        span = END_YEAR - BASE_YEAR
        return [BASE_YEAR + round(span * t / self.periods) for t in range(1, self.periods + 1)]
