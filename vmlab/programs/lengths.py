"""How long instructions are, in 64-bit mode: where each begins in a run of them."""

from __future__ import annotations

from collections.abc import Iterator


def _bytes(text: str) -> frozenset[int]:
    # '40-4f 66' = those from 0x40 to 0x4f, and 0x66.
    ranges = [part.split("-") for part in text.split()]
    return frozenset(n for each in ranges for n in range(int(each[0], 16), int(each[-1], 16) + 1))


_PREFIXES = _bytes("26 2e 36 3e 64-67 f0 f2 f3")
_REX = _bytes("40-4f")
# By opcode: those with a ModRM byte, then those with so many bytes of a number behind it.
_MODRM = _bytes(
    "00-03 08-0b 10-13 18-1b 20-23 28-2b 30-33 38-3b 63 69 6b 80-8f c0 c1 c6 c7 d0-d3 d8-df f6 f7 "
    "fe ff"
)
_BYTE = _bytes("04 0c 14 1c 24 2c 34 3c 6a 6b 70-7f 80 82 83 a8 b0-b7 c0 c1 c6 cd e0-e7 eb")
_WORD = _bytes("c2 ca")
_FULL = _bytes("05 0d 15 1d 25 2d 35 3d 68 69 81 a9 b8-bf c7")  # as long as operands, at most 4
_NEAR = _bytes("e8 e9")  # 4 bytes
_ADDRESS = _bytes("a0-a3")
_ENTER, _GROUP_3 = 0xC8, (0xF6, 0xF7)
_MOV = _bytes("b8-bf")  # takes 8 bytes with REX.W
# The same behind 0f.
_NO_MODRM_0F = _bytes("05-09 0b 0e 30-37 77 80-8f a0-a2 a8-aa c8-cf")
_BYTE_0F = _bytes("0f 70-73 a4 ac ba c2 c4-c6")
_NEAR_0F = _bytes("80-8f")


def starts(code: bytes) -> Iterator[int]:
    """Tell where instructions begin; those with VEX or EVEX prefixes are none, and end it.

    Args:
        code: whole instructions.
    """
    at = 0
    while at < len(code):
        yield at
        try:
            at = _end(code, at)
        except IndexError:  # it is cut
            return


def _end(code: bytes, at: int) -> int:
    short = small = wide = False  # 66, 67, REX.W
    while code[at] in _PREFIXES:
        short |= code[at] == 0x66
        small |= code[at] == 0x67
        at += 1
    if code[at] in _REX:
        wide = code[at] & 8 > 0
        at += 1
    op = code[at]
    at += 1
    if op == 0x0F:
        return _end_0f(code, at)
    full = 2 if short and not wide else 4
    size = (op in _BYTE) + 2 * (op in _WORD) + 4 * (op in _NEAR) + full * (op in _FULL)
    if op in _MOV and wide:
        size = 8
    elif op in _ADDRESS:
        size = 4 if small else 8
    elif op == _ENTER:
        size = 3
    elif op in _GROUP_3 and not code[at] & 0x30:  # test with a number
        size = full if op & 1 else 1
    return (_behind_modrm(code, at) if op in _MODRM else at) + size


def _end_0f(code: bytes, at: int) -> int:
    op = code[at]
    at += 1
    if op in (0x38, 0x3A):
        return _behind_modrm(code, at + 1) + (op == 0x3A)
    if op in _NO_MODRM_0F:
        return at + 4 * (op in _NEAR_0F)
    return _behind_modrm(code, at) + (op in _BYTE_0F)


def _behind_modrm(code: bytes, at: int) -> int:
    mod, rm = code[at] >> 6, code[at] & 7
    at += 1
    if mod == 3:
        return at
    if rm == 4:
        rm = code[at] & 7  # of the SIB byte
        at += 1
    return at + (4 if mod == 2 or (mod == 0 and rm == 5) else mod)
