"""From what mmap is told to the flags of a VMA.

Source: include/linux/mman.h [v6.18].
"""

from __future__ import annotations

from vmlab.model.abi.mman import (
    MAP_GROWSDOWN,
    MAP_LOCKED,
    MAP_STACK,
    MAP_SYNC,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_NOHUGEPAGE,
    VM_SYNC,
)


def calc_vm_prot_bits(prot: int) -> int:
    """Translate PROT_* to VM_*. Source: include/linux/mman.h: calc_vm_prot_bits() [v5.4]."""
    return prot & (PROT_READ | PROT_WRITE | PROT_EXEC)


def calc_vm_flag_bits(flags: int) -> int:
    """Translate MAP_* to VM_*. Source: include/linux/mman.h: calc_vm_flag_bits() [v6.18]."""
    return (
        (VM_GROWSDOWN if flags & MAP_GROWSDOWN else 0)
        | (VM_LOCKED if flags & MAP_LOCKED else 0)
        | (VM_NOHUGEPAGE if flags & MAP_STACK else 0)
        | (VM_SYNC if flags & MAP_SYNC else 0)
    )
