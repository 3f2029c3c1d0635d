"""Views of one machine follow each other: what is done in one, or in a cell, is seen in all."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from IPython.core.getipython import get_ipython

from vmlab.state.machine import Machine
from vmlab.widgets.speakers import Speaker, add_speaker


class Follower(Speaker, Protocol):
    """A view of a machine that others change too."""

    machine: Machine

    def follow(self) -> None:
        """Show what was done elsewhere, if anything was."""


_FOLLOWERS: WeakSet[Follower] = WeakSet()


def add_follower(view: Follower) -> None:
    """Let a view follow its machine and the language, as long as anybody holds the view."""
    _FOLLOWERS.add(view)
    add_speaker(view)
    shell = get_ipython()
    if shell is not None and _after_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after_cell)


def tell_others(view: Follower) -> None:
    """Tell the other views of a machine that one of them changed it."""
    for other in tuple(_FOLLOWERS):
        if other is not view and other.machine is view.machine:
            other.follow()


def _after_cell(_result: object) -> None:
    for view in tuple(_FOLLOWERS):
        view.follow()
