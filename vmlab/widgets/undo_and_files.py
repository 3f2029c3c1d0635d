"""What the buttons of the toolbar do: undo, reset, save, load; one public method a button."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import StateError
from vmlab.record.replay import BY_HAND
from vmlab.widgets.controls import Controls
from vmlab.widgets.player import Player
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.toolbar import Toolbar
from vmlab.words.language import say, say_n


class UndoAndFiles:
    """What an Explorer does with its recording as a whole."""

    controls: Controls
    toolbar: Toolbar
    player: Player
    timeline: Timeline

    def refresh(self) -> None:
        """Show the present state of the machine."""
        raise NotImplementedError

    def _able(self) -> dict[str, str]:
        # What each button would do now, in words; empty where it would do nothing.
        timeline = self.timeline
        past = self.player.step < timeline.last
        return {
            "undo": self._undo_hint(),
            "redo": self._redo_hint(),
            "reset": say("Reset to the state this Explorer started with")
            if timeline.has_changed
            else "",
            "go_on": say("Drop the later steps and continue from this one") if past else "",
        }

    def _undo_hint(self) -> str:
        call = self.timeline.last_call
        if call == BY_HAND:
            return say("Undo what was done by hand: the machine returns to the state before it")
        if call:
            return say("Undo {call}: the machine returns to the state before it", call=call)
        return say("Undo the last load, reset or branch") if self.timeline.can_undo else ""

    def _redo_hint(self) -> str:
        n = self.timeline.undone
        if n is None:
            return ""
        return say_n(
            n,
            "Redo: go back to the recording of {n} step",
            "Redo: go back to the recording of {n} steps",
        )

    def undo(self) -> None:
        """Undo the last call."""
        call = self.timeline.last_call
        if call == BY_HAND:
            words = say("Undid what was done by hand.")
        elif call:
            words = say("Undid {call}.", call=call)
        else:
            words = say("Undid the last load, reset or branch.")
        self._do("undo", self.timeline.undo, words)

    def redo(self) -> None:
        """Redo what was undone."""
        n = self.timeline.undone or 0
        words = say_n(
            n,
            "Redone: back at the recording of {n} step.",
            "Redone: back at the recording of {n} steps.",
        )
        self._do("redo", self.timeline.redo, words)

    def reset(self) -> None:
        """Reset the machine to the state this Explorer started with."""
        words = say("Reset to the state this Explorer started with. Undo reverts this.")
        self._do("reset", self.timeline.reset, words)

    def go_on(self) -> None:
        """Drop what comes after the player's position, and continue from there."""
        position = self.player.step
        words = say("Dropped the later steps. Undo brings them back.")
        self._do("go_on", lambda: self.timeline.go_on(position), words)

    def _do(self, name: str, act: Callable[[], None], words: str) -> None:
        if self._able()[name]:
            act()
            self._changed(words)

    def _changed(self, words: str) -> None:
        self.controls.clear()
        self.refresh()
        self.toolbar.tell(words)

    def load_file(self, text: str, name: str = "") -> None:
        """Go on where a file ends: a recording, or the state of a machine.

        A file that cannot be loaded changes nothing; why it cannot is shown.
        """
        name = name or say("the file")
        try:
            self.timeline.load(text)
        except StateError as error:
            problem = say("{name} was not loaded: {why}", name=name, why=error)
            self.toolbar.tell(problem=problem)
            return
        words = say_n(
            self.timeline.last,
            "Loaded {name}: {n} step. Undo reverts this.",
            "Loaded {name}: {n} steps. Undo reverts this.",
            name=name,
        )
        self._changed(words)

    def save(self, what: str, view: str) -> None:
        """Give the reader a file.

        Args:
            what: 'save_recording', 'save_state' or 'save_transcript'.
            view: the view of the toolbar that asked for it.
        """
        recorder = self.timeline.recorder
        name, write = {
            "save_recording": ("vmlab-recording.json", recorder.to_json),
            "save_state": ("vmlab-state.json", self.timeline.now.to_json),
            "save_transcript": ("vmlab-transcript.txt", recorder.transcript),
        }[what]
        try:
            text = write()
        except ValueError as error:
            problem = say("Not saved: {why}", why=error)
            self.toolbar.tell(problem=problem)
            return
        self.toolbar.give(view, name, text)
        words = say("Saved as {name}.", name=name)
        self.toolbar.tell(words)
