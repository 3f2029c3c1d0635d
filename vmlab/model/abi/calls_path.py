"""The rows of the calls on what paths name."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_DIRFD = _P("dirfd", Kind.DIRFD)
_PATH = _P("path", Kind.PATH)
_LENGTH = _P("length", Kind.LENGTH)
_STATBUF = _P("statbuf", Kind.BUFFER)
_MODE = _P("mode", Kind.FILE_MODE, 0o777)
_FILE_AT_PATH = N_("tell what kind of file is at a path, its length and its pages")
_MAY = N_("ask whether a file may be read, written or executed")
_LEADS = N_("ask where a symbolic link leads")
_MAKE = N_("make a directory")
_RENAME = N_("give a file or a directory another name")

PATH_CALLS: tuple[Call, ...] = (
    call(4, "stat", _FILE_AT_PATH, Result.NOTHING, _PATH, _STATBUF),
    call(6, "lstat", _FILE_AT_PATH, Result.NOTHING, _PATH, _STATBUF),
    call(
        137,
        "statfs",
        N_("store what the file system of a path is"),
        Result.NOTHING,
        *(_PATH, _P("buf", Kind.BUFFER)),
    ),
    call(
        138,
        "fstatfs",
        N_("store what the file system of an open file is"),
        Result.NOTHING,
        *(_P("fd", Kind.FD), _P("buf", Kind.BUFFER)),
    ),
    call(
        262,
        "newfstatat",
        _FILE_AT_PATH,
        Result.NOTHING,
        *(_DIRFD, _PATH, _STATBUF, _P("flags", Kind.AT_FLAGS, 0)),
    ),
    call(76, "truncate", N_("change the length of a file"), Result.NOTHING, _PATH, _LENGTH),
    call(21, "access", _MAY, Result.NOTHING, _PATH, _P("mode", Kind.ACCESS_MODE)),
    call(269, "faccessat", _MAY, Result.NOTHING, _DIRFD, _PATH, _P("mode", Kind.ACCESS_MODE)),
    call(
        439,
        "faccessat2",
        _MAY,
        Result.NOTHING,
        *(_DIRFD, _PATH, _P("mode", Kind.ACCESS_MODE), _P("flags", Kind.ACCESS_FLAGS, 0)),
    ),
    call(
        332,
        "statx",
        _FILE_AT_PATH,
        Result.NOTHING,
        *(_DIRFD, _PATH, _P("flags", Kind.AT_FLAGS), _P("mask", Kind.STATX_MASK)),
        _P("buffer", Kind.BUFFER),
    ),
    call(
        89,
        "readlink",
        _LEADS,
        Result.COUNT,
        *(_PATH, _P("buf", Kind.BUFFER), _P("bufsiz", Kind.SIZE)),
    ),
    call(
        267,
        "readlinkat",
        _LEADS,
        Result.COUNT,
        *(_DIRFD, _PATH, _P("buf", Kind.BUFFER), _P("bufsiz", Kind.SIZE)),
    ),
    call(
        79,
        "getcwd",
        N_("ask for the working directory"),
        Result.COUNT,
        *(_P("buf", Kind.BUFFER), _P("size", Kind.COUNT)),
    ),
    call(80, "chdir", N_("make a directory the working one"), Result.NOTHING, _PATH),
    call(
        81,
        "fchdir",
        N_("make an open directory the working one"),
        Result.NOTHING,
        _P("fd", Kind.FD),
    ),
    call(83, "mkdir", _MAKE, Result.NOTHING, _PATH, _MODE),
    call(258, "mkdirat", _MAKE, Result.NOTHING, _DIRFD, _PATH, _MODE),
    call(84, "rmdir", N_("take an empty directory away"), Result.NOTHING, _PATH),
    call(87, "unlink", N_("take the name of a file away"), Result.NOTHING, _PATH),
    call(
        263,
        "unlinkat",
        N_("take the name of a file or an empty directory away"),
        Result.NOTHING,
        *(_DIRFD, _PATH, _P("flags", Kind.UNLINK_FLAGS, 0)),
    ),
    call(
        82,
        "rename",
        _RENAME,
        Result.NOTHING,
        *(_P("oldpath", Kind.PATH), _P("newpath", Kind.PATH)),
    ),
    call(
        264,
        "renameat",
        _RENAME,
        Result.NOTHING,
        *(_P("olddirfd", Kind.DIRFD), _P("oldpath", Kind.PATH)),
        *(_P("newdirfd", Kind.DIRFD), _P("newpath", Kind.PATH)),
    ),
    call(
        95,
        "umask",
        N_("say which rights new files do not get"),
        Result.MODE,
        _P("mask", Kind.FILE_MODE),
    ),
)
