import numpy as np
import pandas as pd
import pytest

from instances.carbon import CarbonAccount
from instances.instance import load
from optimizer.results import ledger as book
from optimizer.results.coded import code_moves


def cumulative(rows, **where):
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows["cumulative_tco2e"].sum()


def test_components_by_hand(make, plan):
    rows = book.ledger(make(), plan)
    # crop to fac acts 15 years: vegetation 150-50, soil (150-50) x 15/20; arbor to fac 5: 200 + 200 x 5/20
    assert cumulative(rows, component="stock_loss", end_use="cropland") == pytest.approx(10 * 175)
    assert cumulative(rows, component="stock_loss", end_use="forest") == pytest.approx(2 * 250)
    assert cumulative(rows, component="lost_sink") == pytest.approx(2 * 3 * 5)
    assert cumulative(rows, component="new_sink") == pytest.approx(-20 * 3 * 15**2 / 40)
    assert book.objective(rows) == pytest.approx(1942.5)
    assert book.constant(rows) == pytest.approx(20 * 1e6 - 40 * 3 * 20)


def test_annual_amounts(make, plan):
    by = book.by(book.ledger(make(), plan), "component").set_index("component")
    assert by.loc["activity", "present_annual"] == pytest.approx(1e6)
    assert by.loc["land_sink", "end_annual"] == pytest.approx(-120)
    assert by.loc["lost_sink", "end_annual"] == pytest.approx(6)
    # growth of the young sink between its 14th and 15th year
    assert by.loc["new_sink", "end_annual"] == pytest.approx(-20 * 3 * (225 - 196) / 40)
    assert by.loc["stock_loss", "end_annual"] == 0


def test_sectors_scopes_and_regions(make, plan):
    rows = book.ledger(make(), plan)
    assert cumulative(rows, sector="lulucf") == pytest.approx(1942.5 - 2400)
    assert cumulative(rows, scope=2) == pytest.approx(8e6)
    assert cumulative(rows, region="s") == pytest.approx(8e6 - 2400 + 500 + 30)
    assert set(rows.loc[rows["sector"] == "lulucf", "scope"]) == {1}


def test_stock_mode_counts_no_fluxes(make, plan):
    rows = book.ledger(make(mode="stock"), plan)
    assert set(rows["component"]) == {"activity", "stock_loss", "stock_gain"}
    # crop to arbor is restoration: vegetation 250-150 and soil 100, each over 15 of 20 years
    assert cumulative(rows, component="stock_gain") == pytest.approx(-20 * 200 * 15 / 20)


def test_added_activity_is_divided_like_the_present(make, plan):
    instance = make(periods="[2040]", activity="bottom_up", people=20)
    rows = book.ledger(instance, plan[plan["period"] != 2040].replace({"period": {2030: 2040}}))
    # twice the people, 20 ha of growth: 1e6 t/yr over 20 ha = 5e4 t/ha/yr, 10 ha for 10 years
    added = rows[rows["component"] == "added_activity"]
    assert cumulative(added) == pytest.approx(5e6)
    assert cumulative(added, scope=1) == pytest.approx(3e6)
    assert added["end_annual"].sum() == pytest.approx(5e5)
    assert set(added["region"]) == {"n"}


def test_embodied_carbon_is_scope_3(make, plan):
    rows = book.ledger(make(embodied="true"), plan)
    assert cumulative(rows, component="embodied", scope=3, sector="industrial_processes") == pytest.approx(12 * 7)


def test_staying_leaves_the_constant_only(make, plan):
    stays = plan.assign(to=plan["from"], period=0)
    rows = book.ledger(make(), stays)
    assert set(rows["component"]) == {"activity", "land_sink"}
    assert book.objective(rows) == 0


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("zone", "z", "zone 'z' is not in the instance"),
        ("to", "moor", "class 'moor' is not in the instance"),
        ("period", 2031, "2031 ends no period"),
        ("area_ha", np.nan, "area_ha has a missing"),
    ],
)
def test_wrong_moves_are_named(make, plan, column, value, words):
    plan.loc[0, column] = value
    with pytest.raises(ValueError, match=words):
        book.ledger(make(), plan)


def test_categories_read_like_text(make, plan):
    coded = code_moves(make(), plan.astype({"zone": "category", "from": "category", "to": "category"}))
    assert coded.zone.tolist() == [0, 0, 0, 1, 1, 1]
    assert coded.period.tolist() == [1, 1, 0, 2, 0, 0]


def test_weihai_adds_up_to_the_account_of_the_formulation():
    instance = load("weihai")
    land = instance.require_land()
    zone, kind, area = land.cover
    names, zones = land.classes["class"].astype(str).to_numpy(), land.zones["zone"].to_numpy()
    target = np.where(names[kind] == "0103", "0301", names[kind])
    moves = pd.DataFrame({"zone": zones[zone], "from": names[kind], "to": target, "overlay": "", "area_ha": area})
    moves["period"] = np.where(target != names[kind], 2030, 0)
    rows = book.ledger(instance, moves)
    carbon, coded = CarbonAccount.of(instance), code_moves(instance, moves)
    at = (carbon.factor_set[coded.region], coded.source, coded.target, np.maximum(coded.period - 1, 0))
    assert book.objective(rows) == pytest.approx((carbon.per_ha(2035)[at] * coded.area_ha).sum(), rel=1e-12)
    assert book.constant(rows) == pytest.approx(carbon.constant(land.root, 2035), rel=1e-12)
