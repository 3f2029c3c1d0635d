"""Opening files: by which path, from where on, with which flags."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import start
from tests.refused import refused
from vmlab import AT_FDCWD, LinuxError, Open, Process
from vmlab.model.linux.fs.open import build_open_flags
from vmlab.model.linux.mm.validate import validate_machine

RDWR, CREAT = Open.O_RDWR, Open.O_CREAT
FOLDER, PATH_ONLY = 4, 5  # descriptors of a directory


@pytest.fixture
def p() -> Process:
    """Return a process with /f on descriptor 3, and /d with a file g."""
    p = start()
    p.machine.fs.write("/d/g", b"g")
    assert (p.open("/d"), p.open("/d", Open.O_PATH)) == (FOLDER, PATH_ONLY)
    return p


@pytest.mark.parametrize("dirfd", [FOLDER, PATH_ONLY])
@pytest.mark.parametrize(
    ("path", "found"), [("g", "/d/g"), ("./g", "/d/g"), ("../f", "/f"), ("/f", "/f"), (".", "/d")]
)
def test_a_relative_path_begins_at_a_directory(
    p: Process, dirfd: int, path: str, found: str
) -> None:
    fd = p.openat(dirfd, path)
    assert p.task.files is not None
    assert p.task.files.fd[fd].f_path == found


@pytest.mark.parametrize(
    ("dirfd", "path", "flags", "error"),
    [
        (99, "g", 0, "EBADF"),
        (99, "x" * 300, 0, "EBADF"),
        (99, "x" * 5000, 0, "ENAMETOOLONG"),
        (99, "", 0, "ENOENT"),
        (99, "g", CREAT | Open.O_DIRECTORY, "EINVAL"),
        (3, "g", 0, "ENOTDIR"),
        (FOLDER, ".", CREAT, "EISDIR"),
        (FOLDER, ".", CREAT | Open.O_EXCL, "EEXIST"),
        (FOLDER, "g/", CREAT, "EISDIR"),
        (FOLDER, "new/", CREAT | Open.O_EXCL, "EISDIR"),
        (FOLDER, "none/new/", CREAT, "ENOENT"),
        (FOLDER, "g/new/", CREAT, "ENOTDIR"),
        (AT_FDCWD, "d", Open.O_TRUNC, "EISDIR"),
        (AT_FDCWD, "dev/null", Open.O_DIRECT, "EINVAL"),
        (AT_FDCWD, "d", Open.O_TMPFILE, "EINVAL"),
        (AT_FDCWD, "f", Open.O_TMPFILE | RDWR, "ENOTDIR"),
        (AT_FDCWD, "none", Open.O_TMPFILE | RDWR, "ENOENT"),
    ],
)
def test_what_is_refused_and_why_first(
    p: Process, dirfd: int, path: str, flags: int, error: str
) -> None:
    before = list(p.machine.fs)
    with pytest.raises(LinuxError, match=error):
        p.openat(dirfd, path, flags)
    assert list(p.machine.fs) == before


def test_a_file_without_a_name(p: Process) -> None:
    before = list(p.machine.fs)
    fd = p.open("/d", Open.O_TMPFILE | RDWR)
    address = p.mmap(0, 4096, 3, 1, fd, 0)
    assert f"/d/#{p.machine.system.next_ino - 1} (deleted)" in p.maps()
    assert list(p.machine.fs) == before
    validate_machine(p.machine.system)
    p.munmap(address, 4096)
    p.close(fd)
    validate_machine(p.machine.system)


def test_a_file_is_emptied_even_if_it_is_only_read(p: Process) -> None:
    p.open("/f", Open.O_TRUNC)
    assert p.machine.fs.read("/f") == b""


def test_flags_that_do_not_count() -> None:
    assert build_open_flags(0xFF80003C | RDWR) == RDWR
    every = Open.O_PATH | Open.O_TRUNC | CREAT | RDWR | Open.O_CLOEXEC
    assert build_open_flags(every) == Open.O_PATH | Open.O_CLOEXEC
    assert build_open_flags(Open.O_SYNC & ~Open.O_DSYNC) == Open.O_SYNC


def test_nobody_writes_to_a_program_that_runs(p: Process) -> None:
    before = p.machine.fs.read("/bin/a.out")
    for flags in (RDWR, Open.O_WRONLY, Open.O_TRUNC):
        with refused(LinuxError, "executed_now", "ETXTBSY"):
            p.open("/bin/a.out", flags)
    assert p.machine.fs.read("/bin/a.out") == before
    child = p.fork()
    p.exit()
    with refused(LinuxError, "executed_now", "ETXTBSY"):
        child.open("/bin/a.out", RDWR)


def test_nobody_runs_a_program_that_is_open_for_writing(p: Process) -> None:
    p.machine.fs.write("/copy", p.machine.fs.read("/bin/a.out"))
    fd = p.open("/copy", RDWR)
    with refused(LinuxError, "written_now", "ETXTBSY"):
        p.execve("/copy")
    p.machine.restore(p.machine.snapshot())
    with refused(LinuxError, "written_now", "ETXTBSY"):
        p.execve("/copy")
    p.mmap(0, 4096, 3, 1, fd, 0)
    p.close(fd)
    with refused(LinuxError, "written_now", "ETXTBSY"):
        p.fork().execve("/copy")
    p.execve("/bin/a.out")
