"""The configuration shown in the documentation is the default one, key by key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from instances.faults import InstanceError
from instances.readers.dltb.config import Config, read_config

PAGE = Path(__file__).parents[3] / "docs/howto/third-survey.md"


def test_the_documented_configuration_is_the_default(tmp_path):
    text = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]
    path = tmp_path / "dltb.toml"
    path.write_text(text, encoding="utf-8")
    assert read_config(path) == Config()
    shown = tomllib.loads(text)
    everything = Config().model_dump(exclude={"quotas"})
    assert {name: set(section) for name, section in shown.items() if isinstance(section, dict)} == {
        name: set(section) for name, section in everything.items() if isinstance(section, dict)
    }
    assert set(shown) == set(everything)


def test_a_commented_quota_is_one_when_it_is_uncommented(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    block = page[page.index("# [[quotas]]") : page.index("```\n\nTransitions")]
    path = tmp_path / "dltb.toml"
    path.write_text(re.sub(r"^# ", "", block, flags=re.MULTILINE), encoding="utf-8")
    assert [quota.rule for quota in read_config(path).quotas] == ["cropland_retention"]


def test_a_misspelt_key_is_named_in_plain_words(tmp_path):
    (tmp_path / "dltb.toml").write_text("[sliver]\narea_m2 = 3\n", encoding="utf-8")
    with pytest.raises(InstanceError, match="column sliver: is not known; misspelt"):
        read_config(tmp_path / "dltb.toml")
