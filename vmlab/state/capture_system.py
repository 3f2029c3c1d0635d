"""What a machine has once, as frozen values."""

from __future__ import annotations

from typing import Any

from vmlab.model.linux.include.structs import ShmidKernel, System
from vmlab.model.linux.lib.percpu_counter import percpu_counter_sum
from vmlab.state.capture_ipc import ipc_of_system
from vmlab.state.rows import Rows
from vmlab.state.snapshot import SystemState
from vmlab.state.snapshot_ipc import ShmState
from vmlab.state.swap import swap_states, swapped_pages

# What has the same name and form in the kernel and in a snapshot.
SYSTEM_VALUES = (
    *("overcommit_memory", "overcommit_ratio", "overcommit_kbytes"),
    *("totalram_pages", "mmap_min_addr", "stack_guard_gap", "fault_around_pages"),
    *("randomize_va_space", "random_state"),
    *("next_frame", "next_pid", "next_mm", "next_anon_vma", "next_file", "next_files"),
    *("next_fs", "next_ino", "next_asid", "clock"),
)


def system_state(
    system: System,
    free_frames: Rows[int],
    paths: Rows[tuple[str, int]],
    vdso_pages: Rows[tuple[int, int]],
) -> SystemState:
    """Return what else there is once, given the parts that may be many."""
    values: dict[str, Any] = {name: getattr(system, name) for name in SYSTEM_VALUES}
    committed = system.vm_committed_as
    return SystemState(
        max_map_count=system.sysctl_max_map_count,
        vm_committed_as=(percpu_counter_sum(committed), committed.count),
        free_frames=free_frames,
        asids=tuple(system.asids),
        paths=paths,
        offsets=tuple(sorted(system.offsets.items())),
        vdso_pages=vdso_pages,
        batches=_batches(system),
        shm=tuple(map(_shm, system.shm_ids.ipcs.values())),
        shm_next_idx=system.shm_ids.next_idx,
        shm_seq=system.shm_ids.seq,
        **ipc_of_system(system),
        futex_queue=tuple(q.pid for q in system.futex_queue),
        console=system.console.decode(errors="surrogateescape"),
        stdin=system.stdin.decode(errors="surrogateescape"),
        swap=swap_states(system),
        swapped=swapped_pages(system),
        **values,
    )


def _shm(shp: ShmidKernel) -> ShmState:
    return ShmState(
        *(shp.id, shp.key, shp.mode, shp.segsz, shp.file.number),
        *(shp.cprid, shp.lprid, shp.nattch),
    )


def _batches(system: System) -> tuple[tuple[int, ...], ...]:
    # A frame that was freed meanwhile may have become another page.
    mem_map = system.mem_map
    return tuple(
        tuple(page.pfn if mem_map.get(page.pfn) is page else 0 for page in batch)
        for batch in system.batches
    )
