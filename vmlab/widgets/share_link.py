"""What the button "Share" of the toolbar does: a link that opens this very machine."""

from __future__ import annotations

import os

from vmlab.state import link
from vmlab.state.machine import Machine
from vmlab.widgets.controls import Controls
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.toolbar import Toolbar
from vmlab.words.language import say

VARIABLE = "VMLAB_SITE"  # of the environment: where the site is that opens links


class ShareLink:
    """What an Explorer does to share its machine."""

    machine: Machine
    controls: Controls
    toolbar: Toolbar
    timeline: Timeline

    def save(self, what: str, view: str) -> bool:
        """Give the reader a file, if there can be one."""
        raise NotImplementedError

    def share(self, view: str) -> None:
        """Give the reader a link with the recording in it; or with the state, or else a file.

        Args:
            view: the view of the toolbar that asked for it.
        """
        site = self.toolbar.site or os.environ.get(VARIABLE, "")
        if not site:
            words = say("No site is known that opens links: name one in {name}.", name=VARIABLE)
            self.controls.tell(words, is_problem=True)
            return
        recording = (self.timeline.recorder.to_json, say("The link holds the recording."))
        words = say("The link holds the present state, but not the recording.")
        for write, told in (recording, (self.machine.snapshot().to_json, words)):
            try:
                held = link.encode(write())
            except ValueError:  # a file cannot hold it
                continue
            if len(held) <= link.MOST:
                self.toolbar.give_link(view, f"{site.rstrip('/')}/{link.FRAGMENT}{held}")
                self.controls.tell(told)
                return
        if self.save("save_recording", view):
            words = say("It is too large for a link: the recording is saved as a file.")
            self.controls.tell(words)
