"""The rows of the calls that make and exchange names of files."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_SYMLINK = N_("make a symbolic link")
_LINK = N_("give a file one more name")
_MKNOD = N_("make a FIFO, a device or an empty file")
_NODE = (_P("mode", Kind.NODE_MODE, 0o100644), _P("dev", Kind.DEVICE, 0))
_PATH = _P("path", Kind.PATH)
_DIRFD = _P("dirfd", Kind.DIRFD)
_TARGET = _P("target", Kind.PATH)
_FROM_TO = (
    *(_P("olddirfd", Kind.DIRFD), _P("oldpath", Kind.PATH)),
    *(_P("newdirfd", Kind.DIRFD), _P("newpath", Kind.PATH)),
)

LINK_CALLS: tuple[Call, ...] = (
    call(88, "symlink", _SYMLINK, Result.NOTHING, _TARGET, _P("linkpath", Kind.PATH)),
    call(
        266,
        "symlinkat",
        _SYMLINK,
        Result.NOTHING,
        *(_TARGET, _P("newdirfd", Kind.DIRFD), _P("linkpath", Kind.PATH)),
    ),
    call(
        86,
        "link",
        _LINK,
        Result.NOTHING,
        *(_P("oldpath", Kind.PATH), _P("newpath", Kind.PATH)),
    ),
    call(265, "linkat", _LINK, Result.NOTHING, *_FROM_TO, _P("flags", Kind.AT_FLAGS, 0)),
    call(133, "mknod", _MKNOD, Result.NOTHING, _PATH, *_NODE),
    call(259, "mknodat", _MKNOD, Result.NOTHING, _DIRFD, _PATH, *_NODE),
    call(
        316,
        "renameat2",
        N_("give a file or a directory another name, or exchange two names"),
        Result.NOTHING,
        *(*_FROM_TO, _P("flags", Kind.RENAME_FLAGS, 0)),
    ),
)
