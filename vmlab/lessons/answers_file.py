"""A student's answers, kept in a small JSON file beside the notebooks.

A kernel cannot write into the notebook it serves, and widget state is lost with the kernel; a file
survives both, works in every Jupyter, and can be handed in.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmlab.errors import StateError
from vmlab.model import arguments
from vmlab.state.files import Migration
from vmlab.words.language import say

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

    def __init__(self, path: Path | str = FILE) -> None:
        self.path = Path(path)

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
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}, {}
        except OSError as problem:
            raise StateError(
                "answers_unreadable", file=self.path.name, problem=str(problem)
            ) from None
        known = len(MIGRATIONS) + 1
        try:
            data = json.loads(text)
            version = int(data["version"])
            if 1 <= version <= known:
                for migrate in MIGRATIONS[version - 1 :]:
                    data = migrate(data)
                return dict(map(_entry, data["answers"].items())), {
                    str(name): _guess(entry) for name, entry in data["guesses"].items()
                }
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            raise StateError("answers_damaged", file=self.path.name) from None
        if version < 1:
            raise StateError("answers_damaged", file=self.path.name)
        raise StateError("answers_too_new", file=self.path.name, version=version, known=known)

    def get(self, name: str, seed: int) -> Saved | None:
        """Return the answer to a variant, if there is one."""
        return self.all().get((name, seed))

    def put(self, name: str, seed: int, text: str, right: bool) -> str:
        """Save an answer. A right one is never replaced by a wrong one.

        Returns the name under which a damaged file was set aside; '' = it was not damaged.

        Raises:
            StateError: a later vmlab wrote the file; it is left alone.
            OSError: the file cannot be written.
        """
        aside = self._set_aside_if_damaged()
        answers, guesses = self._load()
        before = answers.get((name, seed))
        tries = 1 + (before.tries if before else 0)
        if before and before.right and not right:
            text, right = before.text, True
        answers[name, seed] = Saved(text, right, tries)
        self._store(answers, guesses)
        return aside

    def put_guess(self, name: str, guess: Guess) -> str:
        """Save a prediction.

        Returns the name under which a damaged file was set aside; '' = it was not damaged.

        Raises:
            StateError: a later vmlab wrote the file; it is left alone.
            OSError: the file cannot be written.
        """
        aside = self._set_aside_if_damaged()
        answers, guesses = self._load()
        guesses[name] = guess
        self._store(answers, guesses)
        return aside

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
        self._write(json.dumps(data, indent=1) + "\n")

    def _write(self, text: str) -> None:
        # Whole or not at all: several notebooks use the file, and any of them may be stopped.
        new = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}.new")
        try:
            with new.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
        finally:
            new.unlink(missing_ok=True)

    def _set_aside_if_damaged(self) -> str:
        # What a student answered may still be read out of it by hand.
        try:
            self.all()
        except StateError as problem:
            if problem.code != "answers_damaged":
                raise
        else:
            return ""
        names = (f"{self.path.stem}-damaged{n}{self.path.suffix}" for n in ("", *range(2, 1000)))
        aside = next(name for name in names if not self.path.with_name(name).exists())
        os.replace(self.path, self.path.with_name(aside))
        return aside

    def solved(self, name: str) -> int:
        """Return how many variants of an exercise were answered right."""
        return sum(saved.right for (other, _), saved in self.all().items() if other == name)


def verdict_kept(verdict: str, answers: Answers, save: Callable[[], str]) -> str:
    """Save an answer, and return the words of its verdict with what there is to say of that.

    Args:
        verdict: its words.
        answers: where to.
        save: saves it, and returns the name under which a damaged file was set aside.
    """
    try:
        aside = save()
    except (OSError, StateError) as problem:
        return say("{verdict} (Not saved: {problem}.)", verdict=verdict, problem=problem)
    if not aside:
        return verdict
    return say(
        "{verdict} ({file} was damaged: it is now {aside}, and a new file begins.)",
        verdict=verdict,
        file=answers.path.name,
        aside=aside,
    )


def _entry(item: tuple[str, Any]) -> tuple[tuple[str, int], Saved]:
    key, value = item
    name, _, seed = key.rpartition("/")
    text, right, tries = value["text"], value["right"], value["tries"]
    if (type(text), type(right), type(tries)) != (str, bool, int):
        raise TypeError
    text.encode()  # half of a letter cannot be shown
    return (name, int(seed)), Saved(text, right, tries)


def _guess(value: Any) -> Guess:
    text, right = value["text"], value["right"]
    if type(text) is not str or type(right) not in (bool, type(None)):
        raise TypeError
    text.encode()
    return Guess(text, right)


def given_or_here(answers: Answers | None) -> Answers:
    """Return the answers that were given to a lesson's part, or else those of this folder."""
    if answers is None:
        return Answers()
    arguments.instance(answers, Answers, "answers")
    return answers
