"""The registers of the emulator, all at once."""

from __future__ import annotations

import ctypes

from unicorn import Uc, x86_const

from vmlab.programs.registers import NAMES

REGISTERS = [getattr(x86_const, f"UC_X86_REG_{name}") for name in NAMES]


class Registers:
    """These registers of one CPU, read and written all at once: Unicorn's own way costs more than
    what runs between two system calls.

    Args:
        uc: the CPU.
    """

    def __init__(self, uc: Uc) -> None:
        self._uc = uc
        count = len(REGISTERS)
        self._names = (ctypes.c_int * count)(*REGISTERS)
        self._values = (ctypes.c_uint64 * count)()
        start, size = ctypes.addressof(self._values), ctypes.sizeof(ctypes.c_uint64)
        self._view = memoryview(self._values).cast("B").cast("Q")
        self._places = (ctypes.c_void_p * count)(*(start + size * n for n in range(count)))

    def __repr__(self) -> str:
        return f"<Registers of {self._uc!r}>"

    def read(self) -> tuple[int, ...]:
        """Return what they hold."""
        self._uc._do_reg_read_batch(self._names, self._places, len(REGISTERS))
        return tuple(self._view.tolist())

    def write(self, values: tuple[int, ...]) -> None:
        """Set all of them."""
        self._values[:] = list(values)
        self._uc._do_reg_write_batch(self._names, self._places, len(REGISTERS))
