"""What is said of accesses to memory."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    # No fault
    "tlb_knew_page": N_("No fault: the TLB knew the page."),
    "tlb_knew_pages": Nn_(
        "No fault: the TLB knew {n} page.", "No fault: the TLB knew all {n} pages."
    ),
    "walk_found_entry": N_(
        "No fault: a walk found the entry of {page}, which points to frame {pfn}."
    ),
    "walks_found_entries": Nn_(
        "No fault: a walk found the entry of {n} page.",
        "No fault: walks found the entries of {n} pages.",
    ),
    "walk_set_dirty": N_("No fault: the MMU itself notes in the entry that {page} was written to."),
    "program_runs_on": N_("The program runs, and needs no translation that the CPU has not."),
    "program_runs": Nn_(
        "The program runs; the CPU looks up the translation of {n} page.",
        "The program runs; the CPU looks up the translations of {n} pages.",
    ),
    "access_of_nothing": N_("No memory was touched."),
    # A fault that was mended
    "first_write": N_("First write: {page} gets frame {pfn}, filled with zeros."),
    "zero_page": N_(
        "First read: {page} shows the zero page (frame {pfn}); it gets no frame of its own."
    ),
    "page_from_swap": N_("{page} comes back from swap: it is read into frame {pfn}."),
    "page_from_swap_cache": N_("{page} comes back from swap: frame {pfn} still held it."),
    "copy": N_(
        "Copy-on-write: {page} in {pid} moves from frame {pfn} to frame {new_pfn}; {keeper} keeps "
        "frame {pfn}."
    ),
    "copy_of_many": Nn_(
        "Copy-on-write: {page} in {pid} moves from frame {pfn} to frame {new_pfn}; {n} other page "
        "keeps frame {pfn}.",
        "Copy-on-write: {page} in {pid} moves from frame {pfn} to frame {new_pfn}; {n} other pages "
        "keep frame {pfn}.",
    ),
    "copy_alone": N_("Copy-on-write: {page} in {pid} moves from frame {pfn} to frame {new_pfn}."),
    "copy_of_file": N_(
        "Copy-on-write: {page} in {pid} gets a private copy in frame {new_pfn}; the page cache "
        "keeps frame {pfn}."
    ),
    "copy_of_zero_page": N_(
        "First write: {page} gets frame {new_pfn} instead of the zero page (frame {pfn})."
    ),
    "reuse": N_("No copy: {page} in {pid} keeps frame {pfn} and may be written; {reason}."),
    "page_of_cache": N_("The page cache had it: {page} is frame {pfn}, without a copy."),
    "page_of_hole": N_("A hole: {page} gets frame {pfn} in the page cache, filled with zeros."),
    "fault_around": Nn_(
        "The page cache had it: {n} page is mapped, {page}.",
        "The page cache had it: {n} pages are mapped in one go, from {page} on.",
    ),
    "entry_set": N_("The entry of {page} points to frame {pfn} now: {reason}."),
    "faults_mended": Nn_("{n} page fault was mended.", "{n} page faults were mended."),
    "frames_copied": Nn_("{n} frame was copied.", "{n} frames were copied."),
    "stack_grows": Nn_(
        "The stack grows by {n} page.",
        "The stack grows by {n} pages.",
    ),
    # Signals
    "segv_nothing_mapped": N_("SIGSEGV: nothing is mapped at {addr:#x}."),
    "segv_read_refused": N_("SIGSEGV at {addr:#x}: {page} may not be read, it is {perms}."),
    "segv_write_refused": N_("SIGSEGV at {addr:#x}: {page} may not be written, it is {perms}."),
    "segv_execute_refused": N_("SIGSEGV at {addr:#x}: {page} may not be executed, it is {perms}."),
    "segv_guard": N_("SIGSEGV at {addr:#x}: a guard marker forbids {page}."),
    "segv_not_canonical": N_("SIGSEGV: {addr:#x} is no canonical address."),
    "sigbus_past_end": N_("SIGBUS at {addr:#x}: {page} lies past the end of the file."),
    "signal": N_("{signal} at {addr:#x}: {reason}."),
    "process_dies": N_("Process {pid} dies."),
    "processes_die": Nn_("{n} process dies.", "{n} processes die."),
    "process_survives": N_("Process {pid} survives it."),
    "oom_kill": Nn_(
        "No frame was free: process {pid}, which held the most ({n} page), is killed.",
        "No frame was free: process {pid}, which held the most ({n} pages), is killed.",
    ),
}
