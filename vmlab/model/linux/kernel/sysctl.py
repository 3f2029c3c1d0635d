"""What the owner of a machine sets in /proc/sys."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.linux.include.structs import System
from vmlab.model.linux.mm.util import (
    set_overcommit_kbytes,
    set_overcommit_memory,
    set_overcommit_ratio,
)
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_HANDLERS: dict[str, Callable[[System, int], None]] = {
    "overcommit_memory": set_overcommit_memory,
    "overcommit_ratio": set_overcommit_ratio,
    "overcommit_kbytes": set_overcommit_kbytes,
}
SYSCTLS = tuple(f"vm.{name}" for name in _HANDLERS)


def do_sysctl(system: System, name: str, value: int) -> None:
    """Set one of SYSCTLS.

    Raises:
        LinuxError: EINVAL for a value that it cannot have.

    Emits: sysctl_set.
    Source: kernel/sysctl.c: proc_dointvec_minmax() [v6.18].
    """
    field = name.removeprefix("vm.")
    old = getattr(system, field)
    _HANDLERS[field](system, value)
    emit(system, process_events.SysctlSet, name, old, value)
