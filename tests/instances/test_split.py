"""Instances that cannot be cut into parts: each is refused in words."""

import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.split import split
from tests.build import draft

ZONES = {name: {"grass": 1.0} for name in "abcd"}


def broken(folder, name, table):
    """Write an instance of four zones with a table of its land replaced; returns its folder."""
    draft(ZONES, "grass>ind").write(folder)
    for path in (folder / "land").glob(f"{name}.*"):
        path.unlink()
    table.to_csv(folder / "land" / f"{name}.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("zones", {"zone": list("abcd")}, "column region: column is missing"),
        ("zones", {"zone": list("abcc"), "region": ["all"] * 4}, "c stands twice"),
        ("zones", {"zone": list("abcd"), "region": ["nowhere"] * 4}, "nowhere is not in regions"),
        ("cover", {"zone": list("abcx"), "class": ["grass"] * 4, "area_ha": [1.0] * 4}, "x is not in zones"),
        ("cover", {"class": ["grass"], "area_ha": [1.0]}, "column zone: column is missing"),
    ],
)
def test_tables_that_cannot_be_cut(name, table, message, tmp_path):
    with pytest.raises(InstanceError, match=message):
        split(broken(tmp_path / "whole", name, pd.DataFrame(table)), tmp_path / "parts", 2)


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    folder = broken(tmp_path / "whole", "zones", pd.DataFrame())
    (folder / "land" / "zones.csv").unlink()
    (folder / "land" / "zones.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InstanceError, match=r"zones\.parquet: cannot be read"):
        split(folder, tmp_path / "parts", 2)
