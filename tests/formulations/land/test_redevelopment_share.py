import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"crop": 20, "vil": 10, "ind": 10}}
MOVES = "crop>city vil>city crop>ind vil>ind ind>vil ind>grass"


@pytest.mark.parametrize(
    ("group", "terms"),
    [
        ("industry", {"crop>ind": -5, "vil>ind": 7.5}),  # 10 x (1 - 0.25) redeveloped, 20 x -0.25 greenfield
        ("housing", {"crop>city": -5, "ind>vil": 7.5}),  # from village to city does not arrive in housing
        ("built", {"crop>city": -5, "crop>ind": -5, "vil>city": 7.5, "vil>ind": 7.5, "ind>vil": 7.5}),
        ("", {"crop>city": -5, "crop>ind": -5, "vil>city": 7.5, "vil>ind": 7.5, "ind>vil": 7.5}),  # built by default
    ],
)
def test_a_quarter_stands_on_built_land(group, terms):
    instance = instance_of(ZONES, MOVES, quotas=[quota("redevelopment_share", 0.25, group)])
    (row,) = rows_of(instance, "redevelopment_share")
    assert row.terms == {f"a {move} 2030": value for move, value in terms.items()}
    assert (row.lower, row.upper) == (0, float("inf"))


def test_half_of_growth_is_redeveloped():
    """8 ha of industry: 4 on village land at 3, 4 on cropland at 1: 16; without the rule 8."""
    quotas = [quota("redevelopment_share", 0.5, "industry"), quota("growth_demand", 8, "industry")]
    instance = instance_of(ZONES, {"crop>ind": {"cost": 1}, "vil>ind": {"cost": 3}}, quotas=quotas)
    assert solve(instance).objective == pytest.approx(16)
    assert solve(instance, "redevelopment_share").objective == pytest.approx(8)
