"""What [vdso] holds: a shared object with functions that tell the time, each by a system call.

Linux builds its own from C, which reads the clocks from [vvar]. Here only the kernel has clocks.
"""

from __future__ import annotations

import struct
from functools import cache

from vmlab.model.abi.elf import (
    DT_NULL,
    DT_STRTAB,
    EHDR_SIZE,
    EM_X86_64,
    ET_DYN,
    PF_R,
    PF_X,
    PHDR_SIZE,
    PT_DYNAMIC,
    PT_LOAD,
)
from vmlab.model.mmu.page import PAGE_SIZE

VDSO_PAGES = 2  # what a loader reads is in the first one, the code in the second one

_SONAME, _VERSION = "linux-vdso.so.1", "LINUX_2.6"
_CALLS = {  # number of the system call that a function makes
    "__vdso_gettimeofday": 96,
    "__vdso_time": 201,
    "__vdso_clock_gettime": 228,
    "__vdso_getcpu": 309,
}
_ALIGN = 16  # bytes, of each function
_DT_HASH, _DT_SYMTAB, _DT_STRSZ, _DT_SYMENT, _DT_SONAME = 4, 6, 10, 11, 14
_DT_VERSYM, _DT_VERDEF, _DT_VERDEFNUM = 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD
_VER_FLG_BASE = 1
_GLOBAL_FUNCTION = 0x12  # STB_GLOBAL, STT_FUNC
_TEXT_SECTION = 1  # any but 0, which says that a symbol is not there
_SYM, _DYN, _VERDEF_SIZE = struct.Struct("<IBBHQQ"), struct.Struct("<QQ"), 20


@cache
def vdso_image_64() -> bytes:
    """Return the image, VDSO_PAGES pages.

    Source: arch/x86/entry/vdso/vclock_gettime.c: __vdso_clock_gettime(), __vdso_gettimeofday(),
        __vdso_time() [v5.4]; arch/x86/entry/vdso/vgetcpu.c: __vdso_getcpu() [v5.4].
    Left out: their other names, without __vdso_; later functions; what debuggers read.
    """
    code = {name: _function(number) for name, number in _CALLS.items()}
    names, places = _strings((_SONAME, _VERSION, *code))
    symbols, addr = bytes(_SYM.size), PAGE_SIZE
    for name, body in code.items():
        row = places[name], _GLOBAL_FUNCTION, 0, _TEXT_SECTION, addr, len(body.rstrip(b"\xcc"))
        symbols += _SYM.pack(*row)
        addr += len(body)
    versions = struct.pack(f"<{1 + len(code)}H", 0, *[2] * len(code))
    definitions = _verdef(_VER_FLG_BASE, 1, _SONAME, places) + _verdef(0, 2, _VERSION, places)
    tables = {  # each at the address that stands behind its tag
        _DT_HASH: _hash_table(("", *code)),
        DT_STRTAB: names,
        _DT_SYMTAB: symbols,
        _DT_VERSYM: versions,
        _DT_VERDEF: definitions,
    }
    data = bytearray(EHDR_SIZE + 2 * PHDR_SIZE)
    dynamic = [(_DT_SONAME, places[_SONAME])]
    for tag, table in tables.items():
        dynamic.append((tag, len(data)))
        data += table + bytes(-len(table) % 8)
    dynamic += [(_DT_STRSZ, len(names)), (_DT_SYMENT, _SYM.size), (_DT_VERDEFNUM, 2), (DT_NULL, 0)]
    rows = b"".join(_DYN.pack(*row) for row in dynamic)
    size = PAGE_SIZE + sum(map(len, code.values()))
    data[: EHDR_SIZE + 2 * PHDR_SIZE] = _headers(size, len(data), len(rows))
    data += rows
    image = bytes(data).ljust(PAGE_SIZE, b"\0") + b"".join(code.values())
    return image.ljust(VDSO_PAGES * PAGE_SIZE, b"\0")


def _function(number: int) -> bytes:
    # mov eax, number; syscall; ret
    code = b"\xb8" + struct.pack("<I", number) + bytes.fromhex("0f05c3")
    return code + b"\xcc" * (-len(code) % _ALIGN)


def _strings(texts: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    table, places = b"\0", {}
    for text in texts:
        places[text] = len(table)
        table += text.encode() + b"\0"
    return table, places


def _hash(name: str) -> int:
    # As System V's ABI defines it.
    value = 0
    for char in name.encode():
        value = (value << 4) + char
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def _hash_table(names: tuple[str, ...]) -> bytes:
    # One bucket for all: the last symbol, and behind each the one before it.
    count = len(names)
    return struct.pack(f"<{3 + count}I", 1, count, count - 1, 0, *range(count - 1))


def _verdef(flags: int, index: int, name: str, places: dict[str, int]) -> bytes:
    next_one = _VERDEF_SIZE + 8 if index == 1 else 0
    row = (1, flags, index, 1, _hash(name), _VERDEF_SIZE, next_one)
    return struct.pack("<HHHHIII", *row) + struct.pack("<II", places[name], 0)


def _headers(size: int, dynamic: int, dynamic_size: int) -> bytes:
    ehdr = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", ET_DYN, EM_X86_64, 1, 0, EHDR_SIZE, 0, 0),
        *(EHDR_SIZE, PHDR_SIZE, 2, 0, 0, 0),
    )
    load = struct.pack("<IIQQQQQQ", PT_LOAD, PF_R | PF_X, 0, 0, 0, size, size, PAGE_SIZE)
    row = (PT_DYNAMIC, PF_R, dynamic, dynamic, dynamic, dynamic_size, dynamic_size, 8)
    return ehdr + load + struct.pack("<IIQQQQQQ", *row)
