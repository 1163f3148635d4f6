"""Default rules of which class may become which, with reasons.

地类转换默认规则。The matrix is kept between leaf groups (`tables/transitions.csv`); classes that
differ from their group are in `tables/transition_exceptions.csv`. An instance gets the whole
matrix between its own classes, barred pairs included, so that a planner can ask why.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from instances.classes import GroupTree, check_classes, load_groups, shipped_table, survey_codes
from instances.schema import table

COLUMNS = tuple(column.name for column in table("land", "transitions").columns)

_RULE = ("allowed", "cost_wanyuan_per_ha", "restoration", "condition", "reason", "source", "status")


@dataclass(frozen=True)
class Rule:
    """Whether and how one class may become another; cost in 10k CNY/ha."""

    allowed: int
    cost_wanyuan_per_ha: float
    restoration: int
    condition: str
    reason: str
    source: str
    status: str

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("a transition rule needs a reason")
        if not self.allowed and (self.restoration or self.condition or self.cost_wanyuan_per_ha):
            raise ValueError(f"a barred transition has no cost, condition or restoration: {self.reason}")


SAME_GROUP = Rule(
    0,
    0.0,
    0,
    "",
    "Classes of one group are not exchanged for each other by default.",
    "set for this project",
    "assumed",
)


@dataclass(frozen=True)
class ClassException:
    """A rule for one code, on the `from` or the `to` side, towards every group under `other_group`."""

    side: str
    code: str
    other_group: str
    rule: Rule


def group_matrix() -> dict[tuple[str, str], Rule]:
    """Return the rule of every ordered pair of distinct leaf groups."""
    rows = shipped_table("transitions")
    pairs = zip(rows["from_group"], rows["to_group"], strict=True)
    return dict(zip(pairs, _rules(rows), strict=True))


def class_exceptions() -> tuple[ClassException, ...]:
    """Return the rules of classes that differ from their group; codes are those of the third survey."""
    rows = shipped_table("transition_exceptions")
    columns = (rows["side"], rows["code"], rows["other_group"], _rules(rows))
    return tuple(ClassException(*values) for values in zip(*columns, strict=True))


def default_transitions(classes: pd.DataFrame) -> pd.DataFrame:
    """Return the default transitions between the classes of an instance.

    Parameters
    ----------
    classes
        Table `classes` of the instance: columns class, scheme, code, group (a leaf of the group tree).

    Returns
    -------
    pandas.DataFrame
        One row for each ordered pair of distinct classes, with the columns of `schema.table("land", "transitions")`;
        costs in 10k CNY/ha. Where several rules speak of a pair, a rule for the new class's code
        comes before one for the old class's code, and both before the groups' rule.

    Raises
    ------
    ValueError
        Where a class is listed twice or its group is not a leaf.
    """
    tree = load_groups()
    check_classes(classes, tree)
    matrix = group_matrix()
    exceptions = class_exceptions()
    members = [
        (row["class"], row["group"], survey_codes(row["scheme"], row["code"])) for row in classes.to_dict("records")
    ]
    rows = []
    for old, old_group, old_codes in members:
        for new, new_group, new_codes in members:
            if old == new:
                continue
            rule = (
                _exception(exceptions, "to", new_codes, old_group, tree)
                or _exception(exceptions, "from", old_codes, new_group, tree)
                or (SAME_GROUP if old_group == new_group else matrix[old_group, new_group])
            )
            rows.append((old, new, *(getattr(rule, name) for name in _RULE)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rules(rows: pd.DataFrame) -> list[Rule]:
    return [
        Rule(
            int(row["allowed"]),
            float(row["cost_wanyuan_per_ha"]),
            int(row["restoration"]),
            row["condition"],
            row["reason"],
            row["source"],
            row["status"],
        )
        for row in rows.to_dict("records")
    ]


def _exception(
    exceptions: tuple[ClassException, ...], side: str, codes: tuple[str, ...], other_group: str, tree: GroupTree
) -> Rule | None:
    for entry in exceptions:
        if entry.side == side and entry.code in codes and tree.is_within(other_group, entry.other_group):
            return entry.rule
    return None
