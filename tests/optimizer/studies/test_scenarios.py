"""Scenarios of a study: what one takes from another, and what a ledger makes."""

from optimizer.studies.file import StudyFile
from optimizer.studies.scenarios import alone_names, scenarios, step_names

GROWTH = {"table": "land/quotas", "where": {"id": "growth-north"}, "column": "value"}


def study(**sections):
    return StudyFile.model_validate({"study": {"name": "s", "base": "tiny"}} | sections)


def words(found):
    return {one.name: one.changes.words() for one in found}


def test_a_scenario_takes_over_all_that_its_parents_change_and_its_own_word_counts():
    found = scenarios(
        study(
            scenario=[
                {"name": "child", "from": "parent", "settings": {"carbon.mode": "flux"}, "rules_on": ["slope"]},
                {
                    "name": "parent",
                    "settings": {"carbon.mode": "stock"},
                    "rules_off": ["slope", "floor"],
                    "change": [GROWTH | {"scale": 0.5}],
                },
            ]
        ),
        "here",
    )
    assert [one.name for one in found] == ["parent", "child"]  # each after the one it begins from
    growth = "land/quotas [id=growth-north]: value × 0.5"
    assert words(found)["parent"] == ("carbon.mode = stock", "rules_off: slope", "rules_off: floor", growth)
    assert words(found)["child"] == ("carbon.mode = flux", "rules_off: floor", "rules_on: slope", growth)
    assert [one.parent for one in found] == ["", "parent"]


def test_measures_come_after_the_parent_and_before_what_the_scenario_says_itself():
    found = scenarios(
        study(
            scenario=[
                {"name": "p", "change": [GROWTH | {"set": 1}]},
                {"name": "c", "from": "p", "measures": ["m", "n"], "change": [GROWTH | {"set": 4}]},
            ],
            measure=[{"name": "n", "change": [GROWTH | {"set": 3}]}, {"name": "m", "change": [GROWTH | {"set": 2}]}],
        ),
        "here",
    )
    assert [change.set for change in found[1].changes.tables] == [1, 2, 3, 4]


def test_a_ledger_makes_each_measure_in_order_and_alone():
    file = study(
        scenario=[{"name": "first"}, {"name": "now", "change": [GROWTH | {"set": 1}]}],
        measure=[{"name": name, "change": [GROWTH | {"add": 1}]} for name in "abc"],
        ledger=[{"name": "l", "from": "now", "measures": ["b", "c", "a"]}],
    )
    found = {one.name: one for one in scenarios(file, "here")}
    assert step_names(file.ledger[0]) == ("l.1-b", "l.2-c", "l.3-a")
    assert alone_names(file.ledger[0]) == ("l.1-b", "l.only-c", "l.only-a")
    assert list(found) == ["first", "now", "l.1-b", "l.2-c", "l.3-a", "l.only-c", "l.only-a"]
    assert [len(found[name].changes.tables) for name in list(found)[1:]] == [1, 2, 3, 4, 2, 2]
    assert [found[name].parent for name in list(found)[2:]] == ["now", "l.1-b", "l.2-c", "now", "now"]


def test_a_ledger_starts_from_the_reference_where_it_names_nothing():
    sections = {
        "study": {"name": "s", "base": "tiny", "reference": "second"},
        "scenario": [{"name": "first"}, {"name": "second"}],
        "measure": [{"name": "a"}],
        "ledger": [{"name": "l", "measures": ["a"]}],
    }
    found = scenarios(StudyFile.model_validate(sections), "here")
    assert found[-1].parent == "second"


def test_a_study_without_scenarios_has_the_base():
    found = scenarios(study(ranges=[{"name": "r", "measures": ["emissions"]}]), "here")
    assert [(one.name, one.changes.words()) for one in found] == [("base", ())]
