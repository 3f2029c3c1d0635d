"""State files: there and back, and every way in which a file can be wrong."""

import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record.runs import ARENA, Act, acts, machine, run
from vmlab import Snapshot, StateError
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
    assert lines[:3] == ["{", ' "format": "vmlab-state",', ' "version": 1,']
    assert '     {"vm_start": "0x401000", "vm_end": "0x404000"' in text() or '"0x401000"' in text()
    assert len(text()) < 60_000


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "vmlab-movie", "format: this is no vmlab-state file"),
        (("version",), 2, "version: this vmlab reads version 1, the file has 2"),
        (("version",), True, "version: "),
        (("snapshot", "ram_bytes"), "much", "snapshot.ram_bytes: must be a number, not text"),
        (("snapshot", "ram_bytes"), 1.5, "1.5: only whole numbers may stand here"),
        (("snapshot", "ram_bytes"), 1 << 70, "snapshot.ram_bytes: 0x4000000000.* out of range"),
        (("snapshot", "ram_bytes"), -4096, "snapshot.ram_bytes: -0x1000 is out of range"),
        (("snapshot", "ram_bytes"), 0, "ram_bytes: 0 is not a whole number of frames"),
        (("snapshot", "current"), 77, "current: there is no process 77"),
        (("snapshot", "tasks"), None, "snapshot.tasks: missing"),
        (("snapshot", "tasks"), {}, "snapshot.tasks: must be a list, not an object"),
        (("snapshot", "more"), 1, "snapshot.more: unknown field"),
        (("snapshot", "tasks", 1, "mm"), 9, r"tasks\[1\].mm: there is no mm 9"),
        (("snapshot", "tasks", 1, "state"), "?", r"tasks\[1\].state: unknown state '\?'"),
        (("snapshot", "tasks", 1, "comm"), "\ud800", r"tasks\[1\].comm: is not valid text"),
        (("snapshot", "mms", 0, "mm_rb"), "0x5000", r"mms\[0\].mm_rb: no VMA starts at 0x5000"),
        (("snapshot", "mms", 0, "mm_users"), 3, r"mms\[0\].mm_users: 1 tasks use it"),
        (("snapshot", "mms", 0, "pgd"), 2, r"mms\[0\].pgd: frame 2 is not a page table"),
        (("snapshot", "mms", 0, "map_count"), 3, "the machine: map_count is 3"),
        (("snapshot", "mms", 0, "mmap", 0, "vm_end"), 0, r"mmap\[0\].vm_start: out of order"),
        (("snapshot", "mms", 0, "mmap", 0, "vm_file"), 99, r"mmap\[0\].vm_file: there is no such"),
        (("snapshot", "mms", 0, "mmap", 0, "vm_ops"), "x", r"mmap\[0\].vm_ops: unknown kind 'x'"),
        (("snapshot", "mms", 0, "mmap", 0, "rb_color"), "blue", r"mmap\[0\].rb_color: no colour"),
        (("snapshot", "mms", 0, "mmap", 0, "anon_vma"), 9, r"mmap\[0\].anon_vma: not in the"),
        (("snapshot", "pages", 3, "mapcount"), 9, r"pages\[3\].mapcount: "),
        (("snapshot", "pages", 3, "refcount"), 9, r"pages\[3\].refcount: "),
        (("snapshot", "pages", 3, "kind"), "gold", r"pages\[3\].kind: unknown kind 'gold'"),
        (("snapshot", "pages", 3, "pfn"), 2, r"pages\[3\].pfn: 2 does not follow"),
        (("snapshot", "files", 0, "ino"), 77, r"files\[0\].ino: there is no inode 77"),
        (("snapshot", "files", 0, "f_count"), 0, r"files\[0\].f_count: 6 descriptors"),
        (("snapshot", "ram", "1"), {"0xfff": "0000"}, r"ram\[1\]\[0xfff\]: leaves the 4096 bytes"),
        (("snapshot", "ram", "1"), {"0x0": "zz"}, r"ram\[1\]\[0x0\]: is not hexadecimal"),
        (("snapshot", "ram", "9000"), {}, r"ram\[9000\]: the frame is not in use"),
        (("snapshot", "ram", "-1"), {}, "'-1' is no frame number"),
        (("snapshot", "geometry", "name"), "tiny", "geometry.level_bits: "),
        (("snapshot", "system", "next_pid"), 1000, "system.next_pid: 1000 is taken"),
        (("snapshot", "tlb", "size"), 0, "tlb.size: a TLB has at least one entry"),
    ],
)
def test_the_message_names_the_field(path: Path, value: Any, message: str) -> None:
    with pytest.raises(StateError, match=message):
        Snapshot.from_json(altered(path, value))


def test_a_ring_in_the_tree_is_found() -> None:
    data = json.loads(text())
    mm = data["snapshot"]["mms"][0]
    root = next(vma for vma in mm["mmap"] if vma["vm_start"] == mm["mm_rb"])
    child = next(vma for vma in mm["mmap"] if vma["vm_start"] == root["rb_left"])
    child["rb_left"] = mm["mm_rb"]
    data["sha256"] = state_file._checksum({"snapshot": data["snapshot"]})
    with pytest.raises(StateError, match=r"rb_left: the VMA 0x\w+ stands in the tree twice"):
        Snapshot.from_json(json.dumps(data))


def test_an_altered_file_is_told() -> None:
    with pytest.raises(StateError, match="sha256: the file was altered"):
        Snapshot.from_json(altered(("snapshot", "tasks", 1, "comm"), "b.out", checksum=False))


@pytest.mark.parametrize("part", [0, 1, 7, 50, 99])
def test_a_file_cut_short_is_told(part: int) -> None:
    with pytest.raises(StateError):
        Snapshot.from_json(text()[: len(text()) * part // 100])


@pytest.mark.parametrize(
    ("hostile", "message"),
    [
        ("[" * 100_000, "the file: nested too deeply"),
        ('{"a":' * 100_000, "the file: nested too deeply"),
        ('{"format": "vmlab-state", "format": "vmlab-state"}', "format: stands twice"),
        ('{"format": NaN}', "NaN: only whole numbers"),
        ('{"format": ' + "9" * 10_000 + "}", "the file: "),
        ("null", "format: this is no vmlab-state file"),
        (" " * (state_file.MAX_TEXT + 1), "characters are more than"),
        (b"{}", "the file: must be text"),
    ],
)
def test_a_hostile_file_is_refused(hostile: Any, message: str) -> None:
    with pytest.raises(StateError, match=message):
        Snapshot.from_json(hostile)


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
