import pandas as pd
import pytest

from instances.faults import InstanceError
from instances.instance import hash_folder, library, load, resolve
from tests.build import build, draft

ZONES = {"a": {"crop": 10}}


def test_a_folder_is_read_with_its_parts(tmp_path):
    instance = build(tmp_path, ZONES, "crop>wood")
    assert instance.settings.time.periods == (2030,)
    assert instance.require_land().zones["zone"].tolist() == ["a"]
    assert instance.restoration is None
    assert instance.network is None


def test_a_plain_table_in_parquet_has_no_polygons(tmp_path):
    draft(ZONES, "crop>wood").write(tmp_path)
    zones = tmp_path / "land" / "zones.csv"
    pd.read_csv(zones).to_parquet(zones.with_suffix(".parquet"))
    zones.unlink()
    assert not load(tmp_path).has_geometry()
    assert load("tiny").has_geometry()


def test_memory_and_disk_give_the_same_tables(tmp_path):
    """The random instances skip the disk; what they solve is what a folder would hold."""
    made = draft(ZONES, "crop>wood", quotas=[], units={"u": {"a": 0.5}}, projects={"p": {"members": "u", "to": "wood"}})
    disk, memory = made.load(tmp_path), made.instance()
    for name, frame in disk.require_land().tables.items():
        assert frame.astype(str).equals(memory.require_land().tables[name][list(frame)].astype(str)), name
    assert disk.restoration.projects == memory.restoration.projects


def test_bundled_instances_have_names():
    assert set(library()) >= {"tiny", "weihai"}
    assert resolve("tiny") == library()["tiny"]


@pytest.mark.parametrize("holds", [True, False])
def test_a_folder_that_holds_an_instance_goes_before_a_bundled_name(tmp_path, monkeypatch, holds):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").mkdir()
    if holds:
        draft(ZONES, "crop>wood").write(tmp_path / "tiny")
    assert (resolve("tiny").resolve() == tmp_path / "tiny") is holds


def test_what_is_neither_is_refused(tmp_path):
    with pytest.raises(InstanceError, match=r"neither a folder nor a bundled instance .bundled are: .*tiny"):
        load(tmp_path / "nowhere")


def test_an_empty_folder_names_all_that_is_missing(tmp_path):
    with pytest.raises(InstanceError) as caught:
        load(tmp_path)
    words = str(caught.value)
    assert "instance.toml: file is missing" in words
    assert "has none of land/" in words


def test_faults_of_all_tables_are_listed_together(tmp_path):
    made = draft(ZONES, "crop>wood")
    made.tables["zones"][0]["farmland"] = 7
    made.tables["transitions"][0]["allowed"] = "perhaps"
    with pytest.raises(InstanceError) as caught:
        made.load(tmp_path)
    places = [(fault.where.rsplit("/", 1)[-1], fault.row, fault.column) for fault in caught.value.faults]
    assert places == [("zones.csv", 2, "farmland"), ("transitions.csv", 2, "allowed")]


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("time", "periods", [2035, 2030], "increasing"),
        ("time", "periods", [2040], "must equal .carbon. end_year"),
        ("carbon", "end_year", 2010, "after base_year"),
        ("carbon", "mode", "both", "'flux' or 'stock'"),  # the two modes exclude each other
        ("objective", "kind", "joy", "emissions"),
        ("objective", "cost_weight", -1, "greater than or equal to 0"),
        ("objective", "emission_weight", 0, "must not both be 0"),  # nothing would be minimised
        ("carbon", "colour", "red", "is not known; misspelt"),  # a misspelt key is not passed over
    ],
)
def test_settings_that_contradict_themselves_are_refused(tmp_path, section, key, value, words):
    made = draft(ZONES, "crop>wood")
    made.settings[section][key] = value
    with pytest.raises(InstanceError, match=words):
        made.load(tmp_path)


def test_the_hash_changes_with_the_content_only(tmp_path):
    made = draft(ZONES, "crop>wood")
    first = hash_folder(made.write(tmp_path / "one"))
    assert hash_folder(made.write(tmp_path / "two")) == first
    (tmp_path / "two" / "notes.txt").write_text("not an instance's file")
    assert hash_folder(tmp_path / "two") == first
    made.tables["cover"][0]["area_ha"] = 11
    assert hash_folder(made.write(tmp_path / "two")) != first


def test_without_land_nothing_can_be_asked_of_it(tmp_path):
    made = draft({}, units={"u": {}})
    folder = made.write(tmp_path)
    for path in (folder / "land").iterdir():
        path.unlink()
    (folder / "land").rmdir()
    with pytest.raises(InstanceError, match="add a land/ folder"):
        load(folder).require_land()


def test_two_files_for_one_table_are_refused(tmp_path):
    folder = draft(ZONES, "crop>wood").write(tmp_path)
    (folder / "land" / "cover.parquet").write_bytes(b"")
    with pytest.raises(InstanceError, match=r"cover.parquet and cover.csv both hold table cover"):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00zone"])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    folder = draft(ZONES, "crop>wood").write(tmp_path)
    (folder / "land" / "cover.csv").write_bytes(content)
    with pytest.raises(InstanceError, match=r"cover.csv"):
        load(folder)
