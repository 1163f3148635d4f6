"""What `sanqu check` prints of a prioritisation without land."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from instances.faults import raise_if_any
from instances.site_checks import site_warnings
from optimizer import show
from optimizer.commands.common import error_console, out_console
from optimizer.landscape_study import landscape_faults
from optimizer.results.site_profile import SiteProfile, site_profile
from optimizer.solve_sites import site_block
from optimizer.study import StudyOptions

if TYPE_CHECKING:
    from instances.instance import Instance
    from optimizer.report.text import Lang

TITLES: dict[Lang, dict[str, str]] = {
    "zh": {
        "size": "规模",
        "beyond": "无法达到的目标",
        "useless": "无用或更贵的单元",
        "rare": "仅一个单元拥有的对象（不可替代）",
        "scaling": "数值范围",
        "locked": "没有可选的单元：全部被锁定。",
        "reachable": "每个目标单独看都可达到。",
        "scaled": "数值相差超过一百万倍，或边界惩罚与成本相差过大；请换单位。",
    },
    "en": {
        "size": "Size",
        "beyond": "Targets beyond reach",
        "useless": "Units that are of no use, or dearer than their like",
        "rare": "Features that one unit alone holds (irreplaceable)",
        "scaling": "Range of numbers",
        "locked": "No unit is left to choose: all are locked.",
        "reachable": "Every target can be reached by itself.",
        "scaled": "Numbers lie more than a million times apart, or penalty and cost do; change their units.",
    },
}


def check_sites(instance: Instance, lang: Lang) -> None:
    """Print the profile of a prioritisation and what is odd about it.

    Raises InstanceError where landscape indices are combined with what their search does not know.
    """
    sites = instance.require_sites()
    raise_if_any(landscape_faults(site_block(instance, StudyOptions())))
    found = site_profile(sites)
    about, titles = instance.settings.instance, TITLES[lang]
    out_console.print(Text(about.title_zh if lang == "zh" else about.title_en, style="bold"))
    for name in SiteProfile.TABLES:
        frame = getattr(found, name)
        if len(frame):
            show.table(out_console, titles[name], frame)
    said = {"reachable": found.beyond.empty, "locked": found.all_locked, "scaled": found.badly_scaled}
    for name, holds in said.items():
        if holds:
            out_console.print(titles[name], markup=False)
    show.warnings(error_console, site_warnings(instance.folder, sites))
