"""Descriptors, read and write, pipes."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, anon, start
from tests.refused import refused
from vmlab import LinuxError, Map, Open, Process, Rlimit, Seek
from vmlab.model.abi import errno
from vmlab.model.abi.signal import SIGPIPE
from vmlab.model.linux.include.fs import EXT4_MAX_SIZE
from vmlab.model.linux.mm.validate import validate_machine

MOST = (1 << 63) - 1  # the largest offset


@pytest.fixture
def p() -> Process:
    """Return a process with /f on descriptor 3 and four pages at PLACE."""
    p = start()
    anon(p)
    return p


def test_lowest_free_descriptor(p: Process) -> None:
    """0 to 2 are open from the start; a closed one is used again."""
    assert [p.open("/f"), p.open("/f")] == [4, 5]
    p.close(4)
    assert p.open("/f") == 4
    assert p.pipe() == (6, 7)


def test_too_many_descriptors(p: Process) -> None:
    """EMFILE at RLIMIT_NOFILE, before a file is made or cut; so says Linux 6.18."""
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 5)
    p.open("/f")
    before = {path: p.machine.fs.read(path) for path in ("/f", "/bin/a.out")}
    for path, flags in (
        ("/f", 0),
        ("/f", Open.O_RDWR | Open.O_TRUNC),
        ("/made", Open.O_RDWR | Open.O_CREAT),
        ("/none", 0),
        ("/" + "x" * 300, 0),
    ):
        with refused(LinuxError, "nofile_limit", "EMFILE"):
            p.open(path, flags)
    with refused(LinuxError, "nofile_limit", "EMFILE"):
        p.memfd_create("m")
    for path, name in (("", "ENOENT"), ("/" + "x" * 5000, "ENAMETOOLONG")):
        with pytest.raises(LinuxError, match=name):
            p.open(path)
    assert {path: p.machine.fs.read(path) for path in before} == before
    assert "/made" not in p.machine.fs
    validate_machine(p.machine.system)


def test_dup2_within_the_limits(p: Process) -> None:
    """EBADF from a limit on, the kernel's own too; a descriptor may stay where it is. So does Linux
    6.18."""
    p = p.machine.spawn(rlimits={Rlimit.RLIMIT_NOFILE: -1})
    assert p.dup2(0, (1 << 20) - 1) == (1 << 20) - 1
    assert p.dup2(0, 1 << 40) == 0  # an unsigned int
    for new in (-1, 1 << 20, 1 << 31, (1 << 64) - 1):
        with refused(LinuxError, "fd_out_of_range", "EBADF"):
            p.dup2(0, new)
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 0, 0)
    assert p.dup2(1, 1) == 1
    with refused(LinuxError, "fd_out_of_range", "EBADF"):
        p.dup2(1, 0)
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.dup2(77, 77)
    p.machine.restore(p.machine.snapshot())


def test_a_pipe_has_both_ends_or_none(p: Process) -> None:
    """EMFILE for the second end closes the first one."""
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 5)
    with refused(LinuxError, "nofile_limit", "EMFILE"):
        p.pipe()
    assert p.open("/f") == 4
    validate_machine(p.machine.system)


def test_append(p: Process) -> None:
    """O_APPEND writes at the end, pwrite too, which leaves the position alone."""
    p.machine.fs.write("/log", b"abc")
    fd = p.open("/log", Open.O_RDWR | Open.O_APPEND)
    p.store(PLACE, b"defg")
    assert (p.write(fd, PLACE, 2), p.pwrite(fd, PLACE + 2, 2, 0)) == (2, 2)
    assert p.machine.fs.read("/log") == b"abcdefg"
    assert p.read(fd, PLACE, 9) == 2


@pytest.mark.parametrize(
    ("path", "flags", "code"),
    [
        ("", 0, errno.ENOENT),
        ("/nowhere", 0, errno.ENOENT),
        ("/nowhere/x", Open.O_CREAT, errno.ENOENT),
        ("/f/x", Open.O_CREAT, errno.ENOTDIR),
        ("/f/", 0, errno.ENOTDIR),
        ("/f", Open.O_CREAT | Open.O_EXCL, errno.EEXIST),
        ("/dev", Open.O_RDWR, errno.EISDIR),
        ("/f", Open.O_DIRECTORY, errno.ENOTDIR),
        ("/" + "x" * 256, Open.O_CREAT, errno.ENAMETOOLONG),
    ],
)
def test_open_fails(p: Process, path: str, flags: int, code: int) -> None:
    """Each path or flag with its own error."""
    with pytest.raises(LinuxError) as failure:
        p.open(path, flags)
    assert failure.value.errno == code


def test_the_offset_moves(p: Process) -> None:
    """read and write share one offset; pread and pwrite leave it alone; dup2 shares it."""
    p.dup2(3, 9)
    assert p.read(3, PLACE, 2) == 2
    assert p.write(9, PLACE, 2) == 2
    assert p.pread(3, PLACE, 7, 0) == 7
    assert p.pwrite(3, PLACE, 7, 0) == 7
    assert p.task.files.fd[9].f_pos == 4  # type: ignore[union-attr]


def test_the_end_of_a_file(p: Process) -> None:
    """A read stops there, a write moves it; a gap reads as zeros."""
    assert p.pread(3, PLACE, 100, 20 * PAGE) == 5
    assert p.load(PLACE, 5) == b"tail!"
    assert p.pread(3, PLACE, 100, 30 * PAGE) == 0
    p.pwrite(3, PLACE, 1, 22 * PAGE)
    assert p.pread(3, PLACE, 100, 21 * PAGE) == 100
    assert p.load(PLACE, 100) == bytes(100)


def test_memory_that_is_not_there(p: Process) -> None:
    """The call comes back short; EFAULT if not one byte went."""
    end = PLACE + 4 * PAGE
    assert p.pread(3, end - 10, 100, 0) == 10
    assert p.pwrite(3, end - 10, 100, 0) == 10
    for call, code in ((p.pread, "nothing_stored"), (p.pwrite, "nothing_read")):
        with refused(LinuxError, code, "EFAULT"):
            call(3, end, 100, 0)
    p.mprotect(PLACE, PAGE, RO)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.pread(3, PLACE, 1, 0)
    assert p.pwrite(3, PLACE, 1, 0) == 1


def test_a_page_at_address_0_is_not_brought_in_for_a_write(p: Process) -> None:
    p.mmap(0, PAGE, RW, ANON | Map.MAP_FIXED)
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.pwrite(3, 0, 100, 0)
    p.load(0)
    assert p.pwrite(3, 0, 100, 0) == 100


@pytest.mark.parametrize(
    ("addr", "count", "offset", "code"),
    [
        (PLACE, 16, MOST, errno.EINVAL),
        (PLACE, 1, MOST, errno.EINVAL),
        (PLACE, 0, MOST, 0),
        (PLACE, 16, 1 << 63, errno.EINVAL),
        (PLACE, 1 << 63, 0, errno.EFAULT),
        (1 << 60, 16, MOST, errno.EFAULT),
    ],
)
def test_limits(p: Process, addr: int, count: int, offset: int, code: int) -> None:
    """The buffer is checked before the end; recorded on Linux 6.18."""
    for call in (p.pread, p.pwrite):
        if code:
            with pytest.raises(LinuxError) as failure:
                call(3, addr, count, offset)
            assert failure.value.errno == code
        else:
            assert call(3, addr, count, offset) == 0


def test_rights_of_a_descriptor(p: Process) -> None:
    """EBADF for what it was not opened for."""
    read_only, write_only = p.open("/f", Open.O_RDONLY), p.open("/f", Open.O_WRONLY)
    path_only = p.open("/f", Open.O_PATH)
    for call, fd in ((p.write, read_only), (p.read, write_only), (p.read, path_only)):
        with refused(LinuxError, "fd_wrong_mode", "EBADF"):
            call(fd, PLACE, 1)
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.read(77, PLACE, 1)
    with refused(LinuxError, "is_directory", "EISDIR"):
        p.read(p.open("/dev"), PLACE, 1)


def test_pipe(p: Process) -> None:
    """First in, first out; EAGAIN where Linux would sleep; no offsets; shared across fork."""
    reader, writer = p.pipe()
    with refused(LinuxError, "pipe_empty", "EAGAIN"):
        p.read(reader, PLACE, 1)
    p.store(PLACE, b"hello")
    assert p.fork().write(writer, PLACE, 5) == 5
    assert p.read(reader, PLACE + 100, 3) == 3
    assert p.read(reader, PLACE + 103, 9) == 2
    assert p.load(PLACE + 100, 5) == b"hello"
    with refused(LinuxError, "pipe_has_no_offsets", "ESPIPE"):
        p.pread(reader, PLACE, 1, 0)


def test_a_pipe_ends_with_its_last_writer(p: Process) -> None:
    reader, writer = p.pipe()
    other = p.fork()
    p.close(writer)
    assert p.read(reader, PLACE, 0) == 0
    with refused(LinuxError, "pipe_empty", "EAGAIN"):
        p.read(reader, PLACE, 1)
    other.exit()
    assert p.read(reader, PLACE, 1) == 0


def test_a_pipe_is_full_or_has_no_reader(p: Process) -> None:
    p.mmap(PLACE + (1 << 24), 1 << 20, 3, 0x32)
    p.sigaction(SIGPIPE)
    reader, writer = p.pipe()
    assert p.write(writer, PLACE + (1 << 24), 70000) == 65536
    with refused(LinuxError, "pipe_full", "EAGAIN"):
        p.write(writer, PLACE, 1)
    other = p.fork()
    p.close(reader)
    with refused(LinuxError, "pipe_full", "EAGAIN"):
        p.write(writer, PLACE, 1)
    other.exit()
    with refused(LinuxError, "pipe_without_readers", "EPIPE"):
        p.write(writer, PLACE, 1)
    assert p.write(writer, PLACE, 0) == 0


def test_devices(p: Process) -> None:
    """/dev/null is empty and swallows; /dev/zero gives zeros."""
    p.store(PLACE, b"xxx")
    null, zero = p.open("/dev/null", Open.O_RDWR), p.open("/dev/zero", Open.O_RDWR)
    assert (p.read(null, PLACE, 3), p.write(null, PLACE, 3)) == (0, 3)
    assert p.read(zero, PLACE, 2) == 2
    assert p.load(PLACE, 3) == b"\0\0x"


def test_ftruncate(p: Process) -> None:
    """Shrinking cuts, growing makes a hole; only for files open for writing."""
    p.ftruncate(3, 3)
    assert p.machine.fs.read("/f") == b"\0\0\0"
    p.ftruncate(3, 2 * PAGE)
    assert p.machine.fs.read("/f") == bytes(2 * PAGE)
    for fd in (p.open("/f"), p.open("/dev/zero", Open.O_RDWR)):
        with refused(LinuxError, "fd_not_for_writing", "EINVAL"):
            p.ftruncate(fd, 0)
    with refused(LinuxError, "length_negative", "EINVAL"):
        p.ftruncate(3, -1)


def test_lseek_counts_from_three_places(p: Process) -> None:
    assert p.lseek(3, 7) == 7
    assert p.lseek(3, 5, Seek.SEEK_CUR) == p.lseek(3, 0, Seek.SEEK_CUR) == 12
    assert p.lseek(3, -5, Seek.SEEK_END) == 20 * PAGE
    p.read(3, PLACE, 10)
    assert p.load(PLACE, 5) == b"tail!"
    assert p.lseek(3, EXT4_MAX_SIZE) == EXT4_MAX_SIZE
    beyond = ((EXT4_MAX_SIZE + 1, 0), (1, 1), (MOST, 1), (MOST, 2))
    for offset, whence in (*beyond, (-1, 0), (0, 5), (0, 1 << 31)):
        with pytest.raises(LinuxError, match="EINVAL"):
            p.lseek(3, offset, whence)
    assert p.lseek(3, 0, Seek.SEEK_CUR) == EXT4_MAX_SIZE


def test_lseek_finds_data_and_holes(p: Process) -> None:
    """Pages 0 and 2 hold something, of a file of 1 TiB."""
    fd = p.memfd_create("m")
    for page in (0, 2):
        p.pwrite(fd, PLACE, 1, page * PAGE)
    p.ftruncate(fd, 1 << 40)
    for offset, data, hole in ((0, 0, PAGE), (5, 5, PAGE), (PAGE, 2 * PAGE, PAGE)):
        assert p.lseek(fd, offset, Seek.SEEK_DATA) == data
        assert p.lseek(fd, offset, Seek.SEEK_HOLE) == hole
    assert p.lseek(fd, 3 * PAGE, Seek.SEEK_HOLE) == 3 * PAGE
    for offset, whence in ((3 * PAGE, 3), (1 << 40, 3), (1 << 40, 4), (-1, 3)):
        with pytest.raises(LinuxError, match="ENXIO"):
            p.lseek(fd, offset, whence)
    p.ftruncate(fd, 3 * PAGE - 7)
    assert p.lseek(fd, 2 * PAGE, Seek.SEEK_HOLE) == 3 * PAGE - 7
    p.fallocate(fd, 1, 5 * PAGE, PAGE)  # FALLOC_FL_KEEP_SIZE
    assert p.lseek(fd, 2 * PAGE, Seek.SEEK_HOLE) == 3 * PAGE - 7
    p.ftruncate(fd, 2 * PAGE + 1)
    assert p.lseek(fd, PAGE, Seek.SEEK_DATA) == p.lseek(fd, 2 * PAGE, Seek.SEEK_DATA) == 2 * PAGE


def test_lseek_of_what_is_no_file(p: Process) -> None:
    reader, _ = p.pipe()
    null, folder = p.open("/dev/null"), p.open("/")
    assert p.lseek(null, 7) == 0
    assert [p.lseek(folder, 7), p.lseek(folder, 2, 1)] == [7, 9]
    for fd, whence, error in (
        (reader, 0, "ESPIPE"),
        (reader, 7, "EINVAL"),
        (folder, 2, "EINVAL"),
        (p.open("/f", Open.O_PATH), 0, "EBADF"),
    ):
        with pytest.raises(LinuxError, match=error):
            p.lseek(fd, 0, whence)


def test_sendfile(p: Process) -> None:
    p.machine.fs.write("/in", b"0123456789" * 1000)
    source, target = p.open("/in"), p.open("/out", Open.O_RDWR | Open.O_CREAT)
    assert p.sendfile(target, source, None, 6000) == 6000
    assert p.sendfile(target, source, None, 6000) == 4000
    assert p.sendfile(target, source, None, 6000) == 0
    assert p.machine.fs.read("/out") == b"0123456789" * 1000
    p.store(PLACE, (5).to_bytes(8, "little"))
    assert p.sendfile(target, source, PLACE, 3) == 3
    assert p.load(PLACE, 8) == (8).to_bytes(8, "little")
    assert (p.lseek(source, 0, 1), p.lseek(target, 0, 1)) == (10000, 10003)


def test_sendfile_to_a_pipe_ends_when_it_is_full(p: Process) -> None:
    p.machine.fs.write("/in", b"0123456789" * 10000)
    source = p.open("/in")
    reader, writer = p.pipe()
    assert p.sendfile(writer, source, None, 0) == 0
    assert p.sendfile(writer, source, None, 100_000) == 65536
    with refused(LinuxError, "pipe_full", "EAGAIN"):
        p.sendfile(writer, source, None, 1)
    assert p.read(reader, PLACE, 10) == 10
    assert p.load(PLACE, 10) == b"0123456789"
    p.sigaction(SIGPIPE)
    p.close(reader)
    with refused(LinuxError, "pipe_without_readers", "EPIPE"):
        p.sendfile(writer, source, None, 1)


@pytest.mark.parametrize(
    ("out", "source", "place", "error"),
    [
        (9, 3, None, "EBADF"),
        (3, 9, None, "EBADF"),
        (3, 4, None, "EINVAL"),
        (3, 4, PLACE, "ESPIPE"),
        (5, 3, None, "EBADF"),
        (6, 3, None, "EINVAL"),
        (3, 3, 16, "EFAULT"),
    ],
)
def test_what_sendfile_refuses(
    p: Process, out: int, source: int, place: int | None, error: str
) -> None:
    p.pipe()
    p.close(5)
    p.open("/f")
    p.open("/f", Open.O_WRONLY | Open.O_APPEND)
    with pytest.raises(LinuxError, match=error):
        p.sendfile(out, source, place, 1)


def _number(value: int) -> bytes:
    return (value % (1 << 64)).to_bytes(8, "little")


def test_copy_file_range(p: Process) -> None:
    p.machine.fs.write("/in", b"0123456789" * 1000)
    source, target = p.open("/in"), p.open("/out", Open.O_RDWR | Open.O_CREAT)
    assert p.copy_file_range(source, None, target, None, 6000) == 6000
    assert p.copy_file_range(source, None, target, None, 6000) == 4000
    assert p.copy_file_range(source, None, target, None, 6000) == 0
    assert p.machine.fs.read("/out") == b"0123456789" * 1000
    p.store(PLACE, _number(5) + _number(9999))
    assert p.copy_file_range(source, PLACE, target, PLACE + 8, 3) == 3
    assert p.load(PLACE, 16) == _number(8) + _number(10002)
    assert p.machine.fs.read("/out")[9998:] == b"8567"
    assert (p.lseek(source, 0, 1), p.lseek(target, 0, 1)) == (10000, 10000)


def test_copy_file_range_within_a_file(p: Process) -> None:
    p.machine.fs.write("/in", b"0123456789")
    fd = p.open("/in", Open.O_RDWR)
    p.store(PLACE, _number(2) + _number(6))
    assert p.copy_file_range(fd, PLACE, fd, PLACE + 8, 4) == 4
    assert p.machine.fs.read("/in") == b"0123452345"
    p.store(PLACE, _number(2) + _number(3))
    with refused(LinuxError, "old_and_new_overlap", "EINVAL"):
        p.copy_file_range(fd, PLACE, fd, PLACE + 8, 4)


# As a tmpfs of Linux 6.18 answered.
@pytest.mark.parametrize(
    ("fd_in", "fd_out", "places", "length", "flags", "error"),
    [
        (4, 5, (-1, 0), 3, 0, "EOVERFLOW"),
        (4, 5, (0, -1), 3, 0, "EOVERFLOW"),
        (4, 5, (-9, 0), 3, 0, "EINVAL"),
        (4, 5, (5, 0), (1 << 64) - 1, 0, "EOVERFLOW"),
        (4, 5, (0, (1 << 63) - 1), 3, 0, "EFBIG"),
        (4, 5, (0, 0), 3, 1, "EINVAL"),
        (4, 4, (0, 0), 3, 0, "EBADF"),
        (4, 6, (0, 0), 3, 0, "EBADF"),
        (7, 5, (0, 0), 3, 0, "EISDIR"),
        (8, 7, (0, 0), 3, 0, "EISDIR"),
        (8, 5, (0, 0), 3, 0, "EINVAL"),
        (10, 5, (0, 0), 3, 0, "EXDEV"),
        (11, 5, (0, 0), 3, 0, "EBADF"),
        (12, 5, (0, 0), 3, 0, "EBADF"),
        (100, 5, (0, 0), 3, 0, "EBADF"),
        (13, 5, (0, 0), 3, 0, "EXDEV"),
    ],
)
def test_what_copy_file_range_refuses(
    p: Process,
    fd_in: int,
    fd_out: int,
    places: tuple[int, int],
    length: int,
    flags: int,
    error: str,
) -> None:
    p.machine.fs.mount_tmpfs("/t")
    p.machine.fs.write("/t/in", b"0123456789")
    p.open("/t/in")
    p.open("/t/out", Open.O_RDWR | Open.O_CREAT)
    p.open("/t/out", Open.O_RDWR | Open.O_APPEND)
    p.open("/t")
    p.pipe()
    p.memfd_create("m")
    p.open("/t/in", Open.O_PATH)
    p.open("/t/in", Open.O_WRONLY)
    p.pidfd_open(p.pid)
    p.store(PLACE, b"".join(map(_number, places)))
    with pytest.raises(LinuxError, match=error):
        p.copy_file_range(fd_in, PLACE, fd_out, PLACE + 8, length, flags)


def test_copy_file_range_of_what_has_no_bytes(p: Process) -> None:
    fd = p.pidfd_open(p.pid)
    assert p.copy_file_range(fd, None, fd, None, 9) == 0
