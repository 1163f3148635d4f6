r"""Seasonal storage through representative days 跨季储能: each day is repeated before the next one comes.

.. math::

    S_{d+1} = a^{N_d} S_d + G(N_d)\,(L_d - a S_d), \qquad
    0 \le e_{d,t} + b_t (S_{d,last} - S_d) \le E, \qquad G(n) = \frac{1 - a^n}{1 - a}

:math:`S_d` (MWh) level when day d begins for the first time, :math:`L_d` when it ends for the first time, :math:`a`
part that standing losses leave of a level in a day, :math:`b_t` up to the end of snapshot t; :math:`N_d` how often the
day is repeated: the weights of its snapshots over their lengths. Each repetition gains :math:`L_d - a S_d`. Levels go
one way over the repetitions, so limits hold in all where they hold in the first and in the last, which starts
from :math:`S_{d,last} = a^{N_d-1} S_d + G(N_d-1)(L_d - a S_d)`. The year ends as it began; days come in the order of
their snapshots. The multiplier of a link between days is what a MWh carried into the next day is worth; zero: nothing
would be saved by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from formulations.energy.template import Means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.energy.calendar import Calendar
    from formulations.energy.storage import Stores
    from formulations.energy.template import Template


def add_seasons(template: Template, kind: str, stores: Stores, level: Any, start: Any, energy: dict[str, Any]) -> None:
    """Link the days of seasonal stores, and keep the limits of level in the last repetition of each day."""
    calendar, members = template.calendar, stores.members
    lasting = 1.0 - stores["standing_loss"]
    day_h, repeats = _lengths(calendar)
    kept = lasting ** day_h[:, None]
    last = calendar.last_of_day
    same = calendar.now("day", "day")
    power, gains = _grown(kept, repeats[:, None])
    grown = template.stand_in(
        "day", kind + "_grown", members, Means(start, same, power - kept * gains), Means(level, last, gains)
    )
    following = template.stand_in("day", kind + "_next_start", members, Means(start, _next_day(calendar)))
    template.rows("day", kind + "_seasons", members, "MWh", lambda one: following[one] == grown[one])

    power, gains = _grown(kept, np.maximum(repeats - 1.0, 0.0)[:, None])
    of_day = calendar.now("hour", "day")
    place = of_day.indices
    left = lasting ** _elapsed(calendar)[:, None]
    shift = template.stand_in(
        "hour",
        kind + "_last_shift",
        members,
        Means(start, of_day, left * (power - 1.0 - kept * gains)[place]),
        Means(level, sp.csr_array(of_day @ last), left * gains[place]),
    )
    template.rows("hour", kind + "_last_least", members, "MWh", lambda one: level[one] + shift[one] >= 0)
    template.rows("hour", kind + "_last_most", members, "MWh", lambda one: level[one] + shift[one] <= energy[one])


def _grown(kept: NDArray[np.float64], times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a^n and G(n)."""
    power = kept**times
    lossless = kept == 1.0
    gains = np.where(lossless, times, (1.0 - power) / np.where(lossless, 1.0, 1.0 - kept))
    return power, gains


def _lengths(calendar: Calendar) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return hours of each day and how often it is repeated, (days in stages,)."""
    network = calendar.network
    hours = np.bincount(network.day_codes, network.step_h)
    weights = np.bincount(network.day_codes, network.weight_h)
    return np.tile(hours, calendar.stages), np.tile(weights / hours, calendar.stages)


def _elapsed(calendar: Calendar) -> NDArray[np.float64]:
    """Return hours from the beginning of its day to the end of each snapshot, (hours,)."""
    codes, step = calendar.network.day_codes, calendar.network.step_h
    elapsed = np.zeros(len(codes))
    for day in range(calendar.days):
        elapsed[codes == day] = np.cumsum(step[codes == day])
    return np.tile(elapsed, calendar.stages)


def _next_day(calendar: Calendar) -> sp.csr_array:
    """Return the day after each, the first after the last, (days, days)."""
    one = sp.csr_array(np.roll(np.eye(calendar.days), 1, axis=1))
    return sp.csr_array(sp.kron(sp.eye_array(calendar.stages), one))
