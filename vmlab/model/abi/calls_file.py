"""The rows of the calls on files."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call
from vmlab.model.abi.signal import SIGSET_SIZE

_P = Parameter
_LENGTH = _P("length", Kind.LENGTH)
_FD = _P("fd", Kind.FD)
_BUF = _P("buf", Kind.BUFFER)
_IOV = _P("iov", Kind.BUFFER)
_IOVCNT = _P("iovcnt", Kind.NUMBER)
_COUNT = _P("count", Kind.COUNT)
_OFFSET = _P("offset", Kind.OFFSET)
_MODE = _P("mode", Kind.FILE_MODE, 0o777)
_INSIDE = N_("ask what is in an open directory")
_SELECT = (
    _P("nfds", Kind.NR_OF_SETS),
    *(_P(name, Kind.VECTOR, None) for name in ("readfds", "writefds", "exceptfds", "timeout")),
)

FILE_CALLS: tuple[Call, ...] = (
    # Files
    call(
        2,
        "open",
        N_("open a file"),
        Result.FD,
        _P("path", Kind.PATH),
        _P("flags", Kind.OPEN_FLAGS, 0),
        _MODE,
    ),
    call(85, "creat", N_("make a file, and open it"), Result.FD, _P("path", Kind.PATH), _MODE),
    call(
        257,
        "openat",
        N_("open a file, by a path from a directory on"),
        Result.FD,
        _P("dirfd", Kind.DIRFD),
        _P("path", Kind.PATH),
        _P("flags", Kind.OPEN_FLAGS, 0),
        _MODE,
    ),
    call(
        319,
        "memfd_create",
        N_("make a nameless file in memory"),
        Result.FD,
        _P("name", Kind.NAME),
        _P("flags", Kind.MEMFD_FLAGS, 0),
    ),
    call(22, "pipe", N_("make a pipe"), Result.FDS),
    call(
        33,
        "dup2",
        N_("make a descriptor refer to the same open file as another one"),
        Result.FD,
        _P("oldfd", Kind.FD),
        _P("newfd", Kind.FD),
    ),
    call(
        293,
        "pipe2",
        N_("make a pipe whose descriptors have flags"),
        Result.FDS,
        _P("flags", Kind.FD_FLAGS, 0),
    ),
    call(
        32,
        "dup",
        N_("make one more descriptor refer to the same open file"),
        Result.FD,
        _P("oldfd", Kind.FD),
    ),
    call(
        292,
        "dup3",
        N_("make a descriptor refer to the same open file as another one, with flags"),
        Result.FD,
        *(_P("oldfd", Kind.FD), _P("newfd", Kind.FD), _P("flags", Kind.FD_FLAGS, 0)),
    ),
    call(
        436,
        "close_range",
        N_("close all descriptors of a range"),
        Result.NOTHING,
        *(_P("first", Kind.FD_LIMIT), _P("last", Kind.FD_LIMIT)),
        _P("flags", Kind.CLOSE_FLAGS, 0),
    ),
    call(
        16,
        "ioctl",
        N_("ask what only some kinds of open files know"),
        Result.NOTHING,
        *(_FD, _P("cmd", Kind.IOCTL_COMMAND), _P("arg", Kind.BUFFER, 0)),
    ),
    call(
        72,
        "fcntl",
        N_("ask about a descriptor, change it, or seal or lock its file"),
        Result.FCNTL,
        _FD,
        _P("cmd", Kind.FCNTL_COMMAND),
        _P("arg", Kind.FCNTL_ARGUMENT, 0),
    ),
    call(
        73,
        "flock",
        N_("lock a file for those who ask, or give it free"),
        Result.NOTHING,
        *(_FD, _P("operation", Kind.FLOCK_COMMAND)),
    ),
    call(3, "close", N_("close a descriptor"), Result.NOTHING, _FD),
    call(
        5,
        "fstat",
        N_("tell what kind of file is open, its length and its pages"),
        Result.NOTHING,
        _FD,
        _P("statbuf", Kind.BUFFER),
    ),
    call(
        8,
        "lseek",
        N_("move to another place in a file, or find data or a hole in it"),
        Result.COUNT,
        _FD,
        _OFFSET,
        _P("whence", Kind.WHENCE, 0),
    ),
    call(77, "ftruncate", N_("change the length of a file"), Result.NOTHING, _FD, _LENGTH),
    call(
        285,
        "fallocate",
        N_("give a part of a file its pages, or take them away"),
        Result.NOTHING,
        _FD,
        _P("mode", Kind.FALLOC_MODE),
        _OFFSET,
        _P("length", Kind.OFFSET),
    ),
    call(74, "fsync", N_("write the dirty pages of a file to its disk"), Result.NOTHING, _FD),
    call(
        75,
        "fdatasync",
        N_("write the dirty pages of a file to its disk, but not its times"),
        Result.NOTHING,
        _FD,
    ),
    call(162, "sync", N_("write the dirty pages of all files to their disks"), Result.NOTHING),
    call(0, "read", N_("read from a file into memory"), Result.COUNT, _FD, _BUF, _COUNT),
    call(1, "write", N_("write memory to a file"), Result.COUNT, _FD, _BUF, _COUNT),
    call(
        17,
        "pread64",
        N_("read from a place in a file"),
        Result.COUNT,
        *(_FD, _BUF, _COUNT, _OFFSET),
        method="pread",
    ),
    call(
        18,
        "pwrite64",
        N_("write to a place in a file"),
        Result.COUNT,
        *(_FD, _BUF, _COUNT, _OFFSET),
        method="pwrite",
    ),
    call(
        19,
        "readv",
        N_("read from a file into pieces of memory"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT),
    ),
    call(
        20,
        "writev",
        N_("write pieces of memory to a file"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT),
    ),
    call(
        295,
        "preadv",
        N_("read from a place in a file into pieces of memory"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT, _OFFSET),
    ),
    call(
        296,
        "pwritev",
        N_("write pieces of memory to a place in a file"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT, _OFFSET),
    ),
    call(
        40,
        "sendfile",
        N_("write to a file what another one holds"),
        Result.COUNT,
        *(_P("out_fd", Kind.FD), _P("in_fd", Kind.FD)),
        *(_P("offset", Kind.VECTOR), _COUNT),
    ),
    call(
        326,
        "copy_file_range",
        N_("copy a part of a file to another file"),
        Result.COUNT,
        *(_P("fd_in", Kind.FD), _P("off_in", Kind.VECTOR)),
        *(_P("fd_out", Kind.FD), _P("off_out", Kind.VECTOR)),
        *(_P("length", Kind.COUNT), _P("flags", Kind.NO_FLAGS, 0)),
    ),
    call(
        78,
        "getdents",
        _INSIDE,
        Result.COUNT,
        *(_FD, _P("dirp", Kind.BUFFER), _P("count", Kind.ROOM)),
    ),
    call(
        217,
        "getdents64",
        _INSIDE,
        Result.COUNT,
        *(_FD, _P("dirp", Kind.BUFFER), _P("count", Kind.ROOM)),
    ),
    # Waiting for files
    call(
        7,
        "poll",
        N_("wait until one of some files is ready"),
        Result.NUMBER,
        *(_P("fds", Kind.BUFFER), _P("nfds", Kind.NR_POLLED), _P("timeout", Kind.TIMEOUT)),
    ),
    call(
        271,
        "ppoll",
        N_("wait until one of some files is ready, while other signals wait"),
        Result.NUMBER,
        *(_P("fds", Kind.BUFFER), _P("nfds", Kind.NR_POLLED)),
        *(_P("tmo_p", Kind.VECTOR, None), _P("sigmask", Kind.VECTOR, None)),
        _P("sigsetsize", Kind.COUNT, SIGSET_SIZE),
    ),
    call(
        23,
        "select",
        N_("wait until a descriptor of some sets is ready"),
        Result.NUMBER,
        *_SELECT,
    ),
    call(
        270,
        "pselect6",
        N_("wait until a descriptor of some sets is ready, while other signals wait"),
        Result.NUMBER,
        *(*_SELECT, _P("sigmask", Kind.VECTOR, None)),
    ),
)
