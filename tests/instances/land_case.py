"""A small land instance of two zones, and what is wrong with it."""

import pytest

from instances.faults import InstanceError
from tests.build import draft

ZONES = {"a": {"crop": 10, "bare": 2}, "b": {"wood": 5}}
MOVES = {"crop>wood": {"restoration": 1}, "crop>ind": {}}
PROJECTS = {"p": {"members": "u", "to": "wood"}, "q": {"members": "v", "to": "grass"}}
UNITS = {"u": {"a": 1.0}, "v": {"b": 1.0}}
REGIONS = {"all": "", "n": "all", "s": "all"}


def make(**more):
    options = {"factors": {("crop", "stock"): 100}, "projects": PROJECTS, "units": UNITS, "regions": REGIONS} | more
    return draft(ZONES, MOVES, **options)


def faults(made, folder):
    with pytest.raises(InstanceError) as caught:
        made.load(folder)
    return [str(fault) for fault in caught.value.faults]


def loads(made, folder):
    """Whether the instance is read with every quota it was given."""
    return len(made.load(folder).require_land().quotas) == len(made.tables["quotas"])
