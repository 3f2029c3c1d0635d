"""What records a corpus: its files are those that the runner reads, and it sees what differs."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import record
from tests.corpus.__main__ import main
from tests.corpus.format import read_family
from tests.corpus.record import FAMILIES
from tests.corpus.replay import Replay
from tests.corpus.sequences import Op

DATA = Path(__file__).parent / "corpus" / "data"
A = 0x10000000


def first(family: str) -> dict[str, Any]:
    return read_family(DATA / f"{family}.json.gz").records[0]


def ops(found: dict[str, Any]) -> list[Op]:
    return [step[0] for step in found["steps"]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model answer in place of the kernel."""
    monkeypatch.setattr(record, "OnKernel", Replay)
    monkeypatch.setattr(record, "in_child", record.answers)


@pytest.mark.usefixtures("model")
def test_it_is_written_as_the_corpus_has_it(tmp_path: Path) -> None:
    """A recorded file has the same steps, answers and snapshots at the same places."""
    path = tmp_path / "fork.json.gz"
    record.write(path, read_family(DATA / "fork.json.gz").records[:2])
    before = path.read_bytes()
    assert record.main([str(path)]) == 0
    assert path.read_bytes() == before
    assert main([str(tmp_path)]) == 0


@pytest.mark.usefixtures("model")
def test_what_is_answered_otherwise_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "anon.json.gz"
    good = first("anon")
    record.write(path, [good])
    assert record.main([str(path), "--check"]) == 0
    wrong = copy.deepcopy(good)
    wrong["steps"][3][1]["f"] = 77
    record.write(path, [good, wrong])
    assert record.main([str(path), "--check"]) == 1
    assert "steps[3][1].f\n    expected 77\n    got      0\n" in capsys.readouterr().out


def test_what_is_not_always_answered_the_same_is_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "anon.json.gz"
    record.write(path, [first("anon")])
    counter = iter(range(100))

    def answer(*_: object, **__: object) -> dict[str, object]:
        return {"init": next(counter), "steps": []}

    monkeypatch.setattr(record, "in_child", answer)
    assert record.main([str(path)]) == 0
    assert "0 of 1 sequences" in capsys.readouterr().out
    assert json.loads(gzip.decompress(path.read_bytes())) == []


def test_only_sequences_can_be_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert record.main([str(DATA / "exec.json.gz")]) == 2
    assert "has no sequences" in capsys.readouterr().err


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_is_made_is_what_is_recorded(family: str) -> None:
    """A change in how a family is made needs a new recording."""
    path = DATA / f"{family}.json.gz"
    made = {name: (rlimits, ops) for name, rlimits, ops, *_ in record.sequences(path)}
    for found in read_family(path).records:
        assert made[found["id"]] == (found["rlimits"], ops(found))


def test_bytes_are_stored_and_loaded_one_after_the_other() -> None:
    """As many faults as pages, and a signal at the first byte that cannot be reached."""
    replay = Replay({})
    replay.step(["mmap", 0, A, 0x2000, 3, 0x32, -1, 0])
    assert replay.step(["store", 0, A + 0xFFE, "01020304"]) == {"ok": 1, "f": 2}
    assert replay.step(["load", 0, A + 0xFFF, 2]) == {"v": "0203", "f": 0}
    signal = {"sig": 11, "code": 1, "addr": A + 0x2000, "f": 0}
    assert replay.step(["store", 0, A + 0x1FFF, "0102"]) == signal
    assert replay.step(["load", 0, A + 0x1FFF, 2]) == signal


@pytest.mark.parametrize("family", ["anon", "fork", "mix", *sorted(FAMILIES)])
def test_the_kernel_of_this_machine_answers_so(family: str, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("real_kernel"):
        pytest.skip("asks the kernel only with --real-kernel")
    found = first(family)
    tries = (record.in_child(found["rlimits"], ops(found)) for _ in range(5))
    assert any(found["steps"] == again["steps"] for again in tries)
