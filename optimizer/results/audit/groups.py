"""Which classes a rule counts: nodes of the shipped group tree, classes, and land urban or rural by CZCSXM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.results.audit.files import AuditInputError, Names, RawTable

BUILT_KINDS = ("", "city", "town", "village", "mining", "special")
KIND_SETTING = ("", "urban", "urban", "rural", "none", "none")
"""What present built land counts as by the zone's built_kind; empty = by the setting of its class."""
_DERIVED = {"built_urban": "urban", "built_rural": "rural"}


@dataclass(frozen=True)
class Group:
    """Membership: `present[kind, class]` for land as it is, `new[class]` for land that arrives."""

    name: str
    present: np.ndarray
    new: np.ndarray


class Groups:
    """Groups of one instance's classes, by name."""

    def __init__(self, classes: RawTable, names: Names, tree: RawTable) -> None:
        self._file = classes
        self._names = names
        self._leaf = classes.text("group")
        self._setting = classes.text("setting", "")
        self._parent = dict(zip(tree.text("group"), tree.text("parent", ""), strict=True))
        for name, leaf in zip(classes.text("class"), self._leaf, strict=True):
            if leaf not in self._parent:
                raise classes.error(f"class {name!r}: group {leaf!r} is not in the group tree")
        self._lines = [self._line(leaf) for leaf in self._leaf]

    def _line(self, leaf: str) -> frozenset[str]:
        line = [leaf]
        while parent := self._parent.get(line[-1], ""):
            if parent in line:
                raise AuditInputError("groups.csv", f"group {leaf!r} is below itself")
            line.append(parent)
        return frozenset(line)

    def setting(self, setting: str) -> np.ndarray:
        """Return the classes whose new land counts as urban, rural, ..."""
        return np.array([own == setting for own in self._setting], dtype=bool)

    def node(self, name: str) -> np.ndarray:
        """Return the classes below a node of the tree."""
        return np.array([name in line for line in self._lines], dtype=bool)

    def within(self, name: str, top: str) -> bool:
        """Tell whether a group or class is `top` itself or below it in the tree."""
        if name == top:
            return True
        if name in self._parent:
            return top in self._line(name)
        code = self._names.code(name)
        return code >= 0 and top in self._lines[code]

    def find(self, name: str) -> Group:
        """Return a group: derived, a node of the tree, or a single class."""
        if name in _DERIVED:
            return self._derived(name, _DERIVED[name])
        if name in self._parent:
            members = self.node(name)
        elif (code := self._names.code(name)) >= 0:
            members = np.arange(len(self._names)) == code
        else:
            raise self._file.error(f"{name!r} is neither a group of the tree nor a class")
        return Group(name, np.tile(members, (len(BUILT_KINDS), 1)), members)

    def _derived(self, name: str, setting: str) -> Group:
        built, own = self.node("built"), self.setting(setting)
        present = np.array([built & (own if not fixed else fixed == setting) for fixed in KIND_SETTING])
        return Group(name, present, built & own)
