"""State files: there and back, and every way in which a file can be wrong."""

import functools
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record.runs import ARENA, Act, acts, machine, run
from tests.refused import refused
from vmlab import Snapshot, StateError
from vmlab.state import codec
from vmlab.state import files as state_file

quick = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
Path = tuple[str | int, ...]


@functools.cache
def text() -> str:
    m = machine()
    m[1000].store(ARENA, b"parent")
    m[1000].fork().store(ARENA + 4096, b"child")
    m[1000].load(ARENA + 8192)
    return m.snapshot().to_json()


def altered(path: Path, value: Any, *, checksum: bool = True) -> str:
    """The file with another value at a place."""
    data = json.loads(text())
    where = data
    for name in path[:-1]:
        where = where[name]
    if value is None and isinstance(where, dict):
        del where[path[-1]]
    else:
        where[path[-1]] = value
    if checksum:
        data["sha256"] = state_file._checksum({"snapshot": data["snapshot"]})
    return json.dumps(data)


@quick
@given(acts)
def test_there_and_back(what: list[Act]) -> None:
    m = machine()
    run(m, what)
    snap = m.snapshot()
    written = snap.to_json()
    assert Snapshot.from_json(written) == snap
    assert Snapshot.from_json(written).to_json() == written


def test_a_file_is_readable() -> None:
    lines = text().splitlines()
    assert lines[:3] == ["{", ' "format": "vmlab-state",', ' "version": 8,']
    assert '     {"vm_start": "0x401000", "vm_end": "0x404000"' in text() or '"0x401000"' in text()
    assert len(text()) < 60_000


S = "snapshot"


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        (("format",), "vmlab-movie", "format", "not_of_format"),
        (("version",), 9, "version", "version_unknown"),
        (("version",), True, "version", "version_unknown"),
        ((S, "ram_bytes"), "much", "snapshot.ram_bytes", "must_be_number"),
        ((S, "ram_bytes"), 1.5, "1.5", "only_whole_numbers"),
        ((S, "ram_bytes"), 1 << 70, "snapshot.ram_bytes", "out_of_range"),
        ((S, "ram_bytes"), -4096, "snapshot.ram_bytes", "out_of_range"),
        ((S, "ram_bytes"), 0, "ram_bytes", "not_whole_frames"),
        ((S, "current"), 77, "current", "no_such_process"),
        ((S, "tasks"), None, "snapshot.tasks", "field_missing"),
        ((S, "tasks"), {}, "snapshot.tasks", "must_be_list"),
        ((S, "more"), 1, "snapshot.more", "field_unknown"),
        ((S, "tasks", 1, "mm"), 9, "tasks[1].mm", "no_such_mm"),
        ((S, "tasks", 1, "state"), "?", "tasks[1].state", "task_state_unknown"),
        ((S, "tasks", 1, "comm"), "\ud800", "snapshot.tasks[1].comm", "not_valid_text"),
        ((S, "mms", 0, "mm_rb"), "0x5000", "mms[0].mm_rb", "no_vma_starts"),
        ((S, "mms", 0, "mm_users"), 3, "mms[0].mm_users", "nr_tasks_use_it"),
        ((S, "mms", 0, "pgd"), 2, "mms[0].pgd", "not_page_table"),
        ((S, "mms", 0, "mmap", 0, "vm_end"), 0, "mms[0].mmap[0].vm_start", "vma_misplaced"),
        ((S, "mms", 0, "mmap", 0, "vm_file"), 99, "mms[0].mmap[0].vm_file", "no_such_file"),
        ((S, "mms", 0, "mmap", 0, "vm_ops"), "x", "mms[0].mmap[0].vm_ops", "kind_unknown"),
        ((S, "mms", 0, "mmap", 0, "rb_color"), "blue", "mms[0].mmap[0].rb_color", "no_such_colour"),
        (
            (S, "mms", 0, "mmap", 0, "anon_vma"),
            9,
            "mms[0].mmap[0].anon_vma",
            "not_in_anon_vma_chain",
        ),
        ((S, "pages", 3, "mapcount"), 9, "pages[3].mapcount", "mapcount_wrong"),
        ((S, "pages", 3, "refcount"), 9, "pages[3].refcount", "refcount_wrong"),
        ((S, "pages", 3, "kind"), "gold", "pages[3].kind", "kind_unknown"),
        ((S, "pages", 3, "pfn"), 2, "pages[3].pfn", "does_not_follow"),
        ((S, "files", 0, "ino"), 77, "files[0].ino", "no_such_inode"),
        ((S, "files", 0, "f_count"), 0, "files[0].f_count", "nr_hold_file"),
        ((S, "ram", "1"), {"0xfff": "0000"}, "snapshot.ram[1][0xfff]", "leaves_bytes"),
        ((S, "ram", "1"), {"0x0": "zz"}, "snapshot.ram[1][0x0]", "not_hexadecimal"),
        ((S, "ram", "9000"), {}, "ram[9000]", "this_frame_unused"),
        ((S, "ram", "-1"), {}, "snapshot.ram", "not_frame_number"),
        ((S, "geometry", "name"), "tiny", "geometry.level_bits", "not_of_geometry"),
        ((S, "system", "next_pid"), 1000, "tasks[1].pgrp", "not_reached"),
        ((S, "tlb", "size"), 0, "tlb.size", "tlb_size"),
    ],
)
def test_the_field_is_named(path: Path, value: Any, at: str, code: str) -> None:
    with refused(StateError, code, at=at):
        Snapshot.from_json(altered(path, value))


def test_a_machine_that_would_be_wrong_is_told() -> None:
    with pytest.raises(StateError) as told:
        Snapshot.from_json(altered((S, "mms", 0, "map_count"), 3))
    assert told.value.code == "machine_wrong"


def test_a_ring_in_the_tree_is_found() -> None:
    data = json.loads(text())
    mm = data["snapshot"]["mms"][0]
    root = next(vma for vma in mm["mmap"] if vma["vm_start"] == mm["mm_rb"])
    child = next(vma for vma in mm["mmap"] if vma["vm_start"] == root["rb_left"])
    child["rb_left"] = mm["mm_rb"]
    data["sha256"] = state_file._checksum({"snapshot": data["snapshot"]})
    with refused(StateError, "vma_twice_in_tree"):
        Snapshot.from_json(json.dumps(data))


def test_an_altered_file_is_told() -> None:
    with refused(StateError, "file_altered", at="sha256"):
        Snapshot.from_json(altered(("snapshot", "tasks", 1, "comm"), "b.out", checksum=False))


@pytest.mark.parametrize("part", [0, 1, 7, 50, 99])
def test_a_file_cut_short_is_told(part: int) -> None:
    with pytest.raises(StateError):
        Snapshot.from_json(text()[: len(text()) * part // 100])


@pytest.mark.parametrize(
    ("hostile", "code", "at"),
    [
        ("[" * 100_000, "file_nested_too_deeply", None),
        ('{"a":' * 100_000, "file_nested_too_deeply", None),
        ('{"format": "vmlab-state", "format": "vmlab-state"}', "member_twice", "format"),
        ('{"format": NaN}', "only_whole_numbers", "NaN"),
        ('{"format": ' + "9" * 10_000 + "}", "file_number_too_long", None),
        ("null", "not_of_format", "format"),
        ("{", "not_json", 1),
        (" " * (state_file.MAX_TEXT + 1), "file_too_long", None),
        (b"{}", "file_must_be_text", None),
    ],
)
def test_a_hostile_file_is_refused(hostile: Any, code: str, at: str | int | None) -> None:
    with refused(StateError, code, at=at):
        Snapshot.from_json(hostile)


def test_many_names_are_read_in_one_go() -> None:
    names = "".join(f'"{number}": 1, ' for number in range(60_000))
    began = time.process_time()
    with refused(StateError, "member_twice", at="59999"):
        Snapshot.from_json(f'{{{names}"59999": 2}}')
    assert time.process_time() - began < 2  # comparing each with each took 30 seconds


@pytest.mark.parametrize("depth", range(50, 1000, 50))
def test_however_deeply_it_is_nested_it_is_told(depth: int) -> None:
    data = f"{'[' * depth}{']' * depth}"
    head = '"format": "vmlab-state", "version": 1, "sha256": ""'
    with pytest.raises(StateError):
        Snapshot.from_json(f'{{{head}, "snapshot": {data}}}')


def test_more_contents_than_frames_in_use_are_told_before_they_are_read() -> None:
    with refused(StateError, "more_frames_than_pages", at="snapshot.ram"):
        Snapshot.from_json(altered((S, "ram"), {str(pfn): {} for pfn in range(1, 5000)}))


def test_empty_frames_are_one_object() -> None:
    data = json.loads(text())["snapshot"]
    snap = state_file.read_snapshot({**data, "ram": {"1": {}, "2": {}}}, "snapshot")
    assert snap.ram[1] is snap.ram[2]


def places(data: Any, path: Path = ()) -> list[Path]:
    """Every place in JSON data."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for name, value in inside:
        found.append((*path, name))
        if isinstance(value, dict | list):
            found += places(value, (*path, name))
    return found


@settings(quick, max_examples=300)
@given(st.data())
def test_whatever_is_altered_either_loads_or_is_told(data: st.DataObject) -> None:
    other = machine()
    path = data.draw(st.sampled_from(places(json.loads(text())["snapshot"])))
    value = data.draw(
        st.one_of(
            st.sampled_from([None, True, "", "0x401000", [], {}, [[]], 0, 1, -1, 1 << 63]),
            st.integers(0, 40),
        )
    )
    try:
        snap = Snapshot.from_json(altered(("snapshot", *path), value))
    except StateError:
        pass
    else:
        other.restore(snap)
        assert other.snapshot() == snap
        run(other, [("store", 0, 1, 0, 5), ("fork", 0, 0, 0, 0), ("exit", 0, 0, 0, 0)])


def test_what_is_too_large_to_be_loaded_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    snap = machine().snapshot()
    size, frames = len(snap.to_json()), len(snap.ram)
    monkeypatch.setattr(state_file, "MAX_TEXT", size - 1)
    with refused(StateError, "file_too_long"):
        snap.to_json()
    monkeypatch.setattr(state_file, "MAX_TEXT", size)
    monkeypatch.setattr(codec, "MAX_FRAMES", frames - 1)
    with refused(StateError, "too_many_frames"):
        snap.to_json()
    monkeypatch.setattr(codec, "MAX_FRAMES", frames)
    assert Snapshot.from_json(snap.to_json()) == snap
