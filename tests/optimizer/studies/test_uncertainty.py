"""Which rows of the table of factors an entry of a study file means."""

import pandas as pd
import pytest

from optimizer.studies.entries import ScaleEntry
from optimizer.studies.uncertainty import meant, unknown_factor

TABLE = pd.DataFrame(
    [
        ("a[1]", "sink", "*", 1.0),
        ("a1", "sink", "n", 2.0),
        ("b", "stock", "n", 0.0),
        ("b", "stock", "*", 3.0),
    ],
    columns=["class", "factor", "region", "value"],
)


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({"factor": "sink"}, [0, 1]),
        ({"factor": "*", "class": "a*"}, [0, 1]),
        ({"factor": "s*k", "class": "?"}, [3]),  # what is 0 stays 0 at any scale
        ({"factor": "sink", "class": "a[1]"}, [0]),  # brackets stand for themselves
        ({"factor": "sink", "class": "[ab]?"}, []),
        ({"factor": "sink", "region": "n"}, [1]),
        ({"factor": "Sink"}, []),
    ],
)
def test_rows_that_an_entry_means(wanted, rows):
    chosen = meant(TABLE, ScaleEntry(**wanted, scale=2.0))
    assert chosen.nonzero()[0].tolist() == rows


def test_a_message_has_both_languages():
    fault = unknown_factor(ScaleEntry(factor="sonk", scale=2.0), "here", "case low")
    assert (
        str(fault) == "here, column case low: no factor sonk of class * in region * (see land/factors of the instance)"
    )
    assert "没有地类 * 在区域 * 的系数 sonk" in fault.told("zh")
