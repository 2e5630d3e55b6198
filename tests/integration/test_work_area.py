import os
import time
from pathlib import Path

import pytest

from offangle.storage.work import WorkArea


@pytest.fixture
def area(tmp_path: Path) -> WorkArea:
    return WorkArea(tmp_path / "deep" / "work")


def fail_in_a_folder(area: WorkArea) -> None:
    with area.folder("demo") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("x")
        raise RuntimeError("in the middle")


def test_folders_go_with_their_work_also_after_an_error(area: WorkArea) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        fail_in_a_folder(area)
    assert list(area.root.iterdir()) == []


def test_two_works_have_two_folders(area: WorkArea) -> None:
    with area.folder("demo") as one, area.folder("demo") as other:
        assert one != other
        assert one.name.startswith("demo-")


def test_removing_twice_is_fine(area: WorkArea) -> None:
    folder = area.make_folder("x")
    area.remove(folder)
    area.remove(folder)


def test_sweeping_takes_what_dead_processes_left(area: WorkArea) -> None:
    old, busy, new = (area.make_folder(name) for name in ("old", "busy", "new"))
    (busy / "file").write_text("still written to")
    long_ago = time.time() - 1000
    for folder in (old, busy):
        os.utime(folder, (long_ago, long_ago))
    assert area.sweep(older_than_s=500) == 1
    assert sorted(area.root.iterdir()) == sorted([busy, new])
