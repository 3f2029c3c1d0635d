"""The widget that tells what a call came to, and goes through it by chapters or by steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Bool, Dict, Int, Unicode

from vmlab.widgets.player import Player
from vmlab.widgets.scenes import Scene, told


class StoryStrip(Player, script="story_strip"):
    """A player with the story of the call it stands in: its headline, its chapters, its steps.

    Keys as in `Player`, but left and right go from chapter to chapter while the steps are closed,
    and Page Up and Page Down go to where the call before and after ends.

    Args:
        headline: what the call came to, in one sentence.
        rest: what else there is to say, in small letters.
        chapters: one dict a chapter: its `title`, and the positions `first` and `last`.
        chapter: which of them is shown.
        stops: where the chapter before ends, and where the next one ends.
        by_steps: whether the reader goes by steps.
        path: the functions that were running at the step, outermost first.
        event: the name of the step's event.
        sentence: what the step did.
    """

    from_page = Player.from_page | {"by_steps"}

    headline = Unicode(help="what the call came to").tag(sync=True)
    rest = Unicode(help="what else there is to say").tag(sync=True)
    chapters = TypedTuple(Dict(), help="title, first and last of each chapter").tag(sync=True)
    chapter = Int(0, help="the chapter that is shown").tag(sync=True)
    stops = TypedTuple(Int(), (0, 0), help="the ends of the chapters beside").tag(sync=True)
    by_steps = Bool(False, help="whether the reader goes by steps").tag(sync=True)
    path = TypedTuple(Unicode(), help="the running functions, outermost first").tag(sync=True)
    event = Unicode(help="the name of the step's event").tag(sync=True)
    sentence = Unicode(help="what the step did").tag(sync=True)
    history = Dict(help="the past calls that were asked for").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._ask: list[Callable[[int, int], None]] = []
        self.on_msg(self._told)

    def on_ask(self, callback: Callable[[int, int], None]) -> None:
        """Call `callback` when the list of calls is opened.

        It is given the process whose calls are wanted, 0 for all, and how many at most.
        """
        self._ask.append(callback)

    def tell(self, scene: Scene) -> None:
        """Tell the story of a scene."""
        for name, value in told(scene).items():
            setattr(self, name, value)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if content.get("type") == "history":
            for callback in self._ask:
                callback(int(content.get("pid", 0)), int(content.get("count", 0)))

    def __repr__(self) -> str:
        return f"StoryStrip(step {self.step} of {self.count - 1})"
