"""The page of a study: scenarios side by side and what its analyses found; one HTML file that opens offline."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from optimizer.report.frame import environment, frame, resource
from optimizer.report.sections import Head
from optimizer.report.text import text
from optimizer.studies.compare import sections
from optimizer.studies.compare.analysis_sections import analysis_sections
from optimizer.studies.compare.grids import shown_of
from optimizer.studies.compare.maps import agreement_panel, change_panel, network_panel, unit_panel
from optimizer.studies.compare.measures_sections import measure_sections
from optimizer.studies.compare.text import say
from optimizer.study import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from instances.instance import Instance
    from optimizer.report.network.view import NetworkView
    from optimizer.results.terms import Lang
    from optimizer.studies.compare.gather import Gathered, Outcome
    from optimizer.studies.compare.maps import Panel
    from optimizer.studies.compare.table import Compared
    from optimizer.studies.compare.zones import ZoneChanges

MOST_MAPS = 24
"""Scenarios that are drawn."""


def render_study(
    study: Gathered, tables: Sequence[Compared], instance: Instance | None, changes: ZoneChanges | None, lang: Lang
) -> str:
    """Return the page as HTML; `instance` is that of the reference, None where it cannot be read."""
    land = None if instance is None else instance.land
    by_name = {one.name: one for one in tables}
    view = sections.View(study, by_name, lang, tuple(shown_of(study, lang)), land)
    drawn = [one for one in study.named if one.has_plan]
    panels = [] if instance is None else _panels(study, instance, changes, drawn[:MOST_MAPS], lang)
    agreement = sections.agreement_grid(view)
    return (
        _environment(lang)
        .get_template("study.html")
        .render(
            **frame(
                lang,
                study.file.study.title(lang),
                versions()["sanqu"],
                _own("study.css"),
            ),
            head=_head(study, lang),
            synthetic=_synthetic(instance, lang),
            described=sections.described(view),
            outcomes=sections.outcome_grid(view),
            other_accounts=sections.other_accounts(view),
            why_not=sections.why_not(view),
            undone=study.undone(lang)[: sections.MOST_ROWS],
            panels=panels,
            more_maps=max(len(drawn) - MOST_MAPS, 0) if panels else 0,
            agreement=agreement,
            plans=0 if changes is None else len(changes.names),
            agreement_panel=agreement_panel(instance, changes, lang) if instance and changes and agreement else None,
            transitions=sections.transition_grid(view),
            decisions=sections.decisions(view),
            indicators=sections.indicator_grid(view),
            ledger=sections.ledger_grid(view),
            land=sections.land_grid(view),
            network=sections.network_grid(view),
            analyses=[*measure_sections(view), *analysis_sections(view, instance)],
        )
    )


def _synthetic(instance: Instance | None, lang: Lang) -> str:
    """Return the warning of made-up geography; empty where there is none of it."""
    made = instance is not None and instance.settings.instance.synthetic_geography
    return text(lang, "synthetic") if made else ""


def _own(name: str) -> str:
    return resource(name, "optimizer.studies.compare")


def _environment(lang: Lang) -> Environment:
    made = environment({"study.html": _own("study.html")})
    made.globals["t"] = lambda key, **values: say(lang, key, **values)
    return made


def _head(study: Gathered, lang: Lang) -> Head:
    """Return the title block: what was compared, and whether every plan stands."""
    plans = [one for one in study.outcomes if one.has_plan]
    failed = study.breaking
    facts = [
        say(lang, "counts", scenarios=len(study.outcomes), plans=len(plans)),
        say(lang, "base", base=PurePath(study.file.study.base).name),
        say(lang, "reference_is", title=study.reference.scenario.title(lang)),
    ]
    status = say(lang, "not_all_audited", failed=failed) if failed else say(lang, "all_audited")
    return Head(status, not failed, tuple(facts))


def _panels(
    study: Gathered, instance: Instance, changes: ZoneChanges | None, drawn: Sequence[Outcome], lang: Lang
) -> list[tuple[str, Panel]]:
    """Return the small maps with what they show: of land, else of sites, and of the network."""
    found: list[tuple[str, Panel | None]] = []
    if instance.land is not None and changes is not None:
        titles = [(one.name, one.scenario.title(lang)) for one in drawn if one.name in changes.names]
        found.append((say(lang, "maps_about"), change_panel(instance, changes, titles, lang)))
    elif instance.restoration is not None and instance.network is None:
        found.append((say(lang, "maps_units"), unit_panel(instance, drawn, lang)))
    if instance.network is not None:
        views = [view for one in drawn if (view := _network_view(one, lang)) is not None]
        found.append((say(lang, "maps_network"), network_panel(views) if views else None))
    return [(words, panel) for words, panel in found if panel is not None]


def _network_view(one: Outcome, lang: Lang) -> tuple[str, NetworkView, Instance] | None:
    """Return title, network and instance of a plan, which may have sites of its own; None where it has no network."""
    from instances.instance import load
    from optimizer.report.network.view import NetworkView
    from optimizer.results.network.reading import read_network_plan

    own = load(one.instance)
    plan = read_network_plan(own, one.folder)
    if plan is None:
        return None
    return one.scenario.title(lang), NetworkView(plan, lang, own.settings.objective.kind), own
