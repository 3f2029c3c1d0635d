"""fcntl: descriptors and their flags."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, Process, Rlimit
from vmlab.model.abi.fcntl import Fcntl, Fd, Open


@pytest.fixture
def p() -> Process:
    """Return a process whose descriptor 3 is a file."""
    machine = Machine()
    machine.fs.write("/a.dat", b"hello")
    process = machine.spawn()
    assert process.open("/a.dat", Open.O_RDWR | Open.O_APPEND) == 3
    return process


def test_a_duplicate_takes_the_lowest_free_one_from_a_number_on(p: Process) -> None:
    assert p.fcntl(3, Fcntl.F_DUPFD, 3) == 4
    assert p.fcntl(3, Fcntl.F_DUPFD, 10) == 10
    assert p.fcntl(3, Fcntl.F_DUPFD_CLOEXEC, 10) == 11
    p.execve("/bin/a.out")
    assert p.fcntl(10, Fcntl.F_GETFD) == 0
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.fcntl(11, Fcntl.F_GETFD)


def test_no_duplicate_beyond_the_limit(p: Process) -> None:
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 5)
    with refused(LinuxError, "fd_out_of_range", "EINVAL"):
        p.fcntl(3, Fcntl.F_DUPFD, 5)
    assert p.fcntl(3, Fcntl.F_DUPFD, 4) == 4
    with refused(LinuxError, "nofile_limit", "EMFILE"):
        p.fcntl(3, Fcntl.F_DUPFD, 4)


def test_close_on_exec_comes_and_goes(p: Process) -> None:
    assert p.fcntl(3, Fcntl.F_SETFD, Fd.FD_CLOEXEC | 6) == 0
    assert p.fcntl(3, Fcntl.F_GETFD) == Fd.FD_CLOEXEC
    p.fcntl(3, Fcntl.F_SETFD, 2)
    assert p.fcntl(3, Fcntl.F_GETFD) == 0


@pytest.mark.parametrize(
    ("path", "flags", "told"),
    [
        ("/a.dat", Open.O_RDONLY, 0x8000),
        ("/a.dat", Open.O_WRONLY | Open.O_CREAT | Open.O_TRUNC, 0x8001),
        ("/a.dat", Open.O_RDWR | Open.O_APPEND | Open.O_CLOEXEC, 0x8402),
        ("/", Open.O_DIRECTORY, 0x18000),
        ("/", Open.O_PATH | Open.O_DIRECTORY, 0x210000),
        ("/a.dat", Open.O_PATH | Open.O_RDWR, 0x200000),
        ("/a.dat", 0o4000, 0x8800),  # O_NONBLOCK, which means nothing here
    ],
)
def test_an_open_file_keeps_the_flags_that_outlive_its_opening(
    p: Process, path: str, flags: int, told: int
) -> None:
    assert p.fcntl(p.open(path, flags), Fcntl.F_GETFL) == told


def test_a_pipe_has_an_end_to_read_and_one_to_write(p: Process) -> None:
    assert [p.fcntl(end, Fcntl.F_GETFL) for end in p.pipe()] == [0, 1]


def test_what_is_refused(p: Process) -> None:
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.fcntl(9, 77)
    with refused(LinuxError, "unknown_command", "EINVAL"):
        p.fcntl(3, 77)
    p.open("/a.dat", Open.O_PATH)
    with refused(LinuxError, "fd_o_path", "EBADF"):
        p.fcntl(4, Fcntl.F_GET_SEALS)
    assert p.fcntl(4, Fcntl.F_DUPFD) == 5


def test_a_path_alone_may_be_asked_to_be_a_directory(p: Process) -> None:
    with refused(LinuxError, "not_directory", "ENOTDIR"):
        p.open("/a.dat", Open.O_PATH | Open.O_DIRECTORY)


def test_flags_that_can_change(p: Process) -> None:
    fd = p.open("/a.dat", Open.O_RDWR | Open.O_DSYNC)
    assert p.fcntl(fd, Fcntl.F_SETFL, 0xFFFFFFFF) == 0
    changed = Open.O_APPEND | Open.O_NONBLOCK | Open.O_DIRECT | Open.O_NOATIME
    kept = Open.O_RDWR | Open.O_LARGEFILE | Open.O_DSYNC
    assert p.fcntl(fd, Fcntl.F_GETFL) == kept | changed
    p.fcntl(fd, Fcntl.F_SETFL, 0)
    assert p.fcntl(fd, Fcntl.F_GETFL) == kept
    with pytest.raises(LinuxError, match="EINVAL"):
        p.fcntl(p.memfd_create("m"), Fcntl.F_SETFL, Open.O_DIRECT)
    with pytest.raises(LinuxError, match="EBADF"):
        p.fcntl(p.open("/a.dat", Open.O_PATH), Fcntl.F_SETFL, 0)
