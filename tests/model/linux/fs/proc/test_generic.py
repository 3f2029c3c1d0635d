"""The tree of /proc, as a process reads and writes it."""

from __future__ import annotations

import struct

import pytest

from vmlab import LinuxError, Machine, MiB, Open, Process, Recorder, Snapshot

A, SIZE = 0x10000000, 1 << 16


@pytest.fixture
def p() -> Process:
    """A process of a machine with /proc, and memory to read to."""
    machine = Machine(ram=16 * MiB)
    machine.fs.furnish()
    process = machine.spawn(argv=["a", "b c"], env={"X": "1"})
    process.mmap(A, SIZE, 3, 0x8022)
    return process


def outcome(p: Process, call: str, *args: object) -> str:
    with pytest.raises(LinuxError) as failure:
        getattr(p, call)(*args)
    return failure.value.name


def cat(p: Process, path: str, size: int = SIZE) -> bytes:
    fd = p.open(path)
    data = b""
    while got := p.read(fd, A, size):
        data += p.load(A, got)
    p.close(fd)
    return data


def write(p: Process, path: str, data: bytes, at: int | None = None) -> int:
    fd = p.open(path, Open.O_RDWR)
    p.store(A, data)
    done = p.write(fd, A, len(data)) if at is None else p.pwrite(fd, A, len(data), at)
    p.close(fd)
    return done


def links(p: Process, path: str) -> str:
    return p.load(A, p.readlink(path, A, SIZE)).decode()


def names(p: Process, path: str) -> dict[str, int]:
    """What is in a directory: name -> d_type."""
    fd, found = p.open(path), {}
    while size := p.getdents64(fd, A, 200):
        data = p.load(A, size)
        while data:
            length, kind = struct.unpack_from("<HB", data, 16)
            found[data[19:length].split(b"\0")[0].decode()] = kind
            data = data[length:]
    p.close(fd)
    return found


def test_texts_are_those_that_python_reads(p: Process) -> None:
    for path in ("/proc/self", f"/proc/{p.pid}"):
        assert cat(p, f"{path}/maps").decode() == p.maps()
        assert cat(p, f"{path}/smaps").decode() == p.smaps()
        assert cat(p, f"{path}/smaps_rollup").decode() == p.smaps_rollup()
        assert cat(p, f"{path}/status").decode() == p.status()
        assert cat(p, f"{path}/statm").decode() == p.statm()
    assert cat(p, "/proc/meminfo").decode() == p.machine.meminfo()


def test_a_text_is_read_in_parts(p: Process) -> None:
    assert cat(p, "/proc/self/maps", 10).decode() == p.maps()


def test_what_the_program_was_given(p: Process) -> None:
    assert cat(p, "/proc/self/cmdline") == b"a\0b c\0"
    assert cat(p, "/proc/self/environ") == b"X=1\0"
    auxv = cat(p, "/proc/self/auxv")
    pairs = list(struct.iter_unpack("<QQ", auxv))
    assert (6, 4096) in pairs
    assert pairs[-1] == (0, 0)


def test_stat_has_a_row_of_52_numbers(p: Process) -> None:
    row = cat(p, "/proc/self/stat").decode()
    assert row.startswith(f"{p.pid} (a.out) R 1 {p.pid} {p.pid} 0 -1 ")
    assert len(row.split()) == 52
    assert int(row.split()[9]) == p.min_flt
    assert int(row.split()[27]) == p.mm.start_stack


def test_links(p: Process) -> None:
    p.machine.fs.write("/f", b"x")
    fd = p.open("/f")
    assert links(p, "/proc/self") == str(p.pid)
    assert links(p, "/proc/self/exe") == "/bin/a.out"
    assert links(p, "/proc/self/cwd") == "/"
    assert links(p, f"/proc/self/fd/{fd}") == "/f"
    again = p.open(f"/proc/self/fd/{fd}")
    assert p.read(again, A, 5) == 1
    p.unlink("/f")
    assert links(p, f"/proc/self/fd/{fd}") == "/f (deleted)"
    reader, _ = p.pipe()
    assert links(p, f"/proc/self/fd/{reader}").startswith("pipe:[")
    assert outcome(p, "readlink", "/proc/self/maps", A, 9) == "EINVAL"
    assert p.readlink("/proc/self/exe", A, 4) == 4


def test_directories_list_what_is_there(p: Process) -> None:
    lists = names(p, "/proc/self")
    assert {"maps", "fd", "exe", "mem"} < set(lists)
    assert (lists["maps"], lists["fd"], lists["exe"], lists["."]) == (8, 4, 10, 4)
    assert set(names(p, "/proc/self/fd")) == {".", "..", "0", "1", "2", "3"}
    assert {str(p.pid), "self", "meminfo", "sys"} < set(names(p, "/proc"))
    assert "overcommit_memory" in names(p, "/proc/sys/vm")
    assert "proc" in names(p, "/")


def test_memory_is_a_file(p: Process) -> None:
    place = A + 0x1000
    p.store(place, b"old")
    assert write(p, "/proc/self/mem", b"new", place) == 3
    assert p.load(place, 3) == b"new"
    fd = p.open("/proc/self/mem")
    assert outcome(p, "pread", fd, A, 1, 8) == "EIO"


def test_pagemap_has_8_bytes_for_a_page(p: Process) -> None:
    fd = p.open("/proc/self/pagemap")
    p.store(A + 0x3000, b"x")
    assert p.pread(fd, A, 16, (A + 0x3000) // 4096 * 8) == 16
    first = int.from_bytes(p.load(A, 8), "little")
    assert first == p.pagemap(A + 0x3000)[0].raw
    assert outcome(p, "pread", fd, A, 7, 0) == "EINVAL"
    assert outcome(p, "pread", fd, A, 8, 4) == "EINVAL"
    assert p.pread(fd, A, 8, p.mm.task_size // 4096 * 8) == 0


def test_what_is_written_takes_effect(p: Process) -> None:
    assert write(p, "/proc/self/comm", b"other\n") == 6
    assert cat(p, "/proc/self/comm") == b"other\n"
    assert write(p, "/proc/sys/vm/overcommit_memory", b"2\n") == 2
    assert cat(p, "/proc/sys/vm/overcommit_memory") == b"2\n"
    assert write(p, "/proc/self/clear_refs", b"1") == 1
    assert "Referenced:            0 kB" in p.smaps()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/proc/self/maps", b"1"),
        ("/proc/meminfo", b"1"),
        ("/proc/self/clear_refs", b"x"),
        ("/proc/self/clear_refs", b"9"),
        ("/proc/sys/vm/overcommit_memory", b"x"),
        ("/proc/sys/vm/overcommit_memory", b"3"),
    ],
)
def test_what_cannot_be_written_is_refused(p: Process, path: str, data: bytes) -> None:
    fd = p.open(path, Open.O_WRONLY)
    p.store(A, data)
    assert outcome(p, "write", fd, A, len(data)) == "EINVAL"


def test_the_tree_cannot_be_changed(p: Process) -> None:
    assert outcome(p, "open", "/proc/self/none", Open.O_CREAT) == "ENOENT"
    assert outcome(p, "open", "/proc/1/maps", 0) == "ENOENT"
    assert outcome(p, "mkdir", "/proc/d", 0o755) == "ENOENT"
    assert outcome(p, "unlink", "/proc/self/maps") == "EPERM"
    fd = p.open("/proc/self/maps")
    assert outcome(p, "mmap", 0, 4096, 1, 2, fd, 0) == "ENODEV"
    assert outcome(p, "read", fd, 8, 10) == "EFAULT"


def test_a_process_that_is_no_more_has_no_files(p: Process) -> None:
    child = p.fork()
    cat(p, f"/proc/{child.pid}/maps")
    kept = p.open(f"/proc/{child.pid}/status")
    child.exit(0)
    assert cat(p, f"/proc/{child.pid}/maps") == b""
    p.wait()
    assert outcome(p, "open", f"/proc/{child.pid}/maps", 0) == "ENOENT"
    assert not [path for path in p.machine.fs if path.startswith(f"/proc/{child.pid}")]
    assert outcome(p, "read", kept, A, 10) == "ESRCH"


def test_it_is_kept_and_recorded(p: Process) -> None:
    recorder = Recorder(p.machine)
    p.open("/proc/self/maps")
    p.read(3, A, 100)
    write(p, "/proc/self/comm", b"other")
    snapshot = p.machine.snapshot()
    assert Snapshot.from_json(snapshot.to_json()) == snapshot
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == snapshot
    p.machine.restore(snapshot)
    assert p.read(3, A, 10) == 10


def test_what_programs_expect_to_find(p: Process) -> None:
    assert p.open("/tmp/file", Open.O_CREAT | Open.O_RDWR) >= 0
    fd = p.open("/dev/urandom")
    assert p.read(fd, A, 20) == 20
    first = p.load(A, 20)
    p.read(fd, A, 20)
    assert p.load(A, 20) != first
    assert outcome(p, "read", fd, 8, 10) == "EFAULT"
    p.machine._new_task({}, True)  # which has the terminal
    tty = p.open("/dev/tty", Open.O_RDWR)
    p.store(A, b"to the terminal")
    p.write(tty, A, 15)
    assert p.machine.console == "to the terminal"
