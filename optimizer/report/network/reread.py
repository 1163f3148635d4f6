"""What the report of a network alone shows, read again from a solved folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.faults import Fault, InstanceError
from optimizer.report.network.page import NetworkReport
from optimizer.report.reread import HINT, read_summary
from optimizer.results.network.reading import FILE, read_network_plan
from optimizer.results.tables import audit_of

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.results.terms import Lang


def read_network_report(instance: Instance, folder: Path, lang: Lang) -> NetworkReport:
    """Return what the report of a solved folder shows, in a language.

    Raises
    ------
    InstanceError
        Where files are missing or unreadable, hold no plan, or come from another instance.
    """
    summary = read_summary(instance, folder, ("summary.json", FILE))
    try:
        plan = read_network_plan(instance, folder)
        audit = audit_of(folder, summary)
    except (OSError, ValueError, KeyError) as error:
        raise InstanceError([Fault(str(folder), f"cannot be read: {error}", HINT)]) from error
    if plan is None:
        raise InstanceError([Fault(str(folder), "holds no plan of a network", HINT)])
    return NetworkReport(instance, summary, plan, audit, lang)
