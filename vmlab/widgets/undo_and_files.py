"""What the buttons of the toolbar do: undo, reset, save, load; one public method a button.

To share is in `share_link.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import StateError
from vmlab.model.abi.calls import ACTIONS
from vmlab.record.replay import BY_HAND
from vmlab.widgets.export import data_of
from vmlab.widgets.played_page import page
from vmlab.widgets.player import Player
from vmlab.widgets.share_link import ShareLink
from vmlab.widgets.timeline import RUN
from vmlab.words.language import say, say_n

MOST_STEPS = 300  # of a recording of which each step is exported: somebody waits


class UndoAndFiles(ShareLink):
    """What an Explorer does with its recording as a whole."""

    player: Player
    _pids: tuple[int, ...] | None

    def stop(self) -> None:
        """Stop the program that runs."""
        raise NotImplementedError

    def press(self, name: str, view: str) -> None:
        """Do what a button is for.

        Args:
            name: of the button.
            view: the view of the toolbar that has it; a file or a link goes there.
        """
        self.stop()
        if name.startswith("save"):
            self.save(name, view)
        elif name == "share":
            self.share(view)
        else:
            getattr(self, name)()

    def _exported(self) -> tuple[str, ...]:
        """Return the pictures that whoever made it asked for; none if nobody did."""
        raise NotImplementedError

    def show_act(self) -> None:
        """Show what was done, here and in the other Explorers of the machine."""
        raise NotImplementedError

    def _real_hint(self) -> str:
        """Say what the switch of the real kernel would do now."""
        raise NotImplementedError

    def _able(self) -> dict[str, str]:
        # What each button would do now, in words; empty where it would do nothing.
        timeline = self.timeline
        past = self.player.step < timeline.last
        return {
            "undo": self._undo_hint(),
            "redo": self._redo_hint(),
            "reset": say(
                "Goes back to the state this Explorer began with. Undo brings back the rest."
            )
            if timeline.has_changed
            else "",
            "go_on": self._go_on_hint() if past else "",
            "real_kernel": self._real_hint(),
        }

    def _go_on_hint(self) -> str:
        this, n = self.timeline.dropped(self.player.step)
        if this and not n:
            return say("Drops this call. Undo brings it back.")
        if this:
            return say_n(
                n,
                "Drops this call and {n} later one. Undo brings them back.",
                "Drops this call and {n} later ones. Undo brings them back.",
            )
        return say_n(
            n,
            "Drops {n} later call. Undo brings it back.",
            "Drops {n} later calls. Undo brings them back.",
        )

    def _undo_hint(self) -> str:
        call = self.timeline.last_call
        if call == BY_HAND:
            return say("Undo the last change by hand")
        if call == RUN:
            return say("Undo the last run of the program")
        if call in ACTIONS:
            return say("Undo {call}", call=call)
        if call:  # a piece of a program that ran, for one
            return say("Undo what was done last")
        return (
            say("Undo the last load, reset or dropping of calls") if self.timeline.can_undo else ""
        )

    def _redo_hint(self) -> str:
        n = self.timeline.undone
        if n is None:
            return ""
        return say_n(
            n,
            "Redo what was undone: the recording has {n} step then",
            "Redo what was undone: the recording has {n} steps then",
        )

    def undo(self) -> None:
        """Undo the last call."""
        call = self.timeline.last_call
        if call == BY_HAND:
            words = say("The last change by hand is undone.")
        elif call == RUN:
            words = say("The last run of the program is undone.")
        elif call:
            words = say("{call} is undone.", call=call)
        else:
            words = say("The last load, reset or dropping of calls is undone.")
        self._do("undo", self.timeline.undo, words)

    def redo(self) -> None:
        """Redo what was undone."""
        self._do("redo", self.timeline.redo, say("What was undone is back."))

    def reset(self) -> None:
        """Reset the machine to the state this Explorer started with."""
        words = say("Back at the state this Explorer began with. Undo brings back the rest.")
        self._do("reset", self.timeline.reset, words)

    def go_on(self) -> None:
        """Drop what comes after the player's position, and go on from there.

        In the middle of a call that call is dropped too.
        """
        position = self.player.step
        words = say("The later calls are dropped. Undo brings them back.")
        self._do("go_on", lambda: self.timeline.go_on(position), words)

    def _do(self, name: str, act: Callable[[], None], words: str) -> None:
        if self._able()[name]:
            act()
            self._changed(words)

    def _changed(self, words: str) -> None:
        self.controls.tell(words)
        self.show_act()

    def load_file(self, text: str, name: str = "") -> None:
        """Go on where a file ends: a recording, or the state of a machine.

        A file that cannot be loaded changes nothing; why it cannot is shown.
        """
        name = name or say("the file")
        try:
            self.timeline.load(text)
        except StateError as error:
            problem = say("{name} was not loaded: {why}", name=name, why=error)
            self.controls.tell(problem, is_problem=True)
            return
        words = say_n(
            self.timeline.last,
            "{name} is loaded: {n} step. Undo goes back.",
            "{name} is loaded: {n} steps. Undo goes back.",
            name=name,
        )
        self._changed(words)

    def save(self, what: str, view: str) -> bool:
        """Give the reader a file, if there can be one.

        Args:
            what: 'save_recording', 'save_state', 'save_transcript' or 'save_page'.
            view: the view of the toolbar that asked for it.
        """
        recorder = self.timeline.recorder
        name, write = {
            "save_recording": ("vmlab-recording.json", recorder.to_json),
            "save_state": ("vmlab-state.json", self.machine.snapshot().to_json),
            "save_transcript": ("vmlab-transcript.txt", recorder.transcript),
            "save_page": ("vmlab-recording.html", self._as_page),
        }[what]
        try:
            text = write()
        except ValueError as error:
            problem = say("Not saved: {why}", why=error)
            self.controls.tell(problem, is_problem=True)
            return False
        self.toolbar.give(view, name, text)
        words = say("It is saved as {name}.", name=name)
        self.controls.tell(words)
        return True

    def _as_page(self) -> str:
        by = "steps" if self.timeline.last <= MOST_STEPS else "chapters"
        return page(data_of(self.timeline, pictures=self._exported(), by=by, pids=self._pids))
