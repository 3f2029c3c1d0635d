"""What is said of calls that change an address space."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    # mmap
    "mmap_at_hint": Nn_(
        "mmap: {n} page at {addr:#x}, as was asked: it was free there.",
        "mmap: {n} pages at {addr:#x}, as was asked: it was free there.",
    ),
    "mmap_at_highest_gap": Nn_(
        "mmap: {n} page at {addr:#x}, in the highest gap that fits.",
        "mmap: {n} pages at {addr:#x}, in the highest gap that fits.",
    ),
    "mmap_at_lowest_gap": Nn_(
        "mmap: {n} page at {addr:#x}, in the lowest gap that fits.",
        "mmap: {n} pages at {addr:#x}, in the lowest gap that fits.",
    ),
    "mmap_fixed": Nn_(
        "mmap: {n} page at {addr:#x}, which MAP_FIXED demands.",
        "mmap: {n} pages at {addr:#x}, which MAP_FIXED demands.",
    ),
    "mmap_placed": Nn_(
        "mmap: {n} page at {addr:#x}: {reason}.", "mmap: {n} pages at {addr:#x}: {reason}."
    ),
    "mmap_replaced": N_("What was mapped there is gone."),
    "mmap_shows": N_("It shows {path}."),
    "merged": N_("It merged: {reason}."),
    "apart_from_below": N_("It did not merge with {region} below it: {reason}."),
    "apart_from_above": N_("It did not merge with {region} above it: {reason}."),
    "apart_from_both": N_("It merged neither with the region below nor with the one above."),
    # munmap
    "munmap_nothing": N_("munmap: nothing was mapped at {addr:#x}."),
    "munmap_all": N_("munmap: {region} is gone."),
    "munmap_beginning": Nn_(
        "munmap: {region} lost {n} page at its beginning.",
        "munmap: {region} lost {n} pages at its beginning.",
    ),
    "munmap_end": Nn_(
        "munmap: {region} lost {n} page at its end.", "munmap: {region} lost {n} pages at its end."
    ),
    "munmap_middle": N_("munmap: {region} lost its middle: one region became two."),
    "munmap_regions": Nn_(
        "munmap: {n} region lost pages or is gone.", "munmap: {n} regions lost pages or are gone."
    ),
    # mprotect
    "mprotect": Nn_(
        "mprotect: {n} page is {perms} now, {page}.",
        "mprotect: {n} pages are {perms} now, from {page} on.",
    ),
    "mprotect_same": Nn_(
        "mprotect: {n} page had these rights already, {page}.",
        "mprotect: {n} pages had these rights already, from {page} on.",
    ),
    # mremap
    "mremap_grows": Nn_(
        "mremap: {region} grows by {n} page where it is.",
        "mremap: {region} grows by {n} pages where it is.",
    ),
    "mremap_shrinks": Nn_(
        "mremap: {region} lost {n} page at its end.", "mremap: {region} lost {n} pages at its end."
    ),
    "mremap_same": N_("mremap: {region} is as long as before, and stays."),
    "mremap_moves": N_("mremap: what was at {addr:#x} in {region} is at {new_addr:#x} now."),
    "mremap_second": N_(
        "mremap: {region} stays mapped at {addr:#x}, and there is a new region at {new_addr:#x}."
    ),
    "mremap_tables": Nn_(
        "{n} whole page table moved with its entries.",
        "{n} whole page tables moved with their entries.",
    ),
    "mremap_entries": Nn_(
        "{n} entry moved, and its frame stayed.", "{n} entries moved, and their frames stayed."
    ),
    # brk
    "brk_asked": N_("brk: the heap ends at {addr:#x}."),
    "brk_refused": N_("brk refused: the heap still ends at {addr:#x}; {reason}."),
    "brk_same": N_("brk: the heap ends at {addr:#x} as before."),
    "brk_begins": Nn_(
        "brk: the heap gets a region of its own, {n} byte more, up to {addr:#x}.",
        "brk: the heap gets a region of its own, {n} bytes more, up to {addr:#x}.",
    ),
    "brk_grows": Nn_(
        "brk: the heap grows by {n} byte, up to {addr:#x}.",
        "brk: the heap grows by {n} bytes, up to {addr:#x}.",
    ),
    "brk_shrinks": Nn_(
        "brk: the heap shrinks by {n} byte, down to {addr:#x}.",
        "brk: the heap shrinks by {n} bytes, down to {addr:#x}.",
    ),
    # madvise
    "guards_in": Nn_(
        "madvise: a guard marker forbids {n} page, {page}.",
        "madvise: guard markers forbid {n} pages, from {page} on.",
    ),
    "guards_out": Nn_(
        "madvise: {n} guard marker is taken away, {page}.",
        "madvise: {n} guard markers are taken away, from {page} on.",
    ),
    "pages_clean": Nn_(
        "madvise: {n} page counts as clean, {page}; memory that runs short may take it.",
        "madvise: {n} pages count as clean, from {page} on; memory that runs short may take them.",
    ),
    "pages_out_of_file": Nn_(
        "madvise: {n} page leaves the file itself, {page}.",
        "madvise: {n} pages leave the file itself, from {page} on.",
    ),
    "pages_dropped": Nn_(
        "madvise: {n} page is dropped, {page}; the region stays.",
        "madvise: {n} pages are dropped, from {page} on; the region stays.",
    ),
    "madvise_flags": Nn_(
        "madvise: {advice} holds for {n} page now, {page}.",
        "madvise: {advice} holds for {n} pages now, from {page} on.",
    ),
    "madvise_brings_in": N_("madvise: {advice} from {page} on."),
    "madvise_nothing": Nn_(
        "madvise: {advice} of {n} page, {page}, changed nothing.",
        "madvise: {advice} of {n} pages, from {page} on, changed nothing.",
    ),
    # mlock, mseal, mincore, msync
    "mlock": Nn_(
        "mlock: {n} page is locked now, {page}.", "mlock: {n} pages are locked now, from {page} on."
    ),
    "mlock_same": Nn_(
        "mlock: {n} page was locked already, {page}.",
        "mlock: {n} pages were locked already, from {page} on.",
    ),
    "munlock": Nn_(
        "munlock: {n} page is no longer locked, {page}.",
        "munlock: {n} pages are no longer locked, from {page} on.",
    ),
    "munlock_same": Nn_(
        "munlock: {n} page was not locked, {page}.",
        "munlock: {n} pages were not locked, from {page} on.",
    ),
    "mseal": Nn_(
        "mseal: {n} page is sealed now, {page}.",
        "mseal: {n} pages are sealed now, from {page} on.",
    ),
    "mseal_same": Nn_(
        "mseal: {n} page was sealed already, {page}.",
        "mseal: {n} pages were sealed already, from {page} on.",
    ),
    "mincore": Nn_(
        "mincore tells whether {n} page is in memory, {page}.",
        "mincore tells which of {n} pages are in memory, from {page} on.",
    ),
    "msync": Nn_(
        "msync of {n} page, {page}: the page cache is all there is to write to.",
        "msync of {n} pages, from {page} on: the page cache is all there is to write to.",
    ),
}
