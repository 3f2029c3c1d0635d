"""Programs about names, links, rights, owners and times of files, in memory and on the disk.

They are made as root in the tree of this machine: no path of theirs leads out of their folder.
"""

from __future__ import annotations

import random
import struct

from tests.answers.program import DISK_FOLDER, FOLDER, PAGE, Step
from vmlab.model.abi.fcntl import AT_FDCWD, Open
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmlab.model.abi.time import UTIME_OMIT

A = 0x10000000  # bytes: where programs have memory
_STAT, _TIMES = A, A + PAGE  # what is stored there
_NAMES = ("a", "b", "d", "d/x", "d/e", "l", "m", "p")
_PATHS = (
    *(*_NAMES, *_NAMES, *_NAMES),
    *("d/", "a/", "l/", "m/", "d/..", "d/../a", "l/x", "l/../a", "m/../b", "none", "none/x", "a/x"),
    *(".", "d/.", "", "n" * 256, "./d//x", "p/"),
)
_TARGETS = ("a", "d", "l", "m", "none", "d/", "a/", "./l", "d/x", "p")
_MODES = (0, 0o1, 0o644, 0o755, 0o600, 0o7777, 0o2755, 0o6711, 0o1777, 0o177777)
_KINDS = (0, 0o10000, 0o10000, 0o20000, 0o60000, 0o100000, 0o140000, 0o40000, 0o120000, 0o30000)
_DEVICES = (0, 0x103, 0x105, 0x155, 0xFFFFFFFFF)
_OWNERS = (0, 1, 1000, -1, 0xFFFFFFFE)
_DIRFDS = (AT_FDCWD, AT_FDCWD, AT_FDCWD, 4, 5, 6, 99, -1)
_AT = (0, 0, 0x100, 0x400, 0x1000, 0x1100, 0x1, 0x200)
_OPEN = (Open.O_CREAT, Open.O_CREAT, Open.O_EXCL, Open.O_TRUNC, Open.O_NOFOLLOW, Open.O_PATH)
_MAKE = (Open.O_CREAT | Open.O_TRUNC | Open.O_WRONLY | Open.O_NONBLOCK).value
_OPEN_MORE = (Open.O_DIRECTORY, Open.O_TMPFILE, Open.O_APPEND)


def names(rng: random.Random) -> list[Step]:
    """Links, FIFOs, renames, rights, owners, times, in a folder with a file and a directory."""
    anon = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    base = f"{rng.choice((FOLDER, DISK_FOLDER))}/w"
    steps: list[Step] = [
        ["mmap", A, 4 * PAGE, PROT_READ | PROT_WRITE, anon, -1, 0],
        *(["mkdir", base, 0o755], ["chdir", base], ["creat", "a", 0o644], ["mkdir", "d", 0o755]),
        ["open", "d", 0, 0],
        ["symlink", rng.choice(("a", "d")), "l"],
    ]
    for _ in range(16):
        steps += rng.choice(_OPERATIONS)(rng)
    return steps


def _path(rng: random.Random) -> str:
    return rng.choice(_PATHS)


def _look(rng: random.Random, path: str) -> list[Step]:
    call = rng.choice(("lstat", "lstat", "stat"))
    return [["store", _STAT + 16, 0, 1], [call, path, _STAT], ["bytes", _STAT + 16, 32]]


def _link(rng: random.Random) -> list[Step]:
    old, new = _path(rng), _path(rng)
    at = [rng.choice(_DIRFDS), old, rng.choice(_DIRFDS), new]
    step = rng.choice(
        (
            ["link", old, new],
            ["linkat", *at, rng.choice(_AT)],
            ["symlink", rng.choice(_TARGETS), new],
            ["symlink", rng.choice(_TARGETS), new],
            ["symlinkat", rng.choice(_TARGETS), rng.choice(_DIRFDS), new],
        )
    )
    return [step, *_look(rng, old), *_look(rng, new)]


def _rename(rng: random.Random) -> list[Step]:
    old, new = _path(rng), _path(rng)
    at = [rng.choice(_DIRFDS), old, rng.choice(_DIRFDS), new]
    flags = rng.choice((0, 1, 1, 2, 2, 4, 3, 8))
    step = rng.choice((["rename", old, new], ["renameat", *at], ["renameat2", *at, flags]))
    return [step, *_look(rng, old), *_look(rng, new)]


def _remove(rng: random.Random) -> list[Step]:
    path = _path(rng)
    at = ["unlinkat", rng.choice(_DIRFDS), path, rng.choice((0, 0, 0x200, 0x100))]
    return [rng.choice((["unlink", path], ["rmdir", path], at)), *_look(rng, path)]


def _make(rng: random.Random) -> list[Step]:
    path, mode = _path(rng), rng.choice(_MODES)
    node = [rng.choice(_KINDS) | mode & 0o7777, rng.choice(_DEVICES)]
    step = rng.choice(
        (
            ["mknod", path, *node],
            ["mknodat", rng.choice(_DIRFDS), path, *node],
            ["mkdir", path, mode],
            ["open", rng.choice(("a", "b", "l", "d", "none/x")), _MAKE, mode],
            ["umask", rng.choice((0, 0o22, 0o77, 0o777))],
        )
    )
    return [step, *_look(rng, path)]


def _open(rng: random.Random) -> list[Step]:
    # Never to wait for the other end of a FIFO.
    path, flags = _path(rng), rng.choice((0, 1, 2)) | Open.O_NONBLOCK.value
    flags |= sum({flag.value for flag in _OPEN if rng.random() < 0.25})
    flags |= sum(flag.value for flag in _OPEN_MORE if rng.random() < 0.06)
    step = ["open", path, flags, rng.choice(_MODES)]
    fd = rng.choice((6, 6, 7))
    return [
        step,
        *(["fstat", fd, _STAT], ["bytes", _STAT + 16, 32], ["fcntl", fd, 3, 0]),
        *rng.choice(([], [["close", fd]], [["write", fd, A, 5], ["read", fd, A + 64, 3]])),
    ]


def _attributes(rng: random.Random) -> list[Step]:
    path, mode, fd = _path(rng), rng.choice(_MODES), rng.choice((4, 5, 6, 99))
    owners = [rng.choice(_OWNERS), rng.choice(_OWNERS)]
    dirfd, flags = rng.choice(_DIRFDS), rng.choice(_AT)
    step = rng.choice(
        (
            ["chmod", path, mode],
            ["fchmod", fd, mode],
            ["fchmodat", dirfd, path, mode],
            ["fchmodat2", dirfd, path, mode, flags],
            ["chown", path, *owners],
            ["lchown", path, *owners],
            ["fchown", fd, *owners],
            ["fchownat", dirfd, path, *owners, flags],
        )
    )
    mode = rng.choice((0, 1, 1, 2, 4, 7, 8))
    access = rng.choice((["access", path, mode], ["faccessat2", dirfd, path, mode, flags]))
    return [step, *_look(rng, path), access]


def _times(rng: random.Random) -> list[Step]:
    # What the clock says is not told: both times are zeros at first.
    path, dirfd = _path(rng), rng.choice(_DIRFDS)
    seconds = [rng.choice((0, 1, 70000, 1 << 31, 15032385534, 15032385535)) for _ in range(2)]
    parts = [rng.choice((0, 5, 999_999, 999_999_999, UTIME_OMIT, 1 << 31, -1)) for _ in range(2)]
    words = struct.pack("<4q", seconds[0], parts[0], seconds[1], parts[1])
    steps: list[Step] = [["store", _TIMES + at, byte] for at, byte in enumerate(words)]
    times = rng.choice((_TIMES, _TIMES, _TIMES, 1 << 62))
    steps += [
        ["utimensat", AT_FDCWD, path, _TIMES + 64, 0x100],
        rng.choice(
            (
                ["utimensat", dirfd, path, times, rng.choice(_AT)],
                ["utimensat", dirfd, None, times, rng.choice((0, 0, 0x100))],
                ["utime", path, times],
                ["utimes", path, times],
                ["futimesat", dirfd, rng.choice((path, None)), times],
            )
        ),
    ]
    return [*steps, ["lstat", path, _STAT + 2 * PAGE], ["bytes", _STAT + 2 * PAGE + 72, 32]]


def _read_link(rng: random.Random) -> list[Step]:
    path, room = _path(rng), rng.choice((64, 64, 2, 0, -1))
    step = rng.choice(
        (
            ["readlink", path, A + 128, room],
            ["readlinkat", rng.choice(_DIRFDS), path, A + 128, room],
        )
    )
    go = rng.choice(([], [], [["chdir", rng.choice(("d", "l", "m", "a", "d/e"))]]))
    return [step, ["bytes", A + 128, 8], ["truncate", path, 3], *go]


def _advise(rng: random.Random) -> list[Step]:
    fd = rng.choice((4, 5, 6, 99))
    place = [rng.choice((0, 1, PAGE, -1)), rng.choice((0, 5, PAGE, -1))]
    return [
        rng.choice(
            (
                ["fadvise64", fd, *place, rng.choice((0, 1, 2, 3, 4, 5, 6, -1))],
                ["readahead", fd, *place],
                ["sync_file_range", fd, *place, rng.choice((0, 1, 2, 4, 7, 8))],
            )
        )
    ]


_OPERATIONS = (
    *(_link, _link, _link, _rename, _rename, _remove, _make, _make, _open, _open),
    *(_attributes, _attributes, _times, _read_link, _advise),
)
