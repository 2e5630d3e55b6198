"""What all parts of the server share: who is there, the time, and who is told."""

from typing import TYPE_CHECKING

from offangle_sim.server.edicts import Edicts
from offangle_sim.server.events import Event, ItemGone, ItemMade, Sink
from offangle_sim.server.items import ITEMS
from offangle_sim.server.setup import SERVER_START_TICK, TICK_RATE, MatchSetup
from offangle_sim.server.state import (
    MONEY_MAX,
    Bomb,
    Course,
    Grenade,
    Item,
    Player,
    RoundRecord,
    sides_of_start,
)

if TYPE_CHECKING:
    from offangle.core.sides import Side, Team
    from offangle_sim.net.inputs import UserCommand


class ServerCore:
    """The parts that every scene of a match uses.

    Attributes:
        setup: What was fixed before the first tick.
        tick: The tick being played.
        players: By slot.
        rounds: All that began, in order.
        score: Of each team.
        side_of_team: Where each team plays now.
        course: What the game's own rules say.
        grenades: That fly, smoke or burn, by number.
        bomb: The planted one.
        bomb_on_ground: The carried one, while it lies there.
        dropped_items: On the ground, by number.
        last_kill_tick: When somebody last died.
        commands: What clients sent for this tick.
    """

    def __init__(self, setup: MatchSetup) -> None:
        """Nobody is there, and nothing has happened."""
        self.setup = setup
        self.tick = 0
        self.players = {entry.slot: Player(entry, entry.slot) for entry in setup.players}
        self.rounds: list[RoundRecord] = []
        self.score: dict[Team, int] = {"a": 0, "b": 0}
        self.side_of_team: dict[Team, Side] = sides_of_start()
        self.team_names: dict[Team, str] = dict(setup.team_names or {"a": "Team A", "b": "Team B"})
        self.course = Course()
        self.grenades: dict[int, Grenade] = {}
        self.bomb: Bomb | None = None
        self.bomb_on_ground: Item | None = None
        self.dropped_items: dict[int, Item] = {}
        self.last_kill_tick = -1
        self.commands: list[tuple[Player, UserCommand]] = []
        self.sinks: list[Sink] = []
        self._edicts = Edicts(setup.seed)
        self._buy_end_tick: int | None = None
        self._grenades_thrown = self._items_dropped = 0
        self._burst: list[int] = []

    # --- time, and who is told

    @property
    def server_tick(self) -> int:
        """The tick being played, on the server's clock."""
        return SERVER_START_TICK + self.tick

    @property
    def game_time_s(self) -> float:
        """The game's clock at the tick being played."""
        return self.server_tick / TICK_RATE

    @property
    def max_rounds(self) -> int:
        """Rounds of regulation."""
        return self.setup.rounds

    @property
    def overtime_rounds(self) -> int:
        """Rounds of one overtime."""
        return self.setup.overtime_rounds

    @property
    def round(self) -> RoundRecord | None:
        """The round being played or just decided; None before the first."""
        return self.rounds[-1] if self.rounds else None

    def tell(self, event: Event) -> None:
        """Tell everybody who writes the match down."""
        for sink in self.sinks:
            sink.told(event)

    # --- players and items

    def player(self, slot: int) -> Player:
        """The player in `slot`.

        Raises:
            KeyError: Nobody has that slot.
        """
        return self.players[slot]

    def set_money(self, player: Player, money: int) -> None:
        """The player's account, within the game's bounds."""
        player.money = max(0, min(MONEY_MAX, money))
        player.revision += 1

    def set_armor(self, player: Player, armor: int, *, helmet: bool) -> None:
        """Kevlar and helmet."""
        player.armor, player.has_helmet = armor, helmet
        player.revision += 1

    def set_health(self, player: Player, health: int) -> None:
        """Health."""
        player.health = health
        player.revision += 1

    def hold(self, player: Player, item: Item | None) -> None:
        """Take an item in hand."""
        player.active = item
        if player.reloading is not item:
            player.reloading = None
        player.revision += 1

    def new_item(self, player: Player, name: str) -> Item:
        """A fresh item in the player's hands.

        Raises:
            KeyError: No such item.
        """
        kind, owner = ITEMS[name], player.entry.steam_id
        item = Item(kind, self._edicts.take(), player.truth_id, owner, kind.clip, kind.reserve)
        player.items.append(item)
        self.tell(ItemMade(player, item))
        self._items_changed(player)
        return item

    def lose_item(self, player: Player, item: Item) -> None:
        """The item is used up."""
        player.items.remove(item)
        self._end_item(item)
        self._items_changed(player)

    def _end_item(self, item: Item) -> None:
        self._edicts.free(item.edict.index)
        self.tell(ItemGone(item))

    def _items_changed(self, player: Player) -> None:
        """Who no longer holds what he had in hand takes the first thing that is left."""
        if player.active not in player.items:
            self.hold(player, player.items[0] if player.items else None)
        player.revision += 1

    def _on_side(self) -> list[tuple[int, Player]]:
        return [
            (slot, player) for slot, player in self.players.items() if player.side is not None and player.is_connected
        ]

    def _maybe(self, slot: int | None) -> Player | None:
        return None if slot is None else self.player(slot)

    def stripped(self, slot: int) -> None:
        """Everything is taken from a player, as when the sides change."""
        player = self.player(slot)
        for item in list(player.items):
            self.lose_item(player, item)
        self.set_armor(player, 0, helmet=False)
        player.has_kit = False
        self._items_changed(player)
