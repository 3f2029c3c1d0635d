"""Symbolic links, more names of a file, FIFOs, rights, owners and times.

What single calls answer is compared in tests/answers (the family `names`); here is what takes
several processes, a snapshot, or the clock.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from errno import errorcode

import pytest

from tests.model.linux.lab import PLACE, anon
from vmlab import (
    AT_FDCWD,
    AT_SYMLINK_FOLLOW,
    O_CREAT,
    O_NONBLOCK,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TMPFILE,
    O_WRONLY,
    POSIX_FADV_DONTNEED,
    POSIX_FADV_NORMAL,
    POSIX_FADV_RANDOM,
    POSIX_FADV_SEQUENTIAL,
    POSIX_FADV_WILLNEED,
    RENAME_EXCHANGE,
    S_IFIFO,
    S_IFSOCK,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Snapshot,
)
from vmlab.errors import Sleeps
from vmlab.model.linux.mm.validate import validate_machine

PAGE = 4096
POLLIN, POLLHUP = 1, 16


@pytest.fixture(params=["/w", "/dev/shm/w"], ids=["disk", "memory"])
def p(request: pytest.FixtureRequest) -> Process:
    """A process in a directory that holds a file f."""
    process = Machine(ram=8 * MiB).spawn()
    anon(process)
    process.mkdir(request.param)
    process.chdir(request.param)
    process.close(process.creat("f", 0o644))
    return process


def outcome(call: Callable[[], object]) -> str:
    """Return how a call failed, or that it did not."""
    try:
        call()
    except LinuxError as failure:
        return errorcode[failure.errno or 0]
    return "ok"


def told(p: Process, path: str) -> tuple[int, ...]:
    """Return st_nlink, st_mode, st_uid, st_gid of a path, links not followed."""
    p.lstat(path, PLACE)
    return struct.unpack("<Q3I", p.load(PLACE + 16, 20))


def times(p: Process, path: str) -> tuple[int, ...]:
    """Return the seconds of st_atime, st_mtime and st_ctime of a path, links not followed."""
    p.lstat(path, PLACE)
    return struct.unpack("<q8xq8xq8x", p.load(PLACE + 72, 48))


def sleep(p: Process, seconds: int) -> None:
    p.machine.system.clock += seconds * 10**9


def again(p: Process) -> Snapshot:
    """The state, which is whole and is the same after it was saved."""
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    validate_machine(p.machine.system)
    return snap


def test_forty_links_are_followed(p: Process) -> None:
    for number in range(41):
        p.symlink(f"l{number - 1}" if number else "f", f"l{number}")
    assert outcome(lambda: p.access("l39", 0)) == "ok"
    assert outcome(lambda: p.access("l40", 0)) == "ELOOP"


def test_each_open_file_has_the_name_by_which_it_was_found(p: Process) -> None:
    p.link("f", "g")
    p.symlink("g", "l")
    fd = p.open("l")
    p.ftruncate(p.open("f", O_RDWR), PAGE)
    p.mmap(0x50000000, PAGE, 1, 2, fd)
    assert p.maps().split("50000000-")[1].split("\n")[0].endswith("/w/g")
    before = again(p)
    p.unlink("g")
    line = p.maps().split("50000000-")[1].split("\n")[0]
    assert line.endswith("/w/g (deleted)"), "though it has another name"
    assert told(p, "f")[0] == 1
    again(p)
    p.machine.restore(before)
    assert told(p, "f")[0] == 2


def test_a_file_without_a_name_gets_one(p: Process) -> None:
    nameless = p.open(".", O_TMPFILE | O_RDWR, 0o600)
    again(p)
    p.machine.fs.furnish()
    p.linkat(AT_FDCWD, f"/proc/self/fd/{nameless}", AT_FDCWD, "named", AT_SYMLINK_FOLLOW)
    assert told(p, "named")[:2] == (1, 0o100600)
    p.unlink("named")
    assert outcome(lambda: p.linkat(nameless, "", AT_FDCWD, "named", 0x1000)) == "ENOENT"


def test_names_are_exchanged_with_all_below(p: Process) -> None:
    p.mkdir("d")
    p.close(p.creat("d/x"))
    fd = p.open("d/x")
    with Recorder(p.machine) as recorder:
        p.renameat2(AT_FDCWD, "d", AT_FDCWD, "f", RENAME_EXCHANGE)
        assert outcome(lambda: p.access("f/x", 0)) == "ok"
        assert told(p, "d")[1] == 0o100644
        p.fstat(fd, PLACE)
    assert Recorder.from_json(recorder.to_json()).transcript() == recorder.transcript()
    again(p)


def test_the_newest_name_comes_first(p: Process) -> None:
    p.close(p.creat("g"))
    p.link("f", "h")
    p.rename("g", "i")
    names = []
    fd = p.open(".")
    while size := p.getdents64(fd, PLACE, 32):  # room for one
        names.append(p.load(PLACE + 19, size - 19).split(b"\0")[0].decode())
    assert names == [".", "..", "i", "h", "f"]
    again(p)


def test_a_directory_hands_its_group_down(p: Process) -> None:
    p.mkdir("d")
    p.chown("d", -1, 7)
    p.chmod("d", 0o2755)
    p.mkdir("d/e")
    p.symlink("x", "d/l")
    assert told(p, "d/e") == (2, 0o42755, 0, 7)
    assert told(p, "d/l") == (1, 0o120777, 0, 7)


def test_who_may_execute(p: Process) -> None:
    assert outcome(lambda: p.execve("f")) == "EACCES"
    p.chmod("f", 0o001)
    assert outcome(lambda: p.execve("f")) == "ENOEXEC"


def test_times_follow_the_clock(p: Process) -> None:
    assert times(p, "f") == (0, 0, 0)
    sleep(p, 5)
    p.chmod("f", 0)
    assert times(p, "f") == (0, 0, 5)
    fd = p.open("f", O_RDWR)
    p.write(fd, PLACE, 1)
    assert times(p, "f") == (0, 5, 5)
    sleep(p, 5)
    p.pread(fd, PLACE, 1, 0)
    assert times(p, "f") == (10, 5, 5)
    sleep(p, 5)
    p.pread(fd, PLACE, 1, 0)
    assert times(p, "f") == (10, 5, 5), "it was noted since it was written to"
    p.mkdir("d")
    assert times(p, ".")[1:] == (15, 15)
    sleep(p, 24 * 60 * 60)
    p.pread(fd, PLACE, 1, 0)
    assert times(p, "f")[0] == 24 * 60 * 60 + 15
    again(p)


def test_a_fifo_waits_for_its_other_end(p: Process) -> None:
    p.mknod("p", S_IFIFO | 0o600)
    child = p.fork()
    with pytest.raises(Sleeps, match="EAGAIN") as sleeps:
        p.open("p", O_RDONLY)
    assert not child.machine.system.namei[f"{_here(p)}/p"].i_fifo
    sleeps.value.begin()  # as machine code does
    snap = again(p)
    assert not sleeps.value.ready()
    p.machine.restore(snap)
    writer = child.open("p", O_WRONLY)
    child.write(writer, PLACE, 3)
    child.close(writer)
    again(p)
    reader = p.open("p", O_RDONLY)  # it goes on though nobody writes any more
    assert p.read(reader, PLACE, 9) == 3
    assert p.read(reader, PLACE, 9) == 0
    p.close(reader)
    again(p)


def _here(p: Process) -> str:
    assert p.task.fs is not None
    return p.task.fs.pwd.name


def test_who_ends_opens_no_fifo(p: Process) -> None:
    p.mknod("p", S_IFIFO | 0o600)
    child = p.fork()
    with pytest.raises(Sleeps) as sleeps:
        child.open("p", O_WRONLY)
    sleeps.value.begin()
    p.unlink("p")
    again(p)
    inodes = len(p.machine.system.inodes)
    child.exit()
    p.wait()
    assert len(p.machine.system.inodes) == inodes - 1
    again(p)


def test_a_reader_hears_of_the_end_once_there_was_a_writer(p: Process) -> None:
    p.mknod("p", S_IFIFO | 0o600)
    assert outcome(lambda: p.open("p", O_WRONLY | O_NONBLOCK)) == "ENXIO"
    reader = p.open("p", O_RDONLY | O_NONBLOCK)
    p.store(PLACE + 64, struct.pack("<ihh", reader, POLLIN, 0))
    assert p.poll(PLACE + 64, 1, 0) == 0
    again(p)
    p.close(p.open("p", O_WRONLY | O_NONBLOCK))
    assert p.poll(PLACE + 64, 1, 0) == 1
    assert p.load(PLACE + 70, 2) == struct.pack("<h", POLLHUP)


def test_what_nobody_read_goes_with_the_last_end(p: Process) -> None:
    p.mknod("p", S_IFIFO | 0o600)
    both = p.open("p", O_RDWR)
    p.write(both, PLACE, 5)
    p.close(both)
    reader = p.open("p", O_RDONLY | O_NONBLOCK)
    assert p.read(reader, PLACE, 9) == 0
    again(p)


def test_devices_are_what_their_numbers_say(p: Process) -> None:
    p.mknod("zero", 0o20666, 0x105)
    p.mknod("odd", 0o20666, 0x155)
    p.store(PLACE, b"x" * 4)
    assert p.read(p.open("zero"), PLACE, 4) == 4
    assert p.load(PLACE, 4) == bytes(4)
    assert outcome(lambda: p.open("odd")) == "ENXIO"
    p.unlink("zero")
    assert again(p)


def test_advice_about_a_file_of_the_disk() -> None:
    p = Machine(ram=8 * MiB).spawn()
    anon(p)
    fd = p.open("/f", O_CREAT | O_RDWR)
    p.ftruncate(fd, 100 * PAGE)
    mapping = p.machine.system.namei["/f"].i_mapping

    def cached(advice: int, offset: int = 0, length: int = 0) -> list[int]:
        p.posix_fadvise(fd, offset, length, advice)
        return sorted(mapping.i_pages)

    assert cached(POSIX_FADV_WILLNEED, PAGE, 2 * PAGE) == [1, 2]
    assert cached(POSIX_FADV_DONTNEED, PAGE + 1, 2 * PAGE) == [1], "whole pages only"
    assert cached(POSIX_FADV_WILLNEED, PAGE, 2 * PAGE) == [1, 2]
    assert cached(POSIX_FADV_DONTNEED, PAGE, PAGE) == [2]
    assert cached(POSIX_FADV_DONTNEED) == []
    for advice, pages in (
        (POSIX_FADV_RANDOM, 1),
        (POSIX_FADV_SEQUENTIAL, 4),
        (POSIX_FADV_NORMAL, 4),
    ):
        assert cached(advice) == []
        p.pread(fd, PLACE, 1, 0)
        assert len(mapping.i_pages) == pages
        cached(POSIX_FADV_DONTNEED)
    p.posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL)
    p.mmap(0x50000000, 100 * PAGE, 1, 2, fd)
    p.load(0x50000000 + 50 * PAGE)
    assert sorted(mapping.i_pages) == list(range(18, 82)), "twice as much around a fault"
    assert cached(POSIX_FADV_DONTNEED) != [], "what is mapped stays"
    p.readahead(fd, 99 * PAGE, 1)
    assert 99 in mapping.i_pages
    again(p)


def test_a_socket_with_a_name_cannot_be_opened(p: Process) -> None:
    p.mknod("socket", S_IFSOCK | 0o600)
    assert outcome(lambda: p.open("socket", O_RDWR)) == "ENXIO"
    fd = p.open("socket", O_PATH)
    p.machine.restore(again(p))
    q = p.machine[p.pid]
    q.close(fd)
    q.unlink("socket")
    validate_machine(p.machine.system)
