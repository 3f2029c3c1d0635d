"""The rows of the calls on an address space."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_ADDR = _P("addr", Kind.ADDRESS)
_LENGTH = _P("length", Kind.LENGTH)
_PROT = _P("prot", Kind.PROT)

MEMORY_CALLS: tuple[Call, ...] = (
    call(
        9,
        "mmap",
        N_("make a mapping"),
        Result.ADDRESS,
        _P("addr", Kind.HINT),
        _LENGTH,
        _PROT,
        _P("flags", Kind.MAP_FLAGS),
        _P("fd", Kind.FD, -1),
        _P("offset", Kind.MAP_OFFSET, 0),
    ),
    call(11, "munmap", N_("remove what is mapped in a range"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        10,
        "mprotect",
        N_("change the protection of a range"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _PROT,
    ),
    call(
        25,
        "mremap",
        N_("resize or move a mapping"),
        Result.ADDRESS,
        _P("old_address", Kind.ADDRESS),
        _P("old_size", Kind.LENGTH),
        _P("new_size", Kind.LENGTH),
        _P("flags", Kind.MREMAP_FLAGS, 0),
        _P("new_address", Kind.HINT, 0),
    ),
    call(
        216,
        "remap_file_pages",
        N_("show other pages of a file in a part of its mapping"),
        Result.NOTHING,
        *(_ADDR, _P("size", Kind.LENGTH), _P("prot", Kind.PROT, 0)),
        _P("pgoff", Kind.PGOFF, 0),
        _P("flags", Kind.REMAP_FLAGS, 0),
    ),
    call(
        28,
        "madvise",
        N_("say how a range will be used"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("advice", Kind.ADVICE),
    ),
    call(
        26,
        "msync",
        N_("write a mapped file back"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MSYNC_FLAGS),
    ),
    call(149, "mlock", N_("lock a range in memory"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        325,
        "mlock2",
        N_("lock a range in memory, page by page as it is touched"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MLOCK_FLAGS),
    ),
    call(150, "munlock", N_("unlock a range"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        151,
        "mlockall",
        N_("lock all that is mapped, or will be"),
        Result.NOTHING,
        _P("flags", Kind.MCL_FLAGS),
    ),
    call(152, "munlockall", N_("unlock all that is mapped, and will be"), Result.NOTHING),
    call(
        27,
        "mincore",
        N_("tell which pages of a range are in memory"),
        Result.BYTES,
        _ADDR,
        _LENGTH,
        _P("vec", Kind.VECTOR, None),
    ),
    call(
        462,
        "mseal",
        N_("make the mappings of a range unchangeable"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MSEAL_FLAGS, 0),
    ),
    call(12, "brk", N_("move the end of the heap"), Result.ADDRESS, _P("addr", Kind.BREAK)),
)
