"""Land classes, the tree of class groups and the mapping between classifications.

地类、类组树和分类体系对照。The schemes reuse digits (0303 is mangrove in the third survey and
shrubland in the 2023 guide), so every function here takes the scheme with the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import pandas as pd

THIRD_SURVEY = "third_survey"
GBT2023 = "gbt2023"

_SUFFIX = re.compile(r"^(\w{4})[KA]$")


@dataclass(frozen=True)
class GroupTree:
    """The tree of class groups; `parents` gives (group, parent) pairs, the root with parent ""."""

    parents: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        nodes = [group for group, _ in self.parents]
        if len(set(nodes)) < len(nodes):
            raise ValueError("group tree: a group is listed twice")
        if sum(parent == "" for _, parent in self.parents) != 1:
            raise ValueError("group tree: exactly one group must have no parent")
        known: set[str] = {""}
        for group, parent in self.parents:
            if parent not in known:
                raise ValueError(f"group tree: parent {parent!r} of {group!r} must be listed above it")
            known.add(group)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All groups, parents before children."""
        return tuple(group for group, _ in self.parents)

    @property
    def leaves(self) -> tuple[str, ...]:
        """Groups that hold no other group."""
        inner = {parent for _, parent in self.parents}
        return tuple(group for group in self.nodes if group not in inner)

    def is_node(self, name: str) -> bool:
        """Return whether `name` is a group of the tree, leaf or inner."""
        return name in self.nodes

    def is_leaf(self, name: str) -> bool:
        """Return whether `name` is a group that holds no other group."""
        return name in self.leaves

    def ancestors(self, node: str) -> tuple[str, ...]:
        """Return the groups above `node`, nearest first; raises KeyError where there is no such group."""
        above: list[str] = []
        parent = self._parent(node)
        while parent:
            above.append(parent)
            parent = self._parent(parent)
        return tuple(above)

    def leaves_of(self, node: str) -> tuple[str, ...]:
        """Return the leaves under `node` (a leaf: itself); raises KeyError where there is no such group."""
        self._parent(node)
        return tuple(leaf for leaf in self.leaves if self.is_within(leaf, node))

    def is_within(self, group: str, node: str) -> bool:
        """Return whether `group` is `node` or lies under it; raises KeyError where `group` is unknown."""
        return node in (group, *self.ancestors(group))

    def _parent(self, node: str) -> str:
        for group, parent in self.parents:
            if group == node:
                return parent
        raise KeyError(f"no group {node!r}; the groups are {', '.join(self.nodes)}")


def shipped_table(name: str) -> pd.DataFrame:
    """Return the shipped table `instances/tables/<name>.csv`, every column as text, empty cells as ""."""
    return _shipped(name).copy()


@lru_cache
def _shipped(name: str) -> pd.DataFrame:
    source = files("instances").joinpath("tables", f"{name}.csv")
    with source.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


@lru_cache
def load_groups() -> GroupTree:
    """Return the shipped group tree (names and colours: `shipped_table("groups")`)."""
    table = _shipped("groups")
    return GroupTree(tuple(zip(table["group"], table["parent"], strict=True)))


def schemes() -> tuple[str, ...]:
    """Return the names of the shipped classifications."""
    return tuple(_shipped("classes")["scheme"].unique())


def load_classes(scheme: str) -> pd.DataFrame:
    """Return the classes of a scheme: code, parent, level (int), names, group, setting, color, source, status, note.

    Raises ValueError where the scheme is not shipped.
    """
    _check_scheme(scheme)
    table = _shipped("classes")
    chosen = table[table["scheme"] == scheme].reset_index(drop=True)
    return chosen.assign(level=chosen["level"].astype(int))


def base_code(code: str) -> str:
    """Return a code without the survey's suffix K (could return to cropland) or A (subtype): 0201K -> 0201."""
    match = _SUFFIX.match(code)
    return match.group(1) if match else code


def code_chain(scheme: str, code: str) -> tuple[str, ...]:
    """Return the code and the codes above it, nearest first, by the class table and never by digits.

    0402 (marsh meadow) of the third survey gives (0402, 00), not 04. Raises ValueError where the
    code is unknown in the scheme.
    """
    parents = _code_parents(scheme)
    current = code if code in parents else base_code(code)
    if current not in parents:
        raise ValueError(f"no class {code!r} in scheme {scheme}; look it up in instances/tables/classes.csv")
    chain = [current]
    while parents[current]:
        current = parents[current]
        chain.append(current)
    return tuple(chain)


def mapped_codes(code: str, from_scheme: str, to_scheme: str) -> tuple[str, ...]:
    """Return every code of `to_scheme` among which the class is divided; one where it is not divided.

    Backwards (gbt2023 to third_survey) a class, or else the classes above it, must correspond exactly.
    Raises ValueError where a scheme or code is unknown or the class has no counterpart.
    """
    _check_scheme(from_scheme)
    _check_scheme(to_scheme)
    chain = code_chain(from_scheme, code)
    if from_scheme == to_scheme:
        return chain[:1]
    table = _shipped("mapping")
    forward = table[(table["from_scheme"] == from_scheme) & (table["to_scheme"] == to_scheme)]
    found = forward.loc[forward["from_code"] == chain[0], "to_code"]
    if len(found):
        return tuple(found)
    exact = table["relation"] == "exact"
    backward = table[(table["from_scheme"] == to_scheme) & (table["to_scheme"] == from_scheme) & exact]
    for above in chain:
        found = backward.loc[backward["to_code"] == above, "from_code"]
        if len(found):
            return tuple(found)
    raise ValueError(f"class {code} of {from_scheme} has no counterpart in {to_scheme}")


def map_code(code: str, from_scheme: str, to_scheme: str) -> str:
    """Return the one code of `to_scheme` that holds the class.

    A class divided among several codes gives the code above them all. Raises ValueError where
    there is none, with the codes to choose from.
    """
    targets = mapped_codes(code, from_scheme, to_scheme)
    chains = [code_chain(to_scheme, target) for target in targets]
    for candidate in chains[0]:
        if all(candidate in chain for chain in chains):
            return candidate
    raise ValueError(
        f"class {code} of {from_scheme} is divided among {', '.join(targets)} of {to_scheme}; map its subclasses"
    )


def survey_codes(scheme: str, code: str) -> tuple[str, ...]:
    """Return the third-survey codes of a class: its own, without suffix, and those above; () where it has none."""
    try:
        chain = code_chain(THIRD_SURVEY, map_code(code, scheme, THIRD_SURVEY))
    except ValueError:
        return ()
    return chain if scheme != THIRD_SURVEY or code in chain else (code, *chain)


def check_classes(classes: pd.DataFrame, tree: GroupTree) -> None:
    """Raise ValueError where an instance's class is listed twice or its group is not a leaf of the tree."""
    repeated = classes.loc[classes["class"].duplicated(), "class"]
    if len(repeated):
        raise ValueError(f"classes: {', '.join(repeated)} listed twice")
    for name, group in zip(classes["class"], classes["group"], strict=True):
        if not tree.is_leaf(group):
            raise ValueError(
                f"classes: class {name!r} has group {group!r}, which is not one of {', '.join(tree.leaves)}"
            )


@lru_cache
def _code_parents(scheme: str) -> dict[str, str]:
    classes = load_classes(scheme)
    return dict(zip(classes["code"], classes["parent"], strict=True))


def _check_scheme(scheme: str) -> None:
    if scheme not in schemes():
        raise ValueError(f"no scheme {scheme!r}; the shipped schemes are {', '.join(schemes())}")
