"""What is stored is whole: each build of each program is in the archive and has its record."""

from __future__ import annotations

import copy
import shutil
import signal
import subprocess
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.programs import archive, calls, cpuid, format, record
from tests.programs.programs import BUILDS, PROGRAMS, SOURCES, program_path

KEYS = [(name, build) for name, program in PROGRAMS.items() for build in program.builds]


@cache
def records() -> dict[tuple[str, str], format.Record]:
    return {(found["program"], found["build"]): found for found in format.read()}


@cache
def binaries() -> dict[str, bytes]:
    return archive.read()


CATCH_SIGCHLD = ("job_control", "reap_children")


def test_each_source_is_a_program() -> None:
    assert sorted(path.stem for path in SOURCES.glob("*.c")) == sorted(PROGRAMS)
    assert {build for _, build in KEYS} == set(BUILDS)


def test_each_build_has_its_record_in_order() -> None:
    assert list(records()) == KEYS


def test_the_archive_holds_the_builds_and_the_libraries() -> None:
    libraries = [library[1:] for library in archive.LIBRARIES]
    assert sorted(binaries()) == sorted([archive.member(*key) for key in KEYS] + libraries)


@pytest.mark.parametrize(("name", "build"), KEYS)
def test_a_record_is_of_the_binaries_in_the_archive(name: str, build: str) -> None:
    found = records()[name, build]
    tree = archive.tree(name, build, binaries())
    assert found["files"] == {path: archive.digest(data) for path, data in tree.items()}
    assert found["argv"] == [program_path(name), *PROGRAMS[name].arguments]
    assert found["stdin"] == PROGRAMS[name].stdin


@pytest.mark.parametrize(("name", "build"), KEYS)
def test_a_record_begins_with_execve_and_ends_with_exit(name: str, build: str) -> None:
    first, *others = records()[name, build]["processes"]
    start = first["tasks"][0]["steps"][0]
    assert start["exec"] == program_path(name)
    assert start["argv"] == records()[name, build]["argv"]
    assert start["rip"] != 0
    assert all("maps" in process and process["parent"] >= first["pid"] for process in others)
    for process in (first, *others):
        assert process["maps_at_exit"]
        killed = process["status"] & 0x7F
        last = [task["steps"][-1] for task in process["tasks"]]
        assert killed or any(step.get("call") in ("exit", "exit_group") for step in last)
        assert not killed or any(step.get("signal") in (None, killed) for step in last)


@pytest.mark.parametrize(("name", "build"), KEYS)
def test_a_step_is_a_call_a_signal_or_a_program(name: str, build: str) -> None:
    for process in records()[name, build]["processes"]:
        for step in format.steps(process):
            assert sum(kind in step for kind in ("call", "signal", "exec")) == 1
            if "call" in step:
                assert step["args"] == calls.arguments_of(step["call"], step["args"])
                returned = step["result"] is not None
                assert ("maps" in step) == (returned and step["call"] in calls.MEMORY)


@pytest.mark.parametrize(("name", "build"), KEYS)
def test_what_cut_a_call_off_shows(name: str, build: str) -> None:
    """A signal that is ignored does neither; that ptrace stops for it is left out."""
    for process in records()[name, build]["processes"]:
        for task in process["tasks"]:
            for step, after in pairwise(task["steps"]):
                assert (step.get("result") or 0) not in range(-516, -511) or "signal" in after
                assert step.get("signal") != signal.SIGCHLD or name in CATCH_SIGCHLD


@pytest.mark.parametrize(("name", "build"), KEYS)
def test_observing_changed_nothing(name: str, build: str) -> None:
    """Where one process has one thread, nothing depends on scheduling: all faults are the same."""
    found = records()[name, build]
    assert found["varies"] == []
    if len(found["processes"]) == 1 and len(found["processes"][0]["tasks"]) == 1:
        assert found["untraced_faults"] == [format.faults(found)] * 2


def test_faults_of_the_programs_before_the_last_count_too() -> None:
    steps: list[Any] = [{"exec": "/a"}, {"call": "brk", "faults": [3, 1]}]
    steps += [{"signal": 10, "faults": 2}, {"exec": "/b", "faults": [1, 5]}]
    process: Any = {"tasks": [{"steps": steps}], "faults": 7}
    one: Any = {"processes": [process]}
    assert format.faults(one) == 3 + 1 + 2 + 1 + 5 + 7
    forked: Any = {"tasks": [{"steps": [{"exec": "/b", "faults": [1, 5]}]}], "faults": 7}
    both: Any = {"processes": [{"tasks": [{"steps": [{"exec": "/a"}]}], "faults": 2}, forked]}
    assert format.faults(both) == 2 + 1 + 5 + 7


def test_what_varies_is_marked() -> None:
    steps = [{"call": "getpid", "args": [], "result": 2}]
    process = {"pid": 2, "parent": 1, "status": 0, "faults": 4, "maps_at_exit": []}
    run: Any = {"console": "a", "processes": [process | {"tasks": [{"tid": 2, "steps": steps}]}]}
    same, other, fewer = (copy.deepcopy(run) for _ in range(3))
    assert record.mark([run, same]) == []
    assert run == same
    other["processes"][0]["faults"] = 5
    other["processes"][0]["tasks"][0]["steps"].pop()
    assert record.mark([run, other]) == []
    assert run["processes"][0]["varies"] == ["faults"]
    assert run["processes"][0]["tasks"][0]["varies"]
    fewer |= {"console": "b", "processes": []}
    assert record.mark([run, fewer]) == ["console", "processes"]


def test_files_keep_what_is_written(tmp_path: Path) -> None:
    files = {"static/a": b"\x7fELF" * 100, "lib/b": b""}
    archive.write(files, tmp_path / "a.tar.xz")
    assert archive.read(tmp_path / "a.tar.xz") == files
    one: Any = {"version": format.VERSION, "program": "a"}
    format.write([one, one], tmp_path / "records")
    assert list(format.read(tmp_path / "records")) == [one, one]


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    newer: Any = {"version": format.VERSION + 1}
    format.write([newer], tmp_path / "records")
    with pytest.raises(ValueError, match="version 2, not 1"):
        list(format.read(tmp_path / "records"))


def test_the_cpu_has_no_xsave_and_no_avx() -> None:
    _, _, ecx, edx = cpuid.answer(1, 0)
    assert not ecx & (1 << 26 | 1 << 27 | 1 << 28)
    assert edx & 1 << 26  # SSE2
    assert cpuid.answer(4, 0) != cpuid.answer(4, 1)
    assert cpuid.answer(0x7FFF, 0) == [0, 0, 0, 0]


def test_the_table_lists_each_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert record.main(["--list", "fork_global"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header == record.HEADER
    assert [tuple(row.split()[:2]) for row in rows] == [k for k in KEYS if k[0] == "fork_global"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_source_compiles_without_a_warning(name: str) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler, "no C compiler"
    command = [compiler, "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    command += ["-Wno-unused-result", "-Wno-infinite-recursion", "-Wno-format-truncation"]
    subprocess.run([*command, f"{name}.c"], cwd=SOURCES, check=True)
