"""Why something happened in `vmlab.model.linux.arch`: faults, the TLB, the place of a mapping."""

from vmlab.words.language import N_

REASONS = {
    # The page fault
    "address_not_in_user_space": N_("the address is not in user space"),
    "no_such_instruction": N_(
        "the CPU does not have the instruction at {ip:#x}, {code}: it knows SSE3, and nothing "
        "newer such as AVX"
    ),
    "exception": N_("the instruction at {ip:#x} raised exception {trapnr}"),
    "frame_unusable": N_("there is no frame of a handler at {addr:#x}"),
    "address_not_canonical": N_("{addr:#x} is not a canonical address"),
    "address_in_vma": N_("the address lies in the VMA {start:#x}-{end:#x}"),
    "no_vma_and_no_stack": N_("no VMA contains the address, and the one above is not a stack"),
    "nothing_mapped_there": N_("nothing is mapped there"),
    "stack_grows_to_address": N_("the stack above grows down to the address"),
    "vma_has_perms": N_("the VMA {start:#x}-{end:#x} is {perms}"),
    "access_refused": N_("{why}: the access is refused"),
    "access_allowed": N_("the VMA ({perms}) allows the access"),
    "past_end_of_file": N_("the page lies past the end of the file"),
    "guard_region": N_("a guard region"),
    # The TLB
    "tables_changed_meanwhile": N_("its tables changed while it was away"),
    "asid_is_new": N_("it gets ASID {asid}, and stale entries under it must go"),
    # The place of a mapping
    "hint_is_free": N_("the hint is free"),
    "lowest_gap": N_("the lowest gap that fits (bottom-up)"),
    "highest_gap": N_("the highest gap below mmap_base that fits (top-down)"),
    "no_gap_left": N_("no gap of {length:#x} bytes is left"),
}
