"""Faults name the line that an editor shows."""

import pytest

from instances import schema
from instances.places import line_of
from instances.readers.folder import read_table

HEAD = "zone,region,cost_factor\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "a,n,1\nb,n,dear\n", 3),
        (HEAD + "a,n,1\n\nb,n,dear\n", 4),
        ("\n" + HEAD + "\n  \na,n,1\n\nb,n,dear\n", 7),
        ("\ufeff" + HEAD + "a,n,1\r\n\r\nb,n,dear\r\n", 4),
        (HEAD + 'a,"n\nn",1\nb,n,dear\n', 4),
    ],
)
def test_a_wrong_cell_after_blank_lines(tmp_path, text, line):
    path = tmp_path / "land" / "zones.csv"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8", newline="")
    _, faults = read_table(tmp_path, schema.table("land", "zones"))
    (fault,) = [one for one in faults if one.column == "cost_factor"]
    assert fault.row == line
    assert line_of(str(path), 1) == line


def test_what_is_not_there_counts_from_its_header():
    assert line_of("nowhere/zones.csv", 0) == 2
    assert line_of("nowhere/zones.parquet", 0) == 1
