"""What is spelled out for speed is what the general encoders say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle_sim.demo.bodies import encode_velocity, encode_view
from offangle_sim.demo.class_tables import match_schema
from offangle_sim.demo.send_tables import encode_angles
from offangle_sim.server.grid import on_velocity_grid

SPEEDS = st.one_of(st.just(0.0), st.floats(-5e4, 5e4), st.floats(-400.0, 400.0))
ANGLES = st.one_of(st.just(0.0), st.floats(-1e3, 1e3))
VELOCITY = match_schema().classes["CCSPlayerPawn"].field("m_vecVelocity.m_vecX")


@given(SPEEDS)
def test_velocities(part: float) -> None:
    assert encode_velocity(part) == VELOCITY.encode(part)


@given(ANGLES, ANGLES)
def test_views(pitch: float, yaw: float) -> None:
    assert encode_view(pitch, yaw) == encode_angles((pitch, yaw, 0.0))


@pytest.mark.parametrize("part", [0.0, 1e-9, -16384.0, 16384.0, 99999.0, 250.0, -0.01])
def test_the_truth_says_the_velocity_that_was_encoded(part: float) -> None:
    value, width = encode_velocity(part)
    told = 0.0 if width == 1 else -16384.0 + 32768.0 * (value >> 1) / ((1 << 20) - 1)
    assert on_velocity_grid(part) == told
