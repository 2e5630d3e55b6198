"""Damaged input of every kind, for a minute in all with a fixed seed: read, or refused with a reason; nothing else."""

import os
from pathlib import Path

import pytest

from makers.fuzz import KINDS, Kind, fuzz

SEED = 1
SECONDS = 20.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the reader's limits are those of POSIX processes")


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_brings_a_fault(kind: Kind, tmp_path: Path) -> None:
    tally = fuzz(kind, SEED, SECONDS, tmp_path)
    assert not tally.faults, "\n\n".join(tally.faults)
    assert tally.outcomes["read"]
