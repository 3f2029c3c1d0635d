"""Mutants of files of answers: each is read, or set aside so that work goes on."""

from __future__ import annotations

import json
import random
import tempfile
from functools import cache
from pathlib import Path

from tests.fuzz.mutate import Change, mutated
from vmlab import StateError
from vmlab.lessons.answers_file import MIGRATIONS, Answers

_PIECES = (
    *("[", "]", "{", "}", '"', ",", ":", "null", "true", "-1", "1e400", "Infinity", "NaN", "\0"),
    *("[" * 5000, "9" * 5000, '"\\ud800"', '"tries"', '"right"', '"text"', "\ufeff", "\u2028"),
)


@cache
def bases() -> dict[str, str]:
    """Return texts of files, by name."""
    with tempfile.TemporaryDirectory() as folder:
        answers = Answers(Path(folder, "answers.json"))
        for seed in range(3):
            answers.put("find", seed, f"{seed:#x}", right=seed > 0)
        text = answers.path.read_text(encoding="utf-8")
    return {"three answers": text, "none": json.dumps({"version": len(MIGRATIONS) + 1})}


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and the text that it becomes: a change of the whole."""
    base = chance.choice(list(bases()))
    return base, [((), mutated(chance, bases()[base], _PIECES))]


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Read a mutant and answer once more; return 'refused' or 'loaded'."""
    text = changes[0][1] if changes else bases()[base]
    with tempfile.TemporaryDirectory() as folder:
        answers = Answers(Path(folder, "answers.json"))
        answers.path.write_bytes(text.encode(errors="surrogatepass"))
        before = answers.path.read_bytes()
        try:
            known = answers.all()
        except StateError as failure:
            str(failure)
            known = None
        try:
            aside = answers.put("merge", seed, "3", right=True)
        except StateError as failure:
            if failure.code != "answers_too_new" or answers.path.read_bytes() != before:
                raise
            return "refused"
        assert bool(aside) == (known is None)
        if aside:
            assert answers.path.with_name(aside).read_bytes() == before
        expected = {*(known or {}), ("merge", seed)}
        assert set(answers.all()) == expected
        return "refused" if aside else "loaded"
