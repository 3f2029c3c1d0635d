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
        "mmap: {n} page at {addr:#x}, exactly where it was demanded.",
        "mmap: {n} pages at {addr:#x}, exactly where it was demanded.",
    ),
    "mmap_placed": Nn_(
        "mmap: {n} page at {addr:#x}: {reason}.", "mmap: {n} pages at {addr:#x}: {reason}."
    ),
    "mmap_replaced": N_("What was mapped there is gone."),
    "mmap_shows": N_("It shows {path}."),
    "merged": N_("It merged: {reason}."),
    "apart_from_below": N_("It did not merge with {region} below it: {reason}."),
    "apart_from_above": N_("It did not merge with {region} above it: {reason}."),
    "apart_by_rights_below": N_(
        "It did not merge with {region} below it: that one is {theirs}, this one {ours}; {reason}."
    ),
    "apart_by_rights_above": N_(
        "It did not merge with {region} above it: that one is {theirs}, this one {ours}; {reason}."
    ),
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
    "mremap_moves": N_("mremap: {region} moves to {new_addr:#x}."),
    "mremap_moves_part": N_("mremap: a part of {region} moves from {addr:#x} to {new_addr:#x}."),
    "mremap_longer": Nn_("It is {n} page longer there.", "It is {n} pages longer there."),
    "mremap_shorter": Nn_("It is {n} page shorter there.", "It is {n} pages shorter there."),
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
    "remap_file_pages": Nn_(
        "remap_file_pages: {n} page, {page}, shows page {pgoff} of the file now.",
        "remap_file_pages: {n} pages, from {page} on, show the file from its page {pgoff} on now.",
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
        "madvise: {n} guard marker is put into the range from {page} on.",
        "madvise: {n} guard markers are put into the range from {page} on.",
    ),
    "guards_out": Nn_(
        "madvise: {n} guard marker is taken out of the range from {page} on.",
        "madvise: {n} guard markers are taken out of the range from {page} on.",
    ),
    "pages_clean": Nn_(
        "madvise: in the range from {page} on, {n} page counts as clean now.",
        "madvise: in the range from {page} on, {n} pages count as clean now.",
    ),
    "pages_swapped_out": Nn_(
        "madvise: in the range from {page} on, {n} page goes to swap.",
        "madvise: in the range from {page} on, {n} pages go to swap.",
    ),
    "pages_out_of_file": Nn_(
        "madvise: in the range from {page} on, {n} page leaves the file itself.",
        "madvise: in the range from {page} on, {n} pages leave the file itself.",
    ),
    "pages_dropped": Nn_(
        "madvise: in the range from {page} on, {n} page is dropped; the region stays.",
        "madvise: in the range from {page} on, {n} pages are dropped; the region stays.",
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
        "{call}: {n} page is locked now, {page}.",
        "{call}: {n} pages are locked now, from {page} on.",
    ),
    "mlock_same": Nn_(
        "{call}: {n} page was locked already, {page}.",
        "{call}: {n} pages were locked already, from {page} on.",
    ),
    "mlock_onfault": Nn_(
        "mlock2: {n} page is locked, {page}: it comes in when it is touched.",
        "mlock2: {n} pages are locked, from {page} on: each comes in when it is touched.",
    ),
    "mlockall": Nn_(
        "mlockall: {n} page is locked now.", "mlockall: {n} pages are locked now, all there are."
    ),
    "mlockall_future": N_("mlockall: what is mapped from now on is locked."),
    "locked_in_future": N_("What is mapped from now on is locked too."),
    "locked_when_touched": N_("A page comes in when it is touched."),
    "munlockall": Nn_(
        "munlockall: {n} page is no longer locked.", "munlockall: {n} pages are no longer locked."
    ),
    "munlockall_same": N_("munlockall: nothing was locked."),
    "not_in_future": N_("What is mapped from now on is not locked."),
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
        "msync of {n} page, {page}: nothing had to be done.",
        "msync of {n} pages, from {page} on: nothing had to be done.",
    ),
}
