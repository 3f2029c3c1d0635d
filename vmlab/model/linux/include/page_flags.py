"""What is known of a frame that is in use.

Source: include/linux/page-flags.h [v6.18].
"""

from __future__ import annotations

PG_DIRTY = 1  # newer than its file
PG_UPTODATE = 2  # contents valid
PG_ANON_EXCLUSIVE = 4  # belongs to one page table alone
PG_LAZYFREE = 8  # may be dropped while no entry is dirty (Linux: anonymous without PG_swapbacked)
PG_REFERENCED = 16  # accessed by the kernel for a process, as populating does
PG_ACTIVE = 32  # so more than once
PG_UNEVICTABLE = 64  # locked by a VMA that is not locked any more (Linux: any that is locked)
PG_READAHEAD = 128  # who reaches it lets the next window be read
PG_SWAPCACHE = 256  # its page has a place in swap too
PG_NAMES = {
    PG_DIRTY: "dirty",
    PG_UPTODATE: "uptodate",
    PG_ANON_EXCLUSIVE: "anon_exclusive",
    PG_LAZYFREE: "lazyfree",
    PG_REFERENCED: "referenced",
    PG_ACTIVE: "active",
    PG_UNEVICTABLE: "unevictable",
    PG_READAHEAD: "readahead",
    PG_SWAPCACHE: "swapcache",
}
