"""The corpus runner: the recordings in the project agree, and it reports whatever is altered."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.__main__ import main
from tests.corpus.format import read_family
from vmlab import Process

DATA = Path(__file__).parent / "corpus" / "data"
FAMILIES = sorted(path.name.removesuffix(".json.gz") for path in DATA.glob("*.json.gz"))
Alteration = Callable[[dict[str, Any]], None]


@pytest.mark.parametrize("family", FAMILIES)
def test_open_corpus(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every answer recorded in the project is the model's answer too."""
    assert main([str(DATA), "--family", family]) == 0, capsys.readouterr().out


def run_altered(
    folder: Path, family: str, found: Callable[[dict[str, Any]], bool], alter: Alteration
) -> tuple[int, int]:
    """Alter the first recording or step that is found; return its step and the exit status."""
    source = read_family(DATA / f"{family}.json.gz")
    step = -1
    for record in copy.deepcopy(source.records):
        steps = record.get("steps") or record.get("events") or [record]
        parts = (
            [{"op": part[0], "answer": part[1], "snapshot": part[2:]} for part in steps]
            if ("steps" in record)
            else steps
        )
        step = next((number for number, part in enumerate(parts) if found(part)), -1)
        if step >= 0:
            alter(parts[step])
            break
    assert step >= 0, "no recording has what the test alters"
    data = {record["id"]: record} if "events" in record else [record]
    with gzip.open(folder / f"{family}.json.gz", "wt") as file:
        json.dump(data, file)
    return step, main([str(folder), "--family", family])


def has(key: str) -> Callable[[dict[str, Any]], bool]:
    """Say whether a step's answer has a key."""
    return lambda part: key in part["answer"]


def shows(key: str) -> Callable[[dict[str, Any]], bool]:
    """Say whether a step's snapshot has a key."""
    return lambda part: bool(part["snapshot"]) and key in part["snapshot"][0]


def put(key: str, change: Callable[[Any], Any]) -> Alteration:
    """Change one value of a step's answer."""

    def alter(part: dict[str, Any]) -> None:
        part["answer"][key] = change(part["answer"][key])

    return alter


def drop(key: str) -> Alteration:
    """Leave one value out of a step's answer."""
    return lambda part: part["answer"].pop(key)


def other_frame(part: dict[str, Any]) -> None:
    """Say that two pages with frames of their own have the same one."""
    for runs in part["snapshot"][0]["pages"].values():
        for run in runs:
            if "A1" in run[1].split():
                run[1] = run[1].replace("A1", "A0", 1)
                return


def two_frames(part: dict[str, Any]) -> bool:
    """Say whether a snapshot has a page in the second frame."""
    return shows("pages")(part) and any(
        "A1" in run[1].split() for runs in part["snapshot"][0]["pages"].values() for run in runs
    )


def more_rss(part: dict[str, Any]) -> None:
    """Add to a number of smaps."""
    part["snapshot"][0]["smaps"]["0"][0][1] += 4


def more_tables(part: dict[str, Any]) -> None:
    """Add to a number of status."""
    part["snapshot"][0]["status"]["0"]["VmPTE"] += 4


@pytest.mark.parametrize(
    ("family", "found", "alter", "place"),
    [
        ("anon", lambda p: p["answer"].get("r", -1) > 0, put("r", lambda r: r + 4096), "r"),
        ("anon", lambda p: p["answer"].get("r", 0) == -12, put("r", lambda _: -22), "r"),
        ("anon", has("v"), put("v", lambda v: v ^ 1), "v"),
        ("anon", has("ok"), drop("ok"), "ok"),
        ("file", has("f"), put("f", lambda f: f + 1), "f"),
        ("file", has("pte"), put("pte", lambda pte: pte.replace("x", "") + "="), "pte"),
        ("anon", has("maps"), put("maps", lambda m: [*m[:-1], m[-1].replace("rw", "r-")]), "maps["),
        ("anon", has("maps"), drop("maps"), "maps"),
        ("fork", has("maps_child"), put("maps_child", lambda m: m[1:]), "maps_child["),
        ("fork", has("maps_other"), drop("maps_other"), "maps_other"),
        ("stack", lambda p: "sig" in p["answer"], put("code", lambda code: 3 - code), "code"),
        ("stack", has("sig"), put("addr", lambda addr: addr + 1), "addr"),
        ("stack", has("sig"), put("sig", lambda sig: 18 - sig), "sig"),
        ("extra", has("vec"), put("vec", lambda vec: f"{int(vec, 16) ^ 1:0{len(vec)}x}"), "vec"),
        ("fork", has("exit"), put("exit", lambda code: code + 1), "exit"),
        ("fork", two_frames, other_frame, "snapshot.pages."),
        ("mix", shows("smaps"), more_rss, "snapshot.smaps.0[0][1]"),
        ("mix", shows("status"), more_tables, "snapshot.status.0.VmPTE"),
    ],
)
def test_altered_answer(
    family: str,
    found: Callable[[dict[str, Any]], bool],
    alter: Alteration,
    place: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each kind of answer, altered, is reported at its step, and the exit status says so."""
    step, status = run_altered(tmp_path, family, found, alter)
    report = capsys.readouterr().out
    assert status == 1
    assert "1 sequences differ" in report
    assert f" step {step}: " in report
    assert f": {place}" in report


@pytest.mark.parametrize("key", ["maps", "rsp", "pages", "status", "smaps"])
def test_altered_init(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The state after execve is compared too, and counts as no operation."""
    record = read_family(DATA / "hints.json.gz").records[0]
    init = record["init"]
    init[key] = init[key] + 16 if key == "rsp" else type(init[key])()
    with gzip.open(tmp_path / "hints.json.gz", "wt") as file:
        json.dump([record], file)
    assert main([str(tmp_path)]) == 1
    report = capsys.readouterr().out
    assert f" init: execve: {key}" in report
    assert "40 operations, 40 agree" in report


@pytest.mark.parametrize("key", ["rip", "rsp", "maps", "pages", "status", "smaps", "auxv"])
def test_altered_exec(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything recorded of an ELF file is compared."""

    def alter(record: dict[str, Any]) -> None:
        kernel = record["kernel"]
        kernel[key] = kernel[key] + 1 if isinstance(kernel[key], int) else type(kernel[key])()

    _, status = run_altered(tmp_path, "exec", lambda record: key in record["kernel"], alter)
    assert status == 1
    assert f": {key}" in capsys.readouterr().out


def test_altered_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How an execve fails is compared."""
    _, status = run_altered(
        tmp_path,
        "exec",
        lambda record: record["kernel"].get("execfail") == "sig 11",
        lambda record: record["kernel"].update(execfail=8),
    )
    assert status == 1
    assert "expected 8\n    got      sig 11" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("exec", "rsp"),
        ("exec", "auxv"),
        ("exec", "smaps"),
        ("exec", "maps"),
        ("sys", "maps"),
        ("sys", "r"),
        ("fork", "maps"),
        ("exiting", "maps"),
    ],
)
def test_altered_program(
    kind: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every listing of a program, and every result that shapes memory, is compared."""

    def found(event: dict[str, Any]) -> bool:
        return event["t"] == kind and key in event and event.get("nr", 9) == 9

    def alter(event: dict[str, Any]) -> None:
        if key == "r":
            event["r"] += 4096
        elif key == "rsp":
            event["rsp"] = "7fffffffe000"
        elif key == "maps":
            event["maps"] = [*event["maps"][:-2], event["maps"][-1]]
        else:
            event[key] = type(event[key])(list(event[key].items())[:-1] if key == "auxv" else [])

    step, status = run_altered(tmp_path, "programs", found, alter)
    report = capsys.readouterr().out
    assert status == 1
    assert f" step {step}: " in report


def test_exception_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the model must never raise is reported; the runner goes on."""

    def broken(process: Process, *args: int) -> int:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(Process, "munmap", broken)
    assert main([str(DATA), "--family", "anon", "--limit", "3"]) == 1
    report = capsys.readouterr().out
    assert "3 sequences, 120 operations" in report
    assert "ZeroDivisionError: broken" in report


def test_unknown_operation_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operation that the format does not name is reported."""
    record = read_family(DATA / "hints.json.gz").records[0]
    record["steps"] = [[["teleport", 0], {"r": 0, "f": 0}]]
    with gzip.open(tmp_path / "hints.json.gz", "wt") as file:
        json.dump([record], file)
    assert main([str(tmp_path)]) == 1
    assert "teleport" in capsys.readouterr().out


def test_unusable_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without recordings, and a family that is not there, are errors, not agreement."""
    assert main([str(tmp_path)]) == 2
    assert main([str(DATA), "--family", "nowhere"]) == 2
    (tmp_path / "anon.json.gz").write_bytes(b"no gzip")
    assert main([str(tmp_path)]) == 2
    assert "anon.json.gz" in capsys.readouterr().err
