"""How long instructions are, in 64-bit mode: where each begins in a run of them."""

from __future__ import annotations

from collections.abc import Iterator


def _bytes(*parts: int | tuple[int, int]) -> frozenset[int]:
    # (0x40, 0x4f) = those from 0x40 to 0x4f.
    ranges = [part if isinstance(part, tuple) else (part, part) for part in parts]
    return frozenset(n for first, last in ranges for n in range(first, last + 1))


_PREFIXES = _bytes(0x26, 0x2E, 0x36, 0x3E, (0x64, 0x67), 0xF0, 0xF2, 0xF3)
_REX = _bytes((0x40, 0x4F))
_VEX = _bytes(0x62, 0xC4, 0xC5)
_SUMS = range(0, 0x40, 8)  # add, or, adc, sbb, and, sub, xor, cmp: six opcodes each
# By opcode: those with a ModRM byte, then those with so many bytes of a number behind it.
_MODRM = _bytes(0x63, 0x69, 0x6B, (0x80, 0x8F), 0xC0, 0xC1, 0xC6, 0xC7, (0xD0, 0xD3), (0xD8, 0xDF))
_MODRM |= _bytes(0xF6, 0xF7, 0xFE, 0xFF, *((op, op + 3) for op in _SUMS))
_BYTE = _bytes(0x6A, 0x6B, (0x70, 0x7F), 0x80, 0x82, 0x83, 0xA8, (0xB0, 0xB7), 0xC0, 0xC1, 0xC6)
_BYTE |= _bytes(0xCD, (0xE0, 0xE7), 0xEB, *(op + 4 for op in _SUMS))
_WORD = _bytes(0xC2, 0xCA)
_FULL = _bytes(0x68, 0x69, 0x81, 0xA9, (0xB8, 0xBF), 0xC7, *(op + 5 for op in _SUMS))  # 4, or 2
_NEAR = _bytes(0xE8, 0xE9)  # 4 bytes
_ADDRESS = _bytes((0xA0, 0xA3))
_ENTER, _GROUP_3 = 0xC8, (0xF6, 0xF7)
_MOV = _bytes((0xB8, 0xBF))  # takes 8 bytes with REX.W
# The same behind 0f.
_NO_MODRM_0F = _bytes(
    (0x05, 0x09),
    0x0B,
    0x0E,
    (0x30, 0x37),
    0x77,
    (0x80, 0x8F),
    (0xA0, 0xA2),
    (0xA8, 0xAA),
    (0xC8, 0xCF),
)
_BYTE_0F = _bytes(0x0F, (0x70, 0x73), 0xA4, 0xAC, 0xBA, 0xC2, (0xC4, 0xC6))
_NEAR_0F = _bytes((0x80, 0x8F))


def starts(code: bytes) -> Iterator[int]:
    """Tell where instructions begin, up to the first one with a VEX or EVEX prefix.

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
    if op in _VEX:
        return len(code)
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
