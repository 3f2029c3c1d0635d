"""State files of every version that was ever released load, and are what they were."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.refused import refused
from vmlab import Machine, Snapshot, StateError
from vmlab.state.files import MIGRATIONS, read, write

FILES = sorted((Path(__file__).parent / "files").glob("*.json.gz"))
VERSION = len(MIGRATIONS) + 1


def text_of(file: Path) -> str:
    return gzip.decompress(file.read_bytes()).decode()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_older_state_loads_and_goes_on(file: Path) -> None:
    snap = Snapshot.from_json(text_of(file))
    assert Machine.from_snapshot(snap).snapshot() == snap
    assert Snapshot.from_json(snap.to_json()) == snap


def test_a_newer_state_is_refused_by_its_version() -> None:
    data = json.loads(text_of(FILES[0])) | {"version": VERSION + 1}
    with refused(StateError, "version_unknown"):
        Snapshot.from_json(json.dumps(data))


def one_more(body: dict[str, Any]) -> dict[str, Any]:
    return {"seen": [*body["seen"], body["seen"][-1] + 1]}


def test_an_older_file_is_migrated_one_version_at_a_time() -> None:
    text = write("x", {"seen": [1]}, ())
    assert read("x", text, {"seen"}, (one_more, one_more)) == ({"seen": [1, 2, 3]}, 1)
    newer = write("x", {"seen": [2]}, (one_more,))
    assert read("x", newer, {"seen"}, (one_more, one_more)) == ({"seen": [2, 3]}, 2)


def test_a_migration_that_cannot_be_done_says_so() -> None:
    text = write("x", {"seen": []}, ())
    with refused(StateError, "file_of_older_version_damaged"):
        read("x", text, {"seen"}, (lambda body: body["other"],))
