"""Default factors, against facts.md sections 2 and 3 (numbers copied from there, not from the code)."""

from __future__ import annotations

import pandas as pd
import pytest

from instances.classes import load_classes, load_groups
from instances.factors import SINK_SETS, corrections, default_factors, default_parameters, factor_table
from instances.schema import table


def _classes(*codes: str, scheme: str = "third_survey") -> pd.DataFrame:
    table = load_classes(scheme)
    chosen = table[table["code"].isin(codes)]
    return chosen.assign(**{"class": chosen["code"]})[["class", "scheme", "code", "group"]]


def _own(group: str) -> pd.DataFrame:
    """A class of a classification that is not shipped."""
    return pd.DataFrame({"class": ["x"], "scheme": ["own"], "code": ["0303"], "group": [group]})


def _factor(classes: pd.DataFrame, factor: str, sinks: str = "p1") -> pd.Series:
    rows = default_factors(classes, sinks)
    return rows[rows["factor"] == factor].iloc[0]


@pytest.mark.parametrize(
    ("code", "sink_tc"),
    [
        ("0303", 4.44),
        ("0304", 1.19),
        ("0306", 0.88),
        ("0402", 0.34),
        ("0603", 0.67),
        ("1106", 0.67),
        ("1108", 0.67),
        ("1101", 0.67),
        ("1105", 2.36),
        ("1102", 0.30),
        ("1103", 0.30),
        ("1104", 0.30),
        ("0201", 2.10),
        ("0204", 2.10),
        ("0301", 0.87),
        ("0302", 0.87),
        ("0305", 0.23),
        ("0401", 0.02),
        ("0404", 0.02),
        ("0101", 0.0),
        ("0103", 0.0),
        ("0701", 0.0),
    ],
)
def test_p1_sinks(code: str, sink_tc: float) -> None:
    row = _factor(_classes(code), "sink")
    assert row["value"] == pytest.approx(sink_tc)
    assert row["unit"] == "tC/ha/yr"


@pytest.mark.parametrize(
    ("code", "sink_tco2"),
    [("0303", 16.28), ("0304", 4.36), ("0306", 3.23), ("0402", 1.25), ("1105", 8.65), ("02", 7.70), ("0301", 3.19)],
)
def test_p1_sinks_in_tco2(code: str, sink_tco2: float) -> None:
    assert _factor(_classes(code), "sink")["value"] * 44 / 12 == pytest.approx(sink_tco2, abs=0.005)


def test_verdict_on_the_unit() -> None:
    """Weihai orchards: 67,240 ha give 51.8 of the printed 52 (10^4 tCO2), as tC only."""
    assert 67240 * _factor(_classes("0201"), "sink")["value"] * 44 / 12 / 1e4 == pytest.approx(51.8, abs=0.05)


def test_corrected_values_keep_what_was_printed() -> None:
    bare = _factor(_classes("1206"), "sink")
    assert bare["value"] == pytest.approx(0.005)
    assert bare["printed"] == "0.0005"
    other = _factor(_classes("0307"), "sink")
    assert 0.23 < other["value"] < 0.58
    assert (other["printed"], other["status"]) == ("0.23-0.58", "computed")


@pytest.mark.parametrize(
    ("code", "sink_tc"),
    [
        ("0103", -0.422),
        ("0301", 0.612),
        ("0305", 0.612),
        ("0401", 0.021),
        ("1101", 0.235),
        ("1105", 0.235),
        ("1206", 0.005),
        ("0701", 0.0),
    ],
)
def test_hu2025_sinks(code: str, sink_tc: float) -> None:
    assert _factor(_classes(code), "sink", "hu2025")["value"] == pytest.approx(sink_tc)


def test_cropland_sign_differs_between_the_sets() -> None:
    cropland = _classes("0103")
    assert _factor(cropland, "sink", "p1")["value"] == 0
    assert _factor(cropland, "sink", "hu2025")["value"] < 0


def test_net_of_harvest_changes_orchards_alone() -> None:
    classes = _classes("0201", "0301", "0103", "1105")
    gross = default_factors(classes, "p1").set_index(["class", "factor"])["value"]
    net = default_factors(classes, "p1_net").set_index(["class", "factor"])["value"]
    assert list(gross.index[gross != net]) == [("0201", "sink")]
    assert net["0201", "sink"] < 0.87


@pytest.mark.parametrize(
    ("code", "stock_tc"),
    [
        ("0102", 95),
        ("0201", 105),
        ("0301", 164),
        ("0305", 90),
        ("0401", 90),
        ("1108", 205),
        ("0402", 205),
        ("1101", 0),
        ("0701", 48),
        ("1206", 32),
        ("1204", 32),
    ],
)
def test_stocks(code: str, stock_tc: float) -> None:
    row = _factor(_classes(code), "stock")
    assert row["value"] == stock_tc
    assert row["unit"] == "tC/ha"


def test_mangrove_stock_lies_in_the_computed_range() -> None:
    assert 831 <= _factor(_classes("0303"), "stock")["value"] <= 936


@pytest.mark.parametrize(
    ("old", "new", "loss_tco2", "tolerance"),
    [("0301", "0701", 425, 1), ("0103", "0701", 172, 1), ("0303", "0701", 3000, 150)],
)
def test_worked_losses_of_stock(old: str, new: str, loss_tco2: float, tolerance: float) -> None:
    stocks = [_factor(_classes(code), "stock")["value"] for code in (old, new)]
    assert (stocks[0] - stocks[1]) * 44 / 12 == pytest.approx(loss_tco2, abs=tolerance)


def test_years_to_regain_arbor_stock() -> None:
    """Cropland to arbor gains 69 tC, at 0.87 in 79 years."""
    arbor, cropland = _classes("0301"), _classes("0103")
    gain = _factor(arbor, "stock")["value"] - _factor(cropland, "stock")["value"]
    assert gain == 69
    assert round(gain / _factor(arbor, "sink")["value"]) == 79


def test_soil_share_and_parameters() -> None:
    assert _factor(_classes("0301"), "soil_share")["value"] == pytest.approx(0.829)
    parameters = default_parameters()
    assert list(parameters.columns) == [column.name for column in table("land", "parameters").columns]
    values = parameters.set_index("parameter")["value"]
    assert values["soil_share"] == pytest.approx(0.829)
    assert values["soil_loss_years"] == 20
    assert values["gain_years"] == 20


def test_mangrove_is_never_read_as_forest_nor_shrubland_as_mangrove() -> None:
    assert _factor(_classes("0303"), "sink")["value"] == pytest.approx(4.44)
    assert _factor(_classes("0303", scheme="gbt2023"), "sink")["value"] == pytest.approx(0.23)
    assert _factor(_classes("0507", scheme="gbt2023"), "sink")["value"] == pytest.approx(4.44)
    assert _factor(_own("forest"), "sink")["value"] == pytest.approx(0.87)


def test_marsh_meadow_is_never_read_as_grass() -> None:
    row = _factor(_classes("0402"), "ramp_years")
    assert row["value"] == _factor(_own("wetland"), "ramp_years")["value"]


def test_suffix_and_first_level_codes_are_matched() -> None:
    reversible = pd.DataFrame({"class": ["x"], "scheme": "third_survey", "code": ["0201K"], "group": ["orchard"]})
    assert _factor(reversible, "sink")["value"] == pytest.approx(2.10)
    assert _factor(_classes("02"), "sink")["value"] == pytest.approx(2.10)


def test_sea_has_no_factor() -> None:
    assert default_factors(_classes("18", "1802", "24", scheme="gbt2023")).empty
    assert not factor_table()["group"].eq("marine").any()


@pytest.mark.parametrize("sinks", list(SINK_SETS))
@pytest.mark.parametrize("scheme", ["third_survey", "gbt2023"])
def test_every_land_class_has_sink_stock_and_soil_share(scheme: str, sinks: str) -> None:
    classes = load_classes(scheme)
    classes = classes[classes["group"].map(load_groups().is_leaf) & (classes["group"] != "marine")]
    rows = default_factors(classes.assign(**{"class": classes["code"]}), sinks)
    assert list(rows.columns) == [column.name for column in table("land", "factors").columns]
    assert not rows.duplicated(["class", "region", "factor"]).any()
    assert (rows["region"] == "*").all()
    assert (rows.groupby("class")["factor"].agg(set) == {"sink", "stock", "soil_share", "ramp_years"}).all()
    assert len(rows) == 4 * len(classes)
    assert rows["value"].notna().all()


def test_table_is_sound() -> None:
    rows = factor_table()
    assert set(rows["factor"]) <= set(table("land", "factors").column("factor").values)
    assert set(rows["status"]) <= {"published", "computed", "recalled", "assumed"}
    assert ((rows["code"] == "") != (rows["group"] == "")).all()
    assert not rows.duplicated(["set", "code", "group", "factor"]).any()
    assert (rows["source"] != "").all()
    stock = rows[(rows["factor"] == "stock") & rows["group"].isin(["cropland", "grass"])]
    assert set(stock["status"]) == {"recalled"}
    assert set(rows.loc[rows["factor"] == "ramp_years", "status"]) == {"assumed"}


def test_no_factor_is_shipped_without_a_fact() -> None:
    assert set(factor_table()["factor"]).isdisjoint({"embodied", "volume"})


def test_eight_errors_of_the_papers() -> None:
    errors = corrections().set_index("item")
    assert len(errors) == 8
    assert errors.loc["ocean_sink", "corrected"] == ""
    assert errors.loc["intensity_ratio", ["printed", "corrected"]].tolist() == ["18", "1.8"]
    assert errors.loc["bare_land_sink", ["printed", "corrected"]].tolist() == ["0.0005", "0.005"]
    assert errors.loc["weihai_forest_sink", ["printed", "corrected"]].tolist() == ["82", "46.8"]
    assert errors.loc["agriculture_emissions", ["printed", "corrected"]].tolist() == ["70", "70000"]
    assert errors.loc["carbon_intensity_unit", "unit"] == "t/万元"
    assert (errors[["reason", "source"]] != "").all(axis=None)


def test_unknown_set_is_named() -> None:
    with pytest.raises(ValueError, match="no set of sinks 'p2'; the sets are p1"):
        default_factors(_classes("0301"), "p2")


def test_inner_group_is_refused() -> None:
    with pytest.raises(ValueError, match="'housing', which is not one of"):
        default_factors(_classes("07"))
