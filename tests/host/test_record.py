"""Recording a program, and the files and commands that replay it elsewhere."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from tests.host.test_compare import needs_ptrace
from vmlab import Machine, cli
from vmlab.errors import StateError
from vmlab.host import replay, replay_run
from vmlab.host.record import programs_of
from vmlab.host.replay_elf import Image
from vmlab.host.replay_run import Run

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
LOG = '17 execve("/bin/x", ["x"], 0x7ffd /* 3 vars */) = 0\n17 brk(NULL) = 0x563200000000\n'


def test_a_run_is_the_same_after_it_was_saved() -> None:
    run = Run(LOG, {"/bin/x": Image(b"\x7fELF", 5000)}, {2: "maps"})
    data = replay_run.to_bytes(run)
    assert replay_run.is_packed(data)
    assert replay_run.from_bytes(data) == run
    assert replay_run.to_bytes(run) == data


@pytest.mark.parametrize(
    "data",
    [b"", b"\x1f\x8b", gzip.compress(b"[]"), gzip.compress(b'{"format": "vmlab-run"}')],
    ids=["nothing", "cut", "list", "untold"],
)
def test_what_is_no_run_is_told(data: bytes) -> None:
    with pytest.raises(StateError):
        replay_run.from_bytes(data)


@pytest.fixture(
    params=[pytest.param("strace", marks=needs_strace), pytest.param("", marks=needs_ptrace)]
)
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By strace, or without it."""
    which = shutil.which
    monkeypatch.setattr(
        "vmlab.host.record.shutil.which",
        lambda name: which(name) if name != "strace" or request.param else None,
    )
    return str(request.param)


def test_a_recorded_program_has_the_places_of_the_real_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    file = tmp_path / "cat.vmrun"
    assert cli.main(["record", "-o", str(file), "--", "cat", "/proc/self/maps"]) == 0
    real = capfd.readouterr().out.splitlines()
    run = replay_run.from_bytes(file.read_bytes())
    assert "/proc/self/maps" in run.log  # it opens that
    assert '"/proc/self/maps"]' not in run.log.splitlines()[0]  # its arguments are not kept
    assert bool(run.maps) == (not how)
    found = replay(run)
    assert not found.differences
    end = next(step.call for step in found.steps if step.name == "exit_group")
    assert end is not None
    snap = found.recorder.snapshot(found.recorder.calls[end].first - 1)
    (process,) = Machine.from_snapshot(snap).processes.values()
    ours = {line.split()[0] for line in process.maps().splitlines()}
    theirs = {line.split()[0] for line in real if "/" in line.rpartition(" ")[2]}
    assert {line for line in theirs if not line.startswith("fff")} <= ours


def test_the_command_says_what_became_of_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "log", tmp_path / "page.html"
    file.write_text(LOG)
    assert cli.main(["replay", str(file), "--steps", "-o", str(page)]) == 0
    said = capsys.readouterr().out
    assert "2\t17\tbrk\t0x563200000000\t=\t0x563200000000" in said
    assert "2 calls were replayed: 2 with the same answer" in said
    assert "<script" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["replay", "/nowhere/log"], 1),
        (["replay", "--import", "/nowhere", "/dev/null"], 2),
        (["replay", "--lines", "x", "/dev/null"], 1),
        (["record", "--", "/nowhere/program"], 2),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == status
    assert len(capsys.readouterr().err.splitlines()) == 1


@needs_ptrace
def test_a_program_and_what_it_starts_are_followed_without_strace() -> None:
    from vmlab.host.follow import follow

    log, maps, status = follow(["sh", "-c", "cat /dev/null | cat; exit 3"], strings=True)
    assert status == 3
    assert '"exit 3' not in log.splitlines()[1]
    assert "cat /dev/null | cat; exit 3" in log.splitlines()[0]
    assert log.count("+++ exited with 0 +++") >= 2
    assert all(number <= len(log.splitlines()) and "-" in text for number, text in maps.items())
    found = replay(Run(log, programs_of(log), maps))
    assert len(found.replayed) > 40
    assert not found.differences
