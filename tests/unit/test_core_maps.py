"""A map has one name wherever it comes from."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle.core.maps import MAP_TITLES, MAX_MAP_NAME, UNKNOWN_MAP, canonical_map, map_title
from offangle.frames.collection import check_table, conform
from offangle.storage.keys import checked_key, map_segment

MATCH = {"tick_rate": 64.0, "source": "demo", "is_simulated": False}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("de_mirage", "de_mirage"),
        ("workshop/2242472711/de_calavera", "de_calavera"),
        ("workshop\\2242472711\\de_calavera", "de_calavera"),
        ("maps/de_dust2", "de_dust2"),
        ("workshop/2242472711/", "2242472711"),
        ("", UNKNOWN_MAP),
        (None, UNKNOWN_MAP),
        ("  ", UNKNOWN_MAP),
        ("../..", UNKNOWN_MAP),
        ("de_mirage\0", "de_mirage"),
        ("de my map!", "de_my_map"),
        ("карта_2", "карта_2"),
        ("a" * 300, "a" * MAX_MAP_NAME),
    ],
)
def test_a_maps_name_is_its_last_part(stated: str | None, expected: str) -> None:
    assert canonical_map(stated) == expected


@settings(deadline=None)
@given(st.text(max_size=100))
def test_every_name_can_be_stored(stated: str) -> None:
    name = canonical_map(stated)
    assert canonical_map(name) == name
    check_table("match", conform("match", pl.DataFrame([{**MATCH, "map_name": name}])))
    assert checked_key(f"frames/kills/map={map_segment(stated)}/m.parquet")
    assert map_segment(stated) == map_segment(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("de_mirage", "Mirage"),
        ("de_cbble", "Cobblestone"),
        ("de_some_place", "Some Place"),
        ("of_quarry", "Quarry"),
        ("aim_redline", "aim_redline"),
        ("de_", "de_"),
        (UNKNOWN_MAP, "Unknown map"),
        ("2242472711", "2242472711"),
    ],
)
def test_a_map_is_called_as_people_call_it(name: str, expected: str) -> None:
    assert map_title(name) == expected


def test_titles_are_of_canonical_names() -> None:
    assert [name for name in MAP_TITLES if canonical_map(name) != name] == []
