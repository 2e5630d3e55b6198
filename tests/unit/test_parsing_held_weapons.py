"""Hits booked to a base weapon: who tells which weapon it was, and who goes first."""

import polars as pl
import pytest

from offangle.parsing.held_weapons import resolve_base_weapons

P, Q, V = 1, 2, 9
HIT = {"round_number": 1, "tick": 1000, "attacker_steam_id": P, "victim_steam_id": V}


def events(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {
        "round_number": pl.Int64, "tick": pl.Int64, "steam_id": pl.Int64, "attacker_steam_id": pl.Int64,
        "victim_steam_id": pl.Int64, "weapon": pl.String, "primary_weapon": pl.String, "secondary_weapon": pl.String,
    }  # fmt: skip
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def weapon_of(hit: str, **tellers: list[dict[str, object]]) -> str:
    tables = {name: events(*rows) for name, rows in tellers.items()}
    kills = tables.pop("kills", events())
    found, _ = resolve_base_weapons(events(HIT | {"weapon": hit}), kills=kills, **tables)
    return str(found.item(0, "weapon"))


def seen(weapon: str, tick: int = 1000, steam_id: int = P, round_number: int = 1) -> dict[str, object]:
    return {"round_number": round_number, "tick": tick, "steam_id": steam_id, "weapon": weapon}


def killed(weapon: str, tick: int = 1000, attacker: int = P, victim: int = V) -> dict[str, object]:
    return HIT | {"tick": tick, "attacker_steam_id": attacker, "victim_steam_id": victim, "weapon": weapon}


def carried(primary: str | None, secondary: str | None = None, steam_id: int = P) -> dict[str, object]:
    return {
        "round_number": 1,
        "steam_id": steam_id,
        "primary_weapon": primary,
        "secondary_weapon": secondary,
    }


@pytest.mark.parametrize(
    ("base", "held"),
    [
        ("m4a1", "m4a1_silencer"), ("hkp2000", "usp_silencer"), ("p250", "cz75a"), ("deagle", "revolver"),
        ("mp7", "mp5sd"), ("knife", "knife_karambit"), ("knife_t", "bayonet"),
    ],
)  # fmt: skip
def test_each_base_weapon_is_resolved_by_each_who_tells(base: str, held: str) -> None:
    assert weapon_of(base, kills=[killed(held)]) == held
    assert weapon_of(base, shots=[seen(held)]) == held
    assert weapon_of(base, ticks=[seen(held, tick=992)]) == held
    assert weapon_of(base, kills=[killed(held, tick=2000, victim=8)]) == held
    assert weapon_of(base, economy=[carried(held)]) == held
    assert weapon_of(base, economy=[carried(None, held)]) == held
    assert weapon_of(base) == base


def test_the_first_who_tells_decides() -> None:
    kill, shot = [killed("m4a1_silencer")], [seen("m4a1")]
    assert weapon_of("m4a1", kills=kill, shots=shot) == "m4a1_silencer"
    assert weapon_of("m4a1", shots=[seen("m4a1_silencer")], ticks=[seen("m4a1")]) == "m4a1_silencer"
    assert weapon_of("m4a1", ticks=[seen("m4a1")], economy=[carried("m4a1_silencer")]) == "m4a1"
    assert weapon_of("m4a1", shots=[seen("m4a1_silencer", 900), seen("m4a1", 990)]) == "m4a1"


@pytest.mark.parametrize(
    "tellers",
    [
        {"shots": [seen("m4a1_silencer", tick=1001)]},
        {"shots": [seen("m4a1_silencer", steam_id=Q)]},
        {"shots": [seen("m4a1_silencer", round_number=2)]},
        {"kills": [killed("m4a1_silencer", attacker=Q)]},
        {"shots": [seen("ak47")], "kills": [killed("usp_silencer", victim=8)]},
        {"economy": [carried("m4a1_silencer"), carried("m4a1")]},
        {"economy": [carried("m4a1_silencer", steam_id=Q)]},
    ],
    ids=["later shot", "shot of another", "shot of another round", "kill of another", "another weapon", "carried both",
         "carried by another"],
)  # fmt: skip
def test_what_does_not_tell_changes_nothing(tellers: dict[str, list[dict[str, object]]]) -> None:
    assert weapon_of("m4a1", **tellers) == "m4a1"


@pytest.mark.parametrize(
    "weapon", ["m4a1_silencer", "ak47", "hegrenade", "inferno", "world", "knife_karambit", "taser"]
)
def test_other_weapons_are_what_the_source_says(weapon: str) -> None:
    tellers = {"shots": [seen("m4a1"), seen("knife_flip")], "economy": [carried("m4a1")]}
    assert weapon_of(weapon, kills=[killed("m4a1")], **tellers) == weapon


def test_rows_keep_their_order_and_corrections_count_them() -> None:
    hits = events(*(HIT | {"tick": tick, "weapon": weapon} for tick, weapon in
                    ((900, "m4a1"), (800, "knife"), (700, "m4a1"), (600, "ak47"))))  # fmt: skip
    found, corrections = resolve_base_weapons(hits, kills=events(), shots=events(seen("m4a1_silencer", 100)))
    assert found["weapon"].to_list() == ["m4a1_silencer", "knife", "m4a1_silencer", "ak47"]
    assert found.drop("weapon").equals(hits.drop("weapon"))
    assert corrections.select("reason", "table", "column", "rows", "stated", "taken").rows() == [
        ("held_weapon", "damages", "weapon", 2, "m4a1", "m4a1_silencer")
    ]
