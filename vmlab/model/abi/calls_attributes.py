"""The rows of the calls on rights, owners and times of files."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_CHMOD = N_("say who may do what with a file")
_CHOWN = N_("give a file another owner or another group")
_UTIMES = N_("say when a file was read and written to")
_FD = _P("fd", Kind.FD)
_DIRFD = _P("dirfd", Kind.DIRFD)
_PATH = _P("path", Kind.PATH)
_FILE_OR_PATH = _P("path", Kind.PATH_OR_NONE)
_MODE = _P("mode", Kind.FILE_MODE)
_OWNERS = (_P("owner", Kind.OWNER), _P("group", Kind.OWNER))
_TIMES = _P("times", Kind.VECTOR, None)
_FLAGS = _P("flags", Kind.AT_FLAGS, 0)

ATTRIBUTE_CALLS: tuple[Call, ...] = (
    call(90, "chmod", _CHMOD, Result.NOTHING, _PATH, _MODE),
    call(91, "fchmod", _CHMOD, Result.NOTHING, _FD, _MODE),
    call(268, "fchmodat", _CHMOD, Result.NOTHING, _DIRFD, _PATH, _MODE),
    call(452, "fchmodat2", _CHMOD, Result.NOTHING, _DIRFD, _PATH, _MODE, _FLAGS),
    call(92, "chown", _CHOWN, Result.NOTHING, _PATH, *_OWNERS),
    call(93, "fchown", _CHOWN, Result.NOTHING, _FD, *_OWNERS),
    call(94, "lchown", _CHOWN, Result.NOTHING, _PATH, *_OWNERS),
    call(260, "fchownat", _CHOWN, Result.NOTHING, _DIRFD, _PATH, *_OWNERS, _FLAGS),
    call(132, "utime", _UTIMES, Result.NOTHING, _PATH, _TIMES),
    call(235, "utimes", _UTIMES, Result.NOTHING, _PATH, _TIMES),
    call(261, "futimesat", _UTIMES, Result.NOTHING, _DIRFD, _FILE_OR_PATH, _TIMES),
    call(280, "utimensat", _UTIMES, Result.NOTHING, _DIRFD, _FILE_OR_PATH, _TIMES, _FLAGS),
)
