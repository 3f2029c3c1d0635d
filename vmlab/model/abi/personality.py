"""Bits of personality(2), with Linux's values."""

from __future__ import annotations

from enum import IntFlag


class Personality(IntFlag):
    """Older ways that a program asks for; the lowest byte is the number of a system."""

    UNAME26 = 0x0020000
    ADDR_NO_RANDOMIZE = 0x0040000
    FDPIC_FUNCPTRS = 0x0080000
    MMAP_PAGE_ZERO = 0x0100000
    ADDR_COMPAT_LAYOUT = 0x0200000
    READ_IMPLIES_EXEC = 0x0400000
    ADDR_LIMIT_32BIT = 0x0800000
    SHORT_INODE = 0x1000000
    WHOLE_SECONDS = 0x2000000
    STICKY_TIMEOUTS = 0x4000000
    ADDR_LIMIT_3GB = 0x8000000


PER_MASK = 0xFF  # the system whose programs are run
PER_NAMES = {
    0x00: "PER_LINUX",
    0x06: "PER_BSD",
    0x08: "PER_LINUX32",
    0x0C: "PER_RISCOS",
    0x0F: "PER_OSF4",
    0x10: "PER_HPUX",
}
PER_QUERY = 0xFFFFFFFF  # only asks
ADDR_NO_RANDOMIZE = Personality.ADDR_NO_RANDOMIZE.value
MMAP_PAGE_ZERO = Personality.MMAP_PAGE_ZERO.value
ADDR_COMPAT_LAYOUT = Personality.ADDR_COMPAT_LAYOUT.value
READ_IMPLIES_EXEC = Personality.READ_IMPLIES_EXEC.value
