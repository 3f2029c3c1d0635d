"""Real logs are replayed from their text alone: every call about memory has the same answer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.host import logs
from tests.host.as_strace import as_strace
from vmlab import Recorder
from vmlab.host import replay
from vmlab.host.replay_calls import BIRTHS, MEMORY
from vmlab.host.replay_steps import DIFFERS, NOT_REPLAYED
from vmlab.host.replaying import Replay

WHOLE = [name for name in logs.read() if not name.startswith("separate/")]
# What a log cannot tell, and what is passed over with it.
UNTOLD = {"answer_untold", "call_restarted", "process_unknown"}
CORPUS = Path(__file__).parents[1] / "corpus" / "data" / "programs.json.gz"
PROGRAMS = json.loads(gzip.decompress(CORPUS.read_bytes()))


def check(found: Replay) -> None:
    assert [step for step in found.steps if step.status == DIFFERS] == []
    wanted = [step for step in found.steps if step.name in MEMORY | BIRTHS]
    left = [step for step in wanted if step.status == NOT_REPLAYED]
    assert {step.why.code for step in left} <= UNTOLD
    assert len(left) < len(wanted) / 20


@pytest.mark.parametrize("name", WHOLE)
def test_every_call_about_memory_has_the_answer_of_the_log(name: str) -> None:
    check(replay(logs.read()[name]))


def test_logs_of_several_files() -> None:
    texts = {n: text for n, text in logs.read().items() if n.startswith("separate/")}
    found = replay(texts)
    check(found)
    assert len(found.log.pids) == len(texts)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_programs_of_the_corpus(name: str) -> None:
    check(replay(as_strace(PROGRAMS[name])))


@pytest.mark.parametrize("name", ["option/-f", "program/tar"])
def test_the_recording_can_be_saved_and_done_again(name: str) -> None:
    recorder = replay(logs.read()[name]).recorder
    again = Recorder.from_json(recorder.to_json())
    assert again.calls == recorder.calls
    assert again.snapshot(len(again) - 1) == recorder.snapshot(len(recorder) - 1)
