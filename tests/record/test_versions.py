"""Recordings of every version that was ever released load, and are what they were."""

import gzip
import json
from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import Recorder, StateError
from vmlab.record.recording_migrations import MIGRATIONS, UNTOLD

FILES = sorted((Path(__file__).parent / "files").glob("*.json.gz"))
VERSION = len(MIGRATIONS) + 1


def text_of(file: Path) -> str:
    return gzip.decompress(file.read_bytes()).decode()


def test_there_is_a_file_of_every_older_version() -> None:
    kept = {json.loads(text_of(file))["version"] for file in FILES}
    assert kept >= set(range(1, VERSION))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_older_recording_loads_whole(file: Path) -> None:
    data = json.loads(text_of(file))
    recorder = Recorder.from_json(text_of(file))
    assert len(recorder) == len(data["steps"])
    assert len(recorder.calls) == len(data["calls"])
    assert all(UNTOLD not in step.sentence for step in recorder.steps)
    again = recorder.to_json()
    assert json.loads(again)["version"] == VERSION
    assert Recorder.from_json(again).to_json() == again


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_an_older_file_does_tell_must_happen(file: Path) -> None:
    from vmlab.state.files import write

    data = json.loads(text_of(file))
    step = next(step for step in data["steps"] if "pfn" in step["values"])
    step["values"]["pfn"] += 1
    body = {name: data[name] for name in ("start", "functions", "paths", "calls", "steps")}
    with refused(StateError, "step_not_as_recorded"):
        Recorder.from_json(write("vmlab-recording", body, MIGRATIONS[: data["version"] - 1]))


def test_a_newer_recording_is_refused_by_its_version() -> None:
    data = json.loads(text_of(FILES[0])) | {"version": VERSION + 1}
    with refused(StateError, "version_unknown"):
        Recorder.from_json(json.dumps(data))
