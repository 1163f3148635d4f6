"""The shipped class table of CORINE, and the defaults for its classes."""

from instances.classes import load_groups, shipped_table
from instances.factors import default_factors
from instances.readers.raster.classes import read_classes, used_classes
from instances.readers.raster.config import LandCover
from instances.transitions import default_transitions


def test_the_44_classes_of_corine(tmp_path):
    table = read_classes(tmp_path, LandCover(file="any.tif", classes="corine"))
    assert list(table.index) == list(range(1, 45))
    codes = list(table["code"])
    assert codes == sorted(set(codes))  # the index of a re-indexed raster is the rank of the code
    # classes a level-2 heading: 11 12 13 14 21 22 23 24 31 32 33 41 42 51 52
    counts = table["code"].str[:2].value_counts().sort_index().to_list()
    assert counts == [2, 4, 3, 2, 3, 3, 1, 4, 3, 4, 5, 2, 3, 2, 3]
    assert set(table["group"]) <= set(load_groups().leaves)
    assert (table[["name_zh", "name_en"]] != "").all().all()
    assert table.loc[table["code"] == "312", "name_en"].item() == "Coniferous forest"


def test_a_raster_of_codes_takes_the_column_code(tmp_path):
    table = read_classes(tmp_path, LandCover(file="any.tif", classes="corine", key="code"))
    assert table.loc[211, "group"] == "cropland"


def test_only_what_occurs_or_is_wished_is_kept(tmp_path):
    table = read_classes(tmp_path, LandCover(file="any.tif", classes="corine"))
    kept = used_classes(table, table.index[[1, 11]], ("411",))
    assert kept["class"].to_list() == ["112", "211", "411"]


def test_defaults_go_by_group():
    classes = shipped_table("corine")
    factors = default_factors(classes).set_index(["class", "factor"])["value"]
    # arbor forest, cropland and grass stock as shipped; CORINE codes are never read as survey codes
    assert factors["312", "stock"] == factors["311", "stock"]
    assert factors["211", "stock"] == 95
    assert factors["231", "stock"] == 90
    rules = default_transitions(classes).set_index(["from", "to"])
    assert rules.loc[("211", "112"), "allowed"] == 1
    assert rules.loc[("112", "211"), "allowed"] == 0
    assert rules.loc[("211", "311"), "condition"] == "retirement"
