"""Damage and hits by the game's own numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.core.weapons import WEAPONS
from offangle_sim.play.guns import GUNS, Gun, armored, bullet_damage
from offangle_sim.play.hits import direction_of, hit_group, passing
from offangle_sim.server.items import ITEMS

AK, M4, AWP, DEAGLE = GUNS["ak47"], GUNS["m4a1"], GUNS["awp"], GUNS["deagle"]


@pytest.mark.parametrize(
    ("gun", "group", "distance_u", "armor", "has_helmet", "health", "armor_taken"),
    [
        (AK, "chest", 0.0, 0, False, 36, 0),
        (AK, "chest", 0.0, 100, True, 27, 4),
        (AK, "head", 0.0, 100, True, 111, 16),
        (AK, "head", 0.0, 100, False, 144, 0),
        (AK, "left_leg", 0.0, 100, True, 27, 0),
        (AK, "stomach", 500.0, 0, False, 44, 0),
        (M4, "head", 0.0, 100, True, 92, 19),
        (AWP, "chest", 1000.0, 100, True, 109, 1),
        (AWP, "right_leg", 0.0, 100, True, 86, 0),
        (DEAGLE, "head", 0.0, 100, True, 197, 7),
    ],
)
def test_damage_of_a_hit(
    gun: Gun, group: str, distance_u: float, armor: int, *, has_helmet: bool, health: int, armor_taken: int
) -> None:
    found = bullet_damage(gun, group, distance_u, armor=armor, has_helmet=has_helmet)
    assert found == (health, armor_taken)


@given(
    name=st.sampled_from(sorted(GUNS)),
    group=st.sampled_from(["head", "chest", "stomach", "left_arm", "right_leg"]),
    far=st.floats(0.0, 4000.0),
    armor=st.integers(0, 100),
    has_helmet=st.booleans(),
)
def test_armor_never_makes_a_hit_worse(name: str, group: str, far: float, armor: int, *, has_helmet: bool) -> None:
    bare, _ = bullet_damage(GUNS[name], group, far, armor=0, has_helmet=False)
    covered, taken = bullet_damage(GUNS[name], group, far, armor=armor, has_helmet=has_helmet)
    assert 0 <= covered <= bare
    assert 0 <= taken <= armor


@given(st.floats(1.0, 500.0), st.floats(0.5, 2.0), st.integers(1, 100))
def test_worn_armor_lets_the_rest_through(raw: float, ratio: float, armor: int) -> None:
    health, taken = armored(raw, ratio, armor)
    assert taken <= armor
    assert health >= int(raw - armor * 2.0)


def test_every_gun_of_the_game_can_be_held_and_bought() -> None:
    assert GUNS.keys() <= ITEMS.keys()
    assert GUNS.keys() <= WEAPONS.keys()
    shooting = {name for name, weapon in WEAPONS.items() if weapon.clip_size is not None}
    assert shooting == GUNS.keys()


@pytest.mark.parametrize(
    ("across_u", "height_u", "group"),
    [
        (0.0, 65.0, "head"),
        (5.0, 59.0, "head"),
        (5.1, 65.0, None),
        (0.0, 71.1, None),
        (0.0, 50.0, "chest"),
        (11.0, 50.0, "left_arm"),
        (-11.0, 50.0, "right_arm"),
        (12.6, 50.0, None),
        (0.0, 40.0, "stomach"),
        (4.0, 10.0, "left_leg"),
        (-4.0, 10.0, "right_leg"),
        (9.0, 10.0, None),
        (0.0, -0.1, None),
    ],
)
def test_where_a_bullet_meets_a_body(across_u: float, height_u: float, group: str | None) -> None:
    assert hit_group(across_u, height_u, is_ducking=False) == group


def test_who_ducks_is_lower() -> None:
    assert hit_group(0.0, 60.0, is_ducking=True) is None
    assert hit_group(0.0, 47.0, is_ducking=True) == "head"


@pytest.mark.parametrize(
    ("yaw_deg", "feet", "across_u"),
    [(0.0, (100.0, 10.0, 0.0), -10.0), (0.0, (100.0, -10.0, 0.0), 10.0), (90.0, (5.0, 200.0, 0.0), 5.0)],
)
def test_how_a_ray_passes_a_body(yaw_deg: float, feet: tuple[float, float, float], across_u: float) -> None:
    passed = passing((0.0, 0.0, 64.0), direction_of(0.0, yaw_deg), feet)
    assert passed is not None
    assert abs(passed[1]) == pytest.approx(abs(across_u))
    assert passed[2] == pytest.approx(64.0)


def test_a_body_behind_is_not_passed() -> None:
    assert passing((0.0, 0.0, 64.0), direction_of(0.0, 0.0), (-50.0, 0.0, 0.0)) is None
