"""The widget that says what one step did."""

from __future__ import annotations

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Unicode

from vmlab.widgets.base import View


class Narration(View, script="narration"):
    """The step in words, under the functions that were running.

    Args:
        path: the functions that were running, outermost first.
        event: the name of the step's event.
        sentence: what the step did, in one sentence.
    """

    path = TypedTuple(Unicode(), help="the running functions, outermost first").tag(sync=True)
    event = Unicode(help="the name of the step's event").tag(sync=True)
    sentence = Unicode(help="what the step did").tag(sync=True)

    def __repr__(self) -> str:
        return f"Narration({self.sentence!r})"
