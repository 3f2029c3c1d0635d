"""Trying a mutant in a process of its own: what notices it, if anything does."""

from __future__ import annotations

import gc
import io
import mmap
import os
import resource
import signal
import struct
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from tests.mutation.mutants import Mutant, mutated
from tests.mutation.patch import put_in
from tests.mutation.reach import ROOT
from tests.mutation.witnesses import Witness

SURVIVED, RECORDING, UNIT, HANGS, UNREACHED, BROKEN = range(6)
WORDS = ("survived", "killed by a recording", "killed by a unit test", "hangs", "never reached")
_LONGER = 10  # times what a witness needs, and a mutant hangs
_LEAST = 1.5  # seconds that it has in any case
_LOOKS = 60  # seconds, between looks whether it runs at all
_RUNS = 1  # second of the CPU, that it used since the last look, or it waits for ever
_MEMORY = 4 << 30  # bytes


@dataclass(slots=True)
class Trial:
    """A mutant that is being tried.

    Attributes:
        mutant: the change, if there is one.
        witnesses: what may notice it, in order.
        pid: the process in which it lives.
        at: memory shared with it, the number of the witness that is asked.
    """

    mutant: Mutant | None
    witnesses: Sequence[Witness]
    pid: int
    at: mmap.mmap

    def ended(self, status: int) -> tuple[int, Witness | None]:
        """Return what came of it, and the witness that noticed it.

        Raises:
            RuntimeError: it could not be tried.
        """
        came = HANGS if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if came == BROKEN:
            raise RuntimeError(f"cannot be tried: {self.mutant}")
        noticed = came in (RECORDING, UNIT, HANGS)
        return came, self.witnesses[struct.unpack("q", self.at[:])[0]] if noticed else None


def begin(mutant: Mutant | None, witnesses: Sequence[Witness]) -> Trial:
    """Try a mutant in a child.

    Args:
        mutant: the change; None = whoever notices something is no witness.
        witnesses: what may notice it, in the order in which they are asked.
    """
    at = mmap.mmap(-1, 8)
    child = os.fork()
    if child:
        return Trial(mutant, witnesses, child, at)
    came = BROKEN
    gc.freeze()  # what stood before the fork need not be looked through after each witness
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, _Look())
        if mutant is not None:
            put_in(mutant.path, mutant.function, mutated(ROOT, mutant))
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            came = _noticed(witnesses, at)
    finally:
        os._exit(came)


class _Look:
    # Other work on the machine slows a mutant down, but does not stop it.
    def __init__(self) -> None:
        self._used = time.process_time()

    def __call__(self, *_: object) -> None:
        before, self._used = self._used, time.process_time()
        if self._used - before < _RUNS:
            os.kill(os.getpid(), signal.SIGKILL)
        signal.alarm(_LOOKS)


def _noticed(witnesses: Sequence[Witness], at: mmap.mmap) -> int:
    if not witnesses:
        return UNREACHED
    for number, witness in enumerate(witnesses):
        at[:] = struct.pack("q", number)
        signal.setitimer(signal.ITIMER_PROF, _LEAST + _LONGER * witness.seconds)
        signal.alarm(_LOOKS)
        try:
            holds = witness.holds()
        except BaseException:  # a mutant may raise anything, anywhere
            holds = False
        gc.collect()  # each emulator of a program maps a GiB, and is part of a circle
        if not holds:
            return UNIT if witness.unit else RECORDING
    return SURVIVED
