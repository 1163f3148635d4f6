"""The page is complete in either language: no string is missing and no key shows through."""

import re
from html.parser import HTMLParser

import pytest

from instances.carbon import COMPONENTS, default_parameters
from instances.schema import table
from optimizer.methods import METHODS
from optimizer.report.page import render
from optimizer.report.text import TEXT, text
from optimizer.results.audit.check import RULE_ZH
from optimizer.results.solution import Status, Termination
from optimizer.results.terms import term

CHINESE = re.compile(r"[\u4e00-\u9fff]")
RULES = table("land", "quotas").column("rule").values


class Words(HTMLParser):
    """The text of a page, leaving out styles and what comes from the instance: provenance, sources, ids."""

    OURS = (
        "td",
        "th",
        "li",
        "p",
        "h1",
        "h2",
        "h3",
        "dt",
        "dd",
        "figcaption",
        "text",
        "title",
        "span",
        "small",
        "footer",
    )

    def __init__(self):
        super().__init__()
        self.found, self.skip = [], False

    def handle_starttag(self, tag, attrs):
        self.skip = tag in ("style",)

    def handle_data(self, data):
        if data.strip() and not self.skip:
            self.found.append(data.strip())


def words(page):
    parser = Words()
    parser.feed(page)
    return parser.found


@pytest.mark.parametrize("key", TEXT)
def test_every_string_exists_in_both_languages(key):
    zh, en = TEXT[key]
    assert zh.strip()
    assert en.strip()
    assert not CHINESE.search(en)
    plain = re.sub(r"{\w+}", "", zh)
    assert CHINESE.search(zh) or not re.search("[A-Za-z]", plain)


@pytest.mark.parametrize(
    "key",
    [
        *(f"status_{status}" for status in Status),
        *(f"termination_{termination}" for termination in Termination),
        *(f"method_{method}" for method in METHODS),
        "bound_by_highs",
        "bound_by_dual",
    ],
)
def test_everything_a_summary_may_say_has_words(key):
    assert CHINESE.search(text("zh", key))
    assert text("en", key)


@pytest.mark.parametrize("rule", [*RULES, *RULE_ZH])
def test_every_rule_of_the_audit_has_a_name(rule):
    assert any(CHINESE.search(term(kind, rule, "zh")) for kind in ("rule", "check"))


@pytest.mark.parametrize("parameter", default_parameters()["parameter"])
def test_every_parameter_has_a_name(parameter):
    assert CHINESE.search(term("parameter", parameter, "zh"))


def test_no_key_shows_through_on_the_chinese_page(weihai, report):
    given = report(weihai, "zh")
    given.audit["rules"] = {rule: {"checks": 2, "failed": 0} for rule in RULE_ZH}
    shown = words(render(given))
    keys = {*RULES, *RULE_ZH, *COMPONENTS, *Status, *Termination, *METHODS, "highs", "dual", "top_down", "flux"}
    keys |= {key.replace("_", " ") for key in keys}
    assert not keys & set(shown)
    ours = [one for one in shown[: shown.index("七 · 假定与来源")] if re.search(r"[A-Za-z]{4,}", one)]
    allowed = r"HiGHS|highspy|Sanqu|sanqu|KAYA|rules\.csv|abc123|<b>f1|weihai|polish"
    assert not [one for one in ours if re.search(r"[A-Za-z]{4,}", re.sub(allowed, "", one))]


def test_no_chinese_on_the_english_page(weihai, report):
    given = report(weihai, "en")
    given.audit["rules"] = {rule: {"checks": 2, "failed": 1} for rule in RULE_ZH}
    shown = words(render(given))
    assert not [one for one in shown[: shown.index("7 · Assumptions and sources")] if CHINESE.search(one)]


def test_failed_checks_of_the_audit_are_told_by_rule(weihai, report):
    given = report(weihai, "zh")
    given.audit["rules"] = {"balance": {"checks": 3, "failed": 0}, "floor": {"checks": 18, "failed": 2}}
    page = render(given)
    assert "<li>面积平衡<span>3 项</span></li>" in page
    assert '<li class="failed">保有量下限<span>2/18 项未通过</span></li>' in page


def test_the_bound_is_explained_in_words(weihai, report):
    page = render(report(weihai, "zh"))
    assert "HiGHS：由分支定界" in page
    assert "已证明达到要求的误差" in page
    assert "gap proven" not in page
