"""A student's answers, kept in a small JSON file beside the notebooks.

A kernel cannot write into the notebook it serves, and widget state is lost with the kernel; a file
survives both, works in every Jupyter, and can be handed in.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmlab.errors import StateError
from vmlab.state.files import Migration

FILE = "vmlab-answers.json"


def _from_version_1(data: dict[str, Any]) -> dict[str, Any]:
    # Version 2 keeps predictions too.
    return {**data, "guesses": {}}


MIGRATIONS: tuple[Migration, ...] = (_from_version_1,)


@dataclass(frozen=True, slots=True)
class Saved:
    """The last answer to one variant."""

    text: str  # in canonical form
    right: bool
    tries: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What was predicted."""

    text: str  # in canonical form
    right: bool | None = None  # None = its outcome has not come


class Answers:
    """The answers in one file; it is read anew for every look, since several notebooks share it.

    Args:
        path: the file; `vmlab-answers.json` in the current folder, which is the notebook's.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(FILE)

    def __repr__(self) -> str:
        return f"<answers in {self.path.name}>"

    def all(self) -> dict[tuple[str, int], Saved]:
        """Return every saved answer, by exercise and seed.

        Raises:
            StateError: the file is not what was written, or a later vmlab wrote it.
        """
        return self._load()[0]

    def guesses(self) -> dict[str, Guess]:
        """Return every saved prediction, by name.

        Raises:
            StateError: the file is not what was written, or a later vmlab wrote it.
        """
        return self._load()[1]

    def _load(self) -> tuple[dict[tuple[str, int], Saved], dict[str, Guess]]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, {}
        except (OSError, ValueError) as problem:
            raise StateError(
                "answers_unreadable", file=self.path.name, problem=str(problem)
            ) from None
        known = len(MIGRATIONS) + 1
        try:
            version = int(data["version"])
            if 1 <= version <= known:
                for migrate in MIGRATIONS[version - 1 :]:
                    data = migrate(data)
                return dict(map(_entry, data["answers"].items())), {
                    str(name): _guess(entry) for name, entry in data["guesses"].items()
                }
        except (AttributeError, KeyError, TypeError, ValueError):
            raise StateError("answers_damaged", file=self.path.name) from None
        if version < 1:
            raise StateError("answers_damaged", file=self.path.name)
        raise StateError("answers_too_new", file=self.path.name, version=version, known=known)

    def get(self, name: str, seed: int) -> Saved | None:
        """Return the answer to a variant, if there is one."""
        return self.all().get((name, seed))

    def put(self, name: str, seed: int, text: str, right: bool) -> None:
        """Save an answer. A right one is never replaced by a wrong one.

        Raises:
            StateError: the file is not what was written; it is left alone.
            OSError: the file cannot be written.
        """
        answers, guesses = self._load()
        before = answers.get((name, seed))
        tries = 1 + (before.tries if before else 0)
        if before and before.right and not right:
            text, right = before.text, True
        answers[name, seed] = Saved(text, right, tries)
        self._store(answers, guesses)

    def put_guess(self, name: str, guess: Guess) -> None:
        """Save a prediction.

        Raises:
            StateError: the file is not what was written; it is left alone.
            OSError: the file cannot be written.
        """
        answers, guesses = self._load()
        guesses[name] = guess
        self._store(answers, guesses)

    def _store(self, answers: dict[tuple[str, int], Saved], guesses: dict[str, Guess]) -> None:
        data = {
            "version": len(MIGRATIONS) + 1,
            "answers": {
                f"{name}/{seed}": {"text": a.text, "right": a.right, "tries": a.tries}
                for (name, seed), a in sorted(answers.items())
            },
            "guesses": {
                name: {"text": guess.text, "right": guess.right}
                for name, guess in sorted(guesses.items())
            },
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        os.replace(new, self.path)

    def solved(self, name: str) -> int:
        """Return how many variants of an exercise were answered right."""
        return sum(saved.right for (other, _), saved in self.all().items() if other == name)


def _entry(item: tuple[str, Any]) -> tuple[tuple[str, int], Saved]:
    key, value = item
    name, _, seed = key.rpartition("/")
    return (name, int(seed)), Saved(str(value["text"]), bool(value["right"]), int(value["tries"]))


def _guess(value: Any) -> Guess:
    right = value["right"]
    return Guess(str(value["text"]), None if right is None else bool(right))
