"""What a recording says, word for word, but for reasons: those stand as codes with their values.

After a wanted change run `python -m tests.words.test_transcripts` and read the difference.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.record.scenes import SCENES, recorded
from vmlab import Machine, Recorder
from vmlab.codes import speak_with
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.trace.event import Event
from vmlab.words.reasons import words

FOLDER = Path(__file__).parent / "golden"


@contextmanager
def without_words() -> Iterator[None]:
    """Let reasons be told by their codes, whatever the words for them are."""
    speak_with(lambda reason: reason.plain)
    try:
        yield
    finally:
        speak_with(words)


def transcript(name: str) -> str:
    with without_words():
        return recorded(name).transcript()


@pytest.mark.parametrize("name", SCENES)
def test_transcript(name: str) -> None:
    golden = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert transcript(name) == golden


def test_no_transcript_is_left_over() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(SCENES)


def test_every_event_occurs() -> None:
    seen = {step.event.name for name in SCENES for step in recorded(name).steps}
    known = {kind.name for kind in Event.__subclasses__() if kind.__module__.startswith("vmlab.")}
    assert known - seen == set()


@pytest.mark.parametrize("name", ACTIONS)
def test_every_call_and_access_occurs(name: str) -> None:
    told = "".join((FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in SCENES)
    assert f"1000 {name}(" in told


def test_a_machine_where_nothing_happened() -> None:
    with Recorder(Machine()) as recorder:
        pass
    assert recorder.transcript() == ""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in SCENES:
        (FOLDER / f"{name}.txt").write_text(transcript(name), encoding="utf-8")
