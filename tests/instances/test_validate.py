import pandas as pd
import pytest

from instances import schema
from instances.columns import defaults
from instances.row_faults import MOST_TOLD
from instances.validate import check_table, wrong_cells

ZONES = {"zone": ["a", "b"], "region": ["n", "n"]}


def check(columns, where="zones.csv"):
    return check_table(schema.table("land", "zones"), pd.DataFrame(columns), where)


def test_absent_optional_columns_take_their_defaults():
    clean, faults = check(ZONES)
    assert faults == []
    row = clean.iloc[0]
    assert (row["slope_class"], row["red_line"], row["boundary"], row["cost_factor"]) == (1, "", 0, 1.0)


@pytest.mark.parametrize(("column", "value"), [("slope_class", 1), ("cost_factor", 1.0), ("farmland", 0)])
@pytest.mark.parametrize("empty", ["", None])
def test_empty_cells_of_optional_columns_too(column, value, empty):
    clean, faults = check(ZONES | {column: [empty, "1"]})
    assert faults == []
    assert clean[column].iloc[0] == value


def test_text_from_a_csv_becomes_numbers():
    clean, _ = check(ZONES | {"min_lot_ha": ["2.5", "0"], "grade": ["4", "0"]})
    assert clean["min_lot_ha"].tolist() == [2.5, 0.0]
    assert clean["grade"].dtype == "int64"


def test_columns_that_the_schema_does_not_name_are_kept():
    clean, _ = check(ZONES | {"near_water": ["1", "0"]})
    assert clean["near_water"].tolist() == ["1", "0"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"grade": ["4", "x"]}, "row 3, column grade: 'x' is not a whole number"),
        ({"farmland": ["1", "2"]}, "row 3, column farmland: 2 must be 0 or 1"),
        ({"red_line": ["core", "outer"]}, "row 3, column red_line: 'outer' must be one of '', 'core', 'general'"),
        ({"slope_class": ["6", "1"]}, "row 2, column slope_class: 6 must not be above 5"),
        ({"min_lot_ha": ["-1", "0"]}, "row 2, column min_lot_ha: -1.0 must not be below 0"),
        ({"cost_factor": ["inf", "1"]}, "row 2, column cost_factor: inf must be a finite number"),
        ({"region": ["n", ""]}, "row 3, column region: '' must not be empty"),
        ({"zone": ["a", "a"]}, "row 3, column zone: zone a stands twice"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(columns, words):
    _, faults = check(ZONES | columns)
    assert len(faults) == 1
    assert words in str(faults[0])


def test_a_missing_column_says_what_is_there():
    _, faults = check({"zone": ["a"]})
    assert "column region: column is missing" in str(faults[0])
    assert "columns present: zone" in str(faults[0])


def test_every_fault_is_collected():
    _, faults = check(ZONES | {"farmland": ["2", "1"], "boundary": ["3", "1"]})
    assert len(faults) == 2


def test_a_wrong_column_is_not_repeated_for_ever():
    count = MOST_TOLD + 30
    columns = {"zone": [f"z{k}" for k in range(count)], "region": ["n"] * count, "farmland": ["7"] * count}
    _, faults = check(columns)
    assert len(faults) == MOST_TOLD + 1
    assert "30 more rows" in str(faults[-1])


def test_records_of_other_files_count_from_one():
    _, faults = check(ZONES | {"farmland": [1, 2]}, where="zones.parquet")
    assert faults[0].row == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"grade": [4.5, 3.0]}, "row 1, column grade: 4.5 is not a whole number"),
        ({"grade": [3.0, 1e30]}, "row 2, column grade: 1e+30 is not a whole number"),
        ({"farmland": [1.0, 0.5]}, "row 2, column farmland: 0.5 is not 0 or 1"),
        ({"farmland": [256, 1]}, "row 1, column farmland: 256 is not 0 or 1"),
    ],
)
def test_no_figure_is_cut_or_wrapped_to_fit_its_column(columns, words):
    _, faults = check(ZONES | columns, where="zones.parquet")
    assert [words in str(fault) for fault in faults] == [True]


def test_what_absent_columns_are_filled_with_passes_their_own_checks():
    for table in (one for part in schema.tables().values() for one in part):
        optional = tuple(column for column in table.columns if not column.required)
        frame = pd.DataFrame({column.name: defaults(column, 1) for column in optional})
        assert wrong_cells(optional, frame) == {}, table.name


def test_whole_number_ids_stay_whole_numbers():
    clean, faults = check({"zone": [1, 2], "region": ["n", "n"]})
    assert faults == []
    assert clean["zone"].tolist() == [1, 2]


def test_whole_number_ids_with_empty_cells_stay_whole():
    """The parent of the root is empty, which makes the column a float in Parquet."""
    text = {"level": ["city", "county"], "name_zh": ["a", "b"], "name_en": ["a", "b"]}
    for parent in (pd.Series([None, 1.0]), pd.Series([None, 1], dtype="Int64")):
        frame = pd.DataFrame({"region": [1, 2], "parent": parent, **text})
        clean, faults = check_table(schema.table("land", "regions"), frame, "regions.parquet")
        assert faults == []
        assert clean["parent"].tolist() == ["", "1"]
