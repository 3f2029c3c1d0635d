"""Which task has a number."""

from __future__ import annotations

from vmlab.model.linux.include.structs import System, TaskStruct


def find_task_by_vpid(system: System, pid: int) -> TaskStruct | None:
    """Return the task of a number, dead ones that nobody collected included.

    Source: kernel/pid.c: find_task_by_vpid() [v6.18].
    """
    return system.init if pid == system.init.pid else system.tasks.get(pid)
