import pytest

from instances.instance import load
from optimizer.results.ledger import account, account_tables


def test_account_by_hand(make):
    found = account(make())
    forest = found.groups.set_index("group").loc["forest"]
    assert forest["uptake_tco2"] == pytest.approx(120)
    assert forest["greatest_tco2"] == pytest.approx(120)
    assert forest["published_tco2"] == pytest.approx(500)
    assert forest["verdict"] == "not reproducible"
    kaya = found.kaya.set_index("year")
    assert kaya.loc[2020, "kaya_tco2"] == pytest.approx(1e6)
    assert kaya.loc[2020, "published_tco2"] == pytest.approx(1.25e6)
    assert found.activity["present_annual"].sum() == pytest.approx(1e6)


def test_weihai_reproduces_what_can_be_reproduced():
    found = account(load("weihai"))
    groups = found.groups.set_index("group")
    assert groups.loc["orchard", "uptake_tco2"] == pytest.approx(67240 * 2.1 * 44 / 12, rel=1e-6)
    assert groups.loc[["orchard", "wetland", "water"], "verdict"].tolist() == ["reproduced"] * 3
    assert groups.loc["wetland", "uptake_tco2"] == pytest.approx(12e4, rel=0.01)
    assert groups.loc["water", "uptake_tco2"] == pytest.approx(8e4, rel=0.01)
    assert groups.loc["forest", "greatest_tco2"] == pytest.approx(146646.67 * 0.87 * 44 / 12, rel=1e-5)
    assert groups.loc["forest", "verdict"] == "not reproducible"
    kaya = found.kaya.set_index("year")["kaya_tco2"]
    assert kaya[2017] == pytest.approx(1.25 * 9.9 * 282.24 * 1e4)
    assert kaya[2035] == pytest.approx(0.41 * 22 * 320 * 1e4)


@pytest.mark.parametrize(("lang", "title", "head"), [("zh", "现状碳汇", "面积 ha"), ("en", "Sinks of", "area ha")])
def test_tables_carry_titles_and_units(lang, title, head):
    tables = account_tables(load("weihai"), lang)
    assert len(tables) == 6
    assert tables[0].title.startswith(title)
    assert head in tables[0].frame
    assert "82.0" in tables[0].note
    assert "46.8" in tables[0].note


def test_no_context_no_kaya(make):
    instance = make(context="item,region,year,value,unit,source,status\n")
    assert len(account_tables(instance)) == 2
