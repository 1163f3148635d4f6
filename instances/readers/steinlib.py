r"""A problem of SteinLib as a network instance: `sanqu import steinlib`.

Nodes become buses, edges candidates without reactance at their weight, terminals one connection: the tree of least
weight that joins them. Read are the sections Comment, Graph, Terminals and Coordinates; what makes another problem of
it (arcs, prizes, degrees, obstacles) is refused.

Source: Koch, Martin and Voß (2001), SteinLib: an updated library on Steiner tree problems in graphs; STP format 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.network.write import raise_if_unusable, write_network
from instances.readers.notes import Imported
from instances.settings import About, NetworkSettings

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = "33D32945"
CONNECTION = "terminals"
NEEDED = ("GRAPH", "TERMINALS")
READ = {"COMMENT", "GRAPH", "TERMINALS", "COORDINATES"}
"""Sections that are read; Comment says nothing that counts."""

UNUSED = {"OPTIMAL", "ROOT"}
"""Lines that change nothing: the known optimum, and where a tree that has no direction begins."""


@dataclass
class _File:
    """What a file says, line by line."""

    path: Path
    nodes: int = 0
    stated: dict[str, int] = field(default_factory=dict)
    edges: list[tuple[int, int, float]] = field(default_factory=list)
    terminals: list[int] = field(default_factory=list)
    places: dict[int, tuple[float, float]] = field(default_factory=dict)

    def fault(self, message: str, hint: str = "", line: int | None = None) -> InstanceError:
        return InstanceError([Fault(str(self.path), message, hint, line)])

    def node(self, word: str, line: int) -> int:
        """Return a node; raises InstanceError where there is no such node."""
        if not word.isdigit() or not 1 <= int(word) <= self.nodes:
            raise self.fault(f"node {word} is unknown", f"nodes are 1 to {self.nodes}", line)
        return int(word)

    def number(self, word: str, line: int) -> float:
        """Return a finite number; raises InstanceError where a word is none."""
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise self.fault(f"{word!r} is not a number", "", line)
        return value


def import_steinlib(source: Path, folder: Path, name: str) -> Imported:
    """Write a problem as an instance; raises InstanceError with what is wrong in the file."""
    tables = read_steinlib(source)
    about = About(name=name, title_en=name, title_zh=name, provenance=f"SteinLib, {source.name}")
    write_network(folder, about, NetworkSettings(money="weight", power_flow="transport", horizon_h=1.0), tables)
    raise_if_unusable(folder, source)
    return Imported(tables, ())


def read_steinlib(source: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a problem.

    Raises
    ------
    InstanceError
        With the line: a section is missing or not known, a node is unknown, a weight is negative or no number, counts
        differ from what is stated; without one: the terminals do not hang together.
    """
    file = _read(source)
    named: dict[str, int] = {}
    candidates = []
    for one, two, weight in file.edges:
        pair = f"{one}-{two}"
        named[pair] = named.get(pair, 0) + 1
        name = pair if named[pair] == 1 else f"{pair} #{named[pair]}"
        candidates.append((name, str(one), str(two), 0.0, weight, 1))
    columns = ["candidate", "from_bus", "to_bus", "capacity_mw", "cost", "max_additions"]
    buses = pd.DataFrame({"bus": [str(node) for node in range(1, file.nodes + 1)]})
    if file.places:
        for axis, column in enumerate(("x_m", "y_m")):
            buses[column] = [file.places.get(node, (0.0, 0.0))[axis] for node in range(1, file.nodes + 1)]
    return {
        "buses": buses,
        "snapshots": pd.DataFrame({"snapshot": ["design"], "weight_h": [1.0]}),
        "candidates": pd.DataFrame(candidates, columns=columns),
        "connections": pd.DataFrame({"connection": CONNECTION, "bus": [str(node) for node in file.terminals]}),
    }


def _read(source: Path) -> _File:
    """Read the sections of a file and check what they state."""
    file = _File(source)
    try:
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise file.fault(error.strerror or str(error), "name a .stp file") from error
    if not lines or not lines[0].strip().upper().startswith(MAGIC):
        raise file.fault("is not in STP format", f"its first line begins with {MAGIC}", 1)
    section, found, ended = "", set(), False
    for number, text in enumerate(lines[1:], start=2):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        key = words[0].upper()
        if section == "":
            ended |= key == "EOF"
            if key == "SECTION" and len(words) > 1:
                section = words[1].upper()
                found.add(section)
                if section not in READ:
                    raise file.fault(f"section {words[1]} has no counterpart in Sanqu", "delete it", number)
        elif key == "END":
            section = ""
        elif section != "COMMENT":
            _line(file, section, key, words[1:], number)
    _complete(file, section, found)
    return file


def _line(file: _File, section: str, key: str, words: list[str], number: int) -> None:
    """Read a line of a section; raises InstanceError where it is none of its."""
    if section == "COORDINATES" and set(key) == {"D"} and len(words) >= 3:
        x, y = (file.number(word, number) for word in words[1:3])
        file.places[file.node(words[0], number)] = (x, y)
    elif key in ("NODES", "EDGES", "TERMINALS") and len(words) == 1 and words[0].isdigit():
        file.stated[key] = int(words[0])
        file.nodes = file.stated.get("NODES", 0)
    elif section == "GRAPH" and key == "E" and len(words) == 3:
        _edge(file, words, number)
    elif section == "TERMINALS" and key == "T" and len(words) == 1:
        node = file.node(words[0], number)
        if node in file.terminals:
            raise file.fault(f"terminal {node} stands twice", "", number)
        file.terminals.append(node)
    elif section == "GRAPH" and key in ("OBSTACLES", "ARCS", "A"):
        raise file.fault(f"{key.lower()}: only undirected edges (E) have a counterpart in Sanqu", "", number)
    elif key not in UNUSED:
        raise file.fault(f"cannot be read in section {section.title()}: {' '.join([key, *words])}", "", number)


def _edge(file: _File, words: list[str], number: int) -> None:
    one, two = file.node(words[0], number), file.node(words[1], number)
    weight = file.number(words[2], number)
    if weight < 0:
        raise file.fault(f"edge {one}-{two}: weight {weight:g} is negative", "a cost is at least 0", number)
    if one == two:
        raise file.fault(f"edge {one}-{two} begins and ends at one node", "delete it", number)
    file.edges.append((one, two, weight))


def _complete(file: _File, section: str, found: set[str]) -> None:
    """Raise InstanceError where sections, edges or terminals are missing, or terminals are apart."""
    if section:
        raise file.fault(f"section {section.title()} has no END", "is the file complete?")
    for name in NEEDED:
        if name not in found:
            raise file.fault(f"section {name.title()} is missing", "is the file complete?")
    for name, rows in (("EDGES", file.edges), ("TERMINALS", file.terminals)):
        if file.stated.get(name, len(rows)) != len(rows):
            raise file.fault(f"{name.title()} {file.stated[name]} are stated, {len(rows)} are listed", "correct one")
    if len(file.terminals) < 2:
        raise file.fault(f"{len(file.terminals)} terminals leave nothing to join", "state two or more")
    graph: nx.Graph[int] = nx.Graph()
    graph.add_node(file.terminals[0])
    graph.add_edges_from((one, two) for one, two, _ in file.edges)
    reached = nx.node_connected_component(graph, file.terminals[0])
    if apart := [node for node in file.terminals if node not in reached]:
        message = f"no edges lead from terminal {file.terminals[0]} to terminal {apart[0]}"
        raise file.fault(message, "add edges or drop the terminal")
