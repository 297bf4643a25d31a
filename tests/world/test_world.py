"""The world's first set-up: cut anywhere, the next start makes what is missing and no more."""

from pathlib import Path

import pytest

from tools.world import World, WorldConfig


def set_up(directory: Path) -> dict[str, bytes]:
    """Set a world's host up; returns its small files by name."""
    world = World(WorldConfig(directory, {101: "a", 201: "b"}))
    world.set_up()
    files = [world.home.keys, *world.home.tls.iterdir()]
    return {file.name: file.read_bytes() for file in files}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    assert set_up(tmp_path) == set_up(tmp_path)


@pytest.mark.parametrize("stem", ["gateway-a", "station-b", "operator-world"])
def test_what_a_cut_set_up_left_out_is_made_later(tmp_path: Path, stem: str) -> None:
    before = set_up(tmp_path)
    # A cut between the two files leaves the key alone.
    (tmp_path / "host" / "tls" / f"{stem}.crt").unlink()

    after = set_up(tmp_path)

    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {f"{stem}.crt", f"{stem}.key"}
