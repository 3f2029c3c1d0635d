"""How far a student has come, over all notebooks of a folder."""

from __future__ import annotations

from html import escape
from typing import Any

from vmlab.lessons.answers_file import Answers, given_or_here
from vmlab.lessons.registry import names
from vmlab.widgets.speakers import SaidHTML
from vmlab.words.language import say, say_n


class progress:
    """A table of the exercises that were tried.

    Its plain text is the same for everyone, so that a stored notebook is too; `str()` gives the
    table as text.

    Args:
        answers: where the answers are kept.

    Raises:
        StateError: the file of answers is damaged.
    """

    def __init__(self, answers: Answers | None = None) -> None:
        saved = given_or_here(answers).all()
        self.rows = []
        for name in names():
            mine = [entry for (other, _), entry in saved.items() if other == name]
            if mine:
                right = sum(entry.right for entry in mine)
                self.rows.append((name, right, len(mine), sum(entry.tries for entry in mine)))

    def __repr__(self) -> str:
        return "<progress>"

    def __str__(self) -> str:
        return "\n".join(
            say(
                "{name:14} {variants}, {tries}",
                name=name,
                variants=say_n(
                    tried,
                    "{right} of {n} variant right",
                    "{right} of {n} variants right",
                    right=right,
                ),
                tries=say_n(tries, "{n} try", "{n} tries"),
            )
            for name, right, tried, tries in self.rows
        )

    def _table(self) -> str:
        text = str(self) or say("No exercise was answered yet.")
        return f"<pre>{escape(text)}</pre>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        view = SaidHTML(self._table)
        data: dict[str, Any] = view._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self)}
