"""Instructions with a VEX prefix, of AVX and its kin: the CPU has none of them.

Unicorn executes some all the same, as the instruction of SSE with the same last bytes: what comes
of it is wrong. So it is stopped before each instruction that begins as one of them does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unicorn import UC_HOOK_CODE, UC_HOOK_EDGE_GENERATED, Uc

from vmlab.programs.lengths import starts

_VEX = (b"\xc4", b"\xc5")  # first bytes, which begin nothing else in 64-bit mode
_BEFORE = b"\x26\x2e\x36\x3e\x64\x65\x67"  # prefixes that may stand before it
_LONGEST = 15  # bytes of an instruction


class Vex:
    """Watches for them on one CPU. Where a program has none, it runs as if nobody did.

    Args:
        uc: the CPU, which has translated something already: else it keeps quiet about the first
            block of instructions.
        read: reads the bytes of code at an address, as many as there are.
        refuse: called before such an instruction.

    Attributes:
        found: addresses where one begins that is not watched for yet; the CPU was stopped.
    """

    def __init__(
        self, uc: Uc, read: Callable[[int, int], bytes], refuse: Callable[[], object]
    ) -> None:
        self._uc = uc
        self._read = read
        self._refuse = refuse
        self._watched: set[int] = set()
        self.found: set[int] = set()
        uc.hook_add(UC_HOOK_EDGE_GENERATED, self._translated)

    def __repr__(self) -> str:
        return f"<Vex: {len(self._watched)} addresses>"

    def watch(self) -> None:
        """Watch at what was found, once it is translated anew."""
        for addr in sorted(self.found):
            self._uc.hook_add(UC_HOOK_CODE, self._comes, None, addr, addr)
        self._watched |= self.found
        self.found.clear()

    # What Unicorn calls

    def _translated(self, uc: Uc, block: Any, *_: object) -> None:
        # A block of instructions, before it runs for the first time.
        code = self._read(block.pc, block.size)
        if not any(byte in code for byte in _VEX):
            return
        self.found |= {block.pc + at for at in starts(code) if _begins(code[at:])} - self._watched
        if self.found:
            uc.emu_stop()

    def _comes(self, uc: Uc, addr: int, *_: object) -> None:
        if _begins(self._read(addr, _LONGEST)):  # there may be other code by now
            self._refuse()
            uc.emu_stop()


def _begins(code: bytes) -> bool:
    # Does one of them begin here?
    return code.lstrip(_BEFORE)[:1] in _VEX
