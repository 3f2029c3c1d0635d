"""epoll: what is told, in which order, how often, and what is refused."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDHUP,
    F_GETFD,
    LinuxError,
    Machine,
    MiB,
    Open,
    Process,
)
from vmlab.model.abi.poll import POLLIN, POLLRDNORM

A = 0x10000000
BAD = 0x5000
ADD, DEL, MOD = EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD


@pytest.fixture
def p() -> Process:
    """A process with a pipe on 3 and 4, and an epoll on 5."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 3 * 4096, 3, 0x32)
    p.mprotect(A + 2 * 4096, 4096, 0)
    p.pipe()
    p.epoll_create1()
    return p


EP = 5


def ctl(p: Process, op: int, fd: int, events: int = EPOLLIN, ep: int = EP) -> None:
    p.store(A, struct.pack("<IQ", events, fd))
    p.epoll_ctl(ep, op, fd, A)


def wait(p: Process, room: int = 8, ep: int = EP) -> list[tuple[int, int]]:
    count = p.epoll_wait(ep, A, room, 0)
    return [struct.unpack("<IQ", p.load(A + 12 * at, 12)) for at in range(count)]


def fds(p: Process, room: int = 8, ep: int = EP) -> list[int]:
    return [fd for _, fd in wait(p, room, ep)]


def write(p: Process, fd: int, count: int = 1) -> None:
    p.write(fd, A, count)


def ring(p: Process, fd: int) -> None:
    p.store(A, struct.pack("<Q", 1))
    p.write(fd, A, 8)


def test_making_one(p: Process) -> None:
    assert p.fcntl(p.epoll_create1(EPOLL_CLOEXEC), F_GETFD) == 1
    assert p.fcntl(p.epoll_create(1), F_GETFD) == 0
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.epoll_create1(1)
    for size in (0, -1):
        with refused(LinuxError, "size_not_positive", "EINVAL"):
            p.epoll_create(size)


def test_by_level_it_tells_as_long_as_it_is_ready(p: Process) -> None:
    ctl(p, ADD, 3)
    assert wait(p) == []
    write(p, 4)
    assert wait(p) == wait(p) == [(EPOLLIN, 3)]
    p.read(3, A, 1)
    assert wait(p) == []


def test_by_edge_it_tells_each_change_once(p: Process) -> None:
    write(p, 4)
    ctl(p, ADD, 3, EPOLLIN | EPOLLET)
    assert (wait(p), wait(p)) == ([(EPOLLIN, 3)], [])
    write(p, 4)
    assert (wait(p), wait(p)) == ([(EPOLLIN, 3)], [])
    p.read(3, A, 1)
    assert wait(p) == []
    ctl(p, MOD, 3, EPOLLIN | EPOLLET)  # looks anew
    assert (wait(p), wait(p)) == ([(EPOLLIN, 3)], [])


def test_a_writer_is_told_when_a_full_pipe_has_a_page_again(p: Process) -> None:
    ctl(p, ADD, 4, EPOLLOUT | EPOLLET)
    assert (wait(p), wait(p)) == ([(EPOLLOUT, 4)], [])
    for _ in range(16):
        write(p, 4, 4096)
    for count, told in ((1, []), (4095, [4]), (4096, []), (8192, [])):
        p.read(3, A, count)
        assert fds(p) == told


def test_once_until_it_is_asked_again(p: Process) -> None:
    ctl(p, ADD, 3, EPOLLIN | EPOLLONESHOT)
    write(p, 4)
    assert (fds(p), fds(p)) == ([3], [])
    write(p, 4)
    assert fds(p) == []
    ctl(p, MOD, 3, EPOLLIN | EPOLLONESHOT)
    assert (fds(p), fds(p)) == ([3], [])


def test_an_end_is_told_to_all_but_those_that_had_their_once(p: Process) -> None:
    ctl(p, ADD, 3, EPOLLIN | EPOLLONESHOT)
    write(p, 4)
    assert fds(p) == [3]
    p.close(4)
    assert wait(p) == []
    ctl(p, MOD, 3, EPOLLIN | EPOLLRDHUP)
    assert wait(p) == [(EPOLLIN | EPOLLHUP, 3)]
    ctl(p, MOD, 3, 0)
    assert wait(p) == [(EPOLLHUP, 3)]


def test_an_end_wakes_those_that_wait_by_edge(p: Process) -> None:
    ctl(p, ADD, 3, EPOLLIN | EPOLLET)
    p.close(4)
    assert (wait(p), wait(p)) == ([(EPOLLHUP, 3)], [])


def test_of_one_file_the_last_descriptor_is_told_first(p: Process) -> None:
    for fd in (3, p.dup(3), p.dup(3)):
        ctl(p, ADD, fd)
    write(p, 4)
    assert fds(p) == [7, 6, 3]
    assert [fds(p, 1) for _ in range(3)] == [[7], [6], [3]]
    assert (fds(p, 2), fds(p)) == ([7, 6], [3, 7, 6])


def test_what_was_told_goes_behind_what_had_no_room(p: Process) -> None:
    one, two, three = p.eventfd(1), p.eventfd(1), p.eventfd()
    for fd in (one, two, three):
        ctl(p, ADD, fd)
    assert fds(p) == [one, two]
    assert [fds(p, 1) for _ in range(3)] == [[one], [two], [one]]
    ring(p, three)
    assert [fds(p, 2) for _ in range(3)] == [[two, one], [three, two], [one, three]]
    p.read(one, A, 8)
    assert fds(p) == [two, three]
    ring(p, one)
    assert fds(p) == [two, three, one]


def test_a_closed_file_is_watched_as_long_as_somebody_has_it_open(p: Process) -> None:
    copy = p.dup(3)
    ctl(p, ADD, 3)
    write(p, 4)
    p.close(3)
    assert fds(p) == [3]
    p.close(copy)
    assert fds(p) == []
    p.pipe()
    ctl(p, ADD, 3)  # another file now


def test_the_same_descriptor_twice_and_never(p: Process) -> None:
    ctl(p, ADD, 3)
    with refused(LinuxError, "watched_already", "EEXIST"):
        ctl(p, ADD, 3)
    for op in (DEL, MOD):
        with refused(LinuxError, "not_watched", "ENOENT"):
            ctl(p, op, 4)
    ctl(p, DEL, 3)
    write(p, 4)
    assert fds(p) == []
    with refused(LinuxError, "not_watched", "ENOENT"):
        p.epoll_ctl(EP, DEL, 3)


def test_what_is_looked_at_first(p: Process) -> None:
    p.machine.fs.write("/f", b"x")
    file, path = p.open("/f"), p.open("/f", Open.O_PATH)
    for args, code, name in (
        ((-1, ADD, -1, BAD), "nothing_read", "EFAULT"),
        ((-1, DEL, -1, BAD), "fd_not_open", "EBADF"),
        ((EP, ADD, 99, A), "fd_not_open", "EBADF"),
        ((99, ADD, 3, A), "fd_not_open", "EBADF"),
        ((EP, ADD, path, A), "fd_o_path", "EBADF"),
        ((4, ADD, file, A), "always_ready", "EPERM"),
        ((EP, 9, file, A), "always_ready", "EPERM"),
        ((EP, ADD, EP, A), "fd_of_no_epoll", "EINVAL"),
        ((4, ADD, 3, A), "fd_of_no_epoll", "EINVAL"),
        ((EP, 9, 3, A), "unknown_command", "EINVAL"),
    ):
        with refused(LinuxError, code, name):
            p.epoll_ctl(*args)


@pytest.mark.parametrize("path", ["/f", "/", "/dev/null", "/dev/zero", "/dev/urandom"])
def test_files_that_are_always_ready_are_not_watched(p: Process, path: str) -> None:
    p.machine.fs.furnish()
    p.machine.fs.write("/f", b"x")
    with refused(LinuxError, "always_ready", "EPERM"):
        ctl(p, ADD, p.open(path))


def test_exclusive(p: Process) -> None:
    for events in (EPOLLIN | EPOLLONESHOT, EPOLLPRI):
        with refused(LinuxError, "epoll_not_exclusive", "EINVAL"):
            ctl(p, ADD, 3, events | EPOLLEXCLUSIVE)
    with refused(LinuxError, "epoll_not_exclusive", "EINVAL"):
        ctl(p, ADD, p.epoll_create1(), EPOLLIN | EPOLLEXCLUSIVE)
    ctl(p, ADD, 3, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE)
    for events in (EPOLLIN, EPOLLIN | EPOLLEXCLUSIVE):
        with refused(LinuxError, "epoll_not_exclusive", "EINVAL"):
            ctl(p, MOD, 3, events)
    write(p, 4)
    assert wait(p) == [(EPOLLIN, 3)]
    ctl(p, DEL, 3)


def test_arguments_of_waiting(p: Process) -> None:
    most = ((1 << 31) - 1) // 12
    for args, code, name in (
        ((-1, 0, 0), "fd_not_open", "EBADF"),
        ((99, -1, 1), "fd_not_open", "EBADF"),
        ((3, -1, 1), "buffer_outside_user_space", "EFAULT"),
        ((3, A, 1), "fd_of_no_epoll", "EINVAL"),
        ((EP, A, 0), "epoll_room", "EINVAL"),
        ((EP, A, -1), "epoll_room", "EINVAL"),
        ((EP, A, most + 1), "epoll_room", "EINVAL"),
    ):
        with refused(LinuxError, code, name):
            p.epoll_wait(*args, 0)
    assert p.epoll_wait(EP, A, most, 0) == 0


def test_what_cannot_be_stored_stays_first(p: Process) -> None:
    one, two = p.eventfd(1), p.eventfd(1)
    ctl(p, ADD, one)
    ctl(p, ADD, two)
    end = A + 2 * 4096
    for place in (end, end - 6):
        with refused(LinuxError, "nothing_stored", "EFAULT"):
            p.epoll_wait(EP, place, 1, 0)
    assert p.epoll_wait(EP, end - 12, 2, 0) == 1
    assert fds(p) == [two, one]


def test_epolls_in_a_row(p: Process) -> None:
    row = [p.epoll_create1() for _ in range(8)]
    for at in range(7):
        if at == 4:
            with refused(LinuxError, "epoll_watches_itself", "ELOOP"):
                ctl(p, ADD, row[5], ep=row[4])
        else:
            ctl(p, ADD, row[at + 1], ep=row[at])
    with refused(LinuxError, "epoll_watches_itself", "ELOOP"):
        ctl(p, ADD, row[0], ep=row[7])


def test_epolls_in_a_row_from_below(p: Process) -> None:
    row = [p.epoll_create1() for _ in range(6)]
    for at in (4, 3, 2, 1):
        ctl(p, ADD, row[at + 1], ep=row[at])
    with refused(LinuxError, "epoll_watches_itself", "ELOOP"):
        ctl(p, ADD, row[1], ep=row[0])


def test_epolls_that_watch_each_other(p: Process) -> None:
    outer = p.epoll_create1()
    ctl(p, ADD, EP, ep=outer)
    with refused(LinuxError, "epoll_watches_itself", "ELOOP"):
        ctl(p, ADD, outer)


def test_an_epoll_is_ready_when_something_of_it_is(p: Process) -> None:
    level, edge, count = p.epoll_create1(), p.epoll_create1(), p.eventfd()
    ctl(p, ADD, count)
    ctl(p, ADD, EP, ep=level)
    ctl(p, ADD, EP, EPOLLIN | EPOLLET, ep=edge)
    assert wait(p, ep=level) == wait(p, ep=edge) == []
    ring(p, count)
    assert wait(p, ep=level) == wait(p, ep=level) == [(EPOLLIN, EP)]
    assert (fds(p, ep=edge), fds(p, ep=edge)) == ([EP], [])
    p.store(A, struct.pack("<iHH", EP, 0xFFFF, 0))
    assert p.poll(A, 1, 0) == 1
    assert int.from_bytes(p.load(A + 6, 2), "little") == POLLIN | POLLRDNORM
    p.read(count, A, 8)
    assert wait(p, ep=level) == []


def test_it_has_no_bytes(p: Process) -> None:
    for call in (p.read, p.write):
        with refused(LinuxError, "cannot_be_moved_so", "EINVAL"):
            call(EP, BAD, 8)
    with refused(LinuxError, "no_such_ioctl", "EINVAL"):
        p.ioctl(EP, 0x541B, A)


def test_waiting_sleeps_until_its_time(p: Process) -> None:
    with refused(LinuxError, "nothing_watched_ready", "EAGAIN"):
        p.epoll_wait(EP, A, 1, -1)
    p.store(A, struct.pack("<2q", 0, 0))
    assert p.epoll_pwait2(EP, A + 64, 1, A) == 0
    p.store(A, struct.pack("<2q", 0, 10**9))
    with refused(LinuxError, "time_not_valid", "EINVAL"):
        p.epoll_pwait2(EP, A + 64, 1, A)
    with refused(LinuxError, "sigset_size_wrong", "EINVAL"):
        p.epoll_pwait(EP, A, 1, 0, A, 4)
    assert p.epoll_pwait(EP, A, 1, 0, None, 4) == 0


def test_signals_wait_meanwhile_as_before_again(p: Process) -> None:
    p.store(A + 64, struct.pack("<Q", 1 << 9))
    assert p.epoll_pwait(EP, A, 1, 0, A + 64) == 0
    with refused(LinuxError, "fd_of_no_epoll", "EINVAL"):
        p.epoll_pwait(3, A, 1, 0, A + 64)
    assert p.task.blocked == 0


def test_a_pidfd_and_the_terminal_wake_it(p: Process) -> None:
    p.machine.fs.furnish()
    child = p.fork()
    pidfd, tty = p.pidfd_open(child.pid), p.open("/dev/tty")
    ctl(p, ADD, pidfd, EPOLLIN | EPOLLET)
    ctl(p, ADD, tty, EPOLLIN | EPOLLET)
    assert fds(p) == []
    child.exit()
    assert fds(p) == [pidfd]
    p.machine.type("half")
    assert fds(p) == []
    p.machine.type(" a line\n")
    assert fds(p) == [tty]


def test_undo_gives_back_what_was_ready(p: Process) -> None:
    one, two = p.eventfd(1), p.eventfd(1)
    for fd in (two, one, 3):
        ctl(p, ADD, fd)
    p.epoll_wait(EP, A, 1, 0)
    again = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    assert again.machine.snapshot() == p.machine.snapshot()
    write(again, 4)
    assert fds(again) == [one, two, 3]
