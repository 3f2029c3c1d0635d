"""Processes that tests of signals and timers begin with."""

from vmlab import Machine, MiB, Process

A = 0x10000000  # memory to write to


def deaf_process() -> Process:
    """Return a process for which all signals wait."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.store(A + 512, b"\xff" * 8)
    p.rt_sigprocmask(2, A + 512)
    return p
