"""The running task."""

from __future__ import annotations

from vmlab.model.linux.include.structs import System, TaskStruct


def get_current(system: System) -> TaskStruct:
    """Return the running task. Source: arch/x86/include/asm/current.h: get_current() [v5.4]."""
    assert system.current is not None
    return system.current
