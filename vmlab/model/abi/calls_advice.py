"""The rows of the calls that say how a file will be read, and what is to be written now."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_FD = _P("fd", Kind.FD)
_OFFSET = _P("offset", Kind.OFFSET)

ADVICE_CALLS: tuple[Call, ...] = (
    call(
        221,
        "fadvise64",
        N_("say how a part of a file will be read"),
        Result.NOTHING,
        *(_FD, _OFFSET, _P("length", Kind.OFFSET), _P("advice", Kind.FILE_ADVICE)),
        method="posix_fadvise",
    ),
    call(
        187,
        "readahead",
        N_("read a part of a file before it is needed"),
        Result.NOTHING,
        *(_FD, _OFFSET, _P("count", Kind.COUNT)),
    ),
    call(
        277,
        "sync_file_range",
        N_("write the dirty pages of a part of a file to its disk"),
        Result.NOTHING,
        *(_FD, _OFFSET, _P("nbytes", Kind.OFFSET), _P("flags", Kind.SYNC_FLAGS, 0)),
    ),
)
