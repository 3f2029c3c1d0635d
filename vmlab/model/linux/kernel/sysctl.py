"""What the owner of a machine sets in /proc/sys."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.linux.include.structs import System
from vmlab.model.linux.kernel.pid import set_ns_last_pid
from vmlab.model.linux.mm.util import (
    set_overcommit_kbytes,
    set_overcommit_memory,
    set_overcommit_ratio,
)
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

# Name -> where the kernel has it, and what sets it.
_TABLE: dict[str, tuple[Callable[[System], int], Callable[[System, int], None]]] = {
    "vm.overcommit_memory": (lambda system: system.overcommit_memory, set_overcommit_memory),
    "vm.overcommit_ratio": (lambda system: system.overcommit_ratio, set_overcommit_ratio),
    "vm.overcommit_kbytes": (lambda system: system.overcommit_kbytes, set_overcommit_kbytes),
    "kernel.ns_last_pid": (lambda system: system.next_pid - 1, set_ns_last_pid),
}
SYSCTLS = tuple(_TABLE)


def do_sysctl(system: System, name: str, value: int) -> None:
    """Set one of SYSCTLS.

    Raises:
        LinuxError: EINVAL for a value that it cannot have.

    Emits: sysctl_set.
    Source: kernel/sysctl.c: proc_dointvec_minmax() [v6.18].
    """
    get, handler = _TABLE[name]
    old = get(system)
    handler(system, value)
    emit(system, process_events.SysctlSet, name, old, value)
