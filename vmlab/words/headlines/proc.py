"""What is said of what others do to a process: process_vm_readv and its kin, pidfds, /proc."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "mem_read": Nn_(
        "/proc/{pid}/mem: {n} byte is read, from {addr:#x} on.",
        "/proc/{pid}/mem: {n} bytes are read, from {addr:#x} on.",
    ),
    "mem_written": Nn_(
        "/proc/{pid}/mem: {n} byte is written, from {addr:#x} on.",
        "/proc/{pid}/mem: {n} bytes are written, from {addr:#x} on.",
    ),
    "mem_not_reached": N_("/proc/{pid}/mem: nothing can be reached at {addr:#x}."),
    "process_vm_read": Nn_(
        "{call}: {n} byte of process {pid} is read.",
        "{call}: {n} bytes of process {pid} are read.",
    ),
    "process_vm_written": Nn_(
        "{call}: {n} byte of process {pid} is written.",
        "{call}: {n} bytes of process {pid} are written.",
    ),
    "process_vm_nothing": N_("{call}: nothing of process {pid} was asked for."),
    "pidfd_open": N_("pidfd_open: descriptor {fd} stands for process {pid}."),
    "process_madvise": Nn_(
        "process_madvise: {advice} for {n} byte of the process of descriptor {fd}.",
        "process_madvise: {advice} for {n} bytes of the process of descriptor {fd}.",
    ),
    "process_madvise_nothing": N_("process_madvise: no memory was named, so nothing was done."),
    "accesses_forgotten": Nn_(
        "/proc/{pid}/clear_refs: it is forgotten that {n} page was accessed.",
        "/proc/{pid}/clear_refs: it is forgotten that {n} pages were accessed.",
    ),
    "peak_begins_anew": N_("/proc/{pid}/clear_refs: the peak of memory begins anew."),
    "no_soft_dirty_bits": N_("/proc/{pid}/clear_refs: this kernel has no soft-dirty bits."),
}
