"""The writer's own rules, without a parser."""

import io

import pytest

from makers.recorded import RecordedMatch
from makers.scripted_match import Script, entries, setup_of
from offangle.core.errors import BadInputError
from offangle.core.weapons import WEAPONS
from offangle_sim.demo.class_tables import match_schema
from offangle_sim.demo.entities import Entity
from offangle_sim.demo.events import EVENTS, event_message
from offangle_sim.demo.items import ITEM_CLASSES, PROJECTILES
from offangle_sim.demo.recorder import roster_of
from offangle_sim.demo.send_tables import NO_HANDLE
from offangle_sim.demo.user_commands import CommandStream, delta_command, full_command
from offangle_sim.demo.writer import DemoHeader, DemoWriter
from offangle_sim.net.inputs import InputEntry, UserCommand
from offangle_sim.server.items import ITEMS

HEADER = DemoHeader("de_test", "a server")


@pytest.fixture
def writer() -> DemoWriter:
    return DemoWriter(io.BytesIO(), HEADER, roster_of(entries()))


def pawn(writer: DemoWriter) -> Entity:
    return writer.create("CCSPlayerPawn", 100)


def test_ticks_follow_each_other(writer: DemoWriter) -> None:
    writer.begin_tick(1)
    writer.end_tick()
    with pytest.raises(BadInputError, match="tick 3 cannot follow tick 1"):
        writer.begin_tick(3)


def test_an_index_is_taken_once(writer: DemoWriter) -> None:
    pawn(writer)
    with pytest.raises(BadInputError, match="index 100"):
        pawn(writer)


def test_unknown_names_are_refused(writer: DemoWriter) -> None:
    with pytest.raises(KeyError):
        pawn(writer).set("m_iHelath", 3)
    with pytest.raises(KeyError, match="event player_death has no key attaker"):
        event_message("player_death", {"attaker": 1}, 0)


def test_only_what_differs_is_written(writer: DemoWriter) -> None:
    entity = pawn(writer)
    writer.begin_tick(1)
    entity.set("m_iHealth", 100)
    writer.end_tick()
    entity.set("m_iHealth", 100)
    assert entity.changed == {}
    entity.set("m_iHealth", 99)
    assert len(entity.changed) == 1


def test_defaults_are_never_written(writer: DemoWriter) -> None:
    entity = pawn(writer)
    entity.update({"m_iHealth": 0, "m_hController": NO_HANDLE, "m_szLastPlaceName": ""})
    assert entity.state == {}


def test_a_shorter_list_forgets_its_end(writer: DemoWriter) -> None:
    entity = pawn(writer)
    entity.set_list("m_pWeaponServices.m_hMyWeapons", [1, 2, 3])
    entity.set_list("m_pWeaponServices.m_hMyWeapons", [4])
    assert len(entity.state) == 2
    assert entity.get("m_pWeaponServices.m_hMyWeapons.1") is None


@pytest.mark.parametrize("x", [-16384.0, -512.03125, -0.03125, 0.0, 511.96875, 512.0, 16383.0])
def test_positions_keep_their_steps(writer: DemoWriter, x: float) -> None:
    entity = pawn(writer)
    entity.set_position(x, -x, x / 2)
    assert entity.position()[:2] == (x, -x)


def test_a_deleted_index_is_used_again_with_another_serial(writer: DemoWriter) -> None:
    first = writer.create("CAK47")
    writer.delete(first)
    second = writer.create("CAK47")
    assert (second.index, second.serial) == (first.index, first.serial + 1)


def test_serials_follow_from_the_seed() -> None:
    def serials(seed: int | None) -> list[int]:
        found = DemoWriter(io.BytesIO(), HEADER, [], serials=seed)
        return [found.create("CAK47").serial for _ in range(8)]

    assert serials(None) == [0] * 8
    assert serials(4) == serials(4)
    assert serials(4) != serials(5)
    assert len(set(serials(4))) > 4
    assert all(0 <= serial < 1024 for serial in serials(4))


def test_every_item_has_a_class_a_price_and_a_number() -> None:
    classes = match_schema().classes
    assert ITEMS.keys() == ITEM_CLASSES.keys()
    assert {item.class_name for item in ITEM_CLASSES.values()} <= classes.keys()
    assert set(PROJECTILES.values()) <= classes.keys()
    assert ITEMS.keys() <= WEAPONS.keys()
    numbers = [item.definition_index for item in ITEM_CLASSES.values()]
    assert len(set(numbers)) == len(numbers)


def test_events_that_break_a_parser_are_not_declared() -> None:
    assert not {"round_start", "round_end", "round_officially_ended", "cs_win_panel_match"} & EVENTS.keys()


def command(slot: int, number: int, count: int) -> UserCommand:
    inputs = tuple(InputEntry(100 + at, 0.25, 101 + at, 0.5, 1.0, 2.0) for at in range(count))
    return UserCommand(slot, number, 102, 0, (1.0, 2.0), (0.0, 0.0), inputs)


def test_first_command_is_whole_later_ones_are_deltas() -> None:
    stream = CommandStream()
    whole, delta = full_command(command(3, 1, 1), 7), delta_command(command(3, 2, 1), 1)
    assert whole in stream.message([(command(3, 1, 1), 7)], 102)
    assert delta in stream.message([(command(3, 2, 1), 7)], 103)
    stream.restart()
    assert full_command(command(3, 3, 1), 7) in stream.message([(command(3, 3, 1), 7)], 104)


def test_a_delta_says_the_lists_new_length_first() -> None:
    assert bytes((3 << 3 | 7, 0 << 3 | 2)) in delta_command(command(0, 2, 3), 1)
    assert delta_command(command(0, 2, 0), 2).endswith(bytes((2 << 3 | 7,)))
    assert not delta_command(command(0, 2, 0), 0).endswith(bytes((2 << 3 | 7,)))


def test_impossible_acts_are_refused() -> None:
    recorder = RecordedMatch.open(io.BytesIO(), setup_of(Script(bots=(4,))))
    recorder.begin_tick()
    for slot in range(10):
        recorder.player_joined(slot)
    with pytest.raises(RuntimeError, match="nothing in hand"):
        recorder.shot(0)
    with pytest.raises(RuntimeError, match="not held"):
        recorder.grenade_thrown(0, "smokegrenade", position=(0, 0, 0), velocity=(0, 0, 0))
    with pytest.raises(RuntimeError, match="is a bot"):
        recorder.user_command(4, [])
    with pytest.raises(RuntimeError, match="no bomb is planted"):
        recorder.bomb_exploded()
    with pytest.raises(KeyError):
        recorder.player_joined(31)


def test_a_recording_that_fails_is_not_finished() -> None:
    file = io.BytesIO()
    with pytest.raises(ZeroDivisionError), RecordedMatch.open(file, setup_of(Script())):
        raise ZeroDivisionError
    assert file.getvalue()[8:16] == bytes(8)
