"""Navigation meshes and places of other maps, read from JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from offangle.core.errors import BadInputError
from offangle_sim.world.nav import NavArea, NavGraph, Point


def read_nav(path: Path, zones: Path | None = None) -> NavGraph:
    """Read `{"areas": [{"id", "corners": [{"x", "y", "z"}], "neighbors": [id]}]}`.

    With `zones`, `{"zones": [{"id", "polygon": [[x, y]]}]}`, each area takes the place of the first polygon that its
    middle lies in.

    Raises:
        BadInputError: a file is no such JSON, or its areas don't fit together.
    """
    try:
        areas = [_area(entry) for entry in json.loads(path.read_bytes())["areas"]]
        places = {} if zones is None else _polygons(json.loads(zones.read_bytes())["zones"])
    except (ValueError, KeyError, TypeError) as cause:
        raise BadInputError(f"{path.name} is no navigation mesh as JSON; get the file again.") from cause
    return NavGraph([replace(area, place=_place(area, places)) for area in areas])


def _area(entry: Mapping[str, Any]) -> NavArea:
    corners = [(float(corner["x"]), float(corner["y"]), float(corner["z"])) for corner in entry["corners"]]
    neighbours = tuple(dict.fromkeys(int(number) for number in entry["neighbors"]))
    return NavArea(int(entry["id"]), tuple(corners if _is_left_turning(corners) else corners[::-1]), neighbours)


def _is_left_turning(corners: Sequence[Point]) -> bool:
    x, y = np.array(corners)[:, :2].T
    return bool((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() >= 0.0)


def _polygons(zones: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[tuple[float, float]]]:
    return {str(zone["id"]): [(float(x), float(y)) for x, y in zone["polygon"]] for zone in zones}


def _place(area: NavArea, places: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    x, y = np.mean(area.corners, axis=0)[:2].tolist()
    return next((name for name, polygon in places.items() if is_in_polygon(x, y, polygon)), "")


def is_in_polygon(x: float, y: float, polygon: Sequence[tuple[float, float]]) -> bool:
    """Whether a point lies in a polygon of any shape; one without corners holds nothing."""
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside
