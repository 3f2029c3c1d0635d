"""Random numbers. Here they follow from a seed, so that the same machine does the same again."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.random import GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, copy_to_iter, import_ubuf, iter_iov_addr
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace.decorators import traced

_LONG = 8  # bytes


def get_random_long(system: System) -> int:
    """Return the next random number of 64 bits.

    Source: drivers/char/random.c: get_random_long() [v5.4].
    Left out: entropy. The numbers are those of the generator SplitMix64.
    """
    system.random_state = (system.random_state + 0x9E3779B97F4A7C15) & ULONG_MAX
    mixed = system.random_state
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & ULONG_MAX
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & ULONG_MAX
    return mixed ^ mixed >> 31


def randomize_page(system: System, start: int, length: int) -> int:
    """Return a random page of a range.

    Args:
        system: the kernel.
        start: first byte of the range, page aligned.
        length: bytes of the range; less than a page leaves only its start.

    Source: drivers/char/random.c: randomize_page() [v5.4].
    """
    nr_pages = length >> PAGE_SHIFT
    if not nr_pages:
        return start
    return start + (get_random_long(system) % nr_pages << PAGE_SHIFT)


@traced
def getrandom(task: TaskStruct, buf: int, length: int, flags: int) -> int:
    """Store random bytes; return how many.

    Args:
        task: the caller.
        buf: bytes: where to.
        length: bytes.
        flags: GRND_* bits.

    Raises:
        LinuxError: EINVAL for other flags, and for GRND_RANDOM with GRND_INSECURE; EFAULT if not
            one byte could be stored.

    Emits: copy_to_user.
    Source: drivers/char/random.c: SYSCALL_DEFINE3(getrandom) [v6.18].
    """
    if flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if flags & GRND_RANDOM and flags & GRND_INSECURE:
        raise LinuxError(errno.EINVAL, "flag_excludes", flag="GRND_RANDOM", other="GRND_INSECURE")
    return get_random_bytes_user(task.system, import_ubuf(task, buf, length))


def get_random_bytes_user(system: System, to: IovIter) -> int:
    """Store random bytes, as a read of /dev/urandom does; return how many.

    Args:
        system: the kernel.
        to: where they go.

    Raises:
        LinuxError: EFAULT if not one byte could be stored.

    Emits: copy_to_user.
    Source: drivers/char/random.c: get_random_bytes_user() [v6.18].
    """
    addr, done = iter_iov_addr(to) if to.count else 0, 0
    while to.count:
        data = get_random_long(system).to_bytes(_LONG, "little")[: to.count]
        copied = copy_to_iter(system, data, to)
        done += copied
        if copied < len(data):
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
            break
    return done
