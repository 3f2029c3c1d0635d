"""What is kept in files is the same in every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vmlab import Machine, Recorder, language, predict
from vmlab.errors import UsageError
from vmlab.lessons.answers_file import Answers, Guess
from vmlab.words import language as words


@pytest.fixture
def korean() -> Iterator[None]:
    """Speak Korean for a while."""
    language("ko")
    yield
    language("en")


def recorded() -> tuple[str, str]:
    """What is stored of a machine and of what it did."""
    machine = Machine()
    recorder = Recorder(machine)
    process = machine.spawn()
    process.store(0x404000, b"A")
    process.fork().store(0x404000, b"B")
    return recorder.to_json(), machine.snapshot().to_json()


def test_a_block_speaks_a_language_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(words, "_callbacks", [lambda: heard.append(words.spoken())])
    with words.speaking("ko"):
        assert (words.spoken(), words.say("Frames")) == ("ko", "프레임")
        with words.speaking("en"), pytest.raises(ZeroDivisionError), words.speaking("ko"):
            raise ZeroDivisionError
        assert words.spoken() == "ko"
    assert (words.spoken(), words.say("Frames")) == ("en", "Frames")
    with pytest.raises(UsageError, match="tlh"), words.speaking("tlh"):
        pass
    assert words.spoken() == "en"
    assert heard == [], "nobody follows"


def test_recordings_and_states_are_the_same_in_both_languages() -> None:
    english = recorded()
    language("ko")
    try:
        assert recorded() == english
    finally:
        language("en")


def test_answers_are_kept_the_same_in_both_languages(korean: None, tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    guess = predict("n", "How many frames?", "yes/no", answers=answers)
    assert guess.guess("예").outcome == "kept"
    guess.outcome(True)
    assert guess.shown == "예"
    assert answers.guesses() == {"n": Guess("yes", right=True)}
