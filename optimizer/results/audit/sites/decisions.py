"""What each unit may be by itself: taken once, within its limits, locked, and of the kind of decision asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, judged
from optimizer.results.audit.sites.plan import SEEN
from optimizer.results.audit.sites.tables import STATUS

if TYPE_CHECKING:
    from optimizer.results.audit.sites.plan import Selection
    from optimizer.results.audit.sites.settings import SiteSettings
    from optimizer.results.audit.sites.tables import SiteTables

NAMED = 20
"""Units that a failed check names."""


def named(sites: SiteTables, wrong: np.ndarray, good: str, bad: str) -> str:
    """Name the units that are wrong, (units,), or say that all is well."""
    codes = np.flatnonzero(wrong)
    if not len(codes):
        return good
    names = ", ".join(sites.units.label(code) for code in codes[:NAMED])
    more = f" and {len(codes) - NAMED:,} more" if len(codes) > NAMED else ""
    return f"{len(codes):,} units {bad}: {names}{more}"


def _worst(sites: SiteTables, name: str, rule: str, excess: np.ndarray, good: str, bad: str) -> Check:
    """Judge how far each unit lies beyond what it may be, (units,)."""
    words = named(sites, excess > RELATIVE, good, bad)
    return judged(name, rule, "", float(excess.max(initial=0.0)), RELATIVE, "of a unit", words)


def decision_checks(sites: SiteTables, settings: SiteSettings, plan: Selection) -> list[Check]:
    """Check limits, locks and the kind of decision of every unit."""
    share, taken = plan.share, plan.taken
    locked = sites.status == STATUS.index("locked_in")
    upper = np.where(locked[:, None] & (sites.shape[1] == 1), np.maximum(sites.upper, 1.0), sites.upper)
    out = np.where(sites.status == STATUS.index("locked_out"), taken, 0.0)
    return [
        _worst(sites, "once", "selection", taken - 1.0, "no unit is taken more than once", "are taken more than once"),
        _worst(
            sites, "upper", "bounds", (share - upper).max(axis=1), "no share lies above its limit", "lie above a limit"
        ),
        _worst(
            sites,
            "lower",
            "bounds",
            (sites.lower - share).max(axis=1),
            "no share lies below its limit",
            "lie below a limit",
        ),
        _worst(
            sites,
            "locked_in",
            "locked_in",
            np.where(locked, 1.0 - taken, 0.0),
            "all that is locked in is chosen",
            "are locked in and not chosen",
        ),
        _worst(sites, "locked_out", "locked_out", out, "nothing locked out is chosen", "are locked out and chosen"),
        _worst(sites, "decision", "decision", _unlike(settings, share, locked), *_words(settings)),
    ]


def _unlike(settings: SiteSettings, share: np.ndarray, locked: np.ndarray) -> np.ndarray:
    """Return how far the shares of each unit are from what the kind of decision allows, (units,)."""
    if settings.decision == "binary":
        return np.asarray(np.abs(share - np.round(share)).max(axis=1))
    if settings.decision == "proportion":
        return np.asarray(np.maximum(-share, 0.0).max(axis=1))
    low = np.where(share > SEEN, np.maximum(settings.least_share - share, 0.0), 0.0)
    high = np.where(locked[:, None], 0.0, np.maximum(share - settings.upper_limit, 0.0))
    return np.asarray(np.maximum(low, high).max(axis=1))


def _words(settings: SiteSettings) -> tuple[str, str]:
    if settings.decision == "binary":
        return "every unit is taken whole or not at all", "are taken in part"
    if settings.decision == "proportion":
        return "no share is negative", "have a negative share"
    limits = f"{settings.least_share:g} to {settings.upper_limit:g}"
    return f"every share is none or {limits}", f"have a share outside {limits}"
