"""Making, renaming and taking away what paths name, and asking of it.

What is answered was asked of Linux 6.18, in a tmpfs.
"""

from __future__ import annotations

import stat
import struct
from errno import errorcode

import pytest

from tests.model.linux.lab import PLACE, anon
from vmlab import (
    AT_FDCWD,
    CLONE_FILES,
    CLONE_FS,
    CLONE_VM,
    O_CREAT,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Snapshot,
)

FILE, FILE_BY_PATH, FOLDER = 3, 4, 5  # descriptors
EMPTY = 0x1000  # AT_EMPTY_PATH


@pytest.fixture
def p() -> Process:
    """A process whose working directory is /w, with a file f and directories d, d/e, m."""
    machine = Machine(ram=8 * MiB)
    process = machine.spawn()
    anon(process)
    for path in ("/w", "/w/d", "/w/d/e", "/w/m"):
        process.mkdir(path)
    process.chdir("/w")
    process.close(process.open("d/x", O_CREAT, 0o600))
    process.close(process.open("f", O_CREAT | O_RDWR, 0o666))
    for path, flags in (("f", O_RDWR), ("f", O_PATH), ("d", O_RDONLY)):
        process.open(path, flags)
    return process


def outcome(p: Process, name: str, *args: object) -> str:
    """Return how a call failed, or that it did not."""
    try:
        p.call(name, *args)
    except LinuxError as failure:
        return errorcode[failure.errno or 0]
    return "ok"


@pytest.mark.parametrize(
    ("fd", "path", "flags", "answer"),
    [
        (FILE, "", EMPTY, "ok"),
        (FILE, "", EMPTY | 1, "ok"),
        (FILE, "", 0, "ENOENT"),
        (FILE_BY_PATH, "", EMPTY, "ok"),
        (-1, "", EMPTY, "EBADF"),
        (AT_FDCWD, "", EMPTY, "ok"),
        (AT_FDCWD, "", EMPTY | 1, "EINVAL"),
        (FILE, "x", 0, "ENOTDIR"),
        (FOLDER, "x", 0, "ok"),
        (FOLDER, "x", 1, "EINVAL"),
        (99, "x", 0, "EBADF"),
        (99, "/w/f", 0, "ok"),
        (AT_FDCWD, "f/", 0, "ENOTDIR"),
        (AT_FDCWD, "n/", 0, "ENOENT"),
        (AT_FDCWD, "f", 0x6800, "ok"),
        (AT_FDCWD, "f", 0x200, "EINVAL"),
    ],
)
def test_newfstatat(p: Process, fd: int, path: str, flags: int, answer: str) -> None:
    assert outcome(p, "newfstatat", fd, path, PLACE, flags) == answer
    if answer == "ok":
        assert outcome(p, "newfstatat", fd, path, 0, flags) == "EFAULT"


@pytest.mark.parametrize(
    ("path", "mode", "answer"),
    [
        *(("f", 6, "ok"), ("f", 7, "EACCES"), ("f", 8, "EINVAL"), ("f", -1, "EINVAL")),
        *(("n", 8, "EINVAL"), ("n", 0, "ENOENT"), ("", 0, "ENOENT"), ("f/", 0, "ENOTDIR")),
        *(("d", 7, "ok"), ("/dev/null", 6, "ok"), ("/dev/null", 1, "EACCES")),
    ],
)
def test_access(p: Process, path: str, mode: int, answer: str) -> None:
    assert outcome(p, "access", path, mode) == answer
    assert outcome(p, "faccessat", AT_FDCWD, path, mode) == answer


@pytest.mark.parametrize(
    ("fd", "path", "size", "answer"),
    [
        *(
            (AT_FDCWD, "f", 0, "EINVAL"),
            (AT_FDCWD, "f", -1, "EINVAL"),
            (AT_FDCWD, "f", 9, "EINVAL"),
        ),
        *((AT_FDCWD, "n", 9, "ENOENT"), (AT_FDCWD, "n", 0, "EINVAL"), (AT_FDCWD, "", 9, "ENOENT")),
        *((AT_FDCWD, "d/", 9, "EINVAL"), (AT_FDCWD, "f/", 9, "ENOTDIR"), (FILE, "", 9, "ENOENT")),
        *((FOLDER, "", 9, "ENOENT"), (99, "", 9, "EBADF"), (FILE, "x", 9, "ENOTDIR")),
    ],
)
def test_readlink(p: Process, fd: int, path: str, size: int, answer: str) -> None:
    assert outcome(p, "readlinkat", fd, path, PLACE, size) == answer


@pytest.mark.parametrize(
    ("path", "unlink", "rmdir"),
    [
        ("f", "ok", "ENOTDIR"),
        ("f/", "ENOTDIR", "ENOTDIR"),
        ("n", "ENOENT", "ENOENT"),
        ("n/", "ENOENT", "ENOENT"),
        ("d", "EISDIR", "ENOTEMPTY"),
        ("d/", "EISDIR", "ENOTEMPTY"),
        ("m/.", "EISDIR", "EINVAL"),
        ("m/..", "EISDIR", "ENOTEMPTY"),
        (".", "EISDIR", "EINVAL"),
        ("/", "EISDIR", "EBUSY"),
        ("", "ENOENT", "ENOENT"),
        ("/dev", "EISDIR", "EBUSY"),
        ("m/", "EISDIR", "ok"),
        ("f/x", "ENOTDIR", "ENOTDIR"),
        ("n/x", "ENOENT", "ENOENT"),
        ("d/../f/", "ENOTDIR", "ENOTDIR"),
    ],
)
def test_taking_names_away(p: Process, path: str, unlink: str, rmdir: str) -> None:
    assert outcome(p, "unlink", path) == unlink
    if unlink != "ok":
        assert outcome(p, "unlinkat", AT_FDCWD, path, 0x200) == rmdir
        assert outcome(p, "rmdir", path) == ("ENOENT" if rmdir == "ok" else rmdir)


def test_flags_of_unlinkat(p: Process) -> None:
    assert [outcome(p, "unlinkat", AT_FDCWD, "n", flags) for flags in (1, 0x100)] == ["EINVAL"] * 2
    assert outcome(p, "unlinkat", 99, "", 0) == "ENOENT"
    assert outcome(p, "unlinkat", 99, "n", 0) == "EBADF"
    assert outcome(p, "unlinkat", FILE, "n", 0) == "ENOTDIR"


@pytest.mark.parametrize("path", ["f", "f/", "d", "d/", ".", "..", "/", "d/.."])
def test_what_there_is_cannot_be_made(p: Process, path: str) -> None:
    assert outcome(p, "mkdir", path) == "EEXIST"


def test_making_a_directory(p: Process) -> None:
    assert [outcome(p, "mkdir", each) for each in ("n/x", "f/x", "")] == [
        *("ENOENT", "ENOTDIR", "ENOENT")
    ]
    p.mkdir("new/", 0o7777)
    assert mode(p, "new") == stat.S_IFDIR | 0o1755


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        *(("f", "f", "ok"), ("f", "d", "EISDIR"), ("d", "f", "ENOTDIR"), ("f", "n/x", "ENOENT")),
        *(("n", "x", "ENOENT"), ("d", "d/q", "EINVAL"), ("d/e", "d", "ENOTEMPTY")),
        *(
            ("d", "m", "ok"),
            ("m", "d", "ENOTEMPTY"),
            ("f", "g/", "ENOTDIR"),
            ("f/", "g", "ENOTDIR"),
        ),
        *(("n", "o/", "ENOENT"), (".", "x", "EBUSY"), ("x", ".", "EBUSY"), ("f", "..", "EBUSY")),
        *(("", "x", "ENOENT"), ("f", "", "ENOENT"), ("d", "new/", "ok"), ("f", "g", "ok")),
    ],
)
def test_rename(p: Process, old: str, new: str, answer: str) -> None:
    assert outcome(p, "rename", old, new) == answer


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        *(("f", "/m/f", "EXDEV"), ("/m/g", "f", "EXDEV"), ("n", "/m/x", "EXDEV")),
        *(("d", "/m/sub", "EXDEV"), ("/m/sub", "/m", "EXDEV"), ("/m", "/m/sub", "EXDEV")),
        *(("/m/g", "/dev/shm/g", "EXDEV"), ("/m/.", "/w/.", "EXDEV"), ("/w/.", "/x", "EBUSY")),
        *(("/m", "/u", "EBUSY"), ("d", "/m", "EBUSY"), ("/w", "/m", "EBUSY"), ("/m", "/m", "ok")),
        *(("/top", "/m", "EISDIR"), ("/m", "/top", "ENOTDIR"), ("/m/g", "/m/h", "ok")),
        *(("/dev/shm", "/dev/x", "EBUSY"), ("/m/n/x", "/y", "ENOENT")),
    ],
)
def test_rename_from_one_file_system_to_another(
    p: Process, old: str, new: str, answer: str
) -> None:
    p.machine.fs.mount_tmpfs("/m")
    p.mkdir("/m/sub")
    for path in ("/m/g", "/top"):
        p.machine.fs.write(path, b"")
    assert outcome(p, "rename", old, new) == answer


def test_what_is_mounted_stays(p: Process) -> None:
    p.machine.fs.mount_tmpfs("/m")
    assert [outcome(p, "rmdir", path) for path in ("/m", "/dev/shm", "/dev")] == ["EBUSY"] * 3


def test_what_is_open_or_mapped_has_the_new_name(p: Process) -> None:
    p.ftruncate(FILE, 4096)
    p.mmap(0x50000000, 4096, 1, 0x11, FILE)
    p.open("d/x", O_RDWR)
    with Recorder(p.machine) as recorder:
        p.rename("f", "d/g")
        p.rename("d", "k")
    assert [line.split()[-1] for line in p.maps().splitlines() if "50000000-" in line] == ["/w/k/g"]
    assert p.machine.fs.kind("/w/k/x") == "reg"
    p.unlink("/w/k/g")
    assert "/w/k/g (deleted)" in p.maps()
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() != snap, "before unlink"


def test_the_working_directory(p: Process) -> None:
    assert p.getcwd(PLACE, 64) == 3
    assert p.load(PLACE, 3) == b"/w\0"
    assert [outcome(p, "getcwd", PLACE, size) for size in (3, 2, 0)] == ["ok", "ERANGE", "ERANGE"]
    assert [outcome(p, "getcwd", 0, size) for size in (64, 1)] == ["EFAULT", "ERANGE"]
    assert [outcome(p, "chdir", each) for each in ("f", "n", "", "f/")] == [
        *("ENOTDIR", "ENOENT", "ENOENT", "ENOTDIR")
    ]
    assert [outcome(p, "fchdir", each) for each in (FILE, FILE_BY_PATH, 99, FOLDER)] == [
        *("ENOTDIR", "ENOTDIR", "EBADF", "ok")
    ]
    assert outcome(p, "access", "x", 0) == "ok"


def test_a_working_directory_that_is_gone(p: Process) -> None:
    p.chdir("m")
    p.rmdir("../m")
    assert [outcome(p, "getcwd", PLACE, size) for size in (64, 0)] == ["ENOENT", "ENOENT"]
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    inodes = len(snap.inodes)
    p.chdir("/w")
    assert len(p.machine.snapshot().inodes) == inodes - 1


def test_who_shares_the_working_directory(p: Process) -> None:
    child, thread = p.fork(), p.clone(CLONE_FS | CLONE_VM | CLONE_FILES)
    thread.chdir("d")
    thread.umask(0)
    assert [outcome(each, "access", "x", 0) for each in (p, thread, child)] == [
        "ok",
        "ok",
        "ENOENT",
    ]
    assert [each.umask(0o22) for each in (p, thread, child)] == [0, 0o22, 0o22]
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    p.machine.restore(snap)
    p.chdir("/w")
    assert outcome(thread, "access", "x", 0) == "ENOENT"


def mode(p: Process, path: str) -> int:
    p.stat(path, PLACE)
    found: int = struct.unpack("<I", p.load(PLACE + 24, 4))[0]
    return found


def test_rights_without_those_of_the_umask(p: Process) -> None:
    p.umask(0o77)
    p.open("a", O_CREAT, 0o666)
    p.mkdir("b")
    assert (mode(p, "a"), mode(p, "b")) == (stat.S_IFREG | 0o600, stat.S_IFDIR | 0o700)
    assert outcome(p, "execve", "/w/a") == "EACCES"


def test_truncate() -> None:
    """Answers as Linux 6.18 gave on a tmpfs."""
    machine = Machine()
    process = machine.spawn()
    machine.fs.write("/some", b"0123456789")
    process.mkdir("/folder")
    process.truncate("/some", 5)
    process.truncate("/some", 7)
    assert machine.fs.read("/some") == b"01234\0\0"
    for path, length, error in (
        *(("/some", -1, "EINVAL"), ("/folder", 5, "EISDIR"), ("/folder", -1, "EINVAL")),
        *(("/none", 5, "ENOENT"), ("/some/x", 5, "ENOTDIR"), ("/dev/null", 5, "EINVAL")),
        *(("", 5, "ENOENT"), ("/" + "x" * 300, 5, "ENAMETOOLONG"), ("/bin/a.out", 5, "ETXTBSY")),
    ):
        with pytest.raises(LinuxError, match=error):
            process.truncate(path, length)
