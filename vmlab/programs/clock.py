"""The clock of the CPU, as rdtsc and rdtscp read it: each time it has gone on by as much.

User mode may not execute them in the emulator, whose clock is the host's.
"""

from __future__ import annotations

from vmlab.programs.registers import AX, CX, DX, IP

LONGEST = 3  # bytes of the longer instruction
_RDTSC, _RDTSCP = bytes.fromhex("0f31"), bytes.fromhex("0f01f9")
TICKS = 1000  # from one look at the clock to the next
INSTRUCTION_NSEC = 10  # nanoseconds that one takes, about as long as in the emulator


class Clock:
    """A clock, which begins at 0."""

    def __init__(self) -> None:
        self._now = 0

    def __repr__(self) -> str:
        return f"<Clock at {self._now}>"

    def read(self, values: tuple[int, ...], code: bytes) -> tuple[int, ...] | None:
        """Execute an instruction that reads the clock.

        Args:
            values: what the registers hold.
            code: the instruction and what follows it.

        Returns:
            What the registers hold after it; None if it is another one.
        """
        length = next((len(each) for each in (_RDTSC, _RDTSCP) if code.startswith(each)), 0)
        if not length:
            return None
        self._now += TICKS
        after = list(values)
        after[AX], after[DX] = self._now & 0xFFFFFFFF, self._now >> 32
        if length == len(_RDTSCP):
            after[CX] = 0  # number of the CPU
        after[IP] += length
        return tuple(after)
