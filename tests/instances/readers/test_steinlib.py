"""Problems of SteinLib as instances, and files that cannot be read: one message each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.steinlib import import_steinlib

if TYPE_CHECKING:
    from pathlib import Path

STAR = """33D32945 STP File, STP Format Version 1.0

SECTION Comment
Name "star"
END

SECTION Graph
Nodes 4
Edges 4
E 1 4 2
E 2 4 3.5
E 3 4 4
E 3 4 6
END

SECTION Terminals
Terminals 3
T 1
T 2
T 3
END

SECTION Coordinates
DD 1 0 0
DD 4 2 1
END

EOF
"""

BAD = [
    ("33D32945", "stp", 1, "is not in STP format"),
    ("SECTION Terminals", "SECTION Presolve", 16, "section Presolve has no counterpart"),
    ("E 2 4 3.5", "E 2 5 3.5", 11, "node 5 is unknown (nodes are 1 to 4)"),
    ("E 2 4 3.5", "E 0 4 3.5", 11, "node 0 is unknown"),
    ("E 2 4 3.5", "E 2 4 -1", 11, "edge 2-4: weight -1 is negative"),
    ("E 2 4 3.5", "E 2 4 much", 11, "'much' is not a number"),
    ("E 2 4 3.5", "E 2 4 nan", 11, "'nan' is not a number"),
    ("E 2 4 3.5", "E 2 4", 11, "cannot be read in section Graph: E 2 4"),
    ("E 2 4 3.5", "A 2 4 3.5 3.5", 11, "only undirected edges"),
    ("E 2 4 3.5", "E 2 2 3.5", 11, "edge 2-2 begins and ends at one node"),
    ("E 2 4 3.5\n", "", None, "Edges 4 are stated, 3 are listed"),
    ("E 2 4 3.5", "E 1 4 3.5", None, "no edges lead from terminal 1 to terminal 2"),
    ("T 2", "T 7", 19, "node 7 is unknown"),
    ("T 2", "T 1", 19, "terminal 1 stands twice"),
    ("T 2", "TP 2 5", 19, "cannot be read in section Terminals: TP 2 5"),
    ("Terminals 3\nT 1\nT 2\nT 3", "Terminals 1\nT 1", None, "1 terminals leave nothing to join"),
]


def written(folder: Path, text: str) -> Path:
    """Write a file and return it."""
    path = folder / "star.stp"
    path.write_text(text)
    return path


def test_tables(tmp_path: Path) -> None:
    """Nodes, edges (two between 3 and 4), terminals and places arrive, and the instance is a sound one."""
    import_steinlib(written(tmp_path, STAR), tmp_path / "in", "star")
    network = load(tmp_path / "in").require_network()
    assert network["candidates"]["candidate"].tolist() == ["1-4", "2-4", "3-4", "3-4 #2"]
    assert network["candidates"]["cost"].tolist() == [2.0, 3.5, 4.0, 6.0]
    assert network["connections"]["bus"].tolist() == ["1", "2", "3"]
    assert network["buses"]["x_m"].tolist() == [0.0, 0.0, 0.0, 2.0]


@pytest.mark.parametrize(("old", "new", "line", "words"), BAD)
def test_bad_file(tmp_path: Path, old: str, new: str, line: int | None, words: str) -> None:
    """What is wrong is told once, with its line."""
    assert old in STAR
    with pytest.raises(InstanceError) as caught:
        import_steinlib(written(tmp_path, STAR.replace(old, new, 1)), tmp_path / "in", "star")
    (fault,) = caught.value.faults
    assert words in str(fault)
    assert fault.row == line


@pytest.mark.parametrize("section", ["Graph", "Terminals"])
def test_missing_section(tmp_path: Path, section: str) -> None:
    """A section that is needed and not there is named; so is one that does not end."""
    begin = STAR.index(f"SECTION {section}")
    end = STAR.index("END", begin) + 3
    with pytest.raises(InstanceError, match=rf"section {section} is missing|node 1 is unknown"):
        import_steinlib(written(tmp_path, STAR[:begin] + STAR[end:]), tmp_path / "in", "star")
    with pytest.raises(InstanceError, match=r"has no END|is missing|are stated"):
        import_steinlib(written(tmp_path, STAR[: end - 4]), tmp_path / "in", "star")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(InstanceError, match=r"none\.stp"):
        import_steinlib(tmp_path / "none.stp", tmp_path / "in", "star")
