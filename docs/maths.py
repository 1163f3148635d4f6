"""The sections of mathematics: docstrings of the code as Markdown with formulas that GitHub reads."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from formulations import overlays
from formulations.energy import (
    balance,
    capacity,
    connection,
    contingency,
    contingency_candidates,
    corridor_opening,
    dc_candidates,
    dispatch,
    kvl,
    land_coupling,
    losses,
    seasonal,
    shares,
    site_capacity,
    storage,
    template,
    transport,
)
from formulations.land import PERMISSIONS, RULES
from formulations.restoration import (
    GOALS,
    assemble,
    corridor,
    held,
    in_land,
    pairs,
    reached,
    site_block,
    targets,
    unit_land,
)
from formulations.restoration import RULES as SITE_RULES
from optimizer.followup import broken, correct, few, gate, happened, overlay, swaps
from optimizer.followup import held as plan_held
from optimizer.methods import highs, implied
from optimizer.methods.corridors import model as corridor_model
from optimizer.methods.landscape import indices, search
from optimizer.results.network import prices
from optimizer.sites import curve, ferrier, portfolio, rank, replacement, richness
from optimizer.sites import prices as unit_prices
from optimizer.studies import (
    alternatives,
    demands,
    front_table,
    fronts,
    goals,
    ledger,
    measures,
    probes,
    proven_use,
    ranges,
    regret,
    robust,
    sampling,
    transmission,
    uncertainty,
    worth,
)
from optimizer.studies import curve as emissions_curve
from optimizer.studies.compare import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


def code(text: object) -> str:
    """Return text as inline code, nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def formula(lines: list[str]) -> str:
    """Return mathematics as GitHub reads it, a block for each formula; blank lines divide formulas."""
    return "\n\n".join(map(_block, re.split(r"\n{2,}", "\n".join(lines).strip())))


def _block(body: str) -> str:
    if re.search(r"(?<!\\)&|\\\\", body):
        body = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
    return f"```math\n{body}\n```"


def prose(text: str) -> str:
    """Return a docstring's prose with its inline mathematics and code as Markdown."""
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    return re.sub(r"``([^`]*)``", r"`\1`", text)


def blocks(docstring: str) -> Iterator[str]:
    """Yield the paragraphs and formulas of a docstring."""
    text: list[str] = []
    maths: list[str] | None = None
    for line in [*docstring.strip().split("\n"), ".. end"]:
        if maths is not None and line.strip() and not line.startswith(" "):
            yield formula(maths)
            maths = None
        if line.startswith(".. "):
            yield prose("\n".join(text).strip())
            text, maths = [], [line.removeprefix(".. math::").strip()]
        elif maths is not None:
            maths.append(line.strip())
        else:
            text.append(line)


def markdown(module: ModuleType) -> str:
    """Return the docstring of a module as Markdown."""
    return "\n\n".join(block for block in blocks(module.__doc__ or "") if block)


def rule_modules() -> dict[str, list[tuple[str, str]]]:
    """Return the rules, name and Chinese name, by the module that holds them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for permission in PERMISSIONS:
        found.setdefault(permission.bars.__module__, []).append((permission.name, permission.name_zh))
    for rule in RULES:
        found.setdefault(rule.build.__module__, []).append((rule.name, rule.name_zh))
    return found


def rules() -> str:
    """Return every rule with its mathematics."""
    sections = []
    for module, names in rule_modules().items():
        title = ", ".join(f"{code(name)} {name_zh}" for name, name_zh in names)
        sections.append(f"### {title}\n\n{markdown(sys.modules[module])}")
    return "\n\n".join(sections)


def whole(*modules: ModuleType) -> Callable[[], str]:
    """Return a section made of the docstrings of modules."""
    return lambda: "\n\n".join(map(markdown, modules))


def of_function(function: Callable[..., object]) -> str:
    """Return the docstring of a function as Markdown."""
    lines = (function.__doc__ or "").split("\n")
    return "\n\n".join(block for block in blocks("\n".join(line.removeprefix("    ") for line in lines)) if block)


def dual_bound() -> str:
    """Return how multipliers prove a bound."""
    return of_function(highs.dual_bound)


def corridors() -> str:
    """Return the rule on corridors, and the model of the engine that solves them by themselves."""
    return whole(corridor, corridor_model)()


def joint() -> str:
    """Return how planning units and land go together."""
    return whole(in_land, unit_land)()


def sites() -> str:
    """Return the choice of planning units: what holds for all, then every objective and rule."""
    common = {
        site_block: "Units 规划单元",
        held: "What is held 持有量",
        targets: "Targets 目标",
        reached: "Targets reached 达标",
        assemble: "Objectives together 目标的组合",
        pairs: "Products 乘积项",
    }
    kinds = [*GOALS.values(), *(rule for rule in SITE_RULES.values() if rule is not corridor.RULE)]
    titles = {sys.modules[one.build.__module__]: f"{code(one.name)} {one.name_zh}" for one in kinds}
    return "\n\n".join(f"### {title}\n\n{markdown(module)}" for module, title in (common | titles).items())


def landscape() -> str:
    """Return the landscape indices and how units are chosen by them."""
    words = [of_function(function).replace("Return the", "The", 1) for function in (indices.mesh, indices.iic)]
    found = [markdown(indices), *words, markdown(search)]
    return "\n\n".join(found)


def energy() -> str:
    """Return the network, a section a file."""
    titles = {
        balance: "Balance 节点平衡",
        dispatch: "Dispatch 出力",
        capacity: "Capacity 容量",
        site_capacity: "Sites 场址",
        storage: "Storage 储能",
        seasonal: "Seasonal storage 跨季储能",
        transport: "Transport 运输模型",
        losses: "Losses 二次网损",
        kvl: "Voltage law 基尔霍夫电压定律",
        dc_candidates: "Circuits that may be built 候选线路",
        corridor_opening: "Corridors 走廊",
        connection: "Connections 连通",
        contingency: "Outages N-1",
        contingency_candidates: "Outages beside candidates 候选线路的 N-1",
        shares: "Limits on the whole 总体约束",
        overlays: "Overlays 叠加",
        land_coupling: "Network and land 能源与用地耦合",
        template: "Written once 模板与复制",
        implied: "Limits for the bound 隐含上限",
        prices: "Nodal prices 节点电价",
    }
    return "\n\n".join(f"### {title}\n\n{markdown(module)}" for module, title in titles.items())


def _titled(titles: dict[str, tuple[ModuleType, ...]]) -> str:
    """Return sections made of the docstrings of modules, by title."""
    return "\n\n".join(f"### {title}\n\n{whole(*modules)()}" for title, modules in titles.items())


def prioritised() -> str:
    """Return what follows the choice of planning units."""
    return _titled(
        {
            "Replacement cost 替代成本": (replacement, unit_prices),
            "Ferrier scores": (ferrier,),
            "Rarity 稀有度": (richness,),
            "Ranks 递增排序": (rank,),
            "Portfolios 备选方案集": (portfolio,),
            "Cost and benefit 成本效益曲线": (curve,),
        }
    )


def studies() -> str:
    """Return what studies ask of an instance, and what is proven of it."""
    return _titled(
        {
            "Two scenarios 两情景之差": (differences,),
            "Ledger of measures 措施减排账": (ledger,),
            "Goals 目标与指标": (measures, goals),
            "Fronts 帕累托前沿": (fronts, front_table),
            "Alternatives 近优备选方案": (alternatives,),
            "What every near plan does 必改变与不可改变": (proven_use, probes),
            "Ranges 近优范围": (ranges,),
            "Uncertain factors 不确定系数": (uncertainty, demands, sampling),
            "Robust plans 鲁棒优化": (robust,),
            "Regret 最小最大后悔值": (regret,),
            "Worth of limits 约束的价值": (worth,),
            "The emissions curve 排放曲线": (emissions_curve,),
            "Quotas handed down 指标五级传导": (transmission,),
        }
    )


def followed() -> str:
    """Return what follows a plan: gate, monitoring, correction."""
    return _titled(
        {
            "Project gate 项目准入": (overlay, gate, plan_held),
            "What was observed 实施监测": (happened,),
            "What a plan breaks 指标缺口": (broken,),
            "Correction 纠错": (correct, swaps, few),
        }
    )
