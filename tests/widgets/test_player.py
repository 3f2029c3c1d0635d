"""The player stays inside its recording."""

from __future__ import annotations

import pytest
import traitlets

from vmlab.widgets.player import Player


def test_walking() -> None:
    player = Player(count=4)
    places = []
    for go in (player.next, player.last, player.next, player.back, player.first, player.back):
        go()
        places.append(player.step)
    assert places == [1, 3, 3, 2, 0, 0]


def test_a_longer_recording_is_shown_at_its_end() -> None:
    player = Player(count=4, step=1, playing=True)
    player.extend(9)
    assert (player.count, player.step, player.playing) == (9, 8, False)


def test_a_shorter_recording_keeps_the_step_inside() -> None:
    player = Player(count=9, step=8)
    player.count = 3
    assert player.step == 2


def test_a_recording_has_a_beginning() -> None:
    with pytest.raises(traitlets.TraitError, match="count must be at least 1"):
        Player(count=0)


def test_repr() -> None:
    assert repr(Player(count=5, step=2)) == "Player(step 2 of 4)"
