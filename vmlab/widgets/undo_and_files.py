"""What the buttons of the toolbar do: undo, reset, save, load; one public method a button."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import StateError
from vmlab.widgets.controls import Controls
from vmlab.widgets.player import Player
from vmlab.widgets.timeline import Recording
from vmlab.widgets.toolbar import Toolbar


class Keeping:
    """What an Explorer does with its recording as a whole."""

    controls: Controls
    toolbar: Toolbar
    player: Player
    recording: Recording

    def refresh(self) -> None:
        """Show the present state of the machine."""
        raise NotImplementedError

    def able(self) -> dict[str, str]:
        """Say what each button would do now; empty where it would do nothing."""
        undoes, redoes = self.recording.undoes, self.recording.redoes
        past, changed = self.player.step < self.recording.last, self.recording.has_changed
        return {
            "undo": f"Take back {undoes}: the machine is as before" if undoes else "",
            "redo": f"Bring back {redoes}" if redoes else "",
            "reset": "Make the machine what it was when this Explorer opened" if changed else "",
            "go_on": "Forget what comes after this step, and do something else" if past else "",
        }

    def undo(self) -> None:
        """Take back the last call."""
        self._do("undo", self.recording.undo, f"Took back {self.recording.undoes}.")

    def redo(self) -> None:
        """Bring back what was undone."""
        self._do("redo", self.recording.redo, f"Brought back {self.recording.redoes}.")

    def reset(self) -> None:
        """Make the machine what it was when the Explorer opened."""
        words = "The machine is as it was when this Explorer opened. Undo takes this back."
        self._do("reset", self.recording.reset, words)

    def go_on(self) -> None:
        """Go on from the player's position, as if what comes after it had not happened."""
        position = self.player.step
        words = "The recording goes on from here. Undo takes this back."
        self._do("go_on", lambda: self.recording.go_on(position), words)

    def _do(self, name: str, act: Callable[[], None], words: str) -> None:
        if self.able()[name]:
            act()
            self._changed(words)

    def _changed(self, words: str) -> None:
        self.controls.clear()
        self.refresh()
        self.toolbar.say(words)

    def load_file(self, text: str, name: str = "the file") -> None:
        """Go on where a file ends: a recording, or the state of a machine.

        A file that cannot be loaded changes nothing; why it cannot is shown.
        """
        try:
            self.recording.load(text)
        except StateError as error:
            self.toolbar.say(problem=f"{name} was not loaded: {error}")
            return
        self._changed(f"Loaded {name}: {self.recording.last} steps. Undo takes this back.")

    def save(self, what: str, view: str) -> None:
        """Give the reader a file.

        Args:
            what: 'save_recording', 'save_state' or 'save_transcript'.
            view: the view of the toolbar that asked for it.
        """
        recorder = self.recording.recorder
        name, write = {
            "save_recording": ("vmlab-recording.json", recorder.to_json),
            "save_state": ("vmlab-state.json", self.recording.now.to_json),
            "save_transcript": ("vmlab-transcript.txt", recorder.transcript),
        }[what]
        try:
            text = write()
        except ValueError as error:
            self.toolbar.say(problem=f"Not saved: {error}")
            return
        self.toolbar.give(view, name, text)
        self.toolbar.say(f"Saved as {name}.")
